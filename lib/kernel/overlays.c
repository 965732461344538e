/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Queries every mount in every mount namespace, so that the programs record the overlay file systems. It uses the
 * numbers of the mounts: it looks up no name and calls no file system, because either may belong to a user who does not
 * answer.
 */
#include "runtime.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAMESPACES_MAX 4096 /* more than a machine has: the rest is noted when it is touched */
#define MOUNTS_MAX (1u << 20) /* of all mounts, for the same reason: any user can create many */
#define BATCH 1024

/* Of <linux/mount.h> and <linux/nsfs.h> of Linux 6.11, which the headers of the machine may not have yet. */
#ifndef SYS_statmount
#define SYS_statmount 457
#define SYS_listmount 458
#endif
#define GET_MNTNS_ID _IOR(0xb7, 0x5, tsem_u64)
#define ALL_BELOW_ROOT (~0ull)
#define SUPERBLOCK 0x1
#define PLACE 0x2
#define PARENT 6 /* of the words of the answer */

struct request {
	tsem_u32 size, reserved;
	tsem_u64 mount, parameter, namespace;
};

struct looking {
	tsem_u64 seen[NAMESPACES_MAX], ids[BATCH];
	size_t count, mounts;
};

/* The number of the process's mount namespace, if it is a new one; 0: it is known. */
static tsem_u64 new_namespace(struct looking *looking, int proc, const char *pid)
{
	char path[300];
	tsem_u64 id = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/ns/mnt", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, GET_MNTNS_ID, &id))
		id = 0;
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < looking->count && id; i++)
		if (looking->seen[i] == id)
			id = 0;
	if (!id || looking->count == NAMESPACES_MAX)
		return 0;
	looking->seen[looking->count++] = id;
	return id;
}

/* The kernel asks the programs (sb_statfs) whether this process may query the mount. Returns its parent mount. */
static tsem_u64 ask_about(struct looking *looking, tsem_u64 namespace, tsem_u64 mount)
{
	struct request request = {sizeof(request), 0, mount, SUPERBLOCK | PLACE, namespace};
	tsem_u64 answer[64] = {0};

	looking->mounts++;
	return syscall(SYS_statmount, &request, answer, sizeof(answer), 0) ? 0 : answer[PARENT];
}

static long list(struct looking *looking, tsem_u64 namespace, tsem_u64 below, tsem_u64 behind)
{
	struct request request = {sizeof(request), 0, below, behind, namespace};

	return syscall(SYS_listmount, &request, looking->ids, BATCH, 0);
}

/* The kernel's root of another namespace can be a part of it. The whole is below the mount without a parent. */
static tsem_u64 find_root(struct looking *looking, tsem_u64 namespace)
{
	tsem_u64 mount = list(looking, namespace, ALL_BELOW_ROOT, 0) > 0 ? looking->ids[0] : 0, parent = mount;

	for (; parent && looking->mounts < MOUNTS_MAX; mount = parent) {
		parent = ask_about(looking, namespace, mount);
		if (parent == mount)
			return mount;
	}
	return ALL_BELOW_ROOT;
}

static void look_through(struct looking *looking, tsem_u64 namespace)
{
	tsem_u64 root = find_root(looking, namespace), last = 0;
	long count;

	do {
		count = list(looking, namespace, root, last);
		for (long i = 0; i < count; i++)
			ask_about(looking, namespace, last = looking->ids[i]);
	} while (count == BATCH && looking->mounts < MOUNTS_MAX);
}

void overlays_look(void)
{
	struct looking *looking = calloc(1, sizeof(*looking));
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	tsem_u64 namespace;

	while (looking && directory && looking->mounts < MOUNTS_MAX && (entry = readdir(directory))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		namespace = new_namespace(looking, dirfd(directory), entry->d_name);
		if (namespace)
			look_through(looking, namespace);
	}
	if (directory)
		closedir(directory);
	free(looking);
}
