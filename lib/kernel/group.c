/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Control groups. The kernel gives each a number of 64 bits that no other group ever gets, so a new group of the same
 * name is another group. The number opens the group's directory as long as it exists.
 */
#include "group.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define CGROUP2_MAGIC 0x63677270
#define KERNFS_HANDLE 0xfe /* type of a handle that is a number */
#define FREEZE_LOOKS 2500 /* five seconds */
#define FREEZE_LOOK_US 2000
#define INITIAL_CGROUP_NAMESPACE 0xeffffffb /* its inode on every kernel */

struct tsem_group {
	int fd;
	tsem_u64 number;
	char path[PATH_MAX];
};

struct group_handle {
	struct file_handle head;
	tsem_u64 number;
};

static bool is_unified(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == CGROUP2_MAGIC;
}

/* Whether this process is also in groups of version 1: then programs that start workloads may use these. */
static bool has_others(void)
{
	char *bytes, *line, *rest;
	size_t size;
	bool others = false;

	if (runtime_read_file("/proc/self/cgroup", &bytes, &size, NULL))
		return true;
	for (rest = size ? bytes : NULL; rest && rest < bytes + size; rest = line ? line + 1 : NULL) {
		line = memchr(rest, '\n', bytes + size - rest);
		others |= bytes + size - rest < 3 || memcmp(rest, "0::", 3);
	}
	free(bytes);
	return others;
}

static int check_machine(struct tsem_error *error)
{
	int root = open(TSEM_GROUPS, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool unified = root >= 0 && is_unified(root);
	struct stat st;

	if (root >= 0)
		close(root);
	if (!unified)
		return tsem_error_set(error, EOPNOTSUPP,
				      "control groups of version 2 are not mounted on " TSEM_GROUPS
				      ": boot with systemd.unified_cgroup_hierarchy=1");
	if (has_others())
		return tsem_error_set(error, EOPNOTSUPP,
				      "this machine also uses control groups of version 1 (/proc/self/cgroup lists "
				      "them): boot with systemd.unified_cgroup_hierarchy=1");
	if (stat("/proc/self/ns/cgroup", &st) || st.st_ino != INITIAL_CGROUP_NAMESPACE)
		return tsem_error_set(error, EOPNOTSUPP,
				      "tsem sees control groups from inside a container: bind them from outside");
	return 0;
}

static int open_directory(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && !is_unified(fd)) {
		close(fd);
		errno = ENOTTY;
		fd = -1;
	}
	return fd;
}

/* Also as /proc/PID/cgroup has it, which begins with the root group. */
static int open_either(const char *path)
{
	char below[PATH_MAX];
	int fd = open_directory(path), saved = errno;

	if (fd >= 0 || path[0] != '/' || !strncmp(path, TSEM_GROUPS "/", strlen(TSEM_GROUPS "/")) ||
	    snprintf(below, sizeof(below), TSEM_GROUPS "%s", path) >= (int)sizeof(below))
		return fd;
	fd = open_directory(below);
	if (fd < 0 && errno == ENOENT)
		errno = saved;
	return fd;
}

static int path_of(int fd, char *ret_path, size_t size)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret_path, size);
	if (n < 0)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	ret_path[n] = 0;
	return 0;
}

static int number_of(int fd, tsem_u64 *ret_number)
{
	struct group_handle handle = {.head.handle_bytes = sizeof(handle.number)};
	int mount;

	if (name_to_handle_at(fd, "", &handle.head, &mount, AT_EMPTY_PATH))
		return -errno;
	memcpy(ret_number, handle.head.f_handle, sizeof(*ret_number));
	return 0;
}

/* Levels below the root; -1: it is not below. */
static int level_of(const char *path)
{
	int level = 0;

	if (strncmp(path, TSEM_GROUPS, strlen(TSEM_GROUPS)))
		return -1;
	for (path += strlen(TSEM_GROUPS); *path; path++)
		level += *path == '/';
	return level;
}

static int check_place(const char *path, struct tsem_error *error)
{
	int level = level_of(path);

	if (level < 0)
		return tsem_error_set(error, EINVAL, "%s is not below " TSEM_GROUPS, path);
	if (!level)
		return tsem_error_set(error, EINVAL,
				      "the root control group holds the whole machine, and cannot be bound: "
				      "take one below it");
	if (level > TSEM_BINDING_DEPTH)
		return tsem_error_set(error, EINVAL, "%s is %d levels deep; at most %d can be bound", path, level,
				      TSEM_BINDING_DEPTH);
	return 0;
}

static int fill_group(struct tsem_group *group, const char *path, struct tsem_error *error)
{
	int r;

	group->fd = open_either(path);
	if (group->fd < 0)
		return tsem_error_set(error, errno == ENOTTY ? ENOTDIR : errno, "there is no control group %s: %s",
				      path, errno == ENOTTY ? "it is a directory of another kind" : strerror(errno));
	r = path_of(group->fd, group->path, sizeof(group->path));
	if (!r)
		r = number_of(group->fd, &group->number);
	if (r)
		return tsem_error_set(error, -r, "cannot find out which control group %s is: %s", path, strerror(-r));
	return check_place(group->path, error);
}

int tsem_group_open(const char *path, struct tsem_group **ret_group, struct tsem_error *error)
{
	struct tsem_group *group;
	int r = check_machine(error);

	if (r)
		return r;
	group = calloc(1, sizeof(*group));
	if (!group)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = fill_group(group, path, error);
	if (r) {
		tsem_group_close(group);
		return r;
	}
	*ret_group = group;
	return 0;
}

const char *tsem_group_path(const struct tsem_group *group)
{
	return group->path;
}

void tsem_group_close(struct tsem_group *group)
{
	if (!group)
		return;
	if (group->fd >= 0)
		close(group->fd);
	free(group);
}

tsem_u64 group_number(const struct tsem_group *group)
{
	return group->number;
}

unsigned group_level(const struct tsem_group *group)
{
	return level_of(group->path);
}

/* A descriptor of the directory or a negative errno; -ESTALE: it was removed. */
static int open_number(tsem_u64 number)
{
	struct group_handle handle = {.head = {.handle_bytes = sizeof(number), .handle_type = KERNFS_HANDLE}};
	int root = open(TSEM_GROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd, saved;

	if (root < 0)
		return -errno;
	memcpy(handle.head.f_handle, &number, sizeof(number));
	fd = open_by_handle_at(root, &handle.head, O_PATH | O_CLOEXEC);
	saved = errno;
	close(root);
	return fd < 0 ? -saved : fd;
}

bool group_lives(tsem_u64 number)
{
	int fd = open_number(number);

	if (fd >= 0)
		close(fd);
	return fd != -ESTALE && fd != -ENOENT;
}

int group_path(tsem_u64 number, char *ret_path, size_t size)
{
	int fd = open_number(number), r;

	if (fd < 0)
		return fd == -ESTALE ? -ENOENT : fd;
	r = path_of(fd, ret_path, size);
	close(fd);
	return r;
}

/* A small file of the group; empty: it cannot be read. */
static void read_small(const struct tsem_group *group, const char *file, char *ret_text, size_t size)
{
	int fd = openat(group->fd, file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, ret_text, size - 1);

	ret_text[n < 0 ? 0 : n] = 0;
	if (fd >= 0)
		close(fd);
}

static int write_freeze(const struct tsem_group *group, const char *text)
{
	int fd = openat(group->fd, "cgroup.freeze", O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = write(fd, text, 1) == 1 ? 0 : -errno;
	close(fd);
	return r;
}

bool group_frozen(const struct tsem_group *group)
{
	char freeze[4];

	read_small(group, "cgroup.freeze", freeze, sizeof(freeze));
	return freeze[0] == '1';
}

static bool all_rest(const struct tsem_group *group)
{
	char events[256];

	read_small(group, "cgroup.events", events, sizeof(events));
	return strstr(events, "frozen 1");
}

int group_freeze(const struct tsem_group *group, struct tsem_error *error)
{
	int r = write_freeze(group, "1");

	if (r)
		return tsem_error_set(error, -r, "cannot stop the processes of %s: %s", group->path, strerror(-r));
	for (int i = 0; i < FREEZE_LOOKS && !all_rest(group); i++)
		usleep(FREEZE_LOOK_US);
	return all_rest(group) ?
		       0 :
		       tsem_error_set(error, EBUSY,
				      "a process of %s waits in the kernel and cannot be stopped for a moment, "
				      "so nothing was bound: try again later, or without --now",
				      group->path);
}

void group_thaw(const struct tsem_group *group)
{
	write_freeze(group, "0");
}

bool group_threaded(const struct tsem_group *group)
{
	char type[32];

	read_small(group, "cgroup.type", type, sizeof(type));
	return !strncmp(type, "threaded", strlen("threaded"));
}
