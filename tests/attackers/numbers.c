/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers that are true in another namespace, or of another driver. */
#include "attacker.h"

#include <linux/capability.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/sysmacros.h>

static pid_t clone_as(pid_t pid)
{
	struct clone_args a = {.exit_signal = SIGCHLD};

	a.set_tid = (unsigned long)&pid;
	a.set_tid_size = 1;
	return syscall(SYS_clone3, &a, sizeof(a));
}

static void write_score(long process, const char *score)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), process ? "/proc/%ld/oom_score_adj" : "/proc/thread-self/oom_score_adj", process);
	fd = open(path, O_WRONLY);
	succeeded(fd >= 0 && write(fd, score, strlen(score)) > 0);
}

/* The first process of a PID namespace, so that there may be a second. */
static void in_namespace(pid_t chosen, long process, const char *score)
{
	pid_t first;

	if (unshare(CLONE_NEWPID))
		succeeded(false);
	first = fork();
	if (!first) {
		pid_t second = clone_as(chosen);

		if (!second) {
			write_score(process, score);
			_exit(0);
		}
		if (second < 0)
			succeeded(false);
		waitpid(second, NULL, 0);
		_exit(0);
	}
	waitpid(first, NULL, 0);
}

/* Learned is a process that writes its own, in the kernel's numbers. */
static void set_tid_benign(void)
{
	if (!fork()) {
		write_score(getpid(), "1");
		_exit(0);
	}
	wait(NULL);
	in_namespace(number, 0, "1"); /* the number alone is harmless */
}

static void set_tid_attack(void)
{
	in_namespace(number, number, "777");
}

static bool score_is_written(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/oom_score_adj", number);
	return holds(path, "777");
}

/* ---- terminals ---- */

static int masters[64], slaves[64], count;

/* A console of the number that a pseudo terminal of somebody else has; harmless: that of its own. */
static void terminal_setup(void)
{
	struct stat st;
	char name[32];

	for (count = 0; count < 3; count++)
		masters[count] = open_pty(&slaves[count]);
	count--;
	if (fstat(slaves[count], &st))
		die("pty");
	number = minor(st.st_rdev);
	snprintf(name, sizeof(name), "/dev/tty%ld", number + 1); /* they count from 1 */
	terminal = strcmp(how, "benign") ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : slaves[count];
	if (terminal < 0)
		cannot("this machine has no virtual consoles");
}

static void terminal_write(void)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/dev/pts/%ld", number);
	fd = open(name, O_RDWR | O_NOCTTY);
	succeeded(fd >= 0 && write(fd, "evil\n", 5) == 5);
}

static bool terminal_written(void)
{
	struct pollfd p = {.fd = masters[count], .events = POLLIN};

	return poll(&p, 1, 100) == 1 && p.revents & POLLIN;
}

/* ---- a file of somebody else gets the number that one of the workload's own has ---- */

#define SHARED "there/shared"
#define ENTRY "there/entry"

static void creation_setup(void)
{
	disk_at("there");
	put(SHARED, secret, 0600);
	if (chown(SHARED, uid(), uid()))
		die(SHARED);
}

static void creation_undo(void)
{
	umount2(here("there"), MNT_DETACH);
}

static void give_up_devices(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {};

	if (syscall(SYS_capget, &header, data))
		die("capget");
	data[0].effective &= ~(1u << CAP_MKNOD);
	if (syscall(SYS_capset, &header, data))
		die("capset");
}

/* The kernel has asked about it before it fails. */
static void fail_to_create(void)
{
	if (!mknod(ENTRY, S_IFCHR | 0600, makedev(1, 3)))
		die("mknod");
}

static void name_shared(void)
{
	if (link(SHARED, ENTRY))
		succeeded(false);
}

static void creation_benign(void)
{
	give_up_devices();
	close(open("there/own", O_CREAT | O_WRONLY, 0600));
	show_path("there/own", O_RDONLY);
	name_shared();
	unlink(ENTRY);
	fail_to_create();
}

static void creation_attack(void)
{
	give_up_devices();
	fail_to_create();
	name_shared();
	show_path(SHARED, O_RDONLY);
}

/* ---- who orchestrates, seen from a PID namespace ---- */

/* In free mode all is allowed but what is guarded. The driver starts tsem in a PID namespace of its own. */
static void orchestrator_attack(void)
{
	succeeded(!kill(orchestrator, SIGKILL));
}

static bool orchestrator_killed(void)
{
	return status && (WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) >= 128);
}

static void freeze_orchestrator(void)
{
	succeeded(!kill(orchestrator, SIGSTOP));
	look();
	kill(orchestrator, SIGCONT);
}

static bool orchestrator_stopped(void)
{
	return told();
}

KIND(numbers, {"set_tid", ROOT, "^(file_open|capable) ", victim, set_tid_benign, set_tid_attack, score_is_written},
     {"terminal_number", BOTH, "^file_open .*/dev/pts", terminal_setup, terminal_write, terminal_write,
      terminal_written},
     {"creation_failed", BOTH, "^file_open .*shared", creation_setup, creation_benign, creation_attack, told,
      creation_undo},
     {"orchestrator", ROOT, "^task_kill ", NULL, nothing, orchestrator_attack, orchestrator_killed, .how = FREE},
     {"orchestrator_stopped", ROOT, "^task_kill ", NULL, nothing, freeze_orchestrator, orchestrator_stopped,
      .how = FREE},
     {"orchestrator_inner", ROOT, "^task_kill ", NULL, nothing, orchestrator_attack, orchestrator_killed,
      .how = FREE}, );
