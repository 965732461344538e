/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * User and group ids: as the initial user namespace counts them, or, where the
 * model says so, as the task's own does, so that a container has the same model
 * whatever range of ids it was given.
 */
#ifndef TSEM_BPF_IDS_H
#define TSEM_BPF_IDS_H

#include "kernel.h"
#include "../../abi/options.h"
#include "../../abi/record.h"

#define ID_EXTENTS_INLINE 5
#define ID_EXTENTS_MAX 340
#define ID_UNMAPPED 65534 /* what the kernel shows for an id that has no number there */

struct id_search {
	const struct uid_gid_extent *extents;
	__u32 id;
	__u32 shown;
};

static __attribute__((noinline)) long id_step(__u32 turn, void *context)
{
	struct id_search *s = context;
	const struct uid_gid_extent *extent = s->extents + turn;
	__u32 first = BPF_CORE_READ(extent, lower_first);

	if (s->id - first >= BPF_CORE_READ(extent, count))
		return 0;
	s->shown = BPF_CORE_READ(extent, first) + (s->id - first);
	return 1;
}

#define ID_GROUP 1
#define ID_FILES 2 /* that files are accessed by */

/*
 * An overlay creates files with credentials of its own, in which those ids are the file's: they are shown as the task
 * itself counts them.
 */
__attribute__((noinline)) int id_show(__u32 id, __u32 kind)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct user_namespace *ns =
		kind & ID_FILES ? BPF_CORE_READ(task, real_cred, user_ns) : BPF_CORE_READ(task, cred, user_ns);
	struct uid_gid_map *map = kind & ID_GROUP ? __builtin_preserve_access_index(&ns->gid_map) :
						    __builtin_preserve_access_index(&ns->uid_map);
	struct id_search s = {.id = id, .shown = ID_UNMAPPED};
	__u32 count = BPF_CORE_READ(map, nr_extents);

	s.extents = count > ID_EXTENTS_INLINE ? BPF_CORE_READ(map, forward) :
						__builtin_preserve_access_index(&map->extent[0]);
	bpf_loop(count > ID_EXTENTS_MAX ? ID_EXTENTS_MAX : count, id_step, &s, 0);
	return s.shown;
}

INLINE __u32 uid_of(__u32 options, kuid_t uid)
{
	return options & TSEM_OPTION_IDS_CURRENT ? (__u32)id_show(uid.val, 0) : uid.val;
}

INLINE __u32 gid_of(__u32 options, kgid_t gid)
{
	return options & TSEM_OPTION_IDS_CURRENT ? (__u32)id_show(gid.val, 1) : gid.val;
}

INLINE void coe_ids_show(struct tsem_coe *coe)
{
	coe->uid = id_show(coe->uid, 0);
	coe->euid = id_show(coe->euid, 0);
	coe->suid = id_show(coe->suid, 0);
	coe->gid = id_show(coe->gid, 1);
	coe->egid = id_show(coe->egid, 1);
	coe->sgid = id_show(coe->sgid, 1);
	coe->fsuid = id_show(coe->fsuid, ID_FILES);
	coe->fsgid = id_show(coe->fsgid, ID_FILES | ID_GROUP);
}

#endif
