/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is guarded in every mode, also where everything else is allowed. */
#include "attacker.h"

#include <dirent.h>
#include <linux/bpf.h>
#include <linux/ioprio.h>
#include <linux/mount.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#define RUN "/run/tsem"
#define PINS "/sys/fs/bpf/tsem"

/* ---- files, by other ways ---- */

static void there(void)
{
	mkdir("there", 0755);
	mkdir("empty", 0755);
}

static void there_undo(void)
{
	while (!umount2(here("there"), MNT_DETACH))
		;
}

/* What is in there, outside: told by the names of sessions and the like. */
static void list(const char *path, const char *want)
{
	DIR *d = opendir(path);
	struct dirent *e;
	bool found = false;

	while (d && (e = readdir(d)))
		found = found || !strcmp(e->d_name, want);
	succeeded(found);
}

static void overlay_attack(void)
{
	if (mount("none", "there", "overlay", 0, "lowerdir=" RUN ":empty"))
		succeeded(false);
	list("there", "lock");
}

static void overlay_above_attack(void)
{
	if (mount("none", "there", "overlay", 0, "lowerdir=/run:empty"))
		succeeded(false);
	list("there/tsem", "lock");
}

static void overlay_fsconfig_attack(void)
{
	int fs = syscall(SYS_fsopen, "overlay", 0), m;

	syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir+", RUN, 0);
	syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir+", "empty", 0);
	syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	m = syscall(SYS_fsmount, fs, 0, 0);
	if (m < 0 || syscall(SYS_move_mount, m, "", AT_FDCWD, here("there"), MOVE_MOUNT_F_EMPTY_PATH))
		succeeded(false);
	list("there", "lock");
}

static void bind_attack(void)
{
	if (mount(RUN, "there", NULL, MS_BIND, NULL))
		succeeded(false);
	show_path("there/users", O_RDONLY);
	list("there", "lock");
}

static void tree_attack(void)
{
	int fd = syscall(SYS_open_tree, AT_FDCWD, "/run", OPEN_TREE_CLONE);
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/tsem", fd);
	list(path, "lock");
}

static void run_fanotify_attack(void)
{
	int queue = syscall(SYS_fanotify_init, 0x2, O_RDONLY);

	succeeded(queue >= 0 && !syscall(SYS_fanotify_mark, queue, 1, 0x20 | 0x40000000, AT_FDCWD, RUN));
}

/* ---- 0 in there takes all programs off the kernel's functions; it is opened, and closed again ---- */

static void open_for_writing(const char *path)
{
	succeeded(open(path, O_WRONLY) >= 0);
}

static void ftrace_attack(void)
{
	open_for_writing("/proc/sys/kernel/ftrace_enabled");
}

static void ftrace_other_attack(void)
{
	if (mount("proc", "there", "proc", 0, NULL))
		succeeded(false);
	open_for_writing("there/sys/kernel/ftrace_enabled");
}

static void ftrace_bind_attack(void)
{
	close(open("file", O_WRONLY | O_CREAT, 0600));
	if (mount("/proc/sys/kernel/ftrace_enabled", "file", NULL, MS_BIND, NULL))
		succeeded(false);
	open_for_writing("file");
}

static void ftrace_bind_directory_attack(void)
{
	if (mount("/proc/sys/kernel", "there", NULL, MS_BIND, NULL))
		succeeded(false);
	open_for_writing("there/ftrace_enabled");
}

static void ftrace_chroot_attack(void)
{
	succeeded(!chroot("/proc/sys/kernel") && open("/ftrace_enabled", O_WRONLY) >= 0);
}

static void ftrace_detached_attack(void)
{
	int fs = syscall(SYS_fsopen, "proc", 0), m;

	syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	m = syscall(SYS_fsmount, fs, 0, 0);
	succeeded(m >= 0 && openat(m, "sys/kernel/ftrace_enabled", O_WRONLY) >= 0);
}

static void ftrace_path_attack(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", open("/proc/sys/kernel/ftrace_enabled", O_PATH));
	open_for_writing(path);
}

/* Who opens it for reading, which is allowed, gets another descriptor from the queue. */
static void ftrace_fanotify_attack(void)
{
	struct {
		uint32_t size;
		uint8_t version, reserved;
		uint16_t metadata;
		uint64_t mask;
		int fd, pid;
	} event = {.fd = -1};
	const char *path = "/proc/sys/kernel/ftrace_enabled";
	int queue = syscall(SYS_fanotify_init, 0x2, O_RDWR);

	syscall(SYS_fanotify_mark, queue, 1, 0x20, AT_FDCWD, path);
	close(open(path, O_RDONLY));
	succeeded(read(queue, &event, sizeof(event)) == sizeof(event) && event.fd >= 0 &&
		  (fcntl(event.fd, F_GETFL) & O_ACCMODE) == O_RDWR);
}

static void ftrace_undo(void)
{
	umount2(here("file"), MNT_DETACH);
	there_undo();
}

/* ---- objects of the BPF system, by their ids ---- */

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static uint32_t ours[4096], ours_count;

static void add(uint32_t id)
{
	if (ours_count < 4096)
		ours[ours_count++] = id;
}

static int object_at(const char *directory, const char *name)
{
	union bpf_attr a = {};
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	a.pathname = (unsigned long)path;
	return bpf(BPF_OBJ_GET, &a);
}

static void of_link(int fd, int kind)
{
	struct bpf_link_info link = {};
	struct bpf_prog_info program = {};
	uint32_t maps[256];
	union bpf_attr a = {.info = {.bpf_fd = fd, .info_len = sizeof(link), .info = (unsigned long)&link}};

	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &a))
		return;
	if (kind == BPF_LINK_GET_FD_BY_ID)
		add(link.id);
	if (kind == BPF_PROG_GET_FD_BY_ID)
		add(link.prog_id);
	if (kind != BPF_MAP_GET_FD_BY_ID)
		return;
	a = (union bpf_attr){.prog_id = link.prog_id};
	fd = bpf(BPF_PROG_GET_FD_BY_ID, &a);
	program.nr_map_ids = 256;
	program.map_ids = (unsigned long)maps;
	a = (union bpf_attr){.info = {.bpf_fd = fd, .info_len = sizeof(program), .info = (unsigned long)&program}};
	if (!bpf(BPF_OBJ_GET_INFO_BY_FD, &a))
		for (uint32_t i = 0; i < program.nr_map_ids; i++)
			add(maps[i]);
	close(fd);
}

/* All that the pinned links lead to. */
static void objects(int kind)
{
	DIR *d = opendir(PINS "/links");
	struct dirent *e;
	int fd;

	while (d && (e = readdir(d))) {
		fd = object_at(PINS "/links", e->d_name);
		if (fd < 0)
			continue;
		of_link(fd, kind);
		close(fd);
	}
	if (!ours_count)
		die("nothing is loaded");
}

static void maps_setup(void)
{
	objects(BPF_MAP_GET_FD_BY_ID);
}

static void programs_setup(void)
{
	objects(BPF_PROG_GET_FD_BY_ID);
}

static void links_setup(void)
{
	objects(BPF_LINK_GET_FD_BY_ID);
}

static void all_ids(int next, int get)
{
	union bpf_attr a = {};
	char text[32];
	uint32_t id;

	while (!bpf(next, &a)) {
		id = a.next_id;
		a = (union bpf_attr){.map_id = id};
		if (bpf(get, &a) >= 0) {
			snprintf(text, sizeof(text), "\nid %u\n", id);
			say(text);
		}
		a = (union bpf_attr){.start_id = id};
	}
}

static void maps_attack(void)
{
	all_ids(BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID);
}

static void programs_attack(void)
{
	all_ids(BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID);
}

static void links_attack(void)
{
	all_ids(BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID);
}

static bool has_ours(void)
{
	char text[32];

	for (uint32_t i = 0; i < ours_count; i++) {
		snprintf(text, sizeof(text), "\nid %u\n", ours[i]);
		if (output_has(text))
			return true;
	}
	return false;
}

static void pins_attack(void)
{
	DIR *d = opendir(PINS);
	struct dirent *e;
	bool any = false;

	while (d && (e = readdir(d)))
		any = any || object_at(PINS, e->d_name) >= 0;
	d = opendir(PINS "/links");
	while (d && (e = readdir(d)))
		any = any || object_at(PINS "/links", e->d_name) >= 0;
	succeeded(any || object_at(PINS, "tsem_root") >= 0);
}

/* ---- limits and priorities of who orchestrates ---- */

static void limit_attack(void)
{
	struct rlimit limit = {64, 64};

	succeeded(!prlimit(orchestrator, RLIMIT_MEMLOCK, &limit, NULL));
}

static void priority_attack(void)
{
	succeeded(!setpriority(PRIO_PROCESS, orchestrator, 19));
}

static void scheduler_attack(void)
{
	struct sched_param p = {};

	succeeded(!sched_setscheduler(orchestrator, SCHED_IDLE, &p));
}

static void affinity_attack(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	succeeded(!sched_setaffinity(orchestrator, sizeof(set), &set));
}

static void io_attack(void)
{
	succeeded(!syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, orchestrator, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
}

static void pipe_signal_attack(void)
{
	int pair[2];

	if (pipe(pair))
		return;
	fcntl(pair[0], F_SETOWN, orchestrator);
	fcntl(pair[0], F_SETSIG, SIGKILL);
	fcntl(pair[0], F_SETFL, O_ASYNC | O_NONBLOCK);
	if (write(pair[1], "x", 1) == 1)
		sleep_ms(100);
}

static bool orchestrator_killed(void)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* ---- who carries the terminal is the parent: it takes every stop for one of job control, and stops in the same way ---- */

static void traced_attack(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		succeeded(false);
	else
		raise(SIGUSR1);
}

/* Without tsem the parent only sees the stop. */
static bool parent_signalled(void)
{
	return WIFSIGNALED(status) ? WTERMSIG(status) == SIGUSR1 : WEXITSTATUS(status) == 128;
}

/* ---- the file system with the pins, without which no namespace can be made ---- */

#define PINS_ROOT "/sys/fs/bpf"

static void reconfigure_attack(void)
{
	int fs = syscall(SYS_fspick, AT_FDCWD, PINS_ROOT, 0);

	succeeded(fs >= 0 && !syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) &&
		  !syscall(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
}

static void remount_attack(void)
{
	succeeded(!mount(NULL, PINS_ROOT, NULL, MS_REMOUNT | MS_RDONLY, NULL));
}

static bool pins_read_only(void)
{
	struct statvfs st;

	return !statvfs(PINS_ROOT, &st) && st.f_flag & ST_RDONLY;
}

static void pins_undo(void)
{
	if (mount(NULL, PINS_ROOT, NULL, MS_REMOUNT, NULL))
		die(PINS_ROOT);
}

/* ---- the file system of the pins, or one that it is on, is moved away ---- */

#define BPF_MAGIC 0xcafe4a11

static void move_away(const char *what)
{
	succeeded(!mount(what, "there", NULL, MS_MOVE, NULL));
	look();
}

static void move_pins_attack(void)
{
	move_away("/sys/fs/bpf");
}

static void move_above_attack(void)
{
	move_away("/sys");
}

static bool is_bpf(const char *path)
{
	struct statfs s;

	return !statfs(path, &s) && (unsigned)s.f_type == BPF_MAGIC;
}

static bool pins_moved(void)
{
	return is_bpf("there") || is_bpf("there/fs/bpf");
}

static void move_back(void)
{
	const char *to = is_bpf("there") ? "/sys/fs/bpf" : "/sys";

	if (pins_moved() && mount("there", to, NULL, MS_MOVE, NULL))
		die(to);
}

static void move_mount_attack(void)
{
	succeeded(!syscall(SYS_move_mount, AT_FDCWD, "/sys", AT_FDCWD, "there", 0));
	look();
}

/* ---- another root, below which it is not ---- */

static void root_setup(void)
{
	there();
	if (mount("/", "there", NULL, MS_BIND, NULL))
		die("there");
}

/* And back. */
static void pivot_attack(void)
{
	char old[300];

	snprintf(old, sizeof(old), "/mnt%s", here("there"));
	succeeded(!syscall(SYS_pivot_root, "there", "there/mnt"));
	look();
	syscall(SYS_pivot_root, "/mnt", old);
}

static bool pins_gone(void)
{
	return !is_bpf("/sys/fs/bpf");
}

/* ---- tsem is held up by who has to be asked before anything in the file system of its files is opened ---- */

static void held_up_attack(unsigned mark)
{
	int queue = fanotify_init(FAN_CLASS_CONTENT, O_RDONLY);

	succeeded(queue >= 0 && !fanotify_mark(queue, FAN_MARK_ADD | mark, FAN_OPEN_PERM, AT_FDCWD, "/run"));
	look();
}

static void held_up_file_system_attack(void)
{
	held_up_attack(FAN_MARK_FILESYSTEM);
}

static void held_up_mount_attack(void)
{
	held_up_attack(FAN_MARK_MOUNT);
}

static bool lock_hangs(void)
{
	return opening_hangs(RUN "/lock");
}

/* ---- the file system with the sessions goes away from under everybody's names ---- */

static int run_tree = -1; /* the same, to put it back */

static void run_setup(void)
{
	run_tree = syscall(SYS_open_tree, AT_FDCWD, "/run", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (run_tree < 0 || access(RUN, F_OK))
		die(RUN);
}

static void run_away_attack(void)
{
	succeeded(!umount2("/run", MNT_DETACH));
	look();
}

static bool run_gone(void)
{
	return access(RUN, F_OK);
}

static void run_back(void)
{
	if (run_gone() && syscall(SYS_move_mount, run_tree, "", AT_FDCWD, "/run", MOVE_MOUNT_F_EMPTY_PATH))
		die("/run");
}

/* The same by move_mount(2). */
static void run_moved_setup(void)
{
	mkdir("/mnt/run", 0755);
	if (access(RUN, F_OK))
		die(RUN);
}

static void run_moved_attack(void)
{
	succeeded(!syscall(SYS_move_mount, AT_FDCWD, "/run", AT_FDCWD, "/mnt/run", 0));
	look();
}

static void run_moved_back(void)
{
	if (run_gone() && syscall(SYS_move_mount, AT_FDCWD, "/mnt/run", AT_FDCWD, "/run", 0))
		die("/run");
}

#define GUARD(name, event, setup, attack, effect, undo) \
	{ \
		name, ROOT, event, setup, nothing, attack, effect, undo, FREE \
	}
KIND(guards,
     GUARD("run_overlay", "^(sb_mount|file_open|fs_context_parse_param) ", there, overlay_attack, told, there_undo),
     GUARD("run_overlay_above", "^(sb_mount|file_open|fs_context_parse_param) ", there, overlay_above_attack, told,
	   there_undo),
     GUARD("run_overlay_fsconfig", "^(sb_mount|file_open|fs_context_parse_param) ", there, overlay_fsconfig_attack,
	   told, there_undo),
     GUARD("run_bind", "^(sb_mount|file_open) ", there, bind_attack, told, there_undo),
     GUARD("run_tree", "^(sb_mount|file_open) ", NULL, tree_attack, told, NULL),
     GUARD("run_fanotify", "^(path_notify|file_open) ", NULL, run_fanotify_attack, told, NULL),
     GUARD("ftrace", "^file_open .*ftrace", NULL, ftrace_attack, told, NULL),
     GUARD("ftrace_other_proc", "^file_open .*ftrace", there, ftrace_other_attack, told, ftrace_undo),
     GUARD("ftrace_bind", "^(file_open|sb_mount) ", there, ftrace_bind_attack, told, ftrace_undo),
     GUARD("ftrace_bind_directory", "^file_open .*ftrace", there, ftrace_bind_directory_attack, told, ftrace_undo),
     GUARD("ftrace_chroot", "^file_open .*ftrace", NULL, ftrace_chroot_attack, told, NULL),
     GUARD("ftrace_detached", "^file_open .*ftrace", NULL, ftrace_detached_attack, told, NULL),
     GUARD("ftrace_fanotify", "^(file_open|path_notify) .*", NULL, ftrace_fanotify_attack, told, NULL),
     GUARD("ftrace_path", "^file_open .*ftrace", NULL, ftrace_path_attack, told, NULL),
     GUARD("maps_by_id", "^bpf", maps_setup, maps_attack, has_ours, NULL),
     GUARD("programs_by_id", "^bpf", programs_setup, programs_attack, has_ours, NULL),
     GUARD("links_by_id", "^bpf", links_setup, links_attack, has_ours, NULL),
     GUARD("pins", "^(bpf|file_open)", NULL, pins_attack, told, NULL),
     GUARD("pins_reconfigured", "^sb_remount ", NULL, reconfigure_attack, pins_read_only, pins_undo),
     GUARD("pins_remounted", "^(sb_mount|sb_remount) ", NULL, remount_attack, pins_read_only, pins_undo),
     GUARD("pins_moved", "^sb_mount ", there, move_pins_attack, pins_moved, move_back),
     GUARD("pins_moved_above", "^sb_mount ", there, move_above_attack, pins_moved, move_back),
     GUARD("move_sys", "^move_mount ", there, move_mount_attack, pins_moved, move_back),
     GUARD("pivot", "^sb_pivotroot ", root_setup, pivot_attack, pins_gone, there_undo),
     GUARD("fan_run", "^path_notify ", NULL, held_up_file_system_attack, lock_hangs, NULL),
     GUARD("fan_run_mount", "^path_notify ", NULL, held_up_mount_attack, lock_hangs, NULL),
     GUARD("run_unmounted", "^sb_umount ", run_setup, run_away_attack, run_gone, run_back),
     GUARD("run_moved", "^move_mount ", run_moved_setup, run_moved_attack, run_gone, run_moved_back),
     GUARD("limit", "^(task_setrlimit|task_prlimit) ", NULL, limit_attack, told, NULL),
     GUARD("priority", "^task_setnice ", NULL, priority_attack, told, NULL),
     GUARD("scheduler", "^task_setscheduler ", NULL, scheduler_attack, told, NULL),
     GUARD("affinity", "^task_setscheduler ", NULL, affinity_attack, told, NULL),
     GUARD("io_priority", "^task_setioprio ", NULL, io_attack, told, NULL),
     GUARD("signal_to_orchestrator", "^(task_kill|file_fcntl) ", NULL, pipe_signal_attack, orchestrator_killed, NULL),
     {"parent_traces", BOTH, "^ptrace_traceme ", NULL, nothing, traced_attack, parent_signalled, .how = FREE,
      .itself = true}, );
