/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What root may by a capability alone, and what is true for the whole machine then. */
#include "attacker.h"

#include <grp.h>
#include <linux/fs.h>
#include <linux/perf_event.h>
#include <sys/io.h>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/swap.h>
#include <sys/time.h>
#include <sys/timex.h>

/* ---- ports ---- */

static void level_attack(void)
{
	bool done = !iopl(3);

	succeeded(done);
	if (done)
		outb(0, 0x80);
}

static void port_attack(void)
{
	bool done = !ioperm(0x80, 1, 1);

	succeeded(done);
	if (done)
		outb(0, 0x80);
}

/* ---- names of the machine ---- */

static char name_before[256];

static void host_setup(void)
{
	gethostname(name_before, sizeof(name_before) - 1);
}

static void host_attack(void)
{
	succeeded(!sethostname("tsem-evil", 9));
}

static bool host_changed(void)
{
	char name[256];

	return !gethostname(name, sizeof(name)) && !strcmp(name, "tsem-evil");
}

static void host_undo(void)
{
	if (sethostname(name_before, strlen(name_before)))
		die("sethostname");
}

static void domain_attack(void)
{
	succeeded(!setdomainname("tsem-evil", 9));
}

static bool domain_changed(void)
{
	return holds("/proc/sys/kernel/domainname", "tsem-evil");
}

static void domain_undo(void)
{
	if (setdomainname("(none)", 6))
		die("setdomainname");
}

/* Those of somebody else, by the process that is in there. */
static void join_setup(void)
{
	host_setup();
	victim();
}

static void join_benign(void)
{
	close(syscall(SYS_pidfd_open, number, 0));
}

static void join_attack(void)
{
	succeeded(!setns(syscall(SYS_pidfd_open, number, 0), CLONE_NEWUTS) && !sethostname("tsem-evil", 9));
}

/* ---- clocks ---- */

static void leap_attack(void)
{
	struct timex t = {.modes = ADJ_TAI, .constant = 37};

	succeeded(adjtimex(&t) >= 0);
}

static bool leaped(void)
{
	struct timex t = {};

	return adjtimex(&t) >= 0 && t.tai == 37;
}

static void leap_undo(void)
{
	struct timex t = {.modes = ADJ_TAI, .constant = 0};

	adjtimex(&t);
}

static void clock_attack(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_sec += 100000;
	succeeded(!clock_settime(CLOCK_REALTIME, &t));
}

static struct timespec real, monotonic;

static void clock_setup(void)
{
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
}

static bool clock_changed(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec > real.tv_sec + 50000;
}

static void clock_undo(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	real.tv_sec += t.tv_sec - monotonic.tv_sec;
	clock_settime(CLOCK_REALTIME, &real);
}

static void zone_attack(void)
{
	struct timezone z = {77, 0};

	succeeded(!syscall(SYS_settimeofday, NULL, &z));
}

static bool zone_changed(void)
{
	struct timezone z = {};

	syscall(SYS_gettimeofday, NULL, &z);
	return z.tz_minuteswest == 77;
}

static void zone_undo(void)
{
	struct timezone z = {};

	syscall(SYS_settimeofday, NULL, &z);
}

/* ---- the kernel's log ---- */

static void log_attack(void)
{
	succeeded(!klogctl(8, NULL, 1));
}

static bool log_changed(void)
{
	return holds("/proc/sys/kernel/printk", "1\t4\t1\t7");
}

static char printk_before[64];

static void log_setup(void)
{
	int fd = open("/proc/sys/kernel/printk", O_RDONLY);

	if (fd < 0 || read(fd, printk_before, sizeof(printk_before) - 1) < 0)
		die("printk");
	klogctl(8, NULL, 4);
}

static void log_undo(void)
{
	klogctl(8, NULL, atoi(printk_before));
}

static void keys_attack(void)
{
	succeeded(!reboot(RB_ENABLE_CAD));
}

static void keys_setup(void)
{
	reboot(RB_DISABLE_CAD);
}

static bool keys_changed(void)
{
	return holds("/proc/sys/kernel/ctrl-alt-del", "1");
}

/* ---- what others do ---- */

static void watch_attack(void)
{
	struct perf_event_attr a = {.size = sizeof(a), .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_CPU_CLOCK};
	uint64_t count = 0;
	int fd = syscall(SYS_perf_event_open, &a, -1, 0, -1, 0);

	sleep_ms(20);
	succeeded(fd >= 0 && read(fd, &count, sizeof(count)) == sizeof(count) && count);
}

static void paranoid(const char *value)
{
	int fd = open("/proc/sys/kernel/perf_event_paranoid", O_WRONLY);

	if (fd < 0 || write(fd, value, 1) != 1)
		die("perf_event_paranoid");
	close(fd);
}

static void watch_setup(void)
{
	paranoid("1");
}

static void watch_undo(void)
{
	paranoid("3");
}

static void watch_own_attack(void)
{
	struct perf_event_attr a = {.size = sizeof(a),
				    .type = PERF_TYPE_SOFTWARE,
				    .config = PERF_COUNT_SW_TASK_CLOCK,
				    .exclude_kernel = 1};

	succeeded(syscall(SYS_perf_event_open, &a, 0, -1, -1, 0) >= 0);
}

static void groups_attack(void)
{
	gid_t groups[] = {0, 42};

	succeeded(!setgroups(2, groups));
}

static void group_attack(void)
{
	succeeded(!setresgid(42, 42, 42));
}

static void user_attack(void)
{
	succeeded(!setresuid(1001, 1001, 1001));
}

/* ---- disks, where the machine has one ---- */

#define DISK "/dev/vda"

static void disk_setup(void)
{
	if (access(DISK, F_OK))
		cannot("this machine has no disk");
}

static void disk_benign(void)
{
	close(open(DISK, O_RDONLY));
}

static void read_only_attack(void)
{
	int on = 1;

	succeeded(!ioctl(open(DISK, O_RDONLY), BLKROSET, &on));
}

static int read_only(void)
{
	int fd = open(DISK, O_RDONLY | O_CLOEXEC), on = 0;

	ioctl(fd, BLKROGET, &on);
	close(fd);
	return on;
}

static bool is_read_only(void)
{
	return read_only();
}

static void read_only_undo(void)
{
	int fd = open(DISK, O_RDONLY), off = 0;

	ioctl(fd, BLKROSET, &off);
	close(fd);
}

static void swap_setup(void)
{
	disk_setup();
	if (system("mkswap " DISK " >/dev/null 2>&1"))
		cannot("mkswap");
}

static void swap_attack(void)
{
	succeeded(!swapon(DISK, 0));
}

static bool swaps(void)
{
	return holds("/proc/swaps", DISK);
}

static void swap_undo(void)
{
	swapoff(DISK);
}

static void swap_end_setup(void)
{
	swap_setup();
	if (swapon(DISK, 0))
		die("swapon");
}

static void swap_end_attack(void)
{
	succeeded(!swapoff(DISK));
}

static bool swaps_not(void)
{
	return !swaps();
}

#define POWER(name, event, setup, attack, effect, undo) \
	{ \
		name, ROOT, event, setup, open_allowed, attack, effect, undo \
	}
KIND(powers, POWER("iopl", "^capable ", NULL, level_attack, told, NULL),
     POWER("ioperm", "^capable ", NULL, port_attack, told, NULL),
     POWER("host_name", "^capable ", host_setup, host_attack, host_changed, host_undo),
     POWER("domain_name", "^capable ", NULL, domain_attack, domain_changed, domain_undo),
     {"host_name_of_other", ROOT, "^(capable|ptrace_access_check) ", join_setup, join_benign, join_attack, told,
      host_undo},
     POWER("adjtimex", "^capable ", NULL, leap_attack, leaped, leap_undo),
     POWER("clock", "^(settime|capable) ", clock_setup, clock_attack, clock_changed, clock_undo),
     POWER("time_zone", "^(settime|capable) ", NULL, zone_attack, zone_changed, zone_undo),
     POWER("log_level", "^(syslog|capable) ", log_setup, log_attack, log_changed, log_undo),
     POWER("reboot_keys", "^capable ", keys_setup, keys_attack, keys_changed, keys_setup),
     POWER("watch_all", "^(perf_event_open|capable) ", NULL, watch_attack, told, NULL),
     {"watch_own", BOTH, "^perf_event_open ", watch_setup, open_allowed, watch_own_attack, told, watch_undo},
     POWER("setgroups", "^(task_fix_setgroups|capable) ", NULL, groups_attack, told, NULL),
     POWER("setgid", "^(task_fix_setgid|capable) ", NULL, group_attack, told, NULL),
     POWER("setuid", "^(task_fix_setuid|capable) ", NULL, user_attack, told, NULL),
     {"disk_read_only", ROOT, "^(file_ioctl|capable) ", disk_setup, disk_benign, read_only_attack, is_read_only,
      read_only_undo},
     {"swap", ROOT, "^(file_open|capable) ", swap_setup, open_allowed, swap_attack, swaps, swap_undo},
     {"swap_end", ROOT, "^(file_open|capable) ", swap_end_setup, open_allowed, swap_end_attack, swaps_not,
      swap_undo}, );
