/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is mounted under a name that the model has. */
#include "attacker.h"

#include <linux/mount.h>
#include <sys/mount.h>

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

KIND(mounts,
	{"bind_tree", ROOT, "^move_mount ", mounts_setup, bind_tree_benign, bind_tree_attack, told, mounts_undo}, );
