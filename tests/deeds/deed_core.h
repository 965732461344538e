/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The deeds on files, programs and tasks of the core set. Part of deed.c. */
#ifndef TSEM_DEED_CORE_H
#define TSEM_DEED_CORE_H

#include "deed_common.h"

/* ---- processes ---- */

static long execute(const char *path, bool huge)
{
	static char argument[300000];
	char *const arguments[] = {"program", huge ? argument : "executed", NULL};
	pid_t pid;
	int status;

	memset(argument, 'x', sizeof(argument) - 1);
	pid = vfork();
	if (!pid) {
		execve(path, arguments, NULL);
		shared->code = errno;
		_exit(1);
	}
	waitpid(pid, &status, 0);
	shared->signals = WIFEXITED(status) && WEXITSTATUS(status) == EXECUTED;
	errno = shared->code;
	return shared->signals ? 0 : -1;
}

/* An exec that fails after the file was opened for execution and before it is one. */
static void prepare_exec(void)
{
	execute(here("program"), true);
}

static void describe_exec(void)
{
	add_file(here("program"), 0x20, true);
}

static long act_exec(void)
{
	return execute(here("program"), false);
}

static bool effect_signal(void)
{
	struct timespec ms = {.tv_nsec = 1000000};

	for (int i = 0; i < 300 && !shared->signals; i++)
		nanosleep(&ms, NULL);
	return shared->signals;
}

static bool effect_executed(void)
{
	return shared->signals;
}

static void describe_kill(void)
{
	add("\"target\":\"@self\",\"sig\":\"%d\",\"cross_ns\":\"0\"", SIGUSR1);
}

static long act_kill(void)
{
	return kill(child, SIGUSR1);
}

static void describe_kill_outside(void)
{
	add("\"target\":\"" ZEROS "\",\"sig\":\"%d\",\"cross_ns\":\"1\"", SIGUSR2);
}

static long act_kill_outside(void)
{
	return kill(victim(), SIGUSR2);
}

static bool effect_kill_outside(void)
{
	struct timespec ms = {.tv_nsec = 1000000};
	char path[4096];

	snprintf(path, sizeof(path), "%s/victim.signalled", base);
	for (int i = 0; i < 300 && access(path, F_OK); i++)
		nanosleep(&ms, NULL);
	return !access(path, F_OK);
}

static void describe_ptrace(void)
{
	add("\"target\":\"@self\",\"mode\":\"0x12\",\"call\":\"ptrace\"");
}

static long act_ptrace(void)
{
	return ptrace(PTRACE_SEIZE, child, 0, 0);
}

static bool effect_ptrace(void)
{
	return !ptrace(PTRACE_INTERRUPT, child, 0, 0);
}

static void describe_ptrace_outside(void)
{
	add("\"target\":\"" ZEROS "\",\"mode\":\"0x12\",\"call\":\"ptrace\"");
}

static long act_ptrace_outside(void)
{
	return ptrace(PTRACE_SEIZE, victim(), 0, 0);
}

static bool effect_ptrace_outside(void)
{
	return !ptrace(PTRACE_INTERRUPT, victim(), 0, 0);
}

static struct __user_cap_data_struct caps_now[2], caps_wanted[2];

static void describe_capset(void)
{
	caps_get(caps_now);
	memcpy(caps_wanted, caps_now, sizeof(caps_now));
	caps_wanted[0].effective &= ~(1u << CAP_SYS_NICE | 1u << CAP_SYS_TIME);
	caps_wanted[0].permitted &= ~(1u << CAP_SYS_TIME);
	caps_wanted[0].inheritable = 1u << CAP_CHOWN;
	add("\"effective\":\"0x%llx\",\"inheritable\":\"0x%llx\",\"permitted\":\"0x%llx\"",
	    (unsigned long long)caps_wanted[1].effective << 32 | caps_wanted[0].effective,
	    (unsigned long long)caps_wanted[1].inheritable << 32 | caps_wanted[0].inheritable,
	    (unsigned long long)caps_wanted[1].permitted << 32 | caps_wanted[0].permitted);
}

static long act_capset(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	return syscall(SYS_capset, &header, caps_wanted);
}

static bool effect_capset(void)
{
	struct __user_cap_data_struct data[2];

	caps_get(data);
	return memcmp(data, caps_now, sizeof(data)) != 0;
}

/* ---- files ---- */

static void describe_open(void)
{
	add_file(here("file"), O_RDONLY, false);
}

static long act_open(void)
{
	return peer = open(here("file"), O_RDONLY);
}

static void describe_open_append(void)
{
	add_file(here("file"), O_RDWR | O_APPEND, false); /* O_NONBLOCK is no part of events */
}

static long act_open_append(void)
{
	return peer = open(here("file"), O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC);
}

static bool effect_empty(void)
{
	return file_size(here("file"), 0);
}

/* The truncation is an inode_setattr of its own, too. */
static void describe_open_trunc(void)
{
	add_file(here("file"), O_WRONLY | O_TRUNC, false);
}

static long act_open_trunc(void)
{
	return open(here("file"), O_WRONLY | O_TRUNC);
}

static void describe_open_directory(void)
{
	add_file(here("dir"), O_RDONLY | O_DIRECTORY, false);
}

static long act_open_directory(void)
{
	return peer = open(here("dir"), O_RDONLY | O_DIRECTORY);
}

/* A second name: the event has the file's own. */
static long act_open_symlink(void)
{
	return peer = open(here("symlink"), O_RDONLY);
}

static void describe_mmap(void)
{
	add_file(here("file"), O_RDONLY, true);
	add(",\"prot\":\"0x5\",\"flags\":\"0x2\"");
}

static bool effect_memory(void)
{
	return memory && memory != MAP_FAILED;
}

static long act_mmap(void)
{
	memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	return memory == MAP_FAILED ? -1 : 0;
}

static void describe_mmap_anonymous(void)
{
	add("\"prot\":\"0x7\",\"flags\":\"0x22\"");
}

static long act_mmap_anonymous(void)
{
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? -1 : 0;
}

/* movl $EXECUTED, %eax; ret */
static const unsigned char code[] = {0xb8, EXECUTED, 0, 0, 0, 0xc3};

static void prepare_mprotect(void)
{
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(memory, code, sizeof(code));
}

static void describe_mprotect(void)
{
	add("\"prot\":\"0x5\",\"flags\":\"0x0\"");
}

static long act_mprotect(void)
{
	return mprotect(memory, 4096, PROT_READ | PROT_EXEC);
}

static void prepare_mprotect_file(void)
{
	prepare_open_read();
	memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
}

static void describe_mprotect_file(void)
{
	add_file(here("file"), O_RDONLY, false);
	add(",\"prot\":\"0x5\",\"flags\":\"0x0\"");
}

static void faulted(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	_exit(info->si_addr == memory ? 0 : EXECUTED);
}

/* The file holds no code that means anything: its first instruction is fetched, or it is not. */
static bool effect_fetched(void)
{
	struct sigaction action = {.sa_sigaction = faulted, .sa_flags = SA_SIGINFO};
	int status;

	if (!fork()) {
		sigaction(SIGSEGV, &action, NULL);
		sigaction(SIGILL, &action, NULL);
		sigaction(SIGBUS, &action, NULL);
		((void (*)(void))memory)();
		_exit(EXECUTED);
	}
	wait(&status);
	return WIFEXITED(status) && WEXITSTATUS(status) == EXECUTED;
}

/* Runs the code in a child, which dies when the memory is not executable. */
static bool effect_mprotect(void)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(((int (*)(void))memory)());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == EXECUTED;
}

static void prepare_receive(void)
{
	char data = 'x', control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec io = {&data, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct msghdr plain = {.msg_iov = &io, .msg_iovlen = 1};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int pair[2], sent = open_or_die(here("file"), O_RDWR | O_APPEND);

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		die("socketpair");
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &sent, sizeof(int));
	/* First one without a descriptor, so that receiving as such is known. */
	if (write(pair[0], &data, 1) != 1 || recvmsg(pair[1], &plain, 0) != 1)
		die("recvmsg");
	if (sendmsg(pair[0], &m, 0) != 1)
		die("sendmsg");
	fd = pair[1];
}

static void describe_receive(void)
{
	add_file(here("file"), O_RDWR | O_APPEND, false);
}

/* The kernel gives the message without the descriptor when that is refused; there is no error then. */
static long act_receive(void)
{
	char data, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec io = {&data, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c;

	if (recvmsg(fd, &m, 0) < 0)
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&peer, CMSG_DATA(c), sizeof(int));
	errno = EPERM;
	return peer < 0 && m.msg_flags & MSG_CTRUNC ? -1 : 0;
}

/* Asks for the capability, too. */
static void prepare_module(void)
{
	prepare_open_read();
	syscall(SYS_finit_module, -1, "", 0);
}

static void describe_module(void)
{
	add_file(here("file"), O_RDONLY, true);
	add(",\"id\":\"2\",\"contents\":\"1\"");
}

static long act_module(void)
{
	return syscall(SYS_finit_module, fd, "", 0);
}

/* The kernel reads it, and finds that it is not a module. */
static bool effect_module(void)
{
	return shared->code == ENOEXEC;
}

#endif
