/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../explain/describe.h"
#include "../explain/objects.h"
#include "../model/model.h"

/* ---- the list ---- */

/* In a mount that is nowhere, or under another one, what the kernel calls a directory is the name of something else. */
static bool leads_to(const char *name, int fd)
{
	struct stat there, here;

	return !stat(name, &there) && !fstat(fd, &here) && there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

/*
 * The name that the kernel has for the directory, which is that of events. Where names differ by more than their case
 * (ext4 and others with casefold) it is the spelling that somebody has looked it up by first; it stays as long as the
 * directory is held. NULL with errno.
 */
static char *name_of(const char *path, int *ret_held)
{
	char link[64], name[PATH_MAX], *copy = NULL;
	ssize_t size = -1;
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), code;

	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, name, sizeof(name) - 1);
	if (size > 0) {
		name[size] = 0;
		errno = ENOENT;
		if (!ret_held || leads_to(name, fd)) /* whoever holds none asks what events call it */
			copy = strdup(name);
	}
	code = errno;
	if (copy && ret_held)
		*ret_held = fd;
	else
		close(fd);
	errno = code;
	return copy;
}

/* Takes the path and the descriptor. */
static int append(struct trees *trees, char *path, int held, unsigned rights)
{
	struct tree *items = reallocarray(trees->items, trees->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	trees->items = items;
	items[trees->count++] = (struct tree){path, rights, held};
	return 0;
}

int trees_add(struct trees *trees, const char *text, struct tsem_error *error)
{
	const char *rights = tree_text_rights(text, error);
	char *written = NULL, *path = NULL;
	int held = -1, r = 0;

	if (!rights)
		return -EINVAL;
	written = strndup(text, rights - 1 - text);
	path = written ? name_of(written, &held) : NULL;
	if (!written || (!path && errno == ENOMEM))
		r = tsem_error_set(error, ENOMEM, "out of memory");
	else if (!path && errno == ENOTDIR)
		r = tsem_error_set(error, ENOTDIR, "the tree %s is not a directory", text);
	else if (!path)
		r = tsem_error_set(error, errno, "cannot find the directory of the tree %s: %s", text, strerror(errno));
	else if (!strcmp(path, "/"))
		r = tsem_error_set(error, EINVAL, "the whole file system cannot be a tree");
	else if (append(trees, path, held, tree_rights(rights)))
		r = tsem_error_set(error, ENOMEM, "out of memory");
	free(written);
	if (r)
		free(path);
	if (r && held >= 0)
		close(held);
	return r;
}

/* Whoever could replace the directory by a link would choose what the model's tree is. */
static int add_of_model(struct trees *trees, const struct tsem_model *model, const struct tsem_tree *tree,
			struct tsem_error *error)
{
	int held = -1, r = 0;
	char *path = name_of(tree->path, &held);

	if (!path && errno == ENOTDIR)
		r = tsem_error_set(error, ENOTDIR, "%s, which is a tree of model %s, is not a directory", tree->path,
				   model->name);
	else if (!path)
		r = tsem_error_set(error, errno, "cannot find the directory %s, which is a tree of model %s: %s",
				   tree->path, model->name, strerror(errno));
	else if (strcmp(path, tree->path) != 0)
		r = tsem_error_set(error, ELOOP,
				   "%s is a tree of model %s, but here it leads to %s: learn again, or put it back",
				   tree->path, model->name, path);
	else if (append(trees, path, held, tree->rights))
		r = tsem_error_set(error, ENOMEM, "out of memory");
	if (r) {
		free(path);
		if (held >= 0)
			close(held);
	}
	return r;
}

int trees_add_model(struct trees *trees, const struct tsem_model *model, struct tsem_error *error)
{
	int r = 0;

	for (size_t i = 0; !r && i < model->tree_count; i++)
		r = add_of_model(trees, model, &model->trees[i], error);
	return r;
}

void trees_deinit(struct trees *trees)
{
	for (size_t i = 0; i < trees->count; i++) {
		free(trees->items[i].path);
		close(trees->items[i].held);
	}
	free(trees->items);
	*trees = (struct trees){};
}

static bool is_below(const struct tree *tree, const void *name, size_t name_size, bool itself)
{
	size_t size = strlen(tree->path);

	return name_size >= size && !memcmp(name, tree->path, size) &&
	       ((itself && name_size == size) || (name_size > size && ((const char *)name)[size] == '/'));
}

/* Of the trees that the name is below. itself: the directory of the tree is meant, too. */
static const struct tree *deepest_of(const struct trees *trees, const void *name, size_t size, bool itself)
{
	const struct tree *deepest = NULL;

	for (size_t i = 0; i < trees->count; i++)
		if (is_below(&trees->items[i], name, size, itself) &&
		    (!deepest || strlen(trees->items[i].path) >= strlen(deepest->path)))
			deepest = &trees->items[i];
	return deepest;
}

/* Where the name itself is, in the directory that it is really in. NULL: there is no such directory. */
static char *place_of(const char *path)
{
	char *copy = strdup(path), *directory = copy ? name_of(dirname(copy), NULL) : NULL, *place = NULL;
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	if (directory && asprintf(&place, "%s/%s", strcmp(directory, "/") ? directory : "", base) < 0)
		place = NULL;
	free(directory);
	free(copy);
	return place;
}

/* Where a link leads, NULL for what is none. */
static char *target_of(const char *place)
{
	char target[PATH_MAX], *path = NULL;
	ssize_t size = readlink(place, target, sizeof(target) - 1);

	if (size < 0)
		return NULL;
	target[size] = 0;
	if (*target == '/')
		return strdup(target);
	if (asprintf(&path, "%.*s/%s", (int)(strrchr(place, '/') - place), place, target) < 0)
		return NULL;
	return path;
}

#define LINKS_MAX 40 /* as many as the kernel follows */

static const struct tree *writable_on_the_way(const struct trees *trees, const char *path, unsigned links);

/* end: nothing follows. The directory of a tree is not replaced by the workload, so the way may lead through it. */
static const struct tree *writable_at(const struct trees *trees, const char *path, bool end, unsigned links)
{
	char *place = place_of(path), *target = place ? target_of(place) : NULL;
	const struct tree *tree = place ? deepest_of(trees, place, strlen(place), end) : NULL;

	if (tree && !(tree->rights & TSEM_TREE_WRITE))
		tree = NULL;
	if (!tree && target && links)
		tree = writable_on_the_way(trees, target, links - 1);
	free(target);
	free(place);
	return tree;
}

static const struct tree *writable_on_the_way(const struct trees *trees, const char *path, unsigned links)
{
	const struct tree *tree = NULL;
	char *way = strdup(path);

	for (char *at = way; at && *at && !tree;) {
		char *name = at + strspn(at, "/"), *end = name + strcspn(name, "/"), next = *end;
		size_t size = end - name;

		*end = 0;
		if (size && strcmp(name, ".") && strcmp(name, ".."))
			tree = writable_at(trees, way, !next, links);
		*end = next;
		at = end;
	}
	free(way);
	return tree;
}

const struct tree *trees_writable(const struct trees *trees, const char *path)
{
	return writable_on_the_way(trees, path, LINKS_MAX);
}

/* ---- where ---- */

static bool ends_with(const struct item *name, const char *end)
{
	size_t size = strlen(end);

	return name->size >= size && !memcmp(name->data + name->size - size, end, size);
}

/* Whether it is the directory of a tree, or one above it. */
static bool is_above(const struct trees *trees, const struct item *name)
{
	for (size_t i = 0; i < trees->count; i++) {
		const char *path = trees->items[i].path;

		if (strlen(path) >= name->size && !memcmp(path, name->data, name->size) &&
		    (!path[name->size] || path[name->size] == '/'))
			return true;
	}
	return false;
}

/* The rights at that path: of the deepest tree that it is below. A name that is gone belongs to none. */
static unsigned rights_at(const struct trees *trees, const struct codec *codec, const struct item *path, bool itself)
{
	const struct item *type = describe_member(codec, path, "type"),
			  *name = describe_member(codec, path, "pathname");
	const struct tree *deepest;

	if (name && !itself && is_above(trees, name))
		return 0;
	if (!name) { /* created here: its directory is known, and its number */
		name = describe_member(codec, path, "directory");
		itself = true;
	}
	if (!type || type->size != strlen("root") || memcmp(type->data, "root", type->size) || !name ||
	    ends_with(name, TSEM_DELETED))
		return 0;
	deepest = deepest_of(trees, name->data, name->size, itself);
	return deepest ? deepest->rights : 0;
}

static unsigned rights_at_all(const struct trees *trees, const struct codec *codec, bool itself)
{
	unsigned rights = TSEM_TREE_READ | TSEM_TREE_WRITE | TSEM_TREE_EXECUTE;
	size_t count = 0;

	for (const struct item *item = codec->items; item < codec->items + codec->count; item++)
		if (item->kind == ITEM_OPEN && item->field->type == FIELD_PATH) {
			rights &= rights_at(trees, codec, item, itself);
			count++;
		}
	return count ? rights : 0;
}

/* ---- what ---- */

static bool is_ordinary(tsem_u64 mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISFIFO(mode) || S_ISLNK(mode);
}

static bool raises(tsem_u64 mode)
{
	return mode & (S_ISUID | S_ISGID);
}

static unsigned needs_to_open(const struct codec *codec)
{
	tsem_u64 flags = codec_number(codec, "file.flags");
	unsigned rights = (flags & O_ACCMODE) == O_RDONLY && !(flags & O_TRUNC) ? TSEM_TREE_READ : TSEM_TREE_WRITE;

	if (flags & (TSEM_FLAG_RUNNING | TSEM_FLAG_TERMINAL | TSEM_FLAG_OTHERS))
		return 0;
	if (!(flags & DESCRIBE_EXECUTION))
		return rights;
	return TSEM_TREE_EXECUTE | (rights & TSEM_TREE_WRITE);
}

/*
 * The file may have been opened by somebody else, who had other rights. Code in a mapping of the task's own that it can
 * write to is any code, and not what is below the tree.
 */
static unsigned needs_to_map(const struct codec *codec)
{
	tsem_u64 prot = codec_number(codec, "prot"), type = codec_number(codec, "flags") & MAP_TYPE;
	unsigned rights = prot & PROT_EXEC ? TSEM_TREE_EXECUTE : TSEM_TREE_READ;

	return rights | (prot & PROT_WRITE && (type != MAP_PRIVATE || prot & PROT_EXEC) ? TSEM_TREE_WRITE : 0);
}

static unsigned needs_to_change(const struct codec *codec)
{
	tsem_u64 valid = codec_number(codec, "valid");

	if (valid & (DESCRIBE_SET_USER | DESCRIBE_SET_GROUP | TSEM_FLAG_RUNNING) ||
	    (valid & DESCRIBE_SET_MODE && raises(codec_number(codec, "mode"))))
		return 0;
	return TSEM_TREE_WRITE;
}

/* Other classes of attributes belong to security modules, capabilities, and the kernel. */
static unsigned needs_for_attribute(const struct codec *codec)
{
	const struct item *name = codec_find(codec, "name");
	static const char users[] = "user.";

	return name && name->size > strlen(users) && !memcmp(name->data, users, strlen(users)) ? TSEM_TREE_WRITE : 0;
}

/* The rights that the event needs where it is; 0: no tree allows it. */
static unsigned needs(const struct tsem_record *record, const struct codec *codec)
{
	switch (record->event) {
	case TSEM_EVENT_file_open:
		return needs_to_open(codec);
	case TSEM_EVENT_mmap_file:
		return needs_to_map(codec);
	case TSEM_EVENT_bprm_committed_creds:
		return raises(codec_number(codec, "file.inode.mode")) ? 0 : TSEM_TREE_EXECUTE;
	case TSEM_EVENT_file_lock:
	case TSEM_EVENT_inode_getattr:
	case TSEM_EVENT_inode_getxattr:
	case TSEM_EVENT_inode_listxattr:
	case TSEM_EVENT_sb_statfs:
		return TSEM_TREE_READ;
	case TSEM_EVENT_inode_create:
	case TSEM_EVENT_inode_mkdir:
		return raises(codec_number(codec, "mode")) ? 0 : TSEM_TREE_WRITE;
	case TSEM_EVENT_inode_mknod:
		return is_ordinary(codec_number(codec, "mode")) && !raises(codec_number(codec, "mode")) ?
			       TSEM_TREE_WRITE :
			       0;
	case TSEM_EVENT_inode_unlink:
	case TSEM_EVENT_inode_rmdir:
	case TSEM_EVENT_inode_link:
	case TSEM_EVENT_inode_symlink:
		return TSEM_TREE_WRITE;
	case TSEM_EVENT_inode_rename:
		return codec_number(codec, "flags") & RENAME_WHITEOUT ? 0 : TSEM_TREE_WRITE;
	case TSEM_EVENT_inode_setattr:
		return needs_to_change(codec);
	case TSEM_EVENT_inode_setxattr:
	case TSEM_EVENT_inode_removexattr:
		return needs_for_attribute(codec);
	default:
		return 0;
	}
}

/* Whether the event changes which names there are: the directory of a tree itself has its name elsewhere. */
static bool changes_names(const struct tsem_record *record)
{
	switch (record->event) {
	case TSEM_EVENT_inode_create:
	case TSEM_EVENT_inode_mkdir:
	case TSEM_EVENT_inode_mknod:
	case TSEM_EVENT_inode_unlink:
	case TSEM_EVENT_inode_rmdir:
	case TSEM_EVENT_inode_link:
	case TSEM_EVENT_inode_symlink:
	case TSEM_EVENT_inode_rename:
		return true;
	default:
		return false;
	}
}

/* Whether one of the things that the event says to be there has a mode of that kind. */
static bool any_mode(const struct codec *codec, bool (*is)(tsem_u64 mode))
{
	static const char *const modes[] = {"file.inode.mode", "dentry.inode.mode", "old_dentry.inode.mode",
					    "new_dentry.inode.mode", "inode.mode"};

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		const struct item *mode = codec_find(codec, modes[i]);

		if (mode && is(item_number(mode)))
			return true;
	}
	return false;
}

static bool is_extraordinary(tsem_u64 mode)
{
	return !is_ordinary(mode);
}

static bool is_raising_program(tsem_u64 mode)
{
	return S_ISREG(mode) && raises(mode);
}

/* Whoever runs it would get its owner's power for other code. It may go, and be called otherwise. */
static bool changes_raising_program(const struct tsem_record *record, const struct codec *codec)
{
	return record->event != TSEM_EVENT_inode_unlink && record->event != TSEM_EVENT_inode_rename &&
	       any_mode(codec, is_raising_program);
}

bool trees_allow(const struct trees *trees, const struct tsem_record *record)
{
	struct codec codec;
	unsigned needed;

	if (!trees->count || record->flags & TSEM_RECORD_FAILED || !codec_decode_record(&codec, record))
		return false;
	needed = any_mode(&codec, is_extraordinary) ? 0 : needs(record, &codec);
	if (needed & TSEM_TREE_WRITE && changes_raising_program(record, &codec))
		needed = 0;
	return needed && (rights_at_all(trees, &codec, !changes_names(record)) & needed) == needed;
}

/* ---- what was learned ---- */

/* Moves the entry, with its record. */
static int keep(struct tsem_set *set, struct tsem_entry *seen)
{
	struct tsem_entry *entry = tsem_set_add(set, seen->coefficient, NULL);

	if (!entry)
		return -ENOMEM;
	*entry = *seen;
	seen->record = NULL;
	return 0;
}

/* Whether the task can wait for what the trees say, in the hook of the event. What cannot wait has to be in the model. */
static bool can_wait(const struct tsem_record *record)
{
	struct codec codec;

	switch (record->event) {
	case TSEM_EVENT_inode_mknod:
	case TSEM_EVENT_inode_getattr:
	case TSEM_EVENT_inode_listxattr:
	case TSEM_EVENT_inode_removexattr:
		return false;
	case TSEM_EVENT_mmap_file: /* without flags: mprotect(2) */
		return codec_decode_record(&codec, record) && codec_number(&codec, "flags");
	default:
		return true;
	}
}

static bool is_dropped(const struct trees *trees, const struct tsem_record *record)
{
	return record && record->event != TSEM_EVENT_bprm_committed_creds && can_wait(record) &&
	       trees_allow(trees, record);
}

int trees_drop(const struct trees *trees, struct tsem_set *set, size_t *ret_count)
{
	struct tsem_set kept = {};
	int r = 0;

	*ret_count = 0;
	if (!trees->count)
		return 0;
	for (size_t i = 0; !r && i < set->count; i++)
		if (!is_dropped(trees, set->entries[i].record))
			r = keep(&kept, &set->entries[i]);
	*ret_count = set->count - kept.count;
	tsem_set_deinit(set);
	*set = kept;
	return r;
}
