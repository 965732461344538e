/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Notes which system calls the tasks of a learning namespace use. The program
 * makes every call of the machine dearer, so it is attached only while somebody
 * learns: the library holds its link, and no pin does.
 */
#include "core/calls.h"
#include "core/compat.h"
#include "core/kernel.h"
#include "core/maps.h"
#include "core/task.h"
#include "../abi/syscall.h"

struct tsem_calls {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct tsem_syscall));
	__uint(value_size, sizeof(__u64));
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__array(values, struct tsem_calls);
} tsem_syscalls SEC(".maps");

#ifdef __TARGET_ARCH_x86
#define NUMBER(x86, arm64) x86
#else
#define NUMBER(x86, arm64) arm64
#endif

enum {
#define SYSCALL(call, x86, arm64, entry) CALLED_##call = NUMBER(x86, arm64),
#define SYSCALL_ARGUMENT(entry, index, format)
#define SYSCALL_ALWAYS(entry, argument)
#include "../abi/syscalls.def"
#undef SYSCALL
#undef SYSCALL_ARGUMENT
#undef SYSCALL_ALWAYS
};

/* Index of the argument that tells the uses of the call apart, -1 when none does. */
INLINE int call_argument(long number)
{
	switch (number) {
#define SYSCALL(call, x86, arm64, entry)
#define SYSCALL_ARGUMENT(entry, index, format) \
	case CALLED_##entry: \
		return index;
#define SYSCALL_ALWAYS(entry, argument)
#include "../abi/syscalls.def"
#undef SYSCALL
#undef SYSCALL_ARGUMENT
#undef SYSCALL_ALWAYS
	}
	return -1;
}

/* Adds one to the number under the key. What it was before; there is one when there was none. */
INLINE __u64 calls_count(void *calls, __u32 number)
{
	struct tsem_syscall key = {.number = number};
	__u64 *found = bpf_map_lookup_elem(calls, &key), one = 1;

	if (found)
		return __sync_fetch_and_add(found, 1);
	bpf_map_update_elem(calls, &key, &one, BPF_NOEXIST);
	return 0;
}

/* The map of the calls of the current task, if its namespace learns. */
INLINE void *calls_find(void)
{
	struct tsem_task *t = task_state();
	struct tsem_namespace *ns;

	if (!t || t->flags & (TSEM_TASK_LOOSE | TSEM_TASK_OUTSIDE))
		return 0;
	ns = namespace_of(t);
	if (!ns || ns->mode != TSEM_MODE_FREE)
		return 0;
	return of_slot(&tsem_syscalls, t->slot);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(syscall_learn, const void *regs, long number)
{
	struct tsem_syscall key = {};
	void *calls = calls_find();
	__u64 one = 1;
	int index;

	if (!calls)
		return 0;
	if (number < 0 || call_compat(number)) {
		calls_count(calls, TSEM_SYSCALL_COMPAT);
		return 0;
	}
	if (number < 0 || number >= TSEM_SYSCALL_LIMIT)
		return 0;
	key.number = number;
	index = call_argument(number);
	if (index >= 0)
		key.argument = index ? SECOND_ARGUMENT(regs) : FIRST_ARGUMENT(regs);
	if (bpf_map_lookup_elem(calls, &key))
		return 0;
	if (index >= 0 && calls_count(calls, TSEM_SYSCALL_COUNT) >= TSEM_SYSCALL_ARGUMENTS) {
		calls_count(calls, TSEM_SYSCALL_LEFT);
		return 0;
	}
	bpf_map_update_elem(calls, &key, &one, BPF_NOEXIST);
	return 0;
}
