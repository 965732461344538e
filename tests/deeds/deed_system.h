/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deeds to the machine: mounts, modules, log, clock, quota, BPF. Part of deed_all.c. */
#ifndef TSEM_DEED_SYSTEM_H
#define TSEM_DEED_SYSTEM_H

#include "deed_more.h"

/* What the kernel keeps of a file system that is mounted without options: ACTIVE, BORN, NOSEC, I_VERSION,
 * POSIXACL. */
#define SB_FLAGS "0x70810000"
#define SB_FLAGS_READ_ONLY "0x70810001"

static long unknown_file_system(const char *type)
{
	return syscall(SYS_fsopen, type, 0);
}

/* Asks for the capability, too. */
static void prepare_module_request(void)
{
	if (unknown_file_system("tmpfs") < 0)
		die("fsopen");
}

static void describe_module_request(void)
{
	add("\"kmod_name\":\"fs-tsemdeed\"");
}

static long act_module_request(void)
{
	return unknown_file_system("tsemdeed");
}

/* The program that loads modules leaves a file with the name of what it was asked for. */
static bool effect_module_request(void)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/asked.fs-tsemdeed", base);
	return !access(path, F_OK);
}

static char no_module[128];

/* Too short to be looked at: asks for the capability. */
static void prepare_load_data(void)
{
	if (!syscall(SYS_init_module, no_module, 8, "") || errno != ENOEXEC)
		die("init_module");
}

static void describe_load_data(void)
{
	add("\"id\":\"2\",\"contents\":\"1\"");
}

static long act_load_data(void)
{
	return syscall(SYS_init_module, no_module, sizeof(no_module), "");
}

/* The kernel took it, and found that it is not a module. */
static bool effect_load_data(void)
{
	return shared->code == ENOEXEC;
}

/* ---- mounts ---- */

static void mount_here(void)
{
	if (mount("some device", here("dir"), "tmpfs", 0, "size=64k,mode=0710"))
		die("mount");
}

static void unmount(void)
{
	umount2(here("dir"), MNT_DETACH);
}

static bool effect_covered_no_more(void)
{
	return !access(here("dir/old"), F_OK);
}

static void describe_umount(void)
{
	add("\"dentry\":");
	add_dentry(here("dir"));
	add(",\"flags\":\"0xa\"");
}

static long act_umount(void)
{
	return umount2(here("dir"), MNT_DETACH | UMOUNT_NOFOLLOW);
}

/* A file system of its own, in the state in which its options are given. */
static int picked;

static long reconfigure(const char *path)
{
	picked = syscall(SYS_fspick, AT_FDCWD, path, 0);
	if (picked < 0 || syscall(SYS_fsconfig, picked, FSCONFIG_SET_FLAG, "ro", NULL, 0))
		die("fspick");
	return syscall(SYS_fsconfig, picked, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0);
}

/* Another one is, before: all but this one is known. */
static void prepare_remount(void)
{
	mount_here();
	if (mkdir(here("new"), 0700) || mount("some device", here("new"), "tmpfs", 0, "size=64k,mode=0710") ||
	    reconfigure(here("new")))
		die("mount");
}

static void describe_remount(void)
{
	add("\"dentry\":");
	add_dentry(here("dir"));
	add(",\"fstype\":\"tmpfs\",\"s_flags\":\"" SB_FLAGS_READ_ONLY "\"");
}

static long act_remount(void)
{
	return reconfigure(here("dir"));
}

static bool effect_remounted(void)
{
	return access(here("dir"), W_OK) && errno == EROFS;
}

/* In a mount namespace of its own: the root of the machine stays. */
static void prepare_pivot(void)
{
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		die("unshare");
	mount_here();
	if (mkdir(here("dir/put"), 0700))
		die("mkdir");
	path_type = "namespace";
}

static void describe_pivot(void)
{
	add("\"old_path\":");
	add_path(here("dir/put"));
	add(",\"new_path\":");
	add_path(here("dir"));
}

static long act_pivot(void)
{
	return syscall(SYS_pivot_root, here("dir"), here("dir/put"));
}

/* The files of before are in another place then. */
static bool effect_pivoted(void)
{
	static char moved[4096];

	if (access("/put", F_OK))
		return false;
	snprintf(moved, sizeof(moved), "/put%s", base);
	base = moved;
	return true;
}

static void prepare_move(void)
{
	mount_here();
	if (mkdir(here("new"), 0700))
		die("mkdir");
}

static void describe_move(void)
{
	add("\"from_path\":");
	add_path(here("dir"));
	add(",\"to_path\":");
	add_path(here("new"));
	add(",\"fstype\":\"tmpfs\"");
}

static long act_move(void)
{
	return syscall(SYS_move_mount, AT_FDCWD, here("dir"), AT_FDCWD, here("new"), 0);
}

static void unmount_moved(void)
{
	umount2(here("new"), MNT_DETACH);
	unmount();
}

/* ---- the root directory ---- */

/* To one that asks for the same capabilities. */
static void chroot_other(void)
{
	if (chroot(here("new")))
		die("chroot");
}

static void prepare_chroot(void)
{
	fd = open_or_die("/", O_RDONLY | O_DIRECTORY);
	if (mkdir(here("new"), 0750) || chown(here("new"), 3, 4))
		die("mkdir");
	elsewhere(chroot_other);
}

static void describe_chroot(void)
{
	add("\"path\":");
	add_path(here("dir"));
}

static long act_chroot(void)
{
	return chroot(here("dir"));
}

/* And back. */
static bool effect_chroot(void)
{
	if (access("/old", F_OK))
		return false;
	return !fchdir(fd) && !chroot(".");
}

/* ---- options of a file system by themselves ---- */

static long option(const char *name, const char *value)
{
	return syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, name, value, 0);
}

static void prepare_option(void)
{
	fd = syscall(SYS_fsopen, "tmpfs", 0);
	if (fd < 0 || option("size", "64k"))
		die("fsopen");
}

static void describe_option(void)
{
	add("\"fstype\":\"tmpfs\",\"key\":\"size\",\"value\":\"32k\"");
}

static long act_option(void)
{
	return result = option("size", "32k");
}

/* What may be a name is one from the working directory. */
static void prepare_source(void)
{
	prepare_option();
	if (chdir(here("dir")))
		die("chdir");
}

static void describe_source(void)
{
	add("\"fstype\":\"tmpfs\",\"key\":\"source\",\"value\":\"%s//image\"", here("dir"));
}

static long act_source(void)
{
	return result = option("source", "image");
}

/* ---- log and clock ---- */

#define LOG_QUIET 6 /* of syslog(2) */
#define LOG_LEVEL 8

static int log_level(void)
{
	char text[64];

	read_text("/proc/sys/kernel/printk", text, sizeof(text));
	return atoi(text);
}

/* Asks for the capability, too. The level is 1 then. */
static void prepare_syslog(void)
{
	if (klogctl(LOG_QUIET, NULL, 0))
		die("klogctl");
}

static void describe_syslog(void)
{
	add("\"type\":\"%d\"", LOG_LEVEL);
}

static long act_syslog(void)
{
	return klogctl(LOG_LEVEL, NULL, 6);
}

static bool effect_syslog(void)
{
	return log_level() == 6;
}

static void describe_setzone(void)
{
	add("\"tz\":{\"minuteswest\":\"60\",\"dsttime\":\"1\"}");
}

static long set_zone(int minutes)
{
	const struct timezone zone = {.tz_minuteswest = minutes, .tz_dsttime = minutes != 0};

	return syscall(SYS_settimeofday, NULL, &zone);
}

static void prepare_setzone(void)
{
	if (set_zone(0))
		die("settimeofday");
}

static long act_setzone(void)
{
	return set_zone(60);
}

static bool effect_setzone(void)
{
	struct timezone zone = {};

	return !syscall(SYS_gettimeofday, NULL, &zone) && zone.tz_minuteswest == 60;
}

static void describe_settime(void)
{
	add("\"ts\":{\"seconds\":\"%s\",\"nsecs\":\"%s\"}", set_default() ? "0" : "2000000000",
	    set_default() ? "0" : "123456789");
}

static long act_settime(void)
{
	const struct timespec wanted = {.tv_sec = 2000000000, .tv_nsec = 123456789};

	return clock_settime(CLOCK_REALTIME, &wanted);
}

static bool effect_settime(void)
{
	return time(NULL) >= 2000000000;
}

/* ---- quota ---- */

#define QUOTA_DISK "/dev/vda"
#define QUOTA_FORMAT 4 /* QFMT_VFS_V1 */

static long quota_on(const char *file)
{
	return quotactl(QCMD(Q_QUOTAON, USRQUOTA), QUOTA_DISK, QUOTA_FORMAT, (char *)file);
}

static void quota_off(void)
{
	quotactl(QCMD(Q_QUOTAOFF, USRQUOTA), QUOTA_DISK, 0, NULL);
}

/* A file on another file system: quotactl as such is known. */
static void prepare_quota_on(void)
{
	if (!quota_on(here("file")) || errno != EXDEV)
		die("quotactl");
}

static void describe_quota_on(void)
{
	add("\"dentry\":");
	add_dentry(quota_path("/aquota.user"));
}

static long act_quota_on(void)
{
	return quota_on(quota_path("/aquota.user"));
}

static bool effect_quota_on(void)
{
	unsigned format = 0;

	return !quotactl(QCMD(Q_GETFMT, USRQUOTA), QUOTA_DISK, 0, (void *)&format) && format == QUOTA_FORMAT;
}

static void prepare_quotactl(void)
{
	if (act_quota_on())
		die("quotactl");
}

static void describe_quotactl(void)
{
	add("\"cmds\":\"%d\",\"type\":\"0\",\"id\":\"1234\",\"dentry\":", Q_SETQUOTA);
	add_dentry(quota_path(""));
	add(",\"fstype\":\"ext4\",\"s_flags\":\"" SB_FLAGS "\"");
}

static long act_quotactl(void)
{
	struct dqblk limits = {.dqb_bhardlimit = 77, .dqb_valid = QIF_BLIMITS};

	return quotactl(QCMD(Q_SETQUOTA, USRQUOTA), QUOTA_DISK, 1234, (void *)&limits);
}

static bool effect_quotactl(void)
{
	struct dqblk limits = {};

	return !quotactl(QCMD(Q_GETQUOTA, USRQUOTA), QUOTA_DISK, 1234, (void *)&limits) && limits.dqb_bhardlimit == 77;
}

/* All file systems at once: the event has none. */
static void describe_quota_sync(void)
{
	add("\"cmds\":\"%d\",\"type\":\"0\",\"id\":\"0\",\"dentry\":{\"path\":{\"dev\":\"@dev\",\"type\":\"detached\",\"pathname\":\"/\"}},"
	    "\"fstype\":\"\",\"s_flags\":\"0x0\"",
	    Q_SYNC);
}

static long act_quota_sync(void)
{
	return result = quotactl(QCMD(Q_SYNC, USRQUOTA), NULL, 0, NULL);
}

/* ---- BPF ---- */

static long map_make(int type)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 1;
	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, 72);
}

static void prepare_bpf_map(void)
{
	if (map_make(BPF_MAP_TYPE_PERCPU_ARRAY) < 0)
		die("bpf");
}

static void describe_bpf_map(void)
{
	add("\"map_type\":\"%d\",\"fmode\":\"0x3\"", BPF_MAP_TYPE_ARRAY);
}

static long act_bpf_map(void)
{
	return peer = map_make(BPF_MAP_TYPE_ARRAY);
}

static long program_load(int attach_type)
{
	static const struct bpf_insn code[] = {{.code = 0xb7, .imm = 0}, {.code = 0x95}}; /* r0 = 0; exit */
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_SKB;
	attr.expected_attach_type = attach_type;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t) "GPL";
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, 72);
}

static void prepare_bpf_prog(void)
{
	if (program_load(BPF_CGROUP_INET_INGRESS) < 0)
		die("bpf");
}

static void describe_bpf_prog(void)
{
	add("\"type\":\"%d\",\"attach_type\":\"%d\"", BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS);
}

static long act_bpf_prog(void)
{
	return peer = program_load(BPF_CGROUP_INET_EGRESS);
}

/* One deed, one row. */
/* clang-format off */
#define DEEDS_SYSTEM \
	{"module_request", "kernel_module_request", prepare_module_request, describe_module_request, act_module_request, \
	 effect_module_request, ENODEV, ENODEV}, \
	{"load_data", "kernel_load_data", prepare_load_data, describe_load_data, act_load_data, effect_load_data, ENOEXEC}, \
	{"umount", "sb_umount", mount_here, describe_umount, act_umount, effect_covered_no_more, 0, 0, unmount}, \
	{"remount", "sb_remount", prepare_remount, describe_remount, act_remount, effect_remounted, 0, 0, unmount_moved}, \
	{"pivot", "sb_pivotroot", prepare_pivot, describe_pivot, act_pivot, effect_pivoted, 0}, \
	{"chroot", "path_chroot", prepare_chroot, describe_chroot, act_chroot, effect_chroot, 0}, \
	{"option", "fs_context_parse_param", prepare_option, describe_option, act_option, effect_result, 0}, \
	{"option_here", "fs_context_parse_param", prepare_source, describe_source, act_source, effect_result, 0}, \
	{"move", "move_mount", prepare_move, describe_move, act_move, effect_covered_no_more, 0, 0, unmount_moved}, \
	{"syslog", "syslog", prepare_syslog, describe_syslog, act_syslog, effect_syslog, 0}, \
	{"settime", "settime", prepare_setzone, describe_settime, act_settime, effect_settime, 0}, \
	{"setzone", "settime", prepare_setzone, describe_setzone, act_setzone, effect_setzone, 0}, \
	{"quota_on", "quota_on", prepare_quota_on, describe_quota_on, act_quota_on, effect_quota_on, 0, 0, quota_off}, \
	{"quotactl", "quotactl", prepare_quotactl, describe_quotactl, act_quotactl, effect_quotactl, 0, 0, quota_off}, \
	{"quota_sync", "quotactl", prepare_nothing, describe_quota_sync, act_quota_sync, effect_result, 0}, \
	{"bpf_map", "bpf_map", prepare_bpf_map, describe_bpf_map, act_bpf_map, effect_descriptor, 0}, \
	{"bpf_prog", "bpf_prog", prepare_bpf_prog, describe_bpf_prog, act_bpf_prog, effect_descriptor, 0}
/* clang-format on */

#endif
