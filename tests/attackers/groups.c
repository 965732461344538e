/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Groups of processes: who joins that of somebody else has the kernel's signals of job control sent to it, and reads
 * what is typed for it.
 */
#include "attacker.h"

static int master, slave;
static bool is_namespace;
static volatile pid_t *neighbour;

static void neighbour_waits(int ready)
{
	if (is_namespace)
		setpgid(0, 0);
	*neighbour = getpid();
	if (write(ready, "x", 1) != 1)
		_exit(1);
	if (is_namespace)
		become_another("group_guarded");
	while (1)
		pause();
}

/*
 * Its parent is gone: who joins keeps it from being a group of orphans, as long as there is one. The group has no
 * leader, but that of a namespace.
 */
static void neighbour_starts(void)
{
	int ready[2];
	char c;

	if (pipe2(ready, O_CLOEXEC))
		die("pipe");
	if (!fork()) {
		signal(SIGTTOU, SIG_IGN);
		if (!is_namespace)
			setpgid(0, 0);
		if (!fork())
			neighbour_waits(ready[1]);
		_exit(0);
	}
	waitpid(-1, NULL, 0);
	if (read(ready[0], &c, 1) != 1)
		die("neighbour");
	number = getpgid(*neighbour);
	if (is_namespace && !wait_for("made"))
		die("another namespace");
}

static void typed_for_starts(void)
{
	neighbour_starts();
	signal(SIGTTOU, SIG_IGN);
	tcsetpgrp(slave, number);
	signal(SIGTTOU, SIG_DFL);
}

static void session_setup(void)
{
	neighbour = mmap(NULL, sizeof(*neighbour), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	master = open_pty(&slave);
	inherited = slave;
	terminal = slave;
	beside = neighbour_starts;
}

static void namespace_setup(void)
{
	session_setup();
	is_namespace = true;
}

static void namespace_waits(void)
{
	mkdir("made", 0777);
	while (1)
		pause();
}

static void typed_setup(void)
{
	session_setup();
	beside = typed_for_starts;
	if (write(master, secret, 32) != 32 || write(master, "\n", 1) != 1)
		die("terminal");
}

static char neighbour_state(void)
{
	char path[64], line[512] = "", *after;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", *neighbour);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, line, sizeof(line) - 1) < 0)
		line[0] = '\0';
	if (fd >= 0)
		close(fd);
	after = strrchr(line, ')');
	return after ? after[2] : 'X';
}

static bool neighbour_is(const char *states)
{
	for (int i = 0; *neighbour && i < (patient ? 50 : 1); i++, sleep_ms(10))
		if (strchr(states, neighbour_state()))
			return true;
	return false;
}

static bool stopped(void)
{
	return neighbour_is("T");
}

static bool gone(void)
{
	return neighbour_is("XZ");
}

static void own_group(void)
{
	succeeded(!setpgid(0, 0));
}

static void group_benign(void)
{
	waitpid(child_of(own_group), NULL, 0);
}

static void join(void)
{
	if (setpgid(0, number))
		succeeded(false);
	else
		show(INHERITED);
}

static void stop_attack(void)
{
	child_of(join);
	sleep_ms(300);
	look();
}

/* A group of orphans with a stopped one in it is ended. */
static void end_attack(void)
{
	child_of(join);
	sleep_ms(300);
}

static void typed_attack(void)
{
	waitpid(child_of(join), NULL, 0);
}

KIND(groups, {"group_stopped", BOTH, "^task_setpgid ", session_setup, group_benign, stop_attack, stopped},
     {"group_ended", BOTH, "^task_setpgid ", session_setup, group_benign, end_attack, gone},
     {"group_guarded", BOTH, "^task_setpgid ", namespace_setup, group_benign, stop_attack, stopped,
      .how = DENY | UNTRUST | FREE, .other = namespace_waits},
     {"typed_for_others", BOTH, "^task_setpgid ", typed_setup, group_benign, typed_attack, told}, );
