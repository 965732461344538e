/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "replace.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel has it */
#define ATTEMPTS 100

enum target_kind {
	TARGET_NEW,
	TARGET_FILE, /* is replaced */
	TARGET_MOUNTED, /* is written in its place: nothing can take it */
	TARGET_DESCRIPTOR, /* is written where it stands */
};

struct target {
	enum target_kind kind;
	char path[PATH_MAX]; /* without a symbolic link at its end */
	int descriptor;
	struct stat status; /* of a file */
};

/* Uses the descriptor that open(2) returned, so nobody can replace the file in between. */
static int path_of_descriptor(int fd, char ret_path[PATH_MAX])
{
	char link[64];
	ssize_t size;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, ret_path, PATH_MAX - 1);
	if (size < 0)
		return -errno;
	ret_path[size] = 0;
	return ret_path[0] == '/' ? 0 : -ENOTSUP;
}

/* The name in its directory, after following all links on the way to the directory. */
static const char *split(const char *path, char ret_directory[PATH_MAX])
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		strcpy(ret_directory, ".");
	else
		snprintf(ret_directory, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	return slash ? slash + 1 : path;
}

/* Where a relative link leads from. */
static int follow(char path[PATH_MAX])
{
	char directory[PATH_MAX], target[PATH_MAX], joined[2 * PATH_MAX + 2];
	ssize_t size = readlink(path, target, sizeof(target) - 1);

	if (size < 0)
		return -errno;
	target[size] = 0;
	split(path, directory);
	if (target[0] == '/')
		snprintf(joined, sizeof(joined), "%s", target);
	else
		snprintf(joined, sizeof(joined), "%s/%s", directory, target);
	if (strlen(joined) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(path, joined);
	return 0;
}

/* The number of our own descriptor that the path, or a link on its way, names; -1 when there is no such descriptor. */
static int named_descriptor(const char *given)
{
	char path[PATH_MAX], directory[PATH_MAX], real[PATH_MAX], ours[64];
	const char *name;
	struct stat status;

	snprintf(ours, sizeof(ours), "/proc/%d/fd", (int)getpid());
	if (strlen(given) >= PATH_MAX)
		return -1;
	strcpy(path, given);
	for (int links = 0; links < LINKS_MAX; links++) {
		name = split(path, directory);
		if (realpath(directory, real) && !strcmp(real, ours) && isdigit((unsigned char)*name))
			return atoi(name);
		if (lstat(path, &status) || !S_ISLNK(status.st_mode) || follow(path))
			return -1;
	}
	return -1;
}

/* before: nothing was to be written yet. */
static int refuse(bool before, const char *path, int code, struct tsem_error *error)
{
	static const struct {
		int code;
		const char *reason;
	} reasons[] = {
		{ENOTSUP, "there is something that is not a file"},
		{ENOTTY, "a device keeps nothing; give the path of a file, or /dev/stdout"},
		{ENOSPC, "no space left on its file system"},
		{EDQUOT, "no space left on its file system"},
		{ECHILD, "its owner or mode could not be kept"},
	};

	const char *reason = strerror(code);

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].code == code)
			reason = reasons[i].reason;
	return before ? tsem_error_set(error, code, "cannot write %.255s: %s", path, reason) :
			tsem_error_set(error, code, "%.255s was not written: %s", path, reason);
}

static bool is_mount_root(int fd)
{
	struct statx status;

	return !statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &status) && status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

static int look_at(int fd, struct target *target)
{
	int r;

	if (fstat(fd, &target->status))
		return -errno;
	if (S_ISDIR(target->status.st_mode))
		return -EISDIR;
	if (S_ISCHR(target->status.st_mode) || S_ISBLK(target->status.st_mode))
		return -ENOTTY;
	if (!S_ISREG(target->status.st_mode))
		return -ENOTSUP;
	r = path_of_descriptor(fd, target->path);
	target->kind = is_mount_root(fd) ? TARGET_MOUNTED : TARGET_FILE;
	return r;
}

/*
 * A target that does not exist yet. A link may lead there, which only the kernel may follow, because it knows who owns
 * the link.
 */
static int look_at_nothing(const char *path, struct target *target)
{
	struct stat status;
	int fd, r;

	target->kind = TARGET_NEW;
	if (lstat(path, &status)) {
		strcpy(target->path, path);
		return errno == ENOENT ? 0 : -errno;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	if (fd < 0)
		return -errno;
	r = path_of_descriptor(fd, target->path);
	close(fd);
	if (!r && unlink(target->path))
		r = -errno;
	return r;
}

static int look(const char *path, struct target *target)
{
	int fd, r;

	if (strlen(path) >= PATH_MAX - 64)
		return -ENAMETOOLONG;
	target->descriptor = named_descriptor(path);
	if (target->descriptor >= 0) {
		target->kind = TARGET_DESCRIPTOR;
		return fcntl(target->descriptor, F_GETFL) < 0 ? -errno : 0;
	}
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? look_at_nothing(path, target) : -errno;
	r = look_at(fd, target);
	close(fd);
	return r;
}

static int write_whole(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t written = write(fd, bytes, size);

		if (written < 0 && errno != EINTR)
			return -errno;
		if (written > 0) {
			bytes += written;
			size -= written;
		}
	}
	return 0;
}

/* Sets the owner before the mode, because chown clears bits of the mode. */
static int take_over(int fd, const char *path, const struct stat *status)
{
	static const char *const names[] = {"system.posix_acl_access", "security.selinux"};
	char value[4096];
	struct stat own;

	if (fstat(fd, &own))
		return -errno;
	if ((own.st_uid != status->st_uid || own.st_gid != status->st_gid) &&
	    fchown(fd, status->st_uid, status->st_gid))
		return -ECHILD;
	if (fchmod(fd, status->st_mode & 07777))
		return -ECHILD;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		ssize_t size = lgetxattr(path, names[i], value, sizeof(value));

		if (size > 0 && fsetxattr(fd, names[i], value, size, 0) && errno != ENOTSUP)
			return -ECHILD;
	}
	return 0;
}

/* Writes all of it to a new file of that name, which is gone again when that fails. */
static int create_file(const char *name, const struct target *target, const void *bytes, size_t size, unsigned flags)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		      target->kind == TARGET_FILE || flags & REPLACE_PRIVATE ? 0600 : 0644);
	int r;

	if (fd < 0)
		return -errno;
	r = target->kind == TARGET_FILE ? take_over(fd, target->path, &target->status) : 0;
	if (!r)
		r = write_whole(fd, bytes, size);
	if (!r && !(flags & REPLACE_VOLATILE) && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && !r)
		r = -errno;
	if (r)
		unlink(name);
	return r;
}

/* Under an unused name beside the target. */
static int create_beside(const struct target *target, const void *bytes, size_t size, unsigned flags,
			 char ret_name[PATH_MAX])
{
	int r = -EEXIST;

	for (unsigned attempt = 0; r == -EEXIST && attempt < ATTEMPTS; attempt++) {
		snprintf(ret_name, PATH_MAX, "%.*s.%d-%u.tmp", PATH_MAX - 64, target->path, (int)getpid(), attempt);
		r = create_file(ret_name, target, bytes, size, flags);
	}
	return r;
}

static int sync_directory(const char *path)
{
	char directory[PATH_MAX];
	int fd, r;

	split(path, directory);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = fd < 0 || fsync(fd) < 0 ? -errno : 0;
	if (fd >= 0)
		close(fd);
	return r == -EINVAL ? 0 : r; /* a file system that has no such thing */
}

static int replace(const struct target *target, const void *bytes, size_t size, unsigned flags)
{
	char name[PATH_MAX];
	int r = create_beside(target, bytes, size, flags, name);

	if (!r && rename(name, target->path) < 0) {
		r = -errno;
		unlink(name);
	}
	return r || flags & REPLACE_VOLATILE ? r : sync_directory(target->path);
}

/* A file that is mounted by itself, as containers have it: its name cannot be given to another. */
static int overwrite(const struct target *target, const void *bytes, size_t size)
{
	int fd = open(target->path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW), r;

	if (fd < 0)
		return -errno;
	r = write_whole(fd, bytes, size);
	if (!r && fsync(fd) < 0)
		r = -errno;
	if (close(fd) < 0 && !r)
		r = -errno;
	return r;
}

int replace_file(const char *path, const void *bytes, size_t size, unsigned flags, struct tsem_error *error)
{
	struct target target;
	int r = look(path, &target);

	if (!r && target.kind == TARGET_DESCRIPTOR)
		r = write_whole(target.descriptor, bytes, size);
	else if (!r && target.kind == TARGET_MOUNTED)
		r = overwrite(&target, bytes, size);
	else if (!r)
		r = replace(&target, bytes, size, flags);
	return r ? refuse(false, path, -r, error) : 0;
}

int replace_file_at(int directory, const char *name, const char *shown, const void *bytes, size_t size,
		    struct tsem_error *error)
{
	struct target target = {.kind = TARGET_NEW};
	int r = 0;

	snprintf(target.path, sizeof(target.path), "/proc/self/fd/%d/%s", directory, name);
	if (!lstat(target.path, &target.status))
		target.kind = TARGET_FILE;
	else if (errno != ENOENT)
		r = -errno;
	if (target.kind == TARGET_FILE && !S_ISREG(target.status.st_mode))
		r = -ENOTSUP;
	target.status.st_mode &= 0777;
	if (!r)
		r = replace(&target, bytes, size, 0);
	return r ? refuse(false, shown, -r, error) : 0;
}

/* Whether it could be written, as far as that can be known without doing it. */
static int try_target(const struct target *target)
{
	char name[PATH_MAX];
	int fd, r;

	if (target->kind == TARGET_DESCRIPTOR)
		return (fcntl(target->descriptor, F_GETFL) & O_ACCMODE) == O_RDONLY ? -EBADF : 0;
	if (target->kind != TARGET_NEW) {
		fd = open(target->path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0)
			return -errno;
		close(fd);
	}
	if (target->kind == TARGET_MOUNTED)
		return 0;
	r = create_beside(target, "", 0, REPLACE_VOLATILE, name);
	if (!r && unlink(name))
		r = -errno;
	return r;
}

int tsem_output_check(const char *path, struct tsem_error *error)
{
	struct target target;
	int r = look(path, &target);

	if (!r)
		r = try_target(&target);
	return r ? refuse(true, path, -r, error) : 0;
}

int replace_move(const char *from, const char *to)
{
	struct stat source, target;
	bool taken = !lstat(to, &target);

	if (!taken && errno != ENOENT)
		return -errno;
	if (lstat(from, &source))
		return -errno;
	if (!S_ISREG(source.st_mode) && !S_ISDIR(source.st_mode))
		return -ENOTSUP;
	if (taken && (!S_ISREG(source.st_mode) || !S_ISREG(target.st_mode)))
		return -EEXIST;
	return rename(from, to) ? -errno : 0;
}
