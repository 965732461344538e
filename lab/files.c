/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/mount.h>

#define FILES_PROGRAM "/usr/lib/qemu/virtiofsd"
#define VIEW_PARENT "/run" /* in a separate mount namespace: the directory's own content is not needed */
#define VIEW VIEW_PARENT "/view"
#define FD_LIMIT 1000000u
#define FD_LIMIT_UNKNOWN 1024u

/* File systems of the running host: the guest must not see them, wherever they are mounted. */
static const char *const hidden_types[] = {"proc",   "sysfs",	  "devtmpfs", "devpts",	    "mqueue",	   "bpf",
					   "cgroup", "cgroup2",	  "cpuset",   "securityfs", "debugfs",	   "tracefs",
					   "pstore", "efivarfs",  "configfs", "selinuxfs",  "binfmt_misc", "rpc_pipefs",
					   "nfsd",   "hugetlbfs", "fusectl"};
/* Where there may be no mount of their own, as in containers. */
static const char *const hidden_paths[] = {"/dev", "/proc", "/run", "/sys"};

/* A path that is no directory, or a link to one, shows nothing at this place. */
static int cover(const char *path)
{
	char place[PATH_MAX];
	struct stat info;

	if (lab_path(place, VIEW "%s", path))
		return -ENAMETOOLONG;
	if (lstat(place, &info) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	if (S_ISREG(info.st_mode))
		return mount("/dev/null", place, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
	if (!S_ISDIR(info.st_mode))
		return 0;
	return mount("hidden", place, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755,size=4k") < 0 ? -errno : 0;
}

static bool type_hidden(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(hidden_types) / sizeof(hidden_types[0]); i++)
		if (!strcmp(type, hidden_types[i]))
			return true;
	return false;
}

/* A mount below a covered one is covered with it. Fails closed: an unreadable list is an error. */
static int cover_mounts(FILE *mounts)
{
	const struct mntent *entry;
	int err = 0;

	while (!err && (entry = getmntent(mounts)))
		if (type_hidden(entry->mnt_type))
			err = cover(entry->mnt_dir);
	return err ? err : ferror(mounts) ? -EIO : 0;
}

static int cover_all(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	int err = mounts ? 0 : -errno;
	size_t i;

	for (i = 0; i < sizeof(hidden_paths) / sizeof(hidden_paths[0]) && !err; i++)
		err = cover(hidden_paths[i]);
	if (!err)
		err = cover_mounts(mounts);
	if (mounts)
		endmntent(mounts);
	return err;
}

/* A copy of all mounts at VIEW: virtiofsd itself still needs /proc, and goes into the copy then. */
static int copy_mounts(void)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	int err = tree < 0 ? -errno : 0;

	if (!err && mount("view", VIEW_PARENT, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700,size=64k") < 0)
		err = -errno;
	if (!err && mkdir(VIEW, 0700) < 0)
		err = -errno;
	if (!err && syscall(SYS_move_mount, tree, "", AT_FDCWD, VIEW, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		err = -errno;
	if (tree >= 0)
		close(tree);
	return err;
}

/*
 * Needs root on the host: a user namespace is not enough, because overlayfs
 * opens its lower files with O_NOATIME, which only their owner may.
 *
 * The guest's root can mount the file server again, and writable: what keeps
 * the host's files safe is that virtiofsd itself sees nothing but read-only
 * mounts without devices, and nothing at all of what belongs to the running host.
 */
static int enter_readonly_view(void)
{
	struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};
	struct mount_attr deviceless = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV};
	int err;

	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	err = copy_mounts();
	if (!err)
		err = cover_all();
	if (err)
		return err;
	if (syscall(SYS_mount_setattr, -1, "/", AT_RECURSIVE, &readonly, sizeof(readonly)) < 0 ||
	    syscall(SYS_mount_setattr, -1, VIEW, AT_RECURSIVE, &deviceless, sizeof(deviceless)) < 0)
		return -errno;
	return 0;
}

/* One descriptor per inode that the guest remembers. */
static unsigned int raise_fd_limit(pid_t pid)
{
	struct rlimit limit = {.rlim_cur = FD_LIMIT, .rlim_max = FD_LIMIT};

	if (prlimit(pid, RLIMIT_NOFILE, &limit, NULL) == 0)
		return FD_LIMIT;
	if (prlimit(pid, RLIMIT_NOFILE, NULL, &limit) < 0)
		return FD_LIMIT_UNKNOWN;
	limit.rlim_cur = limit.rlim_max;
	if (prlimit(pid, RLIMIT_NOFILE, &limit, NULL) < 0)
		return FD_LIMIT_UNKNOWN;
	return (unsigned int)limit.rlim_max;
}

static int bind_connect(const char *path, int listener, int client)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct sockaddr *generic = (const struct sockaddr *)&address;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (listener < 0 || client < 0 || bind(listener, generic, sizeof(address)) < 0 || listen(listener, 1) < 0 ||
	    connect(client, generic, sizeof(address)) < 0)
		return -errno;
	return 0;
}

/* virtiofsd wants to accept; the name exists only inside a private directory. */
static int make_sockets(int *ret_listener, int *ret_client)
{
	char directory[] = "/tmp/tsem-lab-XXXXXX";
	char path[64];
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err;

	if (!mkdtemp(directory))
		return -errno;
	snprintf(path, sizeof(path), "%s/files", directory);
	err = bind_connect(path, listener, client);
	unlink(path);
	rmdir(directory);
	*ret_listener = listener;
	*ret_client = client;
	return err;
}

static pid_t start_program(int listener, int log)
{
	char number[32];
	const char *const argv[] = {
		FILES_PROGRAM, "-f",
		number,	       "--rlimit-nofile=0",
		"-o",	       "source=" VIEW,
		"-o",	       "sandbox=chroot",
		"-o",	       "cache=always",
		"-o",	       "xattr",
		"-o",	       "log_level=err",
		NULL,
	};
	const struct lab_child child = {
		.argv = argv,
		.input = -1,
		.output = log,
		.errors = log,
		.inherit = &listener,
		.inherit_count = 1,
		.prepare = enter_readonly_view,
	};

	snprintf(number, sizeof(number), "--fd=%d", listener);
	return lab_child_start(&child);
}

static void explain(int err, struct tsem_error *error)
{
	if (access(FILES_PROGRAM, X_OK) < 0)
		tsem_error_set(error, ENOENT,
			       FILES_PROGRAM " is missing; install the "
					     "package qemu-system-common");
	else if (err == -EPERM)
		tsem_error_set(error, EPERM,
			       "cannot make a read-only view of the host's files "
			       "for the guest; run as root with the right to mount");
	else
		tsem_error_set(error, -err, "cannot start " FILES_PROGRAM ": %s", strerror(-err));
}

int lab_files_start(struct lab_machine *machine, int *ret_fd, struct tsem_error *error)
{
	int listener = -1;
	int client = -1;
	int err = make_sockets(&listener, &client);

	if (!err) {
		machine->files = start_program(listener, machine->files_log);
		err = machine->files < 0 ? machine->files : 0;
	}
	if (!err)
		machine->fd_limit = raise_fd_limit(machine->files);
	if (listener >= 0)
		close(listener);
	if (!err) {
		*ret_fd = client;
		return 0;
	}
	machine->files = 0;
	if (client >= 0)
		close(client);
	explain(err, error);
	return -1;
}
