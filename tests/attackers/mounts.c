/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is mounted under a name that the model has. */
#include "attacker.h"

#include <linux/mount.h>
#include <sys/mount.h>
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

KIND(mounts,
     {"wrong_mount", BOTH, "^inode_setxattr ", wrong_setup, wrong_benign, wrong_attack, wrong_changed, wrong_undo},
     {"bind_tree", ROOT, "^move_mount ", mounts_setup, bind_tree_benign, bind_tree_attack, told, mounts_undo}, );
