/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define FUSE_USE_VERSION 312
#include "rendezvous.h"
#include "../kernel/runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse3/fuse_lowlevel.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define HELPER_NAME "helper"
#define HELPER_INODE 2
#define ATTRIBUTE "user.tsem"
#define FOREVER 1e9
#define HELPER_START_MS 30000

/* ---- the one file ---- */

static size_t helper_size(void)
{
	return rendezvous_helper_end - rendezvous_helper;
}

static void fill_attributes(fuse_ino_t inode, struct stat *ret_stat)
{
	*ret_stat = (struct stat){.st_ino = inode, .st_nlink = 1, .st_mode = S_IFDIR | 0555};
	if (inode == HELPER_INODE) {
		ret_stat->st_mode = S_IFREG | 0555;
		ret_stat->st_size = helper_size();
	}
}

static void serve_init(void *context, struct fuse_conn_info *connection)
{
	(void)context;
	connection->want &= ~(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
}

static void serve_lookup(fuse_req_t request, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param entry = {.ino = HELPER_INODE, .attr_timeout = FOREVER, .entry_timeout = FOREVER};

	if (parent != FUSE_ROOT_ID || strcmp(name, HELPER_NAME)) {
		fuse_reply_err(request, ENOENT);
		return;
	}
	fill_attributes(HELPER_INODE, &entry.attr);
	fuse_reply_entry(request, &entry);
}

static void serve_getattr(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file)
{
	struct stat attributes;

	(void)file;
	fill_attributes(inode, &attributes);
	fuse_reply_attr(request, &attributes, FOREVER);
}

static void serve_open(fuse_req_t request, fuse_ino_t inode, struct fuse_file_info *file)
{
	if (inode != HELPER_INODE || (file->flags & O_ACCMODE) != O_RDONLY) {
		fuse_reply_err(request, EACCES);
		return;
	}
	file->keep_cache = 1;
	fuse_reply_open(request, file);
}

static void serve_read(fuse_req_t request, fuse_ino_t inode, size_t size, off_t offset, struct fuse_file_info *file)
{
	size_t left = (size_t)offset < helper_size() ? helper_size() - offset : 0;

	(void)inode;
	(void)file;
	fuse_reply_buf(request, rendezvous_helper + (left ? offset : 0), size < left ? size : left);
}

static void serve_getxattr(fuse_req_t request, fuse_ino_t inode, const char *name, size_t size)
{
	struct rendezvous *rendezvous = fuse_req_userdata(request);

	if (strcmp(name, ATTRIBUTE))
		fuse_reply_err(request, ENODATA);
	else if (inode != HELPER_INODE || size != sizeof(struct tsem_answer))
		fuse_reply_err(request, EPERM);
	else
		rendezvous->fn(rendezvous->context, request, fuse_req_ctx(request)->pid);
}

static const struct fuse_lowlevel_ops operations = {
	.init = serve_init,
	.lookup = serve_lookup,
	.getattr = serve_getattr,
	.open = serve_open,
	.read = serve_read,
	.getxattr = serve_getxattr,
};

void rendezvous_answer(struct fuse_req *request, const struct tsem_answer *answer)
{
	fuse_reply_buf(request, (const char *)answer, sizeof(*answer));
}

void rendezvous_reject(struct fuse_req *request)
{
	fuse_reply_err(request, EPERM);
}

int rendezvous_turn(struct rendezvous *rendezvous)
{
	struct fuse_buf buffer = {.mem = rendezvous->memory};
	int size = fuse_session_receive_buf(rendezvous->session, &buffer);

	if (size > 0)
		fuse_session_process_buf(rendezvous->session, &buffer);
	rendezvous->memory = buffer.mem; /* a megabyte of locked memory: not allocated for each request */
	if (!size || fuse_session_exited(rendezvous->session))
		return -ENODEV;
	return size == -EAGAIN || size == -EINTR || size == -ENOENT ? 0 : size;
}

/* ---- opening ---- */

static int configure(int context, unsigned command, const char *key, const char *value)
{
	return syscall(SYS_fsconfig, context, command, key, value, 0) ? -errno : 0;
}

int rendezvous_mount(int device, int *ret_mount)
{
	char number[16];
	int context = syscall(SYS_fsopen, "fuse", FSOPEN_CLOEXEC), r = 0;

	if (context < 0)
		return -errno;
	snprintf(number, sizeof(number), "%d", device);
	const char *const words[][2] = {{"source", TSEM_RENDEZVOUS},
					{"subtype", TSEM_RENDEZVOUS},
					{"fd", number},
					{"rootmode", "40000"},
					{"user_id", "0"},
					{"group_id", "0"},
					{"allow_other", NULL}};

	for (size_t i = 0; !r && i < sizeof(words) / sizeof(*words); i++)
		r = configure(context, words[i][1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, words[i][0], words[i][1]);
	if (!r)
		r = configure(context, FSCONFIG_CMD_CREATE, NULL, NULL);
	if (!r) {
		*ret_mount = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
		r = *ret_mount < 0 ? -errno : 0;
	}
	close(context);
	return r;
}

static int open_session(struct rendezvous *rendezvous)
{
	char *words[] = {"tsem", NULL}, path[32];
	struct fuse_args arguments = FUSE_ARGS_INIT(1, words);

	rendezvous->session = fuse_session_new(&arguments, &operations, sizeof(operations), rendezvous);
	snprintf(path, sizeof(path), "/dev/fd/%d", rendezvous->device);
	return rendezvous->session && !fuse_session_mount(rendezvous->session, path) ? 0 : -EIO;
}

/* Tasks are identified by their numbers, so these have to be the kernel's own. */
static int require_initial_pids(struct tsem_error *error)
{
	struct stat st;

	if (!stat("/proc/self/ns/pid", &st) && st.st_ino == 0xeffffffc)
		return 0;
	return tsem_error_set(error, EPERM, "an external namespace can only be made in the initial PID namespace");
}

int rendezvous_open(struct rendezvous *rendezvous, rendezvous_fn fn, void *context, struct tsem_error *error)
{
	int r = require_initial_pids(error);

	*rendezvous = (struct rendezvous){.device = -1, .mount = -1, .signs = -1, .fn = fn, .context = context};
	if (r)
		return r;
	rendezvous->device = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (rendezvous->device < 0)
		return tsem_error_set(error, errno, "cannot open /dev/fuse, which an external namespace needs: %s",
				      strerror(errno));
	r = open_session(rendezvous);
	if (!r)
		r = rendezvous_mount(rendezvous->device, &rendezvous->mount);
	if (!r)
		return 0;
	rendezvous_close(rendezvous);
	return tsem_error_set(error, -r, "cannot make the file system of an external namespace: %s", strerror(-r));
}

/* ---- the helper ---- */

/*
 * Until it has all its pages it dies with us: the kernel tries without end to lock a page that nobody serves any more.
 */
static void helper_run(const struct rendezvous *rendezvous, int signs, int report, unsigned patience_ms,
		       pid_t orchestrator)
{
	char pid[16], patience[16], *argv[] = {"tsem-helper", pid, patience, NULL}, *none[] = {NULL};

	snprintf(pid, sizeof(pid), "%d", orchestrator);
	snprintf(patience, sizeof(patience), "%u", patience_ms);
	signs = fcntl(signs, F_DUPFD_CLOEXEC, 3);
	report = fcntl(report, F_DUPFD_CLOEXEC, 3);
	dup2(signs, 0);
	dup2(report, 1);
	close(2);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != orchestrator)
		_exit(127);
	syscall(SYS_execveat, rendezvous->mount, HELPER_NAME, argv, none, 0);
	_exit(127);
}

/* Whether the helper reports that it watches. If somebody cuts the file system meanwhile, this returns false. */
static bool helper_watches(int report)
{
	struct pollfd said = {.fd = report, .events = POLLIN};
	char byte;
	int r;

	do
		r = poll(&said, 1, HELPER_START_MS);
	while (r < 0 && errno == EINTR);
	return r > 0 && read(report, &byte, 1) == 1;
}

static int start_helper(struct rendezvous *rendezvous, unsigned patience_ms)
{
	pid_t orchestrator = getpid();
	int signs[2], report[2];
	bool watches;

	if (pipe2(signs, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	rendezvous->signs = signs[1];
	if (pipe2(report, O_CLOEXEC)) {
		close(signs[0]);
		return -EMFILE;
	}
	rendezvous->helper = fork();
	if (!rendezvous->helper)
		helper_run(rendezvous, signs[0], report[1], patience_ms, orchestrator);
	close(signs[0]);
	close(report[1]);
	if (rendezvous->helper < 0)
		rendezvous->helper = 0;
	watches = rendezvous->helper && helper_watches(report[0]);
	close(report[0]);
	if (!watches && rendezvous->helper)
		kill(rendezvous->helper, SIGKILL);
	return watches ? 0 : -ENOEXEC;
}

int rendezvous_start(struct rendezvous *rendezvous, unsigned patience_ms, struct tsem_error *error)
{
	struct stat st;
	int r = fstatat(rendezvous->mount, HELPER_NAME, &st, 0) ? -errno : 0;

	if (!r) {
		rendezvous->number = (tsem_u64)major(st.st_dev) << 20 | minor(st.st_dev);
		r = start_helper(rendezvous, patience_ms);
	}
	if (r)
		return tsem_error_set(error, -r, "cannot start the helper of an external namespace: %s", strerror(-r));
	close(rendezvous->mount);
	rendezvous->mount = -1;
	return 0;
}

void rendezvous_sign(const struct rendezvous *rendezvous)
{
	if (write(rendezvous->signs, "", 1) < 0) {
		/* Full: it has enough signs. Gone: no task asks any more. */
	}
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void rendezvous_close(struct rendezvous *rendezvous)
{
	close_fd(&rendezvous->mount);
	close_fd(&rendezvous->signs);
	if (rendezvous->session)
		fuse_session_destroy(rendezvous->session); /* closes the device too */
	else
		close_fd(&rendezvous->device);
	rendezvous->session = NULL;
	free(rendezvous->memory);
	rendezvous->memory = NULL;
	rendezvous->device = -1;
	if (rendezvous->helper)
		waitpid(rendezvous->helper, NULL, 0);
	rendezvous->helper = 0;
}
