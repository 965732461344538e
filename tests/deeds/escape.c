// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Known ways out of a container that was given too much. Each prints its name and what came of it.
 *
 * escape none      opens its own program, reads /data/victim, makes a socket
 * escape all       all of the others, one after the other
 *
 * release_agent    mounts a hierarchy of control groups of version 1, whose release agent runs on the machine
 * core_pattern     opens the name of the program that the kernel runs on the machine when a process crashes
 * engine_socket    connects to the engine's socket, /run/engine.sock
 * disk             mounts the machine's disk, /dev/vda
 * proc_root        opens a file of the machine by /proc/1/root
 * descriptor       opens a file of the machine by the directory that was left open as descriptor 3
 * groups           moves itself to the machine's root control group
 * module           loads a kernel module, /data/module.ko
 * ptrace           traces a process of the machine, whose number is in /data/victim
 * device           makes a device node for the machine's memory
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int victim(void)
{
	FILE *file = fopen("/data/victim", "r");
	int pid = -1;

	if (file && fscanf(file, "%d", &pid) != 1)
		pid = -1;
	if (file)
		fclose(file);
	return pid;
}

static int none(void)
{
	return victim() < 0 || socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? -1 : open("/bin/escape", O_RDONLY);
}

static int release_agent(void)
{
	return mount("none", "/tmp/v1", "cgroup", 0, "none,name=escape");
}

static int core_pattern(void)
{
	return open("/proc/sys/kernel/core_pattern", O_WRONLY);
}

static int engine_socket(void)
{
	struct sockaddr_un address = {AF_UNIX, "/run/engine.sock"};

	return connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address));
}

static int disk(void)
{
	return mount("/dev/vda", "/tmp/disk", "ext4", 0, "");
}

static int proc_root(void)
{
	return open("/proc/1/root/etc/shadow", O_RDONLY);
}

static int descriptor(void)
{
	return openat(3, "shadow", O_RDONLY);
}

static int groups(void)
{
	int fd = open("/sys/fs/cgroup/cgroup.procs", O_WRONLY);

	return fd < 0 ? -1 : (int)write(fd, "0", 1);
}

static int module(void)
{
	int fd = open("/data/module.ko", O_RDONLY);

	return (int)syscall(SYS_finit_module, fd, "", 0);
}

static int trace(void)
{
	int pid = victim();

	if (pid < 0 || ptrace(PTRACE_ATTACH, pid, 0, 0))
		return -1;
	waitpid(pid, NULL, 0);
	return (int)ptrace(PTRACE_DETACH, pid, 0, 0);
}

static int device(void)
{
	return mknod("/tmp/memory", S_IFCHR | 0600, makedev(1, 1));
}

static const struct {
	const char *name;
	int (*run)(void);
} all[] = {{"release_agent", release_agent},
	   {"core_pattern", core_pattern},
	   {"engine_socket", engine_socket},
	   {"disk", disk},
	   {"proc_root", proc_root},
	   {"descriptor", descriptor},
	   {"groups", groups},
	   {"module", module},
	   {"ptrace", trace},
	   {"device", device},
	   {"none", none}};

int main(int argc, char **argv)
{
	const char *which = argc > 1 ? argv[1] : "none";

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (strcmp(which, "all") && strcmp(which, all[i].name))
			continue;
		printf("%s: %s\n", all[i].name, all[i].run() < 0 ? strerror(errno) : "done");
		fflush(stdout);
	}
	return 0;
}
