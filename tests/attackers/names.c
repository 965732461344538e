/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names that mean something else elsewhere, or at another moment. */
#include "attacker.h"

#include <limits.h>
#include <linux/mount.h>
#include <pthread.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

/* ---- deleted files ---- */

static void deleted_setup(void)
{
	put("file", "harmless\n", 0666);
	put("file (deleted)", secret, 0666);
}

static void show_again(int fd)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	show_path(name, O_RDONLY);
}

static void deleted_benign(void)
{
	int fd = open("file", O_RDONLY);

	unlink("file");
	show_again(fd);
}

static void deleted_attack(void)
{
	show_path("file (deleted)", O_RDONLY);
}

/* The other way round: who may read the living file of that name reads one that is gone. */
static void living_setup(void)
{
	put("file", secret, 0666);
	put("file (deleted)", "harmless\n", 0666);
}

static void living_benign(void)
{
	unlink("file");
	show_path("file (deleted)", O_RDONLY);
}

static void living_attack(void)
{
	int fd = open("file", O_PATH);

	unlink("file");
	show_again(fd);
}

/* ---- changed roots ---- */

#define JAIL "tsem-jail"
#define JAILED "/tsem-attackers-file"

static void chroot_setup(void)
{
	mkdir("/" JAIL, 0755);
	put(JAILED, "harmless\n", 0644);
	put("/" JAIL JAILED, secret, 0644);
}

static void chroot_undo(void)
{
	unlink(JAILED);
	unlink("/" JAIL JAILED);
	rmdir("/" JAIL);
}

/* From a directory outside of the jail, it is left by the directory itself. */
static void chroot_benign(void)
{
	if (chdir("/") || chroot(JAIL) || chroot("."))
		die("chroot");
	show_path(JAILED, O_RDONLY);
}

static volatile int stop;

static void *turn_root(void *unused)
{
	(void)unused;
	while (!stop)
		if (chroot(JAIL) || chroot("."))
			break;
	return NULL;
}

/* Threads have one root directory between them. What is opened does not depend on it, what it is called does. */
static void chroot_race_attack(void)
{
	int fd, fds = open("/proc/self/fd", O_PATH), jailed = open("/" JAIL JAILED, O_PATH);
	time_t end = time(NULL) + 15;
	char text[64] = "", again[16];
	pthread_t thread;

	snprintf(again, sizeof(again), "%d", jailed);
	if (chdir("/"))
		die("/");
	pthread_create(&thread, NULL, turn_root, NULL);
	while (time(NULL) < end && !*text) {
		fd = openat(fds, again, O_RDONLY);
		if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
			break;
		close(fd);
	}
	stop = 1;
	pthread_join(thread, NULL);
	say(text);
}

/* ---- mounts ---- */

static void two_directories(void)
{
	mkdir("public", 0755);
	mkdir("private", 0755);
	mkdir("there", 0755);
	mkdir("upper", 0755);
	mkdir("work", 0755);
	put("public/file", "harmless\n", 0644);
	put("private/file", secret, 0644);
	put("upper/keep", "", 0644);
}

static void there_undo(void)
{
	while (!umount2(here("there"), MNT_DETACH))
		;
}

static void mount_data(const char *type, const char *data)
{
	if (mount("none", here("there"), type, 0, data))
		succeeded(false);
	show_path("there/file", O_RDONLY);
	umount(here("there"));
}

static void overlay_benign(void)
{
	mount_data("overlay", "lowerdir=public:upper");
}

static void overlay_attack(void)
{
	mount_data("overlay", "lowerdir=private:upper");
}

static void bind_relative(const char *directory)
{
	if (chdir(directory) || mount(".", here("there"), NULL, MS_BIND, NULL))
		succeeded(false);
	show_path(here("there/file"), O_RDONLY);
	umount(here("there"));
}

static void relative_benign(void)
{
	bind_relative("public");
}

static void relative_attack(void)
{
	bind_relative("private");
}

static void fsconfig_mount(const char *lower)
{
	int fs = syscall(SYS_fsopen, "overlay", 0), m;

	syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "lowerdir", lower, 0);
	syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	m = syscall(SYS_fsmount, fs, 0, 0);
	if (m < 0 || syscall(SYS_move_mount, m, "", AT_FDCWD, here("there"), MOVE_MOUNT_F_EMPTY_PATH))
		succeeded(false);
	show_path("there/file", O_RDONLY);
	umount(here("there"));
}

static void fsconfig_benign(void)
{
	fsconfig_mount("public:upper");
}

static void fsconfig_attack(void)
{
	fsconfig_mount("private:upper");
}

/* A file system that is nowhere. */
static void detached_attack(void)
{
	int fs = syscall(SYS_fsopen, "tmpfs", 0), m;
	struct statvfs v;

	syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	m = syscall(SYS_fsmount, fs, 0, 0);
	succeeded(m >= 0 && !fstatvfs(m, &v));
}

static void read_only_setup(void)
{
	mkdir("there", 0755);
	if (mount("there", "there", NULL, MS_BIND, NULL) ||
	    mount(NULL, "there", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOEXEC, NULL))
		die("there");
}

static void mount_setattr_attack(void)
{
	struct mount_attr a = {.attr_clr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC};

	succeeded(!syscall(SYS_mount_setattr, AT_FDCWD, "there", 0, &a, sizeof(a)));
}

static bool is_writable(void)
{
	struct statvfs v;

	return !statvfs("there", &v) && !(v.f_flag & ST_RDONLY);
}

/* ---- stale credentials of an overlay file system ---- */

static void stale_benign_as(void (*child)(void))
{
	if (mount("none", here("there"), "overlay", 0, "lowerdir=public:upper"))
		succeeded(false);
	show_path("there/file", O_RDONLY);
	umount(here("there"));
	for (int i = 0; i < 60; i++)
		waitpid(child_of(child), NULL, 0);
}

static void stale_benign(void)
{
	stale_benign_as(open_allowed);
}

static void try_secret(void)
{
	show_path("secret", O_RDONLY);
}

static void stale_attack(void)
{
	stale_benign_as(try_secret);
}

/* The same with children that are there together: memory that was freed comes back to one of them. */
static void stay(void)
{
	sleep_ms(200);
	open_allowed();
}

static void stay_and_try(void)
{
	sleep_ms(200);
	try_secret();
}

static void stale_together(void (*child)(void))
{
	pid_t pids[60];

	if (mount("none", here("there"), "overlay", 0, "lowerdir=public:upper"))
		succeeded(false);
	show_path("there/file", O_RDONLY);
	umount(here("there"));
	for (int i = 0; i < 60; i++)
		pids[i] = child_of(child);
	for (int i = 0; i < 60; i++)
		waitpid(pids[i], NULL, 0);
}

static void stale_together_benign(void)
{
	stale_together(stay);
}

static void stale_together_attack(void)
{
	stale_together(stay_and_try);
}

/* ---- odd characters ---- */

static void odd_setup(void)
{
	put("a\nb", "harmless\n", 0644);
	put("a\\nb", secret, 0644);
	put("a\\x0ab", secret, 0644);
	put("a\\012b", secret, 0644);
	put("a b", secret, 0644);
}

static void odd_benign(void)
{
	show_path("a\nb", O_RDONLY);
}

static void odd_attack(void)
{
	show_path("a\\nb", O_RDONLY);
	show_path("a\\x0ab", O_RDONLY);
	show_path("a\\012b", O_RDONLY);
	show_path("a b", O_RDONLY);
}

/* ---- namespaces of the kernel that have a name of somebody's ---- */

#define GOOD_SPACE "/tmp/tsem[good]"
#define BAD_SPACE "/tmp/tsem[bad]"

static void bound_namespace(const char *name)
{
	int ready[2];
	char path[64], c;
	pid_t pid;

	put(name, "", 0644);
	if (pipe(ready))
		die("pipe");
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWUTS) || write(ready[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/uts", pid);
	if (read(ready[0], &c, 1) != 1 || mount(path, name, NULL, MS_BIND, NULL))
		die(name);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void namespaces_setup(void)
{
	bound_namespace(GOOD_SPACE);
	bound_namespace(BAD_SPACE);
}

static void namespaces_undo(void)
{
	umount2(GOOD_SPACE, MNT_DETACH);
	umount2(BAD_SPACE, MNT_DETACH);
	unlink(GOOD_SPACE);
	unlink(BAD_SPACE);
}

static void namespace_benign(void)
{
	close(open(GOOD_SPACE, O_RDONLY));
}

static void namespace_attack(void)
{
	succeeded(open(BAD_SPACE, O_RDONLY) >= 0);
}

/* ---- a working directory that is moved out of the part of its file system that is mounted ---- */

static void moved_setup(void)
{
	mkdir("two", 0777);
	mkdir("there", 0777);
	if (mount("none", "there", "tmpfs", 0, "mode=777"))
		die("there");
	mkdir("there/part", 0777);
	mkdir("there/part/below", 0777);
	put("there/part/below/good", "harmless\n", 0644);
	put("there/part/below/data", secret, 0644);
	if (mount("there/part", "two", NULL, MS_BIND, NULL))
		die("two");
}

static void moved_undo(void)
{
	umount2(here("two"), MNT_DETACH);
	there_undo();
}

/* Somebody outside moves it when the workload is in it. */
static bool moved_told(void)
{
	if (output_has("@look") && !access("there/part/below", F_OK))
		rename("there/part/below", "there/below");
	return told();
}

static void moved_read(const char *name)
{
	if (chdir("two/below"))
		die("two/below");
	look();
	show_path(name, O_RDONLY);
}

static void moved_benign(void)
{
	moved_read("good");
}

static void moved_attack(void)
{
	moved_read("data");
}

/* ---- files outside of the part that is mounted, by their handles ---- */

struct a_handle {
	struct file_handle handle;
	char room[MAX_HANDLE_SZ];
};

#define HANDLES "handles"

static void keep_handle(int which, const char *path)
{
	struct a_handle h = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount, fd = open(HANDLES, O_WRONLY | O_CREAT, 0644);

	if (name_to_handle_at(AT_FDCWD, path, &h.handle, &mount, 0) ||
	    pwrite(fd, &h, sizeof(h), which * sizeof(h)) != sizeof(h))
		die(path);
	close(fd);
}

static int open_kept(int which, int flags)
{
	int from = open(HANDLES, O_RDONLY), directory = open("two", O_RDONLY | O_DIRECTORY);
	struct a_handle h;

	if (pread(from, &h, sizeof(h), which * sizeof(h)) != sizeof(h))
		die(HANDLES);
	return open_by_handle_at(directory, &h.handle, flags);
}

/* The hidden one has, from the root of its file system, the name that the other one has in the end. */
static void escape_setup(void)
{
	char path[600];

	mkdir("from", 0777);
	mkdir("two", 0777);
	mkdir("there", 0777);
	if (mount("none", "from", "tmpfs", 0, "mode=777") || mount("none", "there", "tmpfs", 0, "mode=777"))
		die("tmpfs");
	put("there/data", "harmless\n", 0644);
	mkdir("from/part", 0777);
	put("from/other", "harmless\n", 0644);
	snprintf(path, sizeof(path), "from%s", here("there"));
	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
	mkdir(path, 0777);
	strcat(path, "/data");
	put(path, secret, 0644);
	keep_handle(0, "from/other");
	keep_handle(1, path);
	if (mount("from/part", "two", NULL, MS_BIND, NULL) || umount2("from", MNT_DETACH))
		die("two");
}

static void show_kept(int which)
{
	int fd = open_kept(which, O_RDONLY);

	if (fd >= 0)
		show(fd);
	else
		succeeded(false);
}

static void escape_benign(void)
{
	show_kept(0);
}

static void escape_attack(void)
{
	show_kept(1);
}

static void escape_mode_benign(void)
{
	close(open_kept(0, O_PATH));
	succeeded(!chmod("there/data", 0640));
}

static void escape_mode_attack(void)
{
	char path[64];
	int fd = open_kept(1, O_PATH);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	succeeded(fd >= 0 && !chmod(path, 0640));
}

/* ---- a link whose name leads out of /tmp again ---- */

static void link_benign(void)
{
	unlink("link");
	succeeded(!symlink("/tmp/made-up", "link"));
}

static void link_attack(void)
{
	unlink("link");
	succeeded(!symlink("/tmp/made-up/../../etc/hostname", "link"));
}

static bool link_leads_out(void)
{
	char target[64] = "";

	return readlink("link", target, sizeof(target) - 1) > 0 && strstr(target, "hostname");
}

KIND(names, {"link_dots", BOTH, "^inode_symlink ", NULL, link_benign, link_attack, link_leads_out},
     {"deleted", BOTH, "^file_open .*deleted", deleted_setup, deleted_benign, deleted_attack, told},
     {"deleted_reversed", BOTH, "^file_open .*file", living_setup, living_benign, living_attack, told},
     {"chroot_race", ROOT, "^(file_open|path_chroot) ", chroot_setup, chroot_benign, chroot_race_attack, told,
      chroot_undo, .limit = 30},
     {"overlay_lower", ROOT, "^(sb_mount|file_open) ", two_directories, overlay_benign, overlay_attack, told,
      there_undo},
     {"moved_out", BOTH, "^file_open ", moved_setup, moved_benign, moved_attack, moved_told, moved_undo, .how = NEVER},
     {"escape", ROOT, "^file_open ", escape_setup, escape_benign, escape_attack, told, moved_undo, .how = NEVER},
     {"escape_mode", ROOT, "^inode_setattr ", escape_setup, escape_mode_benign, escape_mode_attack, told, moved_undo},
     {"mount_relative", ROOT, "^(sb_mount|file_open) ", two_directories, relative_benign, relative_attack, told,
      there_undo},
     {"fsconfig_lower", ROOT, "^(fs_context_parse_param|move_mount|file_open) ", two_directories, fsconfig_benign,
      fsconfig_attack, told, there_undo},
     {"fsmount", ROOT, "^(fs_context_parse_param|capable|sb_mount) ", NULL, open_allowed, detached_attack, told},
     {"mount_setattr", ROOT, "^(capable|sb_remount|sb_mount) ", read_only_setup, open_allowed, mount_setattr_attack,
      is_writable, there_undo},
     {"stale_overlay", ROOT, "^file_open .*secret", two_directories, stale_benign, stale_attack, told, there_undo},
     {"stale_overlay_together", ROOT, "^file_open .*secret", two_directories, stale_together_benign,
      stale_together_attack, told, there_undo},
     {"odd_characters", BOTH, "^file_open ", odd_setup, odd_benign, odd_attack, told},
     {"namespace_named", BOTH, "^file_open .*tsem", namespaces_setup, namespace_benign, namespace_attack, told,
      namespaces_undo}, );
