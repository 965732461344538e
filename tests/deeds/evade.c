// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ways around a model that allows something similar. Each prints what was achieved.
 *
 * evade sealed FILE         executes a memory file that has the content of FILE and cannot be changed any more
 * evade memfd FILE          executes a memory file that has the content of FILE and can be changed
 * evade memfd FILE OTHER    the same, but of OTHER, put in its place after the kernel has looked at it
 * evade rename A B          renames A over B
 * evade exchange A B        lets A and B change places
 * evade mount DIR           mounts a tmpfs by mount(2)
 * evade move_mount DIR      mounts a tmpfs by fsopen(2) and move_mount(2)
 * evade rewrite FILE        maps FILE executable, then makes that writable too, and executes what it writes there
 * evade traceme             lets its parent trace it
 * evade trace PID           traces the process
 * evade signal PID          has the kernel send SIGTERM to the process, or to the group -PID, by a descriptor
 * evade signal_ex PID       the same to the process, said by F_SETOWN_EX
 * evade objects             takes every BPF map, program and link by its number: prints how many it got, of how many
 * evade map FILE            maps FILE executable, and waits for the end of standard input
 * evade heap                makes its heap executable without mmap or mprotect
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/mount.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEMORY_SIZE (4 << 20)
#define EXECUTED 77

static int say(long result)
{
	puts(result < 0 ? strerrorname_np(errno) : "done");
	return 0;
}

static long load(const char *path, char *memory)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, memory, MEMORY_SIZE);

	if (n > 0)
		memset(memory + n, 0, MEMORY_SIZE - n);
	close(fd);
	return n;
}

static int memfd(char *const *files)
{
	static char huge[300000];
	char *const refused[] = {"x", huge, NULL}, *const plain[] = {"x", NULL};
	int fd = syscall(SYS_memfd_create, "memory", MFD_CLOEXEC);
	char *memory;

	if (fd < 0 || ftruncate(fd, MEMORY_SIZE))
		return say(-1);
	memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED || load(files[0], memory) < 0)
		return say(-1);
	memset(huge, 'x', sizeof(huge) - 1);
	/* Fails because of its argument, after the content was digested. */
	syscall(SYS_execveat, fd, "", refused, environ, AT_EMPTY_PATH);
	if (files[1] && load(files[1], memory) < 0)
		return say(-1);
	syscall(SYS_execveat, fd, "", plain, environ, AT_EMPTY_PATH);
	return say(-1);
}

static int sealed(const char *file)
{
	char *const argv[] = {"x", NULL};
	int fd = syscall(SYS_memfd_create, "memory", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	static char image[MEMORY_SIZE];

	if (fd < 0 || load(file, image) < 0 || write(fd, image, MEMORY_SIZE) != MEMORY_SIZE)
		return say(-1);
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW))
		return say(-1);
	syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
	return say(-1);
}

static int move_mount_on(const char *directory)
{
	int fs = syscall(SYS_fsopen, "tmpfs", 0), mount;

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return say(-1);
	mount = syscall(SYS_fsmount, fs, 0, 0);
	if (mount < 0)
		return say(-1);
	return say(syscall(SYS_move_mount, mount, "", AT_FDCWD, directory, MOVE_MOUNT_F_EMPTY_PATH));
}

static const unsigned char code[] = {0xb8, EXECUTED, 0, 0, 0, 0xc3}; /* movl $EXECUTED, %eax; ret */

static int rewrite(const char *file)
{
	int fd = open(file, O_RDONLY);
	char *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (memory == MAP_FAILED || mprotect(memory, 4096, PROT_READ | PROT_WRITE | PROT_EXEC))
		return say(-1);
	memcpy(memory, code, sizeof(code));
	return say(((int (*)(void))memory)() == EXECUTED ? 0 : -1);
}

static int heap(void)
{
	char *memory;
	int status;

	if (!fork()) {
		personality(personality(0xffffffff) | READ_IMPLIES_EXEC);
		memory = sbrk(1 << 20);
		memory = (char *)(((unsigned long)memory + 65535) & ~65535UL);
		memcpy(memory, code, sizeof(code));
		_exit(((int (*)(void))memory)());
	}
	wait(&status);
	puts(WIFEXITED(status) && WEXITSTATUS(status) == EXECUTED ? "done" : "EFAULT");
	return 0;
}

/* What is written to a pipe is a signal to somebody. */
static int signal_by_pipe(pid_t pid, bool ex)
{
	struct f_owner_ex owner = {F_OWNER_PID, pid};
	int ends[2];

	if (pipe(ends) || (ex ? fcntl(ends[0], F_SETOWN_EX, &owner) : fcntl(ends[0], F_SETOWN, pid)) ||
	    fcntl(ends[0], F_SETSIG, SIGTERM) || fcntl(ends[0], F_SETFL, O_ASYNC) || write(ends[1], "x", 1) != 1)
		return say(-1);
	close(ends[0]); /* or the end of the other one is another signal */
	return say(0);
}

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static void take_all(const char *name, int next, int take)
{
	union bpf_attr attr = {.start_id = 0};
	unsigned got = 0, all = 0;

	while (!bpf(next, &attr)) {
		union bpf_attr one = {.map_id = attr.next_id};
		long fd = bpf(take, &one);

		all++;
		got += fd >= 0;
		if (fd >= 0)
			close(fd);
		attr = (union bpf_attr){.start_id = attr.next_id};
	}
	printf("%s %u/%u\n", name, got, all);
}

static int objects(void)
{
	take_all("maps", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID);
	take_all("programs", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID);
	take_all("links", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID);
	return 0;
}

static int map_and_wait(const char *path)
{
	int fd = open(path, O_RDONLY);
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	char end;

	puts(memory == MAP_FAILED ? "not mapped" : "mapped");
	fflush(stdout);
	return read(STDIN_FILENO, &end, 1) > 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "objects"))
		return objects();
	if (argc > 2 && !strcmp(argv[1], "memfd"))
		return memfd(argv + 2);
	if (argc == 3 && !strcmp(argv[1], "sealed"))
		return sealed(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "rewrite"))
		return rewrite(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "map"))
		return map_and_wait(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "traceme"))
		return say(ptrace(PTRACE_TRACEME, 0, 0, 0));
	if (argc == 3 && !strcmp(argv[1], "trace"))
		return say(ptrace(PTRACE_SEIZE, atoi(argv[2]), 0, 0));
	if (argc == 3 && (!strcmp(argv[1], "signal") || !strcmp(argv[1], "signal_ex")))
		return signal_by_pipe(atoi(argv[2]), argv[1][6]);
	if (argc == 4 && !strcmp(argv[1], "rename"))
		return say(rename(argv[2], argv[3]));
	if (argc == 4 && !strcmp(argv[1], "exchange"))
		return say(syscall(SYS_renameat2, AT_FDCWD, argv[2], AT_FDCWD, argv[3], 2));
	if (argc == 3 && !strcmp(argv[1], "mount"))
		return say(syscall(SYS_mount, "none", argv[2], "tmpfs", 0, NULL));
	if (argc == 3 && !strcmp(argv[1], "move_mount"))
		return move_mount_on(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "heap"))
		return heap();
	return 2;
}
