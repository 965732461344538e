/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Kernel keys. */
#include "core/calls.h"
#include "core/describe.h"
#include "core/hook.h"
#include "core/ids.h"
#include "core/kernel.h"

TSEM_HOOK_RARE("lsm/key_alloc", key_alloc, struct key *key, const struct cred *cred, unsigned long flags)
{
	cell_creds(e, cred);
	cell_u64(e, flags);
}

#define KEY_FLAGS \
	0x3ff /* those of 6.12; what a newer kernel notes beyond them, such as that the key is in use, is no state of it */

/* The lowest bit of the reference says that the caller possesses the key. */
INLINE void cell_key(struct tsem_event *e, __u64 reference)
{
	struct key *key = (struct key *)(reference & ~1ULL);

	cell_u32(e, reference & 1);
	cell_u32(e, uid_of(e->options, BPF_CORE_READ(key, uid)));
	cell_u32(e, gid_of(e->options, BPF_CORE_READ(key, gid)));
	cell_u64(e, BPF_CORE_READ(key, flags) & KEY_FLAGS);
}

#define KEY_TYPE_MAX 32
#define KEY_NAME_MAX 4096

/* Of what authorises an answer the name is the number of the key that is asked for. */
INLINE void cell_key_name(struct tsem_event *e, __u64 reference)
{
	struct key *key = (struct key *)(reference & ~1ULL);
	const char *type = BPF_CORE_READ(key, type, name);
	char begin = 0;

	bpf_probe_read_kernel(&begin, 1, type);
	cell_string(e, type, KEY_TYPE_MAX);
	if (begin == '.')
		cell_u32(e, 0);
	else
		cell_string(e, BPF_CORE_READ(key, description), KEY_NAME_MAX);
}

/* The kernel asks for one and the same of several operations: to write is to add to a keyring, and to empty it. */
INLINE void cell_operation(struct tsem_event *e)
{
	__u32 call = call_now();

	cell_call(e, call);
	cell_u8(e, call == CALL_keyctl);
	if (call == CALL_keyctl)
		cell_u32(e, FIRST_ARGUMENT(bpf_task_pt_regs(bpf_get_current_task_btf())));
}

TSEM_HOOK_RARE("lsm/key_permission", key_permission, void *reference, const struct cred *cred, int need)
{
	cell_key(e, argument_value(ctx, 0));
	cell_creds(e, cred);
	cell_u32(e, need);
	cell_key_name(e, argument_value(ctx, 0));
	cell_operation(e);
}
