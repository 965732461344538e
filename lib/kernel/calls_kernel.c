/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The system calls that the kernel side has recorded for a namespace. */
#include "../../abi/syscall.h"
#include "runtime.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

int kernel_calls_map(void)
{
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "tsem_calls", sizeof(struct tsem_syscall), sizeof(tsem_u64),
				 TSEM_SYSCALL_ENTRIES, NULL);

	return map < 0 ? -errno : map;
}

/* Skips a call that is not in the table: the filter refuses such a call anyway. */
static int take_call(struct tsem_calls *calls, const struct tsem_syscall *key)
{
	const char *name = key->number < TSEM_SYSCALL_LIMIT ? tsem_call_name(key->number) : NULL;

	return name ? tsem_calls_add(calls, tsem_call_entry(name), key->argument) : 0;
}

static tsem_u64 read_number(int map, tsem_u32 number)
{
	struct tsem_syscall key = {.number = number};
	tsem_u64 value;

	return bpf_map_lookup_elem(map, &key, &value) ? 0 : value;
}

int kernel_calls_read(const struct tsem_kernel *kernel, tsem_u32 slot, struct tsem_calls *calls, size_t *ret_fresh,
		      tsem_u64 *ret_left, tsem_u64 *ret_compat, struct tsem_error *error)
{
	int map = kernel_inner_map(kernel->syscalls, slot), r = 0;
	struct tsem_syscall key, last, *previous = NULL;
	size_t fresh = 0;

	if (map < 0)
		return tsem_error_set(error, -map, "cannot read the system calls of a namespace: %s", strerror(-map));
	calls->known = true;
	while (r >= 0 && !bpf_map_get_next_key(map, previous, &key)) {
		r = take_call(calls, &key);
		fresh += r > 0;
		last = key;
		previous = &last;
	}
	*ret_fresh = fresh;
	*ret_left = read_number(map, TSEM_SYSCALL_LEFT);
	*ret_compat = read_number(map, TSEM_SYSCALL_COMPAT);
	close(map);
	return r < 0 ? tsem_error_set(error, -r, "cannot keep the system calls of a namespace: %s", strerror(-r)) : 0;
}
