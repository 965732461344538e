/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sessions that are bound to control groups, by name. */
#include "../kernel/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Under the state lock, which *ret_lock holds. -ENOENT without a sentence: there is nothing loaded. */
static int open_locked(struct tsem_kernel **ret_kernel, int *ret_lock, struct tsem_error *error)
{
	int r = tsem_kernel_loaded() ? tsem_kernel_open(0, ret_kernel, error) : -ENOENT;

	if (r)
		return r;
	*ret_lock = runtime_lock_state(error);
	if (*ret_lock >= 0) {
		bindings_reap(*ret_kernel);
		return 0;
	}
	tsem_kernel_close(*ret_kernel);
	return *ret_lock;
}

static void close_locked(struct tsem_kernel *kernel, int lock)
{
	close(lock);
	tsem_kernel_close(kernel);
}

int tsem_session_group(const char *name, char *ret_path, size_t size, struct tsem_error *error)
{
	struct tsem_kernel *kernel;
	tsem_u64 group = 0;
	tsem_u32 slot;
	char file[512];
	int lock, r;

	session_files_path(name, "binding", file, sizeof(file));
	if (access(file, F_OK))
		return -ENOENT;
	r = open_locked(&kernel, &lock, error);
	if (r)
		return r;
	slot = kernel_slot_named(kernel, name);
	if (slot != SLOT_NONE)
		group = binding_group(kernel, slot);
	close_locked(kernel, lock);
	r = group ? group_path(group, ret_path, size) : -ENOENT;
	return r && r != -ENOENT ? tsem_error_set(error, -r, "cannot find the control group of session %s: %s", name,
						  strerror(-r)) :
				   r;
}

bool tsem_session_origin(const char *name, char *ret_path, size_t size)
{
	char file[512], *bytes;
	size_t length;
	bool whole;

	session_files_path(name, "group", file, sizeof(file));
	if (runtime_read_file(file, &bytes, &length, NULL))
		return false;
	whole = length && length < size;
	if (whole) {
		memcpy(ret_path, bytes, length);
		ret_path[length] = 0;
	}
	free(bytes);
	return whole;
}

int tsem_session_unbind(const char *name, struct tsem_error *error)
{
	struct tsem_kernel *kernel;
	bool was = false;
	tsem_u32 slot;
	int lock, r = open_locked(&kernel, &lock, error);

	if (r && r != -ENOENT)
		return r;
	if (!r) {
		slot = kernel_slot_named(kernel, name);
		was = slot != SLOT_NONE && binding_end(kernel, slot);
		close_locked(kernel, lock);
	}
	return was ? 0 : tsem_error_set(error, ENOENT, "session %s is not bound to a control group", name);
}

int tsem_group_session(const struct tsem_group *group, char ret_name[TSEM_NAME_MAX], struct tsem_error *error)
{
	struct tsem_kernel *kernel;
	int lock, r = open_locked(&kernel, &lock, error);
	tsem_u32 slot = SLOT_NONE;

	if (r && r != -ENOENT)
		return r;
	if (!r) {
		slot = binding_slot(kernel, group);
		if (slot != SLOT_NONE)
			memcpy(ret_name, kernel->slots[slot].name, TSEM_NAME_MAX);
		close_locked(kernel, lock);
	}
	return slot != SLOT_NONE ? 0 :
				   tsem_error_set(error, ENOENT, "%s is not bound (`tsem ps`)", tsem_group_path(group));
}
