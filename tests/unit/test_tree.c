/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Trees: what each kind of event needs, and everything that is nearly below a tree. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/ask/tree.h"
#include "unit.h"
#include "written.h"

#define OF(flags, mode, path) \
	"\"file\":{\"flags\":\"" flags "\",\"inode\":" INODE(mode) ",\"path\":" path ",\"digest\":\"" ID0 "\"}"
#define IN(path) OF("0x8000", "0100644", path)
#define HAS(name, mode, path) "\"" name "\":{\"inode\":" INODE(mode) ",\"path\":" path "}"
#define MAPPED(path, prot, flags) IN(path) ",\"prot\":\"" prot "\",\"flags\":\"" flags "\""
#define MADE(path, mode) DIR "," DENTRY("dentry", path) ",\"mode\":\"" mode "\""
#define NODE(path, mode) MADE(path, mode) ",\"dev\":{\"major\":\"1\",\"minor\":\"3\"}"
#define GONE(path) DIR "," HAS("dentry", "0100644", path)
#define MOVED(from, to) \
	"\"old_dir\":" INODE("040755") "," HAS("old_dentry", "0100644", from) ",\"new_dir\":" INODE( \
		"040755") "," DENTRY("new_dentry", to) ",\"flags\":\"0x0\""
#define LINKED(from, to) HAS("old_dentry", "0100644", from) "," DIR "," DENTRY("new_dentry", to)
#define CHANGED(path, valid, mode) \
	HAS("dentry", "0100644", path) \
	",\"valid\":\"" valid "\",\"mode\":\"" mode "\",\"uid\":\"0\",\"gid\":\"0\",\"size\":\"0\""
#define ATTRIBUTE(path, name) HAS("dentry", "0100644", path) ",\"name\":\"" name "\""
#define VALUE(path, name) ATTRIBUTE(path, name) ",\"value\":\"00\",\"flags\":\"0x0\""
#define T_A PATH("/t/a")

/* needs: letters of the rights that a tree /t has to give; "": none are enough. */
static const struct {
	const char *type, *cell, *needs;
} events[] = {
	{"file_open", IN(T_A), "r"},
	{"file_open", OF("0x8000", "040755", PATH("/t")), "r"},
	{"file_open", OF("0x8001", "0100644", T_A), "w"},
	{"file_open", OF("0x8002", "0100644", T_A), "w"},
	{"file_open", OF("0x8200", "0100644", T_A), "w"},
	{"file_open", OF("0x80008001", "0100644", T_A), ""},
	{"file_open", OF("0x80008002", "0100644", T_A), ""},
	{"file_open", OF("0xa0008001", "010644", T_A), ""},
	{"file_open", OF("0x8000", "0104755", T_A), "r"},
	{"file_open", OF("0x8001", "0104755", T_A), ""},
	{"file_open", OF("0x8002", "0102755", T_A), ""},
	{"file_open", OF("0x408002", "0104755", T_A), ""},
	{"file_open", OF("0x20", "0100755", T_A), "x"},
	{"file_open", OF("0x8000", "010644", T_A), "r"},
	{"file_open", OF("0x8000", "020666", T_A), ""},
	{"file_open", OF("0x8000", "060666", T_A), ""},
	{"file_open", OF("0x8000", "0140666", T_A), ""},
	{"mmap_file", MAPPED(T_A, "0x1", "0x2"), "r"},
	{"mmap_file", MAPPED(T_A, "0x3", "0x2"), "r"},
	{"mmap_file", MAPPED(T_A, "0x3", "0x1"), "rw"},
	{"mmap_file", MAPPED(T_A, "0x3", "0x3"), "rw"},
	{"mmap_file", OF("0x8000", "0104755", T_A) ",\"prot\":\"0x1\",\"flags\":\"0x1\"", "r"},
	{"mmap_file", OF("0x8000", "0104755", T_A) ",\"prot\":\"0x3\",\"flags\":\"0x1\"", ""},
	{"mmap_file", MAPPED(T_A, "0x5", "0x2"), "x"},
	{"mmap_file", MAPPED(T_A, "0x7", "0x1"), "wx"},
	{"mmap_file", MAPPED(T_A, "0x7", "0x2"), "wx"},
	{"mmap_file", "\"prot\":\"0x7\",\"flags\":\"0x22\"", ""},
	{"bprm_committed_creds", OF("0x20", "0100755", T_A), "x"},
	{"bprm_committed_creds", OF("0x20", "0104755", T_A), ""},
	{"bprm_committed_creds", OF("0x20", "0102755", T_A), ""},
	{"file_lock", IN(T_A) ",\"cmd\":\"1\"", "r"},
	{"file_ioctl", IN(T_A) ",\"cmd\":\"0x1\"", ""},
	{"file_fcntl", IN(T_A) ",\"cmd\":\"1\"", ""},
	{"file_receive", IN(T_A), ""},
	{"inode_getattr", "\"path\":" T_A ",\"inode\":" INODE("0100644"), "r"},
	{"inode_getattr", "\"path\":" T_A ",\"inode\":" INODE("020666"), ""},
	{"inode_getxattr", ATTRIBUTE(T_A, "security.capability"), "r"},
	{"inode_listxattr", HAS("dentry", "0100644", T_A), "r"},
	{"sb_statfs", HAS("dentry", "0100644", T_A), "r"},
	{"inode_create", MADE(T_A, "0100644"), "w"},
	{"inode_create", MADE(T_A, "0104755"), ""},
	{"inode_create", MADE(T_A, "0102755"), ""},
	{"inode_mkdir", MADE(T_A, "0755"), "w"},
	{"inode_mkdir", MADE(T_A, "02755"), ""},
	{"inode_mkdir", MADE(PATH("/t"), "0755"), ""},
	{"inode_mknod", NODE(T_A, "010644"), "w"},
	{"inode_mknod", NODE(T_A, "020644"), ""},
	{"inode_mknod", NODE(T_A, "060644"), ""},
	{"inode_mknod", NODE(T_A, "0140755"), ""},
	{"inode_mknod", NODE(T_A, "0104755"), ""},
	{"inode_unlink", GONE(T_A), "w"},
	{"inode_unlink", DIR "," HAS("dentry", "020666", T_A), ""},
	{"inode_rmdir", DIR "," HAS("dentry", "040755", T_A), "w"},
	{"inode_rmdir", DIR "," HAS("dentry", "040755", PATH("/t")), ""},
	{"inode_link", LINKED(T_A, PATH("/t/b")), "w"},
	{"inode_link", HAS("old_dentry", "0104755", T_A) "," DIR "," DENTRY("new_dentry", PATH("/t/b")), ""},
	{"inode_unlink", DIR "," HAS("dentry", "0104755", T_A), "w"},
	{"inode_link", LINKED(PATH("/etc/shadow"), PATH("/t/b")), ""},
	{"inode_link", LINKED(T_A, PATH("/etc/b")), ""},
	{"inode_symlink", DIR "," DENTRY("dentry", T_A) ",\"old_name\":\"/etc/shadow\"", "w"},
	{"inode_rename", MOVED(T_A, PATH("/t/b")), "w"},
	{"inode_rename", MOVED(PATH("/etc/a"), PATH("/t/b")), ""},
	{"inode_rename", MOVED(T_A, PATH("/etc/b")), ""},
	{"inode_rename", MOVED(T_A, PATH("/t")), ""},
	{"inode_rename", MOVED(PATH("/t"), PATH("/t/b")), ""},
	{"inode_setattr", CHANGED(T_A, "0x8", "0"), "w"},
	{"inode_setattr", CHANGED(T_A, "0x1", "0100755"), "w"},
	{"inode_setattr", CHANGED(PATH("/t"), "0x1", "040700"), "w"},
	{"inode_setattr", CHANGED(T_A, "0x1", "0104755"), ""},
	{"inode_setattr", CHANGED(T_A, "0x1", "0102755"), ""},
	{"inode_setattr", CHANGED(T_A, "0x2", "0"), ""},
	{"inode_setattr", CHANGED(T_A, "0x4", "0"), ""},
	{"inode_setattr", CHANGED(T_A, "0x80000008", "0"), ""},
	{"inode_setxattr", VALUE(T_A, "user.a"), "w"},
	{"inode_setxattr", VALUE(T_A, "user."), ""},
	{"inode_setxattr", VALUE(T_A, "security.capability"), ""},
	{"inode_setxattr", VALUE(T_A, "trusted.a"), ""},
	{"inode_setxattr", VALUE(T_A, "system.posix_acl_access"), ""},
	{"inode_removexattr", ATTRIBUTE(T_A, "user.a"), "w"},
	{"inode_removexattr", ATTRIBUTE(T_A, "security.ima"), ""},
	{"inode_set_acl", HAS("dentry", "0100644", T_A) ",\"name\":\"system.posix_acl_access\",\"value\":\"00\"", ""},
	{"sb_mount", "\"dev_name\":\"/t/b\",\"path\":" T_A ",\"flags\":\"0x1000\"", ""},
	{"socket_create", "\"family\":\"2\",\"type\":\"1\",\"protocol\":\"0\",\"kern\":\"0\"", ""},
};

static bool allows(unsigned rights, const char *directory, const char *type, const char *cell)
{
	struct tree tree = {(char *)directory, rights, -1};
	const struct trees trees = {&tree, 1};
	struct tsem_record *record = parse_event(type, "0", ID1, cell);
	bool allow = record && trees_allow(&trees, record);

	free(record);
	return allow;
}

void test_tree_events(void)
{
	static const char letters[] = "rwx";

	for (size_t i = 0; i < sizeof(events) / sizeof(*events); i++) {
		unsigned needed = 0;

		for (const char *need = events[i].needs; *need; need++)
			needed |= 1u << (strchr(letters, *need) - letters);
		for (unsigned rights = 0; rights < 8; rights++) {
			bool expected = needed && (rights & needed) == needed;

			if (allows(rights, "/t", events[i].type, events[i].cell) != expected)
				unit_fail(__FILE__, __LINE__, "%s %s with rights %u", events[i].type, events[i].cell,
					  rights);
		}
	}
}

static const struct {
	const char *cell;
	bool below;
} places[] = {
	{IN(PATH("/t/a")), true},
	{IN(PATH("/t/a/b/c")), true},
	{IN(PATH("/t")), true},
	{IN(PATH("/t/ /x")), true},
	{IN(PATH("/tx/a")), false},
	{IN(PATH("/tx")), false},
	{IN(PATH("/")), false},
	{IN(PATH("/a/t/b")), false},
	{IN(PATH("/t/a///deleted")), false},
	{IN(CREATED("/t", "3", ID2)), true},
	{IN(CREATED("/t/d", "3", ID2)), true},
	{IN(CREATED("/tx", "3", ID2)), false},
	{IN(CREATED("/", "3", ID2)), false},
	{IN("{\"type\":\"namespace\",\"pathname\":\"/t/a\"}"), false},
	{IN("{\"type\":\"chroot\",\"pathname\":\"/t/a\"}"), false},
	{IN("{\"type\":\"detached\",\"pathname\":\"/t/a\"}"), false},
	{IN("{\"type\":\"inherited\",\"pathname\":\"/t/a\"}"), false},
};

#define RENAMES(from, to) \
	DIR_OF("old_dir") \
	"," DENTRY("old_dentry", from) "," DIR_OF("new_dir") "," DENTRY("new_dentry", to) ",\"flags\":\"0x0\""
#define DIR_OF(name) "\"" name "\":" INODE("040755")

static const struct {
	const char *type, *cell;
	bool allowed;
} moves[] = {
	{"inode_rename", RENAMES(PATH("/t/a/locked"), PATH("/t/x")), false},
	{"inode_rename", RENAMES(PATH("/t/x"), PATH("/t/a/locked")), false},
	{"inode_rename", RENAMES(PATH("/t/a"), PATH("/t/x")), false},
	{"inode_rename", RENAMES(PATH("/t/a/lock"), PATH("/t/x")), true},
	{"inode_rename", RENAMES(PATH("/t/b"), PATH("/t/x")), true},
	{"inode_rmdir", DIR "," DENTRY("dentry", PATH("/t/a/locked")), false},
	{"inode_rmdir", DIR "," DENTRY("dentry", PATH("/t/a/other")), true},
};

void test_tree_places(void)
{
	struct tree two[] = {{"/t", TSEM_TREE_READ | TSEM_TREE_WRITE, -1}, {"/t/locked", TSEM_TREE_READ, -1}};
	struct tree nested[] = {{"/t", TSEM_TREE_READ | TSEM_TREE_WRITE, -1}, {"/t/a/locked", TSEM_TREE_READ, -1}};
	const struct trees trees = {two, 2}, none = {}, deep = {nested, 2};
	struct tsem_record *record;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (allows(TSEM_TREE_READ, "/t", "file_open", places[i].cell) != places[i].below)
			unit_fail(__FILE__, __LINE__, "%s", places[i].cell);
	/* Who moves a tree, or what it is in, would have the rights of the tree around it there. */
	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		record = parse_event(moves[i].type, "0", ID1, moves[i].cell);
		if (trees_allow(&deep, record) != moves[i].allowed)
			unit_fail(__FILE__, __LINE__, "%s %s", moves[i].type, moves[i].cell);
		free(record);
	}
	/* The deepest tree decides, wherever it is in the list. */
	for (int i = 0; i < 2; i++) {
		struct tree swap = two[0];

		record = parse_event("file_open", "0", ID1, OF("0x8001", "0100644", PATH("/t/locked/a")));
		CHECK(!trees_allow(&trees, record));
		CHECK(!trees_allow(&none, record));
		free(record);
		record = parse_event("file_open", "0", ID1, OF("0x8001", "0100644", PATH("/t/lockedx")));
		CHECK(trees_allow(&trees, record));
		record->flags |= TSEM_RECORD_FAILED;
		CHECK(!trees_allow(&trees, record));
		free(record);
		two[0] = two[1];
		two[1] = swap;
	}
}

/* A link below a tree is the workload's, wherever it leads; the directory of the tree is not. */
void test_tree_writable(void)
{
	static const struct {
		const char *path;
		bool writable;
	} ways[] = {
		{"safe/model", false},	   {"safe/new", false},	     {"tree/model", true},
		{"tree/new", true},	   {"tree", true},	     {"tree/out", true},
		{"tree/sub/../out", true}, {"around", true},	     {"tree/../safe/model", false},
		{"direct", false},	   {"there/model", true},    {"safe/../around", true},
		{"loop", false},	   {"missing/model", false},
	};
	char start[] = "/tmp/tsem-way-XXXXXX", text[64];
	struct trees trees = {};

	if (!CHECK(mkdtemp(start) && !chdir(start)))
		return;
	CHECK(!mkdir("tree", 0700) && !mkdir("tree/sub", 0700) && !mkdir("safe", 0700));
	fclose(fopen("safe/model", "w"));
	CHECK(!symlink("../safe/model", "tree/out") && !symlink("tree/out", "around") && !symlink("tree", "there"));
	CHECK(!symlink("safe/model", "direct") && !symlink("loop", "loop"));
	snprintf(text, sizeof(text), "%s/tree:rw", start);
	CHECK(!trees_add(&trees, text, NULL));
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		snprintf(text, sizeof(text), "%s/%s", start, ways[i].path);
		if (!trees_writable(&trees, ways[i].path) == ways[i].writable ||
		    !trees_writable(&trees, text) == ways[i].writable)
			unit_fail(__FILE__, __LINE__, "%s", ways[i].path);
	}
	CHECK(!chdir("tree/sub") && !trees_writable(&trees, "../../safe/model") && trees_writable(&trees, "x"));
	trees_deinit(&trees);
	CHECK(!chdir("/"));
	snprintf(text, sizeof(text), "rm -r %s", start);
	CHECK(!system(text));
}

void test_tree_words(void)
{
	static const char *const wrong[] = {"",	     ":r",	"%s",	     "%s:",	  "%s:w", "%s:x",
					    "%s:wx", "%s:rwxx", "%s/none:r", "%s/file:r", "/:r"};
	char directory[] = "/tmp/tsem-tree-XXXXXX", path[64], text[128];
	struct trees trees = {};
	struct tsem_error error = {};

	if (!CHECK(mkdtemp(directory)))
		return;
	snprintf(path, sizeof(path), "%s/file", directory);
	fclose(fopen(path, "w"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		snprintf(text, sizeof(text), wrong[i], directory);
		if (!trees_add(&trees, text, &error) || !*error.text)
			unit_fail(__FILE__, __LINE__, "\"%s\" is taken", text);
	}
	CHECK(!trees.count);
	unlink(path);
	CHECK(!symlink(directory, path));
	snprintf(text, sizeof(text), "%s/:rwx", path);
	CHECK(!trees_add(&trees, text, &error));
	snprintf(text, sizeof(text), "%s:r", directory);
	CHECK(!trees_add(&trees, text, &error) && trees.count == 2);
	CHECK_TEXT(trees.items[0].path, directory);
	CHECK(trees.items[0].rights == (TSEM_TREE_READ | TSEM_TREE_WRITE | TSEM_TREE_EXECUTE) &&
	      trees.items[1].rights == TSEM_TREE_READ);
	trees_deinit(&trees);
	CHECK(!trees.count && !trees.items);
	unlink(path);
	rmdir(directory);
}

/* A model names the directory itself: what is elsewhere, or reached by a link, is not its tree. */
void test_tree_model(void)
{
	char directory[] = "/tmp/tsem-tree-XXXXXX", path[64], text[128];
	struct tsem_model *model = tsem_model_create("m", TSEM_OPTION_PORTABLE);
	struct tsem_error error = {};
	struct trees trees = {};

	if (!CHECK(mkdtemp(directory)))
		return;
	snprintf(path, sizeof(path), "%s/d", directory);
	snprintf(text, sizeof(text), "%s:rw", path);
	CHECK(!tsem_model_add_tree(model, text, &error));
	CHECK(trees_add_model(&trees, model, &error) == -ENOENT && !trees.count);
	CHECK_HOLDS(error.text, "which is a tree of model m: No such file");
	CHECK(!mkdir(path, 0700) && !trees_add_model(&trees, model, &error) && trees.count == 1);
	CHECK_TEXT(trees.items[0].path, path);
	CHECK(trees.items[0].rights == (TSEM_TREE_READ | TSEM_TREE_WRITE));
	trees_deinit(&trees);
	CHECK(!rmdir(path) && !symlink("/usr", path));
	CHECK(trees_add_model(&trees, model, &error) == -ELOOP && !trees.count);
	CHECK_HOLDS(error.text, "but here it leads to /usr");
	CHECK(!unlink(path));
	fclose(fopen(path, "w"));
	CHECK(trees_add_model(&trees, model, &error) == -ENOTDIR && !trees.count);
	unlink(path);
	rmdir(directory);
	tsem_model_destroy(model);
}

/* Coefficients without a record, the starts of programs, and what nobody can be asked about stay. */
void test_tree_drop(void)
{
	static const struct {
		const char *type, *cell;
		bool stays;
	} seen[] = {
		{"file_open", IN(T_A), false},
		{"file_open", IN(PATH("/u/a")), true},
		{"bprm_committed_creds", OF("0x20", "0100755", T_A), true},
		{"file_open", OF("0x8001", "0100644", T_A), true},
		{"mmap_file", MAPPED(T_A, "0x5", "0x2"), false},
		{"mmap_file", MAPPED(T_A, "0x5", "0x0"), true},
		{"inode_listxattr", HAS("dentry", "0100644", T_A), true},
		{"inode_getxattr", ATTRIBUTE(T_A, "user.a"), false},
	};
	struct tree tree = {(char *)"/t", TSEM_TREE_READ | TSEM_TREE_EXECUTE, -1};
	const struct trees trees = {&tree, 1}, none = {};
	const tsem_u8 bare[TSEM_DIGEST_SIZE] = {1};
	struct tsem_set set = {};
	size_t count;

	for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++) {
		struct tsem_record *record = parse_event(seen[i].type, "0", ID1, seen[i].cell);
		struct tsem_entry *entry;

		record->coefficient[0] = 2 + i;
		entry = tsem_set_add(&set, record->coefficient, NULL);
		*entry = (struct tsem_entry){.number = i + 1, .count = 2, .run = 1, .last = 1, .record = record};
		memcpy(entry->coefficient, record->coefficient, TSEM_DIGEST_SIZE);
	}
	CHECK(tsem_set_add(&set, bare, NULL));
	CHECK(!trees_drop(&none, &set, &count) && !count && set.count == 9);
	CHECK(!trees_drop(&trees, &set, &count) && count == 3 && set.count == 6);
	CHECK(tsem_set_find(&set, bare) == &set.entries[5]);
	for (size_t i = 0, at = 0; i < sizeof(seen) / sizeof(*seen); i++) {
		if (!seen[i].stays)
			continue;
		CHECK(set.entries[at].number == i + 1 && set.entries[at].count == 2 && set.entries[at].record);
		CHECK(tsem_set_find(&set, set.entries[at].record->coefficient) == &set.entries[at]);
		at++;
	}
	tsem_set_deinit(&set);
}
