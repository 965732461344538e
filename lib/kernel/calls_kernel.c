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

struct taking {
	struct tsem_calls *calls;
	size_t fresh;
	tsem_u64 left, compat;
};

/* Skips a call that is not in the table: the filter refuses such a call anyway. */
static int take_call(struct taking *taking, const struct tsem_syscall *key)
{
	const char *name = key->number < TSEM_SYSCALL_LIMIT ? tsem_call_name(key->number) : NULL;
	int r = name ? tsem_calls_add(taking->calls, tsem_call_entry(name), key->argument) : 0;

	taking->fresh += r > 0;
	return r < 0 ? r : 0;
}

static int take_entry(void *context, const void *key, const void *value)
{
	struct taking *taking = context;
	struct tsem_syscall call;
	tsem_u64 count;

	memcpy(&call, key, sizeof(call));
	memcpy(&count, value, sizeof(count));
	if (call.number == TSEM_SYSCALL_LEFT)
		taking->left += count;
	else if (call.number == TSEM_SYSCALL_COMPAT)
		taking->compat += count;
	return take_call(taking, &call);
}

int kernel_calls_read(const struct tsem_kernel *kernel, tsem_u32 slot, struct tsem_calls *calls, size_t *ret_fresh,
		      tsem_u64 *ret_left, tsem_u64 *ret_compat, struct tsem_error *error)
{
	struct taking taking = {.calls = calls};
	int map = kernel_inner_map(kernel->syscalls, slot), r;

	if (map < 0)
		return tsem_error_set(error, -map, "cannot read the system calls of a namespace: %s", strerror(-map));
	calls->known = true;
	r = kernel_map_each(map, sizeof(struct tsem_syscall), sizeof(tsem_u64), take_entry, &taking);
	close(map);
	if (r)
		return tsem_error_set(error, -r, "cannot take the system calls of a namespace: %s", strerror(-r));
	*ret_fresh = taking.fresh;
	*ret_left = taking.left;
	*ret_compat = taking.compat;
	return 0;
}
