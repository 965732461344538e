/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel does on a task's behalf: helpers that it runs, signals that it sends. */
#include "attacker.h"

#include <asm/sockios.h>
#include <net/if.h>
#include <sys/acct.h>
#include <sys/resource.h>

/* ---- helpers of user space, as root and outside ---- */

static char helper_before[256];

static void helper(const char *path)
{
	char script[600];

	snprintf(script, sizeof(script), "#!/bin/sh\necho run >>%s/helper-ran\n", place);
	put(path, script, 0755);
}

static bool helper_ran(void)
{
	for (int i = 0; i < (patient ? 30 : 1); i++, sleep_ms(10))
		if (!access("helper-ran", F_OK))
			return true;
	return false;
}

static void request_key_setup(void)
{
	helper("/sbin/request-key");
}

static void request_key_undo(void)
{
	unlink("/sbin/request-key");
}

static void request_key_attack(void)
{
	succeeded(syscall(SYS_request_key, "user", "tsem-attackers", "callout", -2 /* of the process */) >= 0);
}

static void sysctl_set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die(path);
	close(fd);
}

static void modprobe_setup(void)
{
	char name[300];
	int fd = open("/proc/sys/kernel/modprobe", O_RDONLY);
	ssize_t n = read(fd, helper_before, sizeof(helper_before) - 1);

	close(fd);
	helper_before[n > 0 ? n - 1 : 0] = '\0';
	helper("modprobe");
	snprintf(name, sizeof(name), "%s/modprobe", place);
	sysctl_set("/proc/sys/kernel/modprobe", name);
	sysctl_set("/proc/sys/dev/tty/ldisc_autoload", "1");
}

static void modprobe_undo(void)
{
	sysctl_set("/proc/sys/kernel/modprobe", helper_before);
	sysctl_set("/proc/sys/dev/tty/ldisc_autoload", "0");
}

static void master_benign(void)
{
	close(open("/dev/ptmx", O_RDWR | O_NOCTTY));
}

/* A line discipline that nobody has. */
static void discipline_attack(void)
{
	int discipline = 23;

	succeeded(!ioctl(open("/dev/ptmx", O_RDWR | O_NOCTTY), TIOCSETD, &discipline));
}

static void interface_benign(void)
{
	close(socket(AF_INET, SOCK_DGRAM, 0));
}

/* An interface that nobody has: the kernel looks for a module of its name. */
static void interface_attack(void)
{
	struct ifreq r = {.ifr_name = "tsem-none"};

	succeeded(!ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCGIFFLAGS, &r));
}

static void file_system_attack(void)
{
	succeeded(syscall(SYS_fsopen, "tsem-none", 0) >= 0);
}

/* ---- signals by descriptors ---- */

static void signal_by(int fd, int end)
{
	fcntl(fd, F_SETOWN, number);
	fcntl(fd, F_SETSIG, SIGKILL);
	fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK);
	succeeded(write(end, "x", 1) == 1);
}

static void pair_benign(void)
{
	int pair[2];

	succeeded(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
}

static void socket_signal_attack(void)
{
	int pair[2];

	if (!socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		signal_by(pair[0], pair[1]);
}

static void pipe_signal_attack(void)
{
	int pair[2];

	if (!pipe(pair))
		signal_by(pair[0], pair[1]);
}

static void socket_owner_attack(void)
{
	int pair[2], pid = number;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return;
	ioctl(pair[0], FIOSETOWN, &pid);
	fcntl(pair[0], F_SETSIG, SIGKILL);
	fcntl(pair[0], F_SETFL, O_ASYNC | O_NONBLOCK);
	succeeded(write(pair[1], "x", 1) == 1);
}

static void kill_attack(void)
{
	succeeded(!kill(number, SIGKILL));
}

static void pidfd_signal_attack(void)
{
	succeeded(!syscall(SYS_pidfd_send_signal, syscall(SYS_pidfd_open, number, 0), SIGKILL, NULL, 0));
}

static void queued_signal_attack(void)
{
	siginfo_t info = {.si_signo = SIGKILL, .si_code = SI_QUEUE};

	succeeded(!syscall(SYS_rt_sigqueueinfo, (pid_t)number, SIGKILL, &info));
}

/* Who uses too much of a processor is killed: with a limit of nothing that is everybody. */
static void limit_attack(void)
{
	struct rlimit limit = {1, 1};

	succeeded(!prlimit(number, RLIMIT_CPU, &limit, NULL));
}

static bool limited(void)
{
	struct rlimit limit;

	return !prlimit(number, RLIMIT_CPU, NULL, &limit) && limit.rlim_max == 1;
}

/* ---- accounting ---- */

static void account_setup(void)
{
	put("accounts", "", 0644);
	if (acct("accounts"))
		cannot("process accounting");
	acct(NULL);
	put("accounts", "", 0644);
}

static void account_attack(void)
{
	succeeded(!acct("accounts"));
}

static bool accounted(void)
{
	struct stat st;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	return !stat("accounts", &st) && st.st_size > 0;
}

static void account_undo(void)
{
	acct(NULL);
}

static void account_end_setup(void)
{
	account_setup();
	acct("accounts");
}

static void account_end_attack(void)
{
	succeeded(!acct(NULL));
}

static bool not_accounted(void)
{
	struct stat before, after;
	pid_t pid;

	stat("accounts", &before);
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
	stat("accounts", &after);
	return before.st_size == after.st_size;
}

KIND(helpers,
     {"request_key", BOTH, "^(key_alloc|key_permission|bprm_committed_creds) ", request_key_setup, open_allowed,
      request_key_attack, helper_ran, request_key_undo},
     {"module_of_discipline", BOTH, "^(kernel_module_request|file_ioctl) ", modprobe_setup, master_benign,
      discipline_attack, helper_ran, modprobe_undo},
     {"module_of_interface", ROOT, "^(kernel_module_request|capable|file_ioctl) ", modprobe_setup, interface_benign,
      interface_attack, helper_ran, modprobe_undo},
     {"module_of_file_system", ROOT, "^(kernel_module_request|capable) ", modprobe_setup, open_allowed,
      file_system_attack, helper_ran, modprobe_undo},
     {"signal_by_socket", BOTH, "^(file_fcntl|task_kill) ", victim, pair_benign, socket_signal_attack, victim_ended},
     {"signal_by_pipe", BOTH, "^(file_fcntl|task_kill) ", victim, open_allowed, pipe_signal_attack, victim_ended},
     {"signal_by_owner", BOTH, "^(file_fcntl|file_ioctl|task_kill) ", victim, pair_benign, socket_owner_attack,
      victim_ended},
     {"kill", BOTH, "^task_kill ", victim, open_allowed, kill_attack, victim_ended},
     {"pidfd_send_signal", BOTH, "^task_kill ", victim, open_allowed, pidfd_signal_attack, victim_ended},
     {"sigqueue", BOTH, "^task_kill ", victim, open_allowed, queued_signal_attack, victim_ended},
     {"limit_of_other", BOTH, "^(task_setrlimit|task_prlimit) ", victim, open_allowed, limit_attack, limited},
     {"account", ROOT, "^(file_open|capable) ", account_setup, open_allowed, account_attack, accounted, account_undo},
     {"account_end", ROOT, "^capable ", account_end_setup, open_allowed, account_end_attack, not_accounted,
      account_undo}, );
