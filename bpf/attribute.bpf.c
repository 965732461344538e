/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Extended attributes and access lists of files, and looks at them. */
#include "core/calls.h"
#include "core/describe.h"
#include "core/guard.h"
#include "core/hook.h"
#include "core/kernel.h"
#include "core/walk.h"

TSEM_HOOK_ALL("lsm/inode_getattr", inode_getattr, const struct path *path)
{
	cell_path(e, path, created_tag(path->dentry->d_inode, e->record.context), portable);
	cell_inode(e, path->dentry->d_inode, portable);
}

/* Names of extended attributes are at most 255 bytes. */
INLINE void cell_attribute(struct tsem_event *e, struct dentry *dentry, const char *name, bool portable)
{
	cell_dentry_walked(e, dentry, mount_find(dentry), portable);
	cell_string(e, name, XATTR_NAME_MAX);
}

#define BEGINS_MAX 16

/* Whether the name of an attribute begins so. */
INLINE bool attribute_begins(const char *name, const char *prefix, __u32 length)
{
	char begin[BEGINS_MAX] = {};

	bpf_probe_read_kernel(begin, length, name);
	for (__u32 i = 0; i < length; i++)
		if (begin[i] != prefix[i])
			return 0;
	return 1;
}
#define ATTRIBUTE_BEGINS(name, prefix) attribute_begins(name, prefix, sizeof(prefix) - 1)

/* Whether the value says what the file may do; others differ from run to run. */
INLINE bool attribute_secures(const char *name)
{
	return ATTRIBUTE_BEGINS(name, "security.");
}

/*
 * Whether an overlay file system marks what it has just made in its layer, with
 * credentials that it makes up for each making: task_overlaid() does not know
 * them. A task of its own accord has one and the same credentials in both
 * places, but for the workers of io_uring, which borrow any.
 */
INLINE bool attribute_layers(const char *name)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return (__u64)task->cred != (__u64)task->real_cred && !(task->flags & PF_IO_WORKER) &&
	       (ATTRIBUTE_BEGINS(name, "trusted.overlay.") || ATTRIBUTE_BEGINS(name, "user.overlay."));
}

/* The verifier does not let a hook read an argument of type void *, so it comes from the context as a number. */
INLINE void cell_value(struct tsem_event *e, const void *value, __u64 size)
{
	__u8 *tail = cell_tail(e);

	if (size > XATTR_VALUE_MAX ||
	    (size && bpf_probe_read_kernel(tail + 4, TSEM_BOUND(size, XATTR_VALUE_MAX), value)))
		event_fail(e, TSEM_FAILURE_field);
	cell_u32(e, TSEM_BOUND(size, XATTR_VALUE_MAX));
	cell_advance(e, TSEM_BOUND(size, XATTR_VALUE_MAX));
}

TSEM_HOOK_RARE_AS("lsm.s/inode_setxattr", inode_setxattr, inode_setxattr, !attribute_layers(name), ELSE_NEVER,
		  GUARDED(dentry), 0, struct mnt_idmap *idmap, struct dentry *dentry, const char *name,
		  const void *value, __u64 size, int flags)
{
	cell_attribute(e, dentry, name, portable);
	cell_value(e, (const void *)argument_value(ctx, 3), attribute_secures(name) ? size : 0);
	cell_u32(e, flags);
}

#define ACL_USER 0x02
#define ACL_GROUP 0x08
#define ACL_ENTRIES_MAX 500

struct acl_walk {
	struct tsem_event *event;
	const void *acl;
	__u32 count;
};

static __attribute__((noinline)) long acl_step(__u32 turn, void *context)
{
	struct acl_walk *w = context;
	const void *acl = w->acl;
	const struct posix_acl_entry *entry = acl + bpf_core_field_offset(struct posix_acl, a_entries) +
					      turn * bpf_core_type_size(struct posix_acl_entry);
	__u16 tag;

	if (turn >= w->count)
		return 1;
	tag = BPF_CORE_READ(entry, e_tag);
	cell_u16(w->event, tag);
	cell_u16(w->event, BPF_CORE_READ(entry, e_perm));
	/* Of the others the kernel has left it as it was. */
	cell_u32(w->event, tag == ACL_USER || tag == ACL_GROUP ? BPF_CORE_READ(entry, e_uid.val) : 0);
	return 0;
}

/* The entries: tag, permissions, id. */
INLINE void cell_acl(struct tsem_event *e, __u64 acl)
{
	const struct posix_acl *list = (const struct posix_acl *)acl;
	struct acl_walk w = {.event = e, .acl = list};

	if (acl)
		w.count = BPF_CORE_READ(list, a_count);
	if (w.count > ACL_ENTRIES_MAX) {
		event_fail(e, TSEM_FAILURE_field);
		w.count = 0;
	}
	cell_u32(e, w.count * 8);
	bpf_loop(ACL_ENTRIES_MAX, acl_step, &w, 0);
}

TSEM_HOOK_RARE_GUARDED("lsm/inode_set_acl", inode_set_acl, GUARDED(dentry), struct mnt_idmap *idmap,
		       struct dentry *dentry, const char *name, struct posix_acl *acl)
{
	cell_attribute(e, dentry, name, portable);
	cell_acl(e, argument_value(ctx, 3));
}

TSEM_HOOK_RARE_GUARDED("lsm/inode_remove_acl", inode_remove_acl, GUARDED(dentry), struct mnt_idmap *idmap,
		       struct dentry *dentry, const char *name)
{
	cell_attribute(e, dentry, name, portable);
}

TSEM_HOOK_ALL("lsm.s/inode_getxattr", inode_getxattr, struct dentry *dentry, const char *name)
{
	cell_attribute(e, dentry, name, portable);
}

TSEM_HOOK_RARE_GUARDED("lsm/inode_removexattr", inode_removexattr, GUARDED(dentry), struct mnt_idmap *idmap,
		       struct dentry *dentry, const char *name)
{
	cell_attribute(e, dentry, name, portable);
}

TSEM_HOOK_ALL("lsm/inode_listxattr", inode_listxattr, struct dentry *dentry)
{
	cell_dentry_walked(e, dentry, mount_find(dentry), portable);
}

TSEM_HOOK_ALL("lsm/inode_killpriv", inode_killpriv, struct mnt_idmap *idmap, struct dentry *dentry)
{
	cell_dentry_walked(e, dentry, mount_find(dentry), portable);
}
