// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ways to the same end. Each prints "done", or the error that stood in its way.
 *
 * ways [in KIND,...] open FILE [WAY...]     reads the first bytes of FILE in every way, or in these
 * ways [in KIND,...] run PROGRAM [WAY...]   runs PROGRAM, which must end with status 42
 * ways list open|run                        prints the ways
 * ways below DIR FILE                       opens FILE below a copy of the mount of DIR that is mounted
 * nowhere ways give SOCKET FILE                     hands out descriptors of FILE at a UNIX socket, until it
 * is killed ways take SOCKET                          takes one and reads from it ways steal PID FD takes a
 * descriptor out of a process, and reads from it
 *
 * KIND is a namespace to be entered before: user, mount, pid, net, ipc, uts.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOADER "/lib64/ld-linux-x86-64.so.2"
#define RAN 42
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char *target;

/* 0, or the error of what has the descriptor. */
static int read_all(int fd)
{
	char bytes[16];
	int error = 0;

	if (fd < 0)
		return errno;
	if (read(fd, bytes, sizeof(bytes)) < 1)
		error = errno ? errno : ENODATA;
	close(fd);
	return error;
}

static int directory(int flags)
{
	char path[4096];

	snprintf(path, sizeof(path), "%.*s", (int)(strrchr(target, '/') - target), target);
	return open(path, flags | O_DIRECTORY);
}

static const char *base(void)
{
	return strrchr(target, '/') + 1;
}

static int link_open(int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, flags);
}

/* ---- to open ---- */

static int open_plain(void)
{
	return read_all(open(target, O_RDONLY));
}

static int open_writable(void)
{
	return read_all(open(target, O_RDWR));
}

static int open_openat2(void)
{
	struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS};

	return read_all(syscall(SYS_openat2, AT_FDCWD, target, &how, sizeof(how)));
}

static int open_beneath(void)
{
	struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_BENEATH};

	return read_all(syscall(SYS_openat2, directory(O_PATH), base(), &how, sizeof(how)));
}

static int open_again(void)
{
	return read_all(link_open(open(target, O_PATH), O_RDONLY));
}

static int open_root(void)
{
	char path[4200];

	snprintf(path, sizeof(path), "/proc/self/root/%s", target);
	return read_all(open(path, O_RDONLY));
}

static int open_handle(void)
{
	union {
		struct file_handle handle;
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount;

	if (name_to_handle_at(AT_FDCWD, target, &h.handle, &mount, 0))
		return errno;
	return read_all(open_by_handle_at(directory(O_RDONLY), &h.handle, O_RDONLY));
}

static int open_detached(void)
{
	return read_all(
		openat(syscall(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE | AT_RECURSIVE), target + 1, O_RDONLY));
}

static int open_cloned(uint64_t flags)
{
	struct clone_args args = {.flags = flags, .exit_signal = SIGCHLD};
	int pidfd = -1, status;
	pid_t pid;

	args.pidfd = (uintptr_t)&pidfd;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (!pid)
		_exit(open_plain());
	if (pid < 0 || waitpid(pid, &status, __WALL) < 0)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int open_untraced(void)
{
	return open_cloned(CLONE_UNTRACED | CLONE_PARENT_SETTID | CLONE_PIDFD | CLONE_CLEAR_SIGHAND);
}

static int open_sharing(void)
{
	return open_cloned(CLONE_FILES | CLONE_FS | CLONE_IO | CLONE_SYSVSEM);
}

static int child(void *unused)
{
	(void)unused;
	return open_plain();
}

static int open_vfork_sharing(void)
{
	static char stack[1 << 16];
	int status;
	pid_t pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_FS | CLONE_SIGHAND,
			  NULL);

	if (pid < 0 || waitpid(pid, &status, __WALL) < 0)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int open_isolated(void)
{
	return open_cloned(CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWCGROUP);
}

/* ---- to run ---- */

static int ended(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, __WALL) < 0)
		return errno;
	if (!WIFEXITED(status))
		return EINTR;
	if (WEXITSTATUS(status) == 126 || WEXITSTATUS(status) == 127)
		return EPERM; /* a shell and the loader end so when they could not run it */
	return WEXITSTATUS(status) == RAN ? 0 : WEXITSTATUS(status);
}

static char *const *words(void)
{
	static char *argv[3];

	argv[0] = (char *)target;
	return argv;
}

static int run_plain(void)
{
	pid_t pid = fork();

	if (!pid) {
		execve(target, words(), environ);
		_exit(errno);
	}
	return ended(pid);
}

static int run_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		execve(target, words(), environ);
		_exit(errno);
	}
	return ended(pid);
}

static int run_spawn(void)
{
	pid_t pid;
	int error = posix_spawn(&pid, target, NULL, NULL, words(), environ);

	return error ? error : ended(pid);
}

static int run_descriptor(int fd)
{
	pid_t pid = fork();

	if (!pid) {
		syscall(SYS_execveat, fd, "", words(), environ, AT_EMPTY_PATH);
		_exit(errno);
	}
	return ended(pid);
}

static int run_execveat(void)
{
	return run_descriptor(open(target, O_PATH | O_CLOEXEC));
}

static int run_link(void)
{
	int fd = open(target, O_PATH);
	pid_t pid = fork();
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!pid) {
		execve(path, words(), environ);
		_exit(errno);
	}
	return ended(pid);
}

static int run_loader(void)
{
	char *const argv[] = {LOADER, (char *)target, NULL};
	pid_t pid = fork();

	if (!pid) {
		fclose(stderr);
		close(2); /* the loader complains, and ends with a status of its own */
		execve(LOADER, argv, environ);
		_exit(errno);
	}
	return ended(pid);
}

static int run_shell(void)
{
	char *const argv[] = {"sh", "-c", "exec \"$0\" 2>&-", (char *)target, NULL};
	pid_t pid = fork();

	if (!pid) {
		close(2);
		execve("/bin/sh", argv, environ);
		_exit(errno);
	}
	return ended(pid);
}

/* ---- */

static const struct way {
	const char *verb, *name;
	int (*go)(void);
} ways[] = {
	{"open", "plain", open_plain},
	{"open", "writable", open_writable},
	{"open", "openat2", open_openat2},
	{"open", "beneath", open_beneath},
	{"open", "again", open_again},
	{"open", "root", open_root},
	{"open", "handle", open_handle},
	{"open", "detached", open_detached},
	{"open", "untraced", open_untraced},
	{"open", "sharing", open_sharing},
	{"open", "vfork_sharing", open_vfork_sharing},
	{"open", "isolated", open_isolated},
	{"run", "plain", run_plain},
	{"run", "vfork", run_vfork},
	{"run", "spawn", run_spawn},
	{"run", "execveat", run_execveat},
	{"run", "link", run_link},
	{"run", "loader", run_loader},
	{"run", "shell", run_shell},
};

static bool wanted(const struct way *way, const char *verb, char **names)
{
	if (strcmp(way->verb, verb))
		return false;
	if (!names || !*names)
		return true;
	for (; *names; names++)
		if (!strcmp(way->name, *names))
			return true;
	return false;
}

static int go(const char *verb, char **names)
{
	int error;

	for (size_t i = 0; i < COUNT(ways); i++) {
		if (!wanted(&ways[i], verb, names))
			continue;
		errno = 0;
		error = target ? ways[i].go() : 0;
		printf("%s", ways[i].name);
		if (target)
			printf("=%s", error ? strerrorname_np(error) ?: "other" : "done");
		printf(" ");
		fflush(stdout);
	}
	puts("");
	return 0;
}

static int say(int error)
{
	puts(error ? strerrorname_np(error) : "done");
	return 0;
}

/* Enters the namespaces; the first process of a new PID namespace does the rest. */
static int enter(const char *kinds)
{
	static const struct {
		const char *name;
		int flag;
	} names[] = {{"user", CLONE_NEWUSER}, {"mount", CLONE_NEWNS}, {"pid", CLONE_NEWPID},
		     {"net", CLONE_NEWNET},   {"ipc", CLONE_NEWIPC},  {"uts", CLONE_NEWUTS}};
	int flags = 0, status;
	pid_t pid;

	for (size_t i = 0; i < COUNT(names); i++)
		if (strstr(kinds, names[i].name))
			flags |= names[i].flag;
	if (unshare(flags))
		return -1;
	pid = fork();
	if (!pid)
		return 0;
	waitpid(pid, &status, 0);
	exit(WEXITSTATUS(status));
}

static int give(const char *name, const char *file)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 'x';
	struct iovec io = {&byte, 1};
	struct msghdr msg = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	int sock = socket(AF_UNIX, SOCK_STREAM, 0), fd = open(file, O_RDONLY), peer;

	strncpy(un.sun_path, name, sizeof(un.sun_path) - 1);
	if (bind(sock, (struct sockaddr *)&un, sizeof(un)) || listen(sock, 5))
		return 1;
	*CMSG_FIRSTHDR(&msg) = (struct cmsghdr){CMSG_LEN(sizeof(fd)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &fd, sizeof(fd));
	printf("%d %d\n", getpid(), fd);
	fflush(stdout);
	while ((peer = accept(sock, NULL, NULL)) >= 0) {
		lseek(fd, 0, SEEK_SET);
		sendmsg(peer, &msg, 0);
		close(peer);
	}
	return 1;
}

static int take(const char *name)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	char control[CMSG_SPACE(sizeof(int))] = "", byte;
	struct iovec io = {&byte, 1};
	struct msghdr msg = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	int sock = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	strncpy(un.sun_path, name, sizeof(un.sun_path) - 1);
	if (connect(sock, (struct sockaddr *)&un, sizeof(un)) || recvmsg(sock, &msg, 0) < 0)
		return say(errno);
	if (!CMSG_FIRSTHDR(&msg))
		return say(msg.msg_flags & MSG_CTRUNC ? EPERM : ENODATA);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return say(read_all(fd));
}

static int steal(const char *pid, const char *fd)
{
	int process = syscall(SYS_pidfd_open, atoi(pid), 0), got = syscall(SYS_pidfd_getfd, process, atoi(fd), 0);

	if (got >= 0)
		lseek(got, 0, SEEK_SET);
	return say(read_all(got));
}

static int below(const char *place, const char *file)
{
	return say(read_all(openat(syscall(SYS_open_tree, AT_FDCWD, place, OPEN_TREE_CLONE), file, O_RDONLY)));
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "in")) {
		if (enter(argv[2]))
			return say(errno);
		argc -= 2;
		argv += 2;
	}
	if (argc == 3 && !strcmp(argv[1], "list"))
		return go(argv[2], NULL);
	if (argc == 4 && !strcmp(argv[1], "below"))
		return below(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "give"))
		return give(argv[2], argv[3]);
	if (argc == 3 && !strcmp(argv[1], "take"))
		return take(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "steal"))
		return steal(argv[2], argv[3]);
	if (argc < 3)
		return 2;
	target = argv[2];
	return go(argv[1], argv + 3);
}
