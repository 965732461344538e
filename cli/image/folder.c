/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define ATTEMPTS 100
#define SUFFIX 32 /* of a temporary name */

int folder_open(int parent, const char *name)
{
	int fd;

	if (mkdirat(parent, name, 0755) && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd >= 0 ? fd : errno == ELOOP ? -ENOTDIR : -errno;
}

static int write_whole(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			size -= n;
		}
	}
	return fsync(fd) ? -errno : 0;
}

/* Whose it is and who may read it, but no bits that give power. old: NULL: there was none. */
static int take_over(int fd, const struct stat *old)
{
	if (!old)
		return 0;
	if ((old->st_uid != geteuid() || old->st_gid != getegid()) && fchown(fd, old->st_uid, old->st_gid) &&
	    errno != EPERM)
		return -errno;
	return fchmod(fd, old->st_mode & 0666) ? -errno : 0;
}

static int write_new(int folder, const char *name, const struct stat *old, const void *bytes, size_t size)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644), r;

	if (fd < 0)
		return -errno;
	r = take_over(fd, old);
	if (!r)
		r = write_whole(fd, bytes, size);
	if (close(fd) && !r)
		r = -errno;
	if (r)
		unlinkat(folder, name, 0);
	return r;
}

int folder_write(int folder, const char *name, const void *bytes, size_t size)
{
	char beside[NAME_MAX + SUFFIX];
	struct stat old;
	bool there = !fstatat(folder, name, &old, AT_SYMLINK_NOFOLLOW);
	int r = -EEXIST;

	if (!there && errno != ENOENT)
		return -errno;
	if (there && !S_ISREG(old.st_mode))
		return -ENOTSUP;
	for (unsigned i = 0; r == -EEXIST && i < ATTEMPTS; i++) {
		snprintf(beside, sizeof(beside), "%s.%d-%u.tmp", name, (int)getpid(), i);
		r = write_new(folder, beside, there ? &old : NULL, bytes, size);
	}
	if (!r && renameat(folder, beside, folder, name)) {
		r = -errno;
		unlinkat(folder, beside, 0);
	}
	return r || !fsync(folder) || errno == EINVAL ? r : -errno;
}
