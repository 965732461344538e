/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The trees of a model: directories below which its workload may do more than any run has shown. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "model.h"

static const struct {
	const char *word;
	tsem_u32 rights;
	const char *meaning;
} words[] = {
	{"r", TSEM_TREE_READ, "reads whatever is below"},
	{"rw", TSEM_TREE_READ | TSEM_TREE_WRITE, "reads and changes whatever is below"},
	{"rx", TSEM_TREE_READ | TSEM_TREE_EXECUTE, "reads and executes whatever is below"},
	{"rwx", TSEM_TREE_READ | TSEM_TREE_WRITE | TSEM_TREE_EXECUTE, "reads, changes and executes whatever is below"},
};

#define WORDS (sizeof(words) / sizeof(*words))

tsem_u32 tree_rights(const char *word)
{
	for (size_t i = 0; i < WORDS; i++)
		if (!strcmp(word, words[i].word))
			return words[i].rights;
	return 0;
}

const char *tree_word(tsem_u32 rights)
{
	for (size_t i = 0; i < WORDS; i++)
		if (words[i].rights == rights)
			return words[i].word;
	return NULL;
}

const char *tree_meaning(tsem_u32 rights)
{
	for (size_t i = 0; i < WORDS; i++)
		if (words[i].rights == rights)
			return words[i].meaning;
	return NULL;
}

const char *tree_text_rights(const char *text, struct tsem_error *error)
{
	const char *colon = strrchr(text, ':');

	if (colon && colon > text && tree_rights(colon + 1))
		return colon + 1;
	tsem_error_set(error, EINVAL, "\"%s\" is no tree: it needs DIR:r, DIR:rw, DIR:rx or DIR:rwx", text);
	return NULL;
}

void tree_format(const struct tsem_tree *tree, struct tsem_buffer *buffer)
{
	tsem_buffer_printf(buffer, "%s:%s", tree->path, tree_word(tree->rights));
}

/* Whether each part of the path leads further down. */
static bool is_shortest(const char *path)
{
	for (const char *at = path; *at;) {
		size_t size = strcspn(++at, "/");

		if (!size || (size == 1 && at[0] == '.') || (size == 2 && at[0] == '.' && at[1] == '.'))
			return false;
		at += size;
	}
	return true;
}

/* Why this cannot be the directory of a tree, as the end of a sentence; NULL when it can. */
static const char *path_fault(const char *path)
{
	if (path[0] != '/')
		return "does not begin with a slash";
	if (!path[1])
		return "is the whole file system, which cannot be a tree";
	if (strlen(path) >= PATH_MAX)
		return "is longer than 4095 bytes";
	return is_shortest(path) ? NULL : "is not in its shortest form";
}

static struct tsem_tree *find_place(const struct tsem_model *model, const char *path)
{
	struct tsem_tree *at = model->trees;

	for (size_t left = model->tree_count; left && strcmp(at->path, path) < 0; left--)
		at++;
	return at;
}

/* Takes the path. */
static int insert(struct tsem_model *model, char *path, tsem_u32 rights)
{
	struct tsem_tree *list = array_room(model->trees, model->tree_count, sizeof(*list)), *at;

	if (!list)
		return -ENOMEM;
	model->trees = list;
	at = find_place(model, path);
	memmove(at + 1, at, (list + model->tree_count - at) * sizeof(*at));
	*at = (struct tsem_tree){.path = path, .rights = rights};
	model->tree_count++;
	return 0;
}

static int add(struct tsem_model *model, char *path, tsem_u32 rights, struct tsem_error *error)
{
	const char *fault = path_fault(path);
	struct tsem_tree *at = fault ? NULL : find_place(model, path);

	if (fault)
		return tsem_error_set(error, EINVAL, "the directory of the tree %s:%s %s", path, tree_word(rights),
				      fault);
	if (at && at < model->trees + model->tree_count && !strcmp(at->path, path)) {
		at->rights = rights;
		free(path);
		return 0;
	}
	if (model->tree_count == TSEM_TREES_MAX)
		return tsem_error_set(error, ENOSPC, "a model has at most %d trees", TSEM_TREES_MAX);
	return insert(model, path, rights) ? tsem_error_set(error, ENOMEM, "out of memory") : 0;
}

int tsem_model_add_tree(struct tsem_model *model, const char *text, struct tsem_error *error)
{
	const char *rights = tree_text_rights(text, error);
	char *path;
	int r;

	if (!rights)
		return -EINVAL;
	path = strndup(text, rights - 1 - text);
	if (!path)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = add(model, path, tree_rights(rights), error);
	if (r)
		free(path);
	return r;
}

void model_deinit_trees(struct tsem_model *model)
{
	for (size_t i = 0; i < model->tree_count; i++)
		free(model->trees[i].path);
	free(model->trees);
}
