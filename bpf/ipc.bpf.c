/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* System V IPC. The kernel keeps nothing of ours beside these objects, so a map by address holds their creators. */
#include "core/describe.h"
#include "core/event.h"
#include "core/hook.h"
#include "core/ids.h"
#include "core/kernel.h"
#include "core/maps.h"
#include "core/task.h"

/* The creator belongs to every later event of the object. */
INLINE int ipc_created(struct tsem_task *t, struct kern_ipc_perm *perm)
{
	struct tsem_owner owner = {};
	__u64 key = (__u64)perm;

	owner.context = t->context;
	tsem_digest_copy(owner.owner, t->task_id);
	if (!bpf_map_update_elem(&tsem_ipc, &key, &owner, BPF_ANY))
		return 0;
	namespace_failed(t, TSEM_FAILURE_storage);
	return task_refuses(t) ? -EPERM : 0;
}

/* What it is called and what it may be used by; its key and size are not known here. */
INLINE int ipc_describe(struct tsem_task *t, struct kern_ipc_perm *perm, const char *kind, __u32 size)
{
	struct tsem_event *e;

	if (t->options & TSEM_OPTION_BYPASS(TSEM_CLASS_OF_ipc_create))
		return ipc_created(t, perm);
	e = event_begin(t, TSEM_EVENT_ipc_create);
	if (!e)
		return tsem_exhausted(t, TSEM_EVENT_ipc_create);
	cell_constant(e, kind, size);
	cell_u16(e, perm->mode);
	return event_end_rare(e, t, 0) ? -EPERM : ipc_created(t, perm);
}

INLINE int ipc_create(struct kern_ipc_perm *perm, const char *kind)
{
	struct tsem_task *t = task_modeled();

	return t ? VERDICT(ipc_describe(t, perm, kind, __builtin_strlen(kind))) : 0;
}

INLINE int ipc_freed(__u64 key)
{
	bpf_map_delete_elem(&tsem_ipc, &key);
	return 0;
}

SEC("lsm/shm_alloc_security")
int BPF_PROG(shm_created, struct kern_ipc_perm *perm)
{
	return ipc_create(perm, "shm");
}

SEC("lsm/shm_free_security")
int BPF_PROG(shm_freed, struct kern_ipc_perm *perm)
{
	return ipc_freed((__u64)perm);
}

SEC("lsm/sem_alloc_security")
int BPF_PROG(sem_created, struct kern_ipc_perm *perm)
{
	return ipc_create(perm, "sem");
}

SEC("lsm/sem_free_security")
int BPF_PROG(sem_freed, struct kern_ipc_perm *perm)
{
	return ipc_freed((__u64)perm);
}

SEC("lsm/msg_queue_alloc_security")
int BPF_PROG(msg_queue_created, struct kern_ipc_perm *perm)
{
	return ipc_create(perm, "msg");
}

SEC("lsm/msg_queue_free_security")
int BPF_PROG(msg_queue_freed, struct kern_ipc_perm *perm)
{
	return ipc_freed((__u64)perm);
}

/* Commands about the whole system have no object: NULL, which the verifier does not expect, reads as zeros here. */
INLINE void cell_perm(struct tsem_event *e, struct kern_ipc_perm *object)
{
	struct kern_ipc_perm *perm = READ_ONLY(struct kern_ipc_perm, object);
	__u64 key = (__u64)perm;
	struct tsem_owner *owner = bpf_map_lookup_elem(&tsem_ipc, &key);

	cell_u32(e, uid_of(e->options, perm->uid));
	cell_u32(e, gid_of(e->options, perm->gid));
	cell_u32(e, uid_of(e->options, perm->cuid));
	cell_u32(e, gid_of(e->options, perm->cgid));
	cell_u16(e, perm->mode);
	if (owner && owner->context == e->record.context) {
		cell_digest(e, owner->owner);
		cell_u32(e, 0); /* known by who made it: keys are made of the numbers of files, too */
	} else {
		cell_zeros(e, TSEM_DIGEST_SIZE); /* created outside the namespace */
		cell_u32(e, perm->key);
	}
}

/* An object, and one number that says what is done with it. */
TSEM_HOOK_ALL("lsm/shm_associate", shm_associate, struct kern_ipc_perm *perm, int shmflg)
{
	cell_perm(e, perm);
	cell_u32(e, shmflg);
}

TSEM_HOOK_RARE("lsm/shm_shmctl", shm_shmctl, struct kern_ipc_perm *perm, int cmd)
{
	cell_perm(e, perm);
	cell_u32(e, cmd);
}

TSEM_HOOK_ALL("lsm/sem_associate", sem_associate, struct kern_ipc_perm *perm, int semflg)
{
	cell_perm(e, perm);
	cell_u32(e, semflg);
}

TSEM_HOOK_RARE("lsm/sem_semctl", sem_semctl, struct kern_ipc_perm *perm, int cmd)
{
	cell_perm(e, perm);
	cell_u32(e, cmd);
}

TSEM_HOOK_ALL("lsm/msg_queue_associate", msg_queue_associate, struct kern_ipc_perm *perm, int msqflg)
{
	cell_perm(e, perm);
	cell_u32(e, msqflg);
}

TSEM_HOOK_RARE("lsm/msg_queue_msgctl", msg_queue_msgctl, struct kern_ipc_perm *perm, int cmd)
{
	cell_perm(e, perm);
	cell_u32(e, cmd);
}

TSEM_HOOK_ALL("lsm/shm_shmat", shm_shmat, struct kern_ipc_perm *perm, char *address, int shmflg)
{
	cell_perm(e, perm);
	cell_u32(e, shmflg);
}

TSEM_HOOK_ALL("lsm/sem_semop", sem_semop, struct kern_ipc_perm *perm, struct sembuf *sops, unsigned int nsops,
	      int alter)
{
	cell_perm(e, perm);
	cell_u32(e, nsops);
	cell_u32(e, alter);
}

TSEM_HOOK_ALL("lsm/msg_queue_msgsnd", msg_queue_msgsnd, struct kern_ipc_perm *perm, struct msg_msg *msg, int msqflg)
{
	cell_perm(e, perm);
	cell_u32(e, msqflg);
}

TSEM_HOOK_ALL("lsm/msg_queue_msgrcv", msg_queue_msgrcv, struct kern_ipc_perm *perm, struct msg_msg *msg,
	      struct task_struct *target, long type, int mode)
{
	cell_perm(e, perm);
	cell_task(e, target);
	cell_u64(e, type);
	cell_u32(e, mode);
}

TSEM_HOOK_RARE("lsm/ipc_permission", ipc_permission, struct kern_ipc_perm *perm, short flag)
{
	cell_perm(e, perm);
	cell_u16(e, flag);
}
