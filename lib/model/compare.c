/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Compares what two models allow, by events. Where a file has another content in each, all dependent events have other
 * coefficients and say nothing new. So it replaces the contents of the first model before it compares events.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pairs.h"

/* ---- contents ---- */

static int compare_contents(const void *a, const void *b)
{
	const struct tsem_content *const *x = a, *const *y = b;
	int order = strcmp((*x)->path, (*y)->path);

	return order ? order : strcmp((*x)->type, (*y)->type);
}

/* Sorted by file; only those that the other model does not have. */
static struct tsem_content **lone_contents(const struct tsem_contents *contents, const struct tsem_contents *other,
					   size_t *ret_count)
{
	struct tsem_content **list = calloc(contents->count + 1, sizeof(*list));
	size_t count = 0, i;

	if (!list)
		return NULL;
	for (i = 0; i < contents->count; i++)
		if (!tsem_contents_find(other, &contents->items[i]))
			list[count++] = &contents->items[i];
	qsort(list, count, sizeof(*list), compare_contents);
	*ret_count = count;
	return list;
}

/* The only content of the file at list[*at], NULL when it has several; moves after them. */
static struct tsem_content *take_file(struct tsem_content **list, size_t count, size_t *at)
{
	size_t first = (*at)++;

	while (*at < count && compare_contents(&list[first], &list[*at]) == 0)
		(*at)++;
	return *at - first == 1 ? list[first] : NULL;
}

static void match_contents(struct tsem_content **a, size_t a_count, struct tsem_content **b, size_t b_count)
{
	struct tsem_content *old, *new;
	size_t i = 0, k = 0;
	int order;

	while (i < a_count && k < b_count) {
		order = compare_contents(&a[i], &b[k]);
		old = order <= 0 ? take_file(a, a_count, &i) : NULL;
		new = order >= 0 ? take_file(b, b_count, &k) : NULL;
		if (old && new)
			memcpy(old->replacement, new->digest, TSEM_DIGEST_SIZE);
	}
}

static int replace_contents(struct tsem_comparison *c, struct tsem_model *a, const struct tsem_model *b,
			    struct tsem_error *error)
{
	struct tsem_content **lists[2] = {};
	struct tsem_contents other;
	size_t counts[2];
	int status = tsem_model_contents(a, &c->contents, error);

	if (status)
		return status;
	status = tsem_model_contents(b, &other, error);
	if (status)
		return status;
	lists[0] = lone_contents(&c->contents, &other, &counts[0]);
	lists[1] = lone_contents(&other, &c->contents, &counts[1]);
	if (lists[0] && lists[1])
		match_contents(lists[0], counts[0], lists[1], counts[1]);
	else
		status = tsem_error_set(error, ENOMEM, "out of memory");
	free(lists[0]);
	free(lists[1]);
	tsem_contents_deinit(&other);
	return status ? status : tsem_model_rebase(a, &c->contents, &c->rebased, error);
}

/* ---- events ---- */

static int find_lone(struct tsem_comparison *c, int side, const struct tsem_set *set, const struct tsem_set *other)
{
	c->only[side] = calloc(set->count + 1, sizeof(*c->only[side]));
	if (!c->only[side])
		return -ENOMEM;
	for (size_t i = 0; i < set->count; i++) {
		if (tsem_set_find(other, set->entries[i].coefficient))
			continue;
		if (set->entries[i].record)
			c->only[side][c->count[side]++] = &set->entries[i];
		else
			c->bare[side]++;
	}
	return 0;
}

static int compare_sets(struct tsem_comparison *c, const struct tsem_set *a, const struct tsem_set *b,
			struct tsem_error *error)
{
	size_t least;

	if (find_lone(c, 0, a, b) || find_lone(c, 1, b, a))
		return tsem_error_set(error, ENOMEM, "out of memory");
	least = c->count[0] < c->count[1] ? c->count[0] : c->count[1];
	c->pairs = calloc(least + 1, sizeof(*c->pairs));
	if (!c->pairs)
		return tsem_error_set(error, ENOMEM, "out of memory");
	c->pair_count = pairs_find(c->only[0], &c->count[0], c->only[1], &c->count[1], c->pairs);
	return 0;
}

int tsem_model_compare(struct tsem_model *a, const struct tsem_model *b, struct tsem_comparison *ret_comparison,
		       struct tsem_error *error)
{
	struct tsem_comparison c = {};
	int status = replace_contents(&c, a, b, error);

	if (!status)
		status = compare_sets(&c, &a->set, &b->set, error);
	if (status)
		tsem_comparison_deinit(&c);
	else
		*ret_comparison = c;
	return status;
}

bool tsem_content_changed(const struct tsem_content *content)
{
	return memcmp(content->digest, content->replacement, TSEM_DIGEST_SIZE) != 0;
}

void tsem_comparison_deinit(struct tsem_comparison *comparison)
{
	tsem_contents_deinit(&comparison->contents);
	free(comparison->only[0]);
	free(comparison->only[1]);
	free(comparison->pairs);
	memset(comparison, 0, sizeof(*comparison));
}
