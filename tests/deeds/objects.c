// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The maps, programs and links of the kernel by their numbers, and acting on other processes by theirs.
 *
 * objects list              prints KIND ID, a line each, of all that there are
 * objects take KIND ID...   prints KIND ID of each of which it gets a descriptor
 * objects hold KIND ID...   the same; keeps them until it is ended, and so does a child
 * objects steal PID         prints KIND ID of each descriptor of the process that it gets a copy of
 * objects pin PATH          prints done, if it gets a descriptor by the pin
 * objects limits PID        sets limits and priorities of the process to what they are: prints what could be done
 * objects type              types into its terminal, and asks the console
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/ioprio.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct kind {
	const char *name;
	int next, take;
} kinds[] = {
	{"map", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID},
	{"prog", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID},
	{"link", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID},
};
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int list(void)
{
	for (size_t i = 0; i < KINDS; i++) {
		union bpf_attr attr = {};

		while (!bpf(kinds[i].next, &attr)) {
			printf("%s %u\n", kinds[i].name, attr.next_id);
			attr.start_id = attr.next_id;
		}
	}
	return 0;
}

static int take(char *const *words)
{
	for (; words[0] && words[1]; words += 2)
		for (size_t i = 0; i < KINDS; i++) {
			union bpf_attr attr = {.map_id = strtoul(words[1], NULL, 10)};

			if (!strcmp(words[0], kinds[i].name) && bpf(kinds[i].take, &attr) >= 0)
				printf("%s %s\n", words[0], words[1]);
		}
	return 0;
}

static int hold(char *const *words)
{
	take(words);
	fflush(stdout);
	if (fork() < 0)
		return 1;
	pause();
	return 0;
}

/* What it is says /proc; of a link also its program, behind its own number. */
static void print_kind(int fd)
{
	static const char *const keys[] = {"link", "map", "prog"};
	char path[64], text[4096], key[16], *at;
	ssize_t size;
	int info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open(path, O_RDONLY);
	size = read(info, text, sizeof(text) - 1);
	close(info);
	text[size > 0 ? size : 0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		snprintf(key, sizeof(key), "\n%s_id:", keys[i]);
		at = strstr(text, key);
		if (!at)
			continue;
		printf("%s %d\n", keys[i], atoi(at + strlen(key)));
		return;
	}
}

static int steal(int pid)
{
	int process = syscall(SYS_pidfd_open, pid, 0), fd;

	for (int i = 0; i < 256; i++) {
		fd = syscall(SYS_pidfd_getfd, process, i, 0);
		if (fd < 0)
			continue;
		print_kind(fd);
		close(fd);
	}
	return process < 0;
}

static int pin(const char *path)
{
	union bpf_attr attr = {.pathname = (unsigned long)path};

	puts(bpf(BPF_OBJ_GET, &attr) >= 0 ? "done" : strerrorname_np(errno));
	return 0;
}

static void say(const char *what, long result)
{
	printf("%s: %s\n", what, result ? strerrorname_np(errno) : "done");
}

/* The masks for its memory name the one node that there is. */
static int limits(int pid)
{
	unsigned long node = 1;
	struct sched_param param = {};
	struct rlimit limit;
	cpu_set_t cpus;

	if (prlimit(pid, RLIMIT_CPU, NULL, &limit) || sched_getaffinity(pid, sizeof(cpus), &cpus))
		return 1;
	say("prlimit", prlimit(pid, RLIMIT_CPU, &limit, NULL));
	say("sched_setaffinity", sched_setaffinity(pid, sizeof(cpus), &cpus));
	say("sched_setscheduler", sched_setscheduler(pid, SCHED_OTHER, &param));
	say("setpriority", setpriority(PRIO_PROCESS, pid, 0));
	say("ioprio_set", syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, pid, 0));
	say("move_pages", syscall(SYS_move_pages, pid, 0, NULL, NULL, NULL, 0));
	say("migrate_pages", syscall(SYS_migrate_pages, pid, 8, &node, &node));
	return 0;
}

static int type(void)
{
	char byte = 'x', state = 6; /* which shift keys are held */
	int fd = open("/dev/tty", O_RDWR);

	say("TIOCSTI", ioctl(fd, TIOCSTI, &byte));
	say("TIOCLINUX", ioctl(open("/dev/tty1", O_RDWR), TIOCLINUX, &state) < 0);
	return 0;
}

int main(int count, char **words)
{
	if (count == 2 && !strcmp(words[1], "list"))
		return list();
	if (count > 2 && !strcmp(words[1], "take"))
		return take(words + 2);
	if (count > 2 && !strcmp(words[1], "hold"))
		return hold(words + 2);
	if (count == 3 && !strcmp(words[1], "steal"))
		return steal(atoi(words[2]));
	if (count == 3 && !strcmp(words[1], "pin"))
		return pin(words[2]);
	if (count == 3 && !strcmp(words[1], "limits"))
		return limits(atoi(words[2]));
	if (count == 2 && !strcmp(words[1], "type"))
		return type();
	return 2;
}
