/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "object.h"
#include "reason.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define INITIAL_MOUNTS "/proc/1/ns/mnt"

tsem_u32 object_pool_entries(void)
{
	int cpus = libbpf_num_possible_cpus();
	tsem_u32 entries = 64;

	while (entries < 4u * (cpus > 0 ? cpus : 1))
		entries *= 2;
	return entries;
}

int object_initial_mounts(tsem_u64 *ret_number, struct tsem_error *error)
{
	int r = runtime_mounts(INITIAL_MOUNTS, ret_number);

	if (r == -ENOTTY)
		return runtime_no_kernel(error, ENOTTY, "the kernel has no ioctl NS_GET_MNTNS_ID");
	return r ? runtime_no_kernel(error, -r, "cannot open " INITIAL_MOUNTS ": %s", strerror(-r)) : 0;
}

int object_failed(struct tsem_error *error, int code, const char *what)
{
	char reason[1024];

	/* The verifier's refusals have these codes, too. */
	if ((code == EPERM || code == EACCES) && !reason_known())
		return runtime_no_kernel(error, code, "the kernel does not let this process %s (%s)", what,
					 strerror(code));
	reason_print(reason, sizeof(reason));
	return runtime_no_kernel(error, code, "cannot %s: %s%s%s", what, *reason ? "" : strerror(code),
				 *reason && !reason_known() ? "libbpf says: " : "", reason);
}

static int find_key(tsem_u32 kind, int fd, struct tsem_object *ret_key)
{
	struct {
		tsem_u32 type;
		tsem_u32 id;
	} begin = {}; /* the common part of the kernel's information about maps, programs and links */
	tsem_u32 size = sizeof(begin);

	if (bpf_obj_get_info_by_fd(fd, &begin, &size))
		return -errno;
	*ret_key = (struct tsem_object){.kind = kind, .id = begin.id};
	return 0;
}

int object_note(int guarded, tsem_u32 kind, int fd)
{
	struct tsem_object key;
	tsem_u8 value = 1;
	int r = find_key(kind, fd, &key);

	if (r)
		return r;
	return bpf_map_update_elem(guarded, &key, &value, BPF_ANY) ? -errno : 0;
}

void object_forget(int guarded, tsem_u32 kind, int fd)
{
	struct tsem_object key;

	if (!find_key(kind, fd, &key))
		bpf_map_delete_elem(guarded, &key);
}

int object_reuse(struct bpf_map *map, const char *path)
{
	int fd = bpf_obj_get(path), r;

	if (fd < 0)
		return -errno;
	r = bpf_map__reuse_fd(map, fd);
	close(fd);
	return r;
}

int object_keep(int guarded, struct bpf_link *link, const char *path)
{
	int r = object_note(guarded, TSEM_OBJECT_LINK, bpf_link__fd(link));

	if (!r)
		r = bpf_link__pin(link, path);
	if (r)
		object_forget(guarded, TSEM_OBJECT_LINK, bpf_link__fd(link));
	bpf_link__destroy(link); /* the pin holds it */
	return r;
}

int object_attach(int guarded, struct bpf_program *program, const char *path)
{
	int r = object_note(guarded, TSEM_OBJECT_PROGRAM, bpf_program__fd(program));
	struct bpf_link *link = r ? NULL : bpf_program__attach(program);

	if (!link)
		return r ? r : -errno;
	return object_keep(guarded, link, path);
}
