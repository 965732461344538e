/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is mounted under a name that the model has. */
#include "attacker.h"

#include <linux/mount.h>
#include <pthread.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#define MOVE_EMPTY_PATH 0x4

static void mounts_setup(void)
{
	mkdir("good", 0755);
	mkdir("bad", 0755);
	mkdir("there", 0755);
	put("good/file", "harmless\n", 0644);
	put("bad/file", secret, 0644);
}

static void mounts_undo(void)
{
	while (!umount2(here("there"), MNT_DETACH))
		;
}

static void look_there(bool mounted)
{
	if (!mounted)
		succeeded(false);
	show_path(here("there/file"), O_RDONLY);
	umount2(here("there"), 0);
}

/* As mount(8) does a bind. */
static void bind_tree(const char *directory)
{
	int tree = syscall(SYS_open_tree, AT_FDCWD, directory, OPEN_TREE_CLONE);

	look_there(tree >= 0 && !syscall(SYS_move_mount, tree, "", AT_FDCWD, "there", MOVE_EMPTY_PATH));
}

static void bind_tree_benign(void)
{
	bind_tree("good");
}

static void bind_tree_attack(void)
{
	bind_tree("bad");
}

/* ---- names that the kernel reads otherwise ---- */

/* It takes every backslash away. */
static void overlay_of(const char *directory)
{
	char options[600];

	dup2(open(directory, O_PATH), 20);
	snprintf(options, sizeof(options), "lowerdir=/proc/se\\lf/f\\d/20:%s", here("there"));
	look_there(!mount("none", here("there"), "overlay", 0, options));
}

static void backslash_benign(void)
{
	overlay_of("good");
}

static void backslash_attack(void)
{
	overlay_of("bad");
}

/* The first process of a PID namespace, which has a number that says nothing about it, is in that directory. */
static bool is_first(const char *directory)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID))
		die("unshare");
	pid = fork();
	if (pid) {
		waitpid(pid, NULL, 0);
		return false;
	}
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL) || chdir(directory))
		succeeded(false);
	return true;
}

static void bind_first(const char *name, const char *directory)
{
	if (!is_first(directory))
		return;
	look_there(!mount(name, here("there"), NULL, MS_BIND, NULL));
	_exit(0);
}

static void slashes_benign(void)
{
	bind_first("/proc/1//cwd", here("good"));
}

static void slashes_attack(void)
{
	bind_first("/proc/1//cwd", here("bad"));
}

static void dot_benign(void)
{
	bind_first("/proc/1/./cwd", here("good"));
}

static void dot_attack(void)
{
	bind_first("/proc/1/./cwd", here("bad"));
}

static void up_benign(void)
{
	bind_first("/proc/1/ns/../cwd", here("good"));
}

static void up_attack(void)
{
	bind_first("/proc/1/ns/../cwd", here("bad"));
}

/* ---- names that begin in a directory of the first process ---- */

/* Whether this is a child of the first process, which is in that directory, and is itself at that place. */
static bool is_child_at(const char *where, const char *directory)
{
	pid_t pid;

	if (!is_first(directory))
		return false;
	pid = fork();
	if (pid) {
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	if (chdir(where))
		succeeded(false);
	return true;
}

static void bind_at_first(const char *where, const char *name, const char *directory)
{
	if (!is_child_at(where, directory))
		return;
	look_there(!mount(name, here("there"), NULL, MS_BIND, NULL));
	_exit(0);
}

static void here_benign(void)
{
	bind_at_first("/proc/1", "cwd", here("good"));
}

static void here_attack(void)
{
	bind_at_first("/proc/1", "cwd", here("bad"));
}

static void here_dot_benign(void)
{
	bind_at_first("/proc/1", ".//cwd", here("good"));
}

static void here_dot_attack(void)
{
	bind_at_first("/proc/1", ".//cwd", here("bad"));
}

static void here_up_benign(void)
{
	bind_at_first("/proc/1/ns", "../cwd", here("good"));
}

static void here_up_attack(void)
{
	bind_at_first("/proc/1/ns", "../cwd", here("bad"));
}

/* Of a directory that is mounted on one of the first process's. */
static void covered(const char *directory)
{
	if (!is_child_at("/", directory))
		return;
	if (mount("none", "/proc/1/ns", "tmpfs", 0, NULL) || chdir("/proc/1/ns"))
		succeeded(false);
	look_there(!mount("../cwd", here("there"), NULL, MS_BIND, NULL));
	_exit(0);
}

static void covered_benign(void)
{
	covered(here("good"));
}

static void covered_attack(void)
{
	covered(here("bad"));
}

static void overlay_here(const char *directory)
{
	if (!is_child_at("/proc/1", directory))
		return;
	look_there(!mount("none", here("there"), "overlay", 0, "lowerdir=cwd:/sys"));
	_exit(0);
}

static void overlay_here_benign(void)
{
	overlay_here(here("good"));
}

static void overlay_here_attack(void)
{
	overlay_here(here("bad"));
}

static void configure_here(const char *directory)
{
	int fs, made;

	if (!is_child_at("/proc/1", directory))
		return;
	fs = syscall(SYS_fsopen, "overlay", 0);
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir", "cwd:/sys", 0) ||
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		succeeded(false);
	made = syscall(SYS_fsmount, fs, 0, 0);
	look_there(!syscall(SYS_move_mount, made, "", AT_FDCWD, here("there"), MOVE_MOUNT_F_EMPTY_PATH));
	_exit(0);
}

static void configure_here_benign(void)
{
	configure_here(here("good"));
}

static void configure_here_attack(void)
{
	configure_here(here("bad"));
}

/* The root is the first process's directory; the working directory stays outside. */
static void rooted(const char *directory)
{
	int old;

	if (!is_child_at(here("there"), directory))
		return;
	old = open(".", O_PATH);
	if (chroot("/proc/1") || mount("/cwd", ".", NULL, MS_BIND, NULL) || fchdir(old))
		succeeded(false);
	show_path("../there/file", O_RDONLY);
	_exit(0);
}

static void rooted_benign(void)
{
	rooted(here("good"));
}

static void rooted_attack(void)
{
	rooted(here("bad"));
}

/* ---- a thread turns the directory from which the kernel looks the name up ---- */

#define TURNS 600

static void turned_setup(void)
{
	mkdir("good", 0755);
	mkdir("good/from", 0755);
	mkdir("bad", 0755);
	mkdir("bad/from", 0755);
	mkdir("there", 0755);
	put("good/from/file", "harmless\n", 0644);
	put("bad/from/file", secret, 0644);
}

static volatile int stage;
static long delay;

static void wait_a_little(void)
{
	stage = 1;
	while (stage < 2)
		;
	for (volatile long i = 0; i < delay; i++)
		;
	while (delay < 0 && stage != 3)
		;
}

static void *turn_directory(void *directory)
{
	wait_a_little();
	if (chdir(directory))
		succeeded(false);
	return NULL;
}

static void mount_turned(void)
{
	pthread_t thread;
	int mounted;

	if (chdir(here("good")))
		die("good");
	pthread_create(&thread, NULL, turn_directory, (void *)here("bad"));
	while (stage != 1)
		;
	stage = 2;
	mounted = !mount("from", here("there"), NULL, MS_BIND, NULL);
	stage = 3;
	pthread_join(thread, NULL);
	look_there(mounted);
}

static void turned_benign(void)
{
	delay = -1; /* when it is mounted */
	waitpid(child_of(mount_turned), NULL, 0);
}

static void turned_attack(void)
{
	for (int i = 0; i < TURNS; i++) {
		delay = i % (TURNS / 2) * 20;
		waitpid(child_of(mount_turned), NULL, 0);
	}
}

/* ---- a file of a file system of which another mount does not have it ---- */

#define LEARNED "/tsem-b"
#define HIDDEN "/tmp/tsem-attackers/hidden"
#define FIRST "/tsem-x"
#define SECOND "/tsem-y"
#define ATTRIBUTE "user.tsem"

static void wrong_undo(void)
{
	static const char *const all[] = {SECOND, FIRST, LEARNED, HIDDEN};

	for (size_t i = 0; i < 4; i++) {
		umount2(all[i], MNT_DETACH);
		rmdir(all[i]);
	}
}

static void tmpfs_at(const char *path)
{
	mkdir(path, 0755);
	if (mount("none", path, "tmpfs", 0, NULL))
		die(path);
}

static void file_at(const char *path)
{
	put(path, "", 0644);
	if (chown(path, uid(), uid()))
		die(path);
}

static void bind_at(const char *source, const char *path)
{
	mkdir(path, 0755);
	if (mount(source, path, NULL, MS_BIND, NULL))
		die(path);
}

/* Of the hidden one only two directories can be reached; from its root the file has the name of the one that was learned. */
static void wrong_setup(void)
{
	wrong_undo();
	tmpfs_at(LEARNED);
	file_at(LEARNED "/file");
	tmpfs_at(HIDDEN);
	mkdir(HIDDEN "/a", 0755);
	mkdir(HIDDEN LEARNED, 0755);
	file_at(HIDDEN LEARNED "/file");
	bind_at(HIDDEN "/a", FIRST);
	bind_at(HIDDEN LEARNED, SECOND);
	if (umount(HIDDEN))
		die(HIDDEN);
}

static void wrong_benign(void)
{
	succeeded(!setxattr(LEARNED "/file", ATTRIBUTE, "1", 1, 0));
}

static void wrong_attack(void)
{
	succeeded(!setxattr(SECOND "/file", ATTRIBUTE, "1", 1, 0));
}

static bool wrong_changed(void)
{
	char c;

	return getxattr(SECOND "/file", ATTRIBUTE, &c, 1) == 1;
}

/* ---- a flag of a file system is set by fsconfig(2) ---- */

static void flags_setup(void)
{
	mkdir("there", 0777);
	if (mount("none", "there", "tmpfs", 0, "size=1m"))
		die("tmpfs");
}

static void flags_undo(void)
{
	umount2(here("there"), MNT_DETACH);
}

static void configure(const char *flag)
{
	int fd = syscall(SYS_fspick, AT_FDCWD, "there", 0);

	if (fd < 0 || syscall(SYS_fsconfig, fd, FSCONFIG_SET_STRING, "size", "2m", 0) ||
	    (flag && syscall(SYS_fsconfig, fd, FSCONFIG_SET_FLAG, flag, NULL, 0)))
		succeeded(false);
	succeeded(!syscall(SYS_fsconfig, fd, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
}

static void flags_benign(void)
{
	configure(NULL);
}

static void flags_attack(void)
{
	configure("ro");
}

static bool is_read_only(void)
{
	struct statvfs is;

	return !statvfs("there", &is) && is.f_flag & ST_RDONLY;
}

/* ---- so deep below what is mounted that it is not seen to belong there: two file systems ---- */

#define DEEP 70

static const char *deep(const char *begin, bool make)
{
	static char path[512];

	strcpy(path, begin);
	for (int i = 0; i < DEEP; i++) {
		strcat(path, "/d");
		if (make && mkdir(path, 0777))
			die(path);
	}
	return strcat(path, "/f");
}

static void deep_setup(void)
{
	static const char *const places[] = {"there", "two"};

	mkdir("from", 0777);
	for (int i = 0; i < 2; i++) {
		mkdir(places[i], 0777);
		tmpfs_at("from");
		mkdir("from/sub", 0777);
		file_at(deep("from/sub", true));
		bind_at("from/sub", places[i]);
		if (umount2("from", MNT_DETACH))
			die("from");
	}
}

static void deep_undo(void)
{
	umount2(here("there"), MNT_DETACH);
	umount2(here("two"), MNT_DETACH);
}

static void deep_benign(void)
{
	succeeded(!setxattr(deep("there", false), ATTRIBUTE, "1", 1, 0));
}

static void deep_attack(void)
{
	succeeded(!setxattr(deep("two", false), ATTRIBUTE, "1", 1, 0));
}

static bool deep_changed(void)
{
	char c;

	return getxattr(deep("two", false), ATTRIBUTE, &c, 1) == 1;
}

/* ---- file systems that fsopen(2) makes: one is attached at the place of the other, or changed in its place ---- */

static void parameter(int fs, unsigned command, const char *key, const char *value)
{
	if (syscall(SYS_fsconfig, fs, command, key, value, 0))
		succeeded(false);
}

/* In memory, with a source that has no meaning, and of that size. */
static void attach_new(const char *source, const char *size, const char *where)
{
	int fs = syscall(SYS_fsopen, "tmpfs", 0), made;

	parameter(fs, FSCONFIG_SET_STRING, "source", source);
	parameter(fs, FSCONFIG_SET_STRING, "size", size);
	parameter(fs, FSCONFIG_CMD_CREATE, NULL, NULL);
	made = syscall(SYS_fsmount, fs, 0, 0);
	if (syscall(SYS_move_mount, made, "", AT_FDCWD, here(where), MOVE_MOUNT_F_EMPTY_PATH))
		succeeded(false);
	close(made);
	close(fs);
}

static void places_setup(void)
{
	mkdir("one", 0755);
	mkdir("two", 0755);
}

static void places_undo(void)
{
	while (!umount2("one", MNT_DETACH))
		;
	while (!umount2("two", MNT_DETACH))
		;
}

static void attach_benign(void)
{
	attach_new("large", "8m", "one");
	attach_new("small", "4096", "two");
}

static void attach_attack(void)
{
	attach_new("small", "4096", "one");
}

static bool first_is_small(void)
{
	struct statvfs state;

	return !statvfs("one", &state) && state.f_blocks <= 2;
}

static void attached_setup(void)
{
	places_setup();
	if (mount("one", "one", "tmpfs", 0, "size=8m") || mount("two", "two", "tmpfs", 0, "size=8m"))
		die("tmpfs");
}

static void resize(const char *where, const char *size)
{
	int fs = syscall(SYS_fspick, AT_FDCWD, here(where), 0);

	parameter(fs, FSCONFIG_SET_STRING, "size", size);
	parameter(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL);
	close(fs);
}

static void resize_benign(void)
{
	resize("one", "6m");
	resize("two", "4096");
}

static void resize_attack(void)
{
	resize("one", "4096");
}

KIND(mounts,
     {"source_by_fsmount", ROOT, "^move_mount ", places_setup, attach_benign, attach_attack, first_is_small,
      places_undo},
     {"place_by_fspick", ROOT, "^(fs_context_parse_param|sb_remount) ", attached_setup, resize_benign, resize_attack,
      first_is_small, places_undo},
     {"flags_by_fsconfig", ROOT, "^sb_remount ", flags_setup, flags_benign, flags_attack, is_read_only, flags_undo},
     {"deep", BOTH, "^inode_setxattr ", deep_setup, deep_benign, deep_attack, deep_changed, deep_undo},
     {"wrong_mount", BOTH, "^inode_setxattr ", wrong_setup, wrong_benign, wrong_attack, wrong_changed, wrong_undo},
     {"bind_tree", ROOT, "^move_mount ", mounts_setup, bind_tree_benign, bind_tree_attack, told, mounts_undo},
     {"overlay_backslash", ROOT, "^sb_mount ", mounts_setup, backslash_benign, backslash_attack, told, mounts_undo,
      .how = NEVER},
     {"first_slashes", ROOT, "^sb_mount ", mounts_setup, slashes_benign, slashes_attack, told, mounts_undo,
      .how = NEVER},
     {"first_dot", ROOT, "^sb_mount ", mounts_setup, dot_benign, dot_attack, told, mounts_undo, .how = NEVER},
     {"first_up", ROOT, "^sb_mount ", mounts_setup, up_benign, up_attack, told, mounts_undo, .how = NEVER},
     {"first_here", ROOT, "^sb_mount ", mounts_setup, here_benign, here_attack, told, mounts_undo, .how = NEVER},
     {"first_here_dot", ROOT, "^sb_mount ", mounts_setup, here_dot_benign, here_dot_attack, told, mounts_undo,
      .how = NEVER},
     {"first_here_up", ROOT, "^sb_mount ", mounts_setup, here_up_benign, here_up_attack, told, mounts_undo,
      .how = NEVER},
     {"first_covered", ROOT, "^sb_mount ", mounts_setup, covered_benign, covered_attack, told, mounts_undo,
      .how = NEVER},
     {"first_overlay", ROOT, "^sb_mount ", mounts_setup, overlay_here_benign, overlay_here_attack, told, mounts_undo,
      .how = NEVER},
     {"first_configured", ROOT, "^fs_context_parse_param ", mounts_setup, configure_here_benign, configure_here_attack,
      told, mounts_undo, .how = NEVER},
     {"first_rooted", ROOT, "^sb_mount ", mounts_setup, rooted_benign, rooted_attack, told, mounts_undo, .how = NEVER},
     {"directory_turned", ROOT, "^sb_mount ", turned_setup, turned_benign, turned_attack, told, mounts_undo,
      .how = NEVER, .limit = 60}, );
