/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * deed_detect NAME [ARGUMENT]: does what a detection is for (NAME), or what is nearly the same and must not be taken for it
 * (NAME-near). Prints "done", or the error that it was refused with.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define STRINGS 150000

static int outcome(long r)
{
	printf("%s\n", r >= 0 ? "done" : strerrorname_np(errno));
	fflush(stdout);
	return r < 0;
}

static long unlink_of(const char *link)
{
	char path[4096] = {};

	return readlink(link, path, sizeof(path) - 1) < 0 ? -1 : unlink(path);
}

static long unlink_parent(void)
{
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/exe", getppid());
	return unlink_of(link);
}

/* ---- programs with an environment ---- */

static long run(char *const arguments[], char *const environment[])
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execve(arguments[0], arguments, environment);
		_exit(errno == EPERM ? 9 : 8);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status) || WEXITSTATUS(status)) {
		errno = WIFSIGNALED(status) ? EOWNERDEAD : EPERM;
		return -1;
	}
	return 0;
}

static long run_with(const char *program, const char *first, const char *second)
{
	char *const arguments[] = {(char *)program, NULL};
	char *const environment[] = {"PATH=/usr/bin:/bin", (char *)first, (char *)second, NULL};

	return run(arguments, environment);
}

static long run_argument(const char *argument)
{
	char *const arguments[] = {"/bin/true", (char *)argument, NULL}, *const none[] = {NULL};

	return run(arguments, none);
}

/* What is looked for comes behind more than is looked at. */
static long run_many(void)
{
	char *const arguments[] = {"/bin/true", NULL};
	char **environment = calloc(STRINGS + 2, sizeof(*environment));

	for (int i = 0; i < STRINGS; i++)
		environment[i] = "a=";
	environment[STRINGS] = "LD_PRELOAD=/nothing.so";
	return run(arguments, environment);
}

/* In the last of many long strings, each of many pages. */
static long run_long(void)
{
	char *const arguments[] = {"/bin/true", NULL};
	char *environment[10] = {};

	for (int i = 0; i < 8; i++) {
		environment[i] = malloc(120000);
		memset(environment[i], 'x', 119999);
		environment[i][119999] = 0;
	}
	environment[8] = "LD_PRELOAD=/nothing.so";
	return run(arguments, environment);
}

/* ---- memory of others ---- */

static long open_memory(const char *pid, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	return open(path, flags);
}

static long move_memory(pid_t pid, void *there, bool write)
{
	char byte = 0;
	struct iovec here = {&byte, 1}, other = {there, 1};

	return write ? process_vm_writev(pid, &here, 1, &other, 1, 0) : process_vm_readv(pid, &here, 1, &other, 1, 0);
}

static long move_child(bool write)
{
	static char byte;
	pid_t pid = fork();
	long r;

	if (!pid)
		for (;;)
			pause();
	r = move_memory(pid, &byte, write);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r;
}

static long trace(pid_t pid)
{
	long r = ptrace(PTRACE_ATTACH, pid, NULL, NULL);

	if (r < 0)
		return r;
	waitpid(pid, NULL, __WALL);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return 0;
}

/* By its number for programs of 32 bits, which a program of 64 bits can use as well. */
static long trace_compat(pid_t pid)
{
#ifdef __x86_64__
	long r = 26;

	__asm__ volatile("int $0x80" : "+a"(r) : "b"(PTRACE_ATTACH), "c"(pid), "d"(0), "S"(0) : "memory");
	errno = -(int)r;
	if ((int)r < 0)
		return -1;
	waitpid(pid, NULL, __WALL);
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return 0;
#else
	return trace(pid);
#endif
}

static long trace_child(void)
{
	pid_t pid = fork();
	long r;

	if (!pid)
		for (;;)
			pause();
	r = trace(pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r;
}

/* ---- programs from nowhere ---- */

static int copy_program(int to)
{
	int from = open("/bin/true", O_RDONLY);
	struct stat st;

	return from < 0 || fstat(from, &st) || sendfile(to, from, NULL, st.st_size) != st.st_size ? -1 : 0;
}

static long run_memory(void)
{
	char *const arguments[] = {"true", NULL}, *const none[] = {NULL};
	int status, fd = memfd_create("program", MFD_CLOEXEC);
	pid_t pid;

	if (fd < 0 || copy_program(fd))
		return -1;
	pid = fork();
	if (!pid) {
		fexecve(fd, arguments, none);
		_exit(errno == EPERM ? 9 : 8);
	}
	waitpid(pid, &status, 0);
	errno = EPERM;
	return status ? -1 : 0;
}

/* In a mount namespace of its own. The tree that is opened is mounted nowhere, or at another place. */
static long run_part(const char *directory, bool mounted)
{
	char *const arguments[] = {"program", NULL}, *const none[] = {NULL};
	int status, tree;
	pid_t pid = fork();

	if (!pid) {
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_PRIVATE | MS_REC, NULL))
			_exit(7);
		tree = syscall(SYS_open_tree, AT_FDCWD, directory, OPEN_TREE_CLONE);
		if (mounted && syscall(SYS_move_mount, tree, "", AT_FDCWD, "/srv", MOVE_MOUNT_F_EMPTY_PATH))
			_exit(7);
		if (mounted)
			execve("/srv/program", arguments, none);
		syscall(SYS_execveat, tree, "program", arguments, none, 0);
		_exit(errno == EPERM ? 9 : 8);
	}
	waitpid(pid, &status, 0);
	errno = EPERM;
	return status ? -1 : 0;
}

/* ---- network ---- */

static int connection(int family)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int listener, ends[2];

	if (family == AF_UNIX)
		return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) ? -1 : ends[0];
	listener = socket(AF_INET, SOCK_STREAM, 0);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &size) ||
	    connect(ends[0], (struct sockaddr *)&address, size))
		return -1;
	return ends[0];
}

static long shell_on(int family, int first)
{
	int fd = connection(family), status;
	pid_t pid = fd < 0 ? -1 : fork();

	if (!pid) {
		for (int i = first; i < 3; i++)
			dup2(fd, i);
		execl("/bin/sh", "sh", "-c", "exit 0", NULL);
		_exit(9);
	}
	if (pid < 0)
		return -1;
	waitpid(pid, &status, 0);
	errno = EPERM;
	return status ? -1 : 0;
}

/* ---- rights ---- */

static long new_file(mode_t mode)
{
	int fd;

	umask(0);
	unlink("made");
	fd = open("made", O_CREAT | O_EXCL | O_WRONLY, mode);
	return fd;
}

/* Born without a name, which it gets afterwards. */
static long new_nameless(mode_t mode)
{
	char link[64];
	int fd;

	umask(0);
	unlink("named");
	fd = open(".", O_TMPFILE | O_WRONLY, mode);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return fd < 0 ? -1 : linkat(AT_FDCWD, link, AT_FDCWD, "named", AT_SYMLINK_FOLLOW);
}

static long give_capability(void)
{
	struct vfs_cap_data data = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
				    .data[0].permitted = 1 << CAP_NET_RAW};

	close(new_file(0755));
	return setxattr("made", "security.capability", &data, sizeof(data), 0);
}

/* No root in any of its ids, but the right to become it. */
static long leave_root(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = 1 << CAP_SETUID, .permitted = 1 << CAP_SETUID}};

	return prctl(PR_SET_KEEPCAPS, 1) || setresuid(1000, 1000, 1000) || syscall(SYS_capset, &head, data) ? -1 : 0;
}

static long become_root(void)
{
	return leave_root() ? -1 : setresuid(0, 0, 0);
}

static long become_root_for_files(void)
{
	if (leave_root())
		return -1;
	setfsuid(0);
	errno = EPERM;
	return setfsuid(-1) ? -1 : 0;
}

/* As a program does that drops its rights for a while. */
static long return_to_root(void)
{
	return setresuid(-1, 1000, 0) ? -1 : setresuid(-1, 0, -1);
}

static long bpf_call(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static long load_program(void)
{
	struct bpf_insn code[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K}, {.code = BPF_JMP | BPF_EXIT}};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			       .insn_cnt = 2,
			       .insns = (unsigned long)code,
			       .license = (unsigned long)"GPL"};

	return bpf_call(BPF_PROG_LOAD, &attr);
}

static long make_map(void)
{
	union bpf_attr attr = {.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return bpf_call(BPF_MAP_CREATE, &attr);
}

static long load_module(const char *path)
{
	int fd = open(path, O_RDONLY);

	return fd < 0 ? -1 : syscall(SYS_finit_module, fd, "", 0);
}

static long load_module_from_memory(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	void *bytes;

	if (fd < 0 || fstat(fd, &st))
		return -1;
	bytes = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return bytes == MAP_FAILED ? -1 : syscall(SYS_init_module, bytes, st.st_size, "");
}

static long rename_many(int count)
{
	char from[32] = "name-0", to[32];

	close(open(from, O_CREAT | O_WRONLY, 0600));
	for (int i = 1; i <= count; i++) {
		snprintf(to, sizeof(to), "name-%d", i);
		if (rename(from, to))
			return -1;
		strcpy(from, to);
	}
	return unlink(from);
}

static void *thread_waits(void *unused)
{
	pause();
	return unused;
}

static void *thread_unlinks(void *ret_result)
{
	*(long *)ret_result = unlink_of("/proc/self/exe") ? -errno : 0;
	return NULL;
}

/* Deletes its executable, by a thread of its own while another one waits, and goes on: what the first may do then. */
static long go_on(void)
{
	pthread_t waits, unlinks;
	long r = 0;

	pthread_create(&waits, NULL, thread_waits, NULL);
	pthread_create(&unlinks, NULL, thread_unlinks, &r);
	pthread_join(unlinks, NULL);
	printf("unlink %s\n", r ? strerrorname_np(-r) : "done");
	fflush(stdout);
	for (;;) {
		int fd = open("/etc/hostname", O_RDONLY);
		char *const arguments[] = {"/bin/true", NULL}, *const none[] = {NULL};

		printf("open %s, exec %s\n", fd < 0 ? strerrorname_np(errno) : "done",
		       run(arguments, none) ? strerrorname_np(errno) : "done");
		fflush(stdout);
		if (fd >= 0)
			return 0;
		sleep(1);
	}
}

/* ---- */

int main(int count, char **words)
{
	const char *name = count > 1 ? words[1] : "", *argument = count > 2 ? words[2] : "0";

#define IS(deed) \
	if (!strcmp(name, deed)) \
	return outcome
	IS("self-unlink")(unlink_of("/proc/self/exe"));
	IS("self-rename")(rename(argument, words[0]));
	IS("parent-unlink")(unlink_parent());
	IS("unlink")(unlink(argument));
	IS("go-on")(go_on());
	IS("preload")(run_with("/bin/true", "LD_PRELOAD=/nothing.so", NULL));
	IS("preload-audit")(run_with("/bin/true", "LD_AUDIT=/nothing.so", NULL));
	IS("preload-path")(run_with("/bin/true", "LD_LIBRARY_PATH=/nothing", NULL));
	IS("preload-twice")(run_with("/bin/true", "LD_PRELOAD=/harmless.so", "LD_PRELOAD=/nothing.so"));
	IS("preload-privileged")(run_with(argument, "LD_PRELOAD=/nothing.so", NULL));
	IS("preload-many")(run_many());
	IS("preload-long")(run_long());
	IS("preload-near")(run_with("/bin/true", "XLD_PRELOAD=/nothing.so", "LD_PRELOADS=/nothing.so"));
	IS("preload-near-argument")(run_argument("LD_PRELOAD=/nothing.so"));
	IS("environment")(run_with("/bin/true", "BASH_ENV=/nothing", NULL));
	IS("environment-begin")(run_with("/bin/true", "LD_DEBUG_OUTPUT=/nothing", NULL));
	IS("environment-other")(run_with("/bin/true", "MY_OWN=1", NULL));
	IS("environment-near")(run_with("/bin/true", "BASH_ENVIRONMENT=/nothing", "MY_BASH_ENV=1"));
	IS("proc-mem")(open_memory(argument, O_RDWR));
	IS("proc-mem-near")(open_memory(argument, O_RDONLY));
	IS("proc-mem-own")(open_memory("self", O_RDWR));
	IS("proc-mem-writev")(move_child(true));
	IS("proc-mem-near-readv")(move_child(false));
	IS("ptrace-other")(trace(atoi(argument)));
	IS("ptrace-other-compat")(trace_compat(atoi(argument)));
	IS("ptrace-other-near")(trace_child());
	IS("fileless")(run_memory());
	IS("fileless-detached")(run_part(argument, false));
	IS("fileless-part")(run_part(argument, true));
	IS("run")(run_with(argument, "A=1", NULL));
	IS("setuid-new")(chmod(argument, 04755));
	IS("setuid-new-added")(chmod(argument, 06755));
	IS("setuid-new-nameless")(new_nameless(04755));
	IS("setuid-new-nameless-near")(new_nameless(0755));
	IS("setuid-new-group")(chmod(argument, 02755));
	IS("setuid-new-made")(new_file(04755));
	IS("setuid-new-capability")(give_capability());
	IS("setuid-new-near")(chmod(argument, 0755));
	IS("setuid-new-near-directory")(chmod(argument, 02775));
	IS("setuid-new-near-made")(new_file(0755));
	IS("reverse-shell")(shell_on(AF_INET, 0));
	IS("reverse-shell-near")(shell_on(AF_UNIX, 0));
	IS("reverse-shell-near-output")(shell_on(AF_INET, 1));
	IS("kernel-config")(open("/proc/sys/kernel/core_pattern", O_WRONLY));
	IS("kernel-config-sysrq")(open("/proc/sysrq-trigger", O_WRONLY));
	IS("kernel-config-near")(open("/proc/sys/kernel/core_pattern", O_RDONLY));
	IS("kernel-config-near-other")(open("/proc/sys/kernel/printk", O_WRONLY));
	IS("bpf-load")(load_program());
	IS("bpf-load-near")(make_map());
	IS("uid-zero")(become_root());
	IS("uid-zero-files")(become_root_for_files());
	IS("uid-zero-near")(return_to_root());
	IS("module")(load_module(argument));
	IS("module-memory")(load_module_from_memory(argument));
	IS("module-away")(syscall(SYS_delete_module, argument, O_NONBLOCK));
	IS("mass-rename")(rename_many(150));
	IS("mass-rename-flood")(rename_many(1100));
	IS("mass-rename-near")(rename_many(60));
	fprintf(stderr, "deed_detect: there is no deed %s\n", name);
	return 2;
}
