/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/mount.h>

#define FILES_PROGRAM "/usr/lib/qemu/virtiofsd"
#define FD_LIMIT 1000000u
#define FD_LIMIT_UNKNOWN 1024u

/*
 * Needs root on the host: a user namespace is not enough, because overlayfs
 * opens its lower files with O_NOATIME, which only their owner may.
 *
 * The guest's root could mount its side writable: what keeps the host's files
 * safe is that virtiofsd itself sees nothing but read-only mounts.
 */
static int enter_readonly_view(void)
{
	struct mount_attr readonly = { .attr_set = MOUNT_ATTR_RDONLY };

	if (unshare(CLONE_NEWNS) < 0)
		return -errno;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	if (syscall(SYS_mount_setattr, -1, "/", AT_RECURSIVE, &readonly, sizeof(readonly)) < 0)
		return -errno;
	return 0;
}

/* One descriptor per inode that the guest remembers. */
static unsigned int raise_fd_limit(pid_t pid)
{
	struct rlimit limit = { .rlim_cur = FD_LIMIT, .rlim_max = FD_LIMIT };

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
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct sockaddr *generic = (const struct sockaddr *)&address;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (listener < 0 || client < 0 || bind(listener, generic, sizeof(address)) < 0 ||
	    listen(listener, 1) < 0 || connect(client, generic, sizeof(address)) < 0)
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
		FILES_PROGRAM, "-f", number, "--rlimit-nofile=0", "-o", "source=/",
		"-o", "sandbox=chroot", "-o", "cache=always", "-o", "xattr",
		"-o", "log_level=err", NULL,
	};
	const struct lab_child child = {
		.argv = argv, .input = -1, .output = log, .errors = log,
		.inherit = &listener, .inherit_count = 1,
		.prepare = enter_readonly_view,
	};

	snprintf(number, sizeof(number), "--fd=%d", listener);
	return lab_child_start(&child);
}

static void explain(int err, struct tsem_error *error)
{
	if (access(FILES_PROGRAM, X_OK) < 0)
		tsem_error_set(error, ENOENT, FILES_PROGRAM " is missing; install the "
			       "package qemu-system-common");
	else if (err == -EPERM)
		tsem_error_set(error, EPERM, "cannot make a read-only view of the host's files "
			       "for the guest; run as root with the right to mount");
	else
		tsem_error_set(error, -err, "cannot start " FILES_PROGRAM ": %s",
			       strerror(-err));
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
