/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The learned events: the tree of programs, events by class, and events of one run only. */
#include <stdlib.h>
#include <string.h>

#include "../../lib/event/codec.h"
#include "../text/html.h"
#include "report.h"

#define PROGRAMS_SHOWN 500
#define DEPTH_MAX 64
#define EVENTS_SHOWN 2000
#define ODD_SHOWN 200

/* ---- programs ---- */

struct program {
	const struct tsem_entry *entry; /* its exec event */
	size_t distinct;
	tsem_u64 count;
};

struct tree {
	struct report_page *page;
	struct tsem_set ids; /* by TASK_ID; number: index of the program */
	struct program *programs;
	size_t count, shown;
};

static struct program *find_program(const struct tree *tree, const tsem_u8 *id)
{
	const struct tsem_entry *known = tsem_set_find(&tree->ids, id);

	return known ? &tree->programs[known->number] : NULL;
}

static bool is_exec(const struct tsem_entry *entry)
{
	return entry->record && entry->record->event == TSEM_EVENT_bprm_committed_creds;
}

static bool build_tree(struct tree *tree)
{
	const struct tsem_set *set = &tree->page->model->set;

	tree->programs = calloc(set->count + 1, sizeof(*tree->programs));
	for (size_t i = 0; tree->programs && i < set->count; i++) {
		bool is_new = false;
		struct tsem_entry *known = is_exec(&set->entries[i]) ?
						   tsem_set_add(&tree->ids, set->entries[i].record->task_id, &is_new) :
						   NULL;

		if (!known || !is_new)
			continue;
		known->number = tree->count;
		tree->programs[tree->count++] = (struct program){.entry = &set->entries[i]};
	}
	for (size_t i = 0; tree->programs && i < set->count; i++) {
		const struct tsem_entry *entry = &set->entries[i];
		struct program *program =
			entry->record && !is_exec(entry) ? find_program(tree, entry->record->task_id) : NULL;

		if (program) {
			program->distinct++;
			program->count += entry->count;
		}
	}
	return tree->programs;
}

/* A program that the workload has created has no digest. */
static void add_digest(struct report_page *page, const struct tsem_record *record)
{
	static const tsem_u8 zero[TSEM_DIGEST_SIZE];
	const struct item *digest;
	struct codec codec;

	codec_decode_record(&codec, record);
	digest = codec_find(&codec, "file.digest");
	if (!digest || digest->size != TSEM_DIGEST_SIZE || !memcmp(digest->data, zero, TSEM_DIGEST_SIZE)) {
		tsem_buffer_printf(page->html, "its own work");
		return;
	}
	tsem_buffer_printf(page->html, "content <code>");
	for (int i = 0; i < 6; i++)
		tsem_buffer_printf(page->html, "%02x", digest->data[i]);
	tsem_buffer_printf(page->html, "</code>");
}

static void add_program(struct report_page *page, const struct program *program)
{
	const struct tsem_record *record = program->entry->record;
	struct tsem_buffer path = {0};

	tsem_buffer_printf(page->html, "<li><code>");
	tsem_record_object(record, &path);
	html_take(page->html, &path);
	tsem_buffer_printf(page->html, "</code> <small>");
	add_digest(page, record);
	tsem_buffer_printf(page->html, ", started %llu time%s, %zu distinct event%s, %llu in all",
			   program->entry->count, program->entry->count == 1 ? "" : "s", program->distinct,
			   program->distinct == 1 ? "" : "s", program->count);
	if (record->coe.euid)
		tsem_buffer_printf(page->html, ", as user %u", record->coe.euid);
	tsem_buffer_printf(page->html, "</small>");
}

/* A forged model could have programs that are their own parents: the depth ends that. */
static void add_children(struct tree *tree, const tsem_u8 *parent, unsigned depth)
{
	bool any = false;

	for (size_t i = 0; i < tree->count && depth < DEPTH_MAX; i++) {
		const struct tsem_record *record = tree->programs[i].entry->record;

		if (memcmp(record->ptask_id, parent, TSEM_DIGEST_SIZE) != 0 || tree->shown++ >= PROGRAMS_SHOWN)
			continue;
		tsem_buffer_printf(tree->page->html, any ? "" : "\n<ul>\n");
		any = true;
		add_program(tree->page, &tree->programs[i]);
		add_children(tree, record->task_id, depth + 1);
		tsem_buffer_printf(tree->page->html, "</li>\n");
	}
	tsem_buffer_printf(tree->page->html, any ? "</ul>\n" : "");
}

static bool has_parent(const struct tree *tree, const struct program *program)
{
	static const tsem_u8 zero[TSEM_DIGEST_SIZE];
	const tsem_u8 *parent = program->entry->record->ptask_id;

	return !memcmp(parent, zero, TSEM_DIGEST_SIZE) || find_program(tree, parent);
}

static void add_orphans(struct tree *tree)
{
	bool any = false;

	for (size_t i = 0; i < tree->count; i++) {
		if (has_parent(tree, &tree->programs[i]) || tree->shown++ >= PROGRAMS_SHOWN)
			continue;
		tsem_buffer_printf(tree->page->html, any ? "" : "<li>started by a program that is not known\n<ul>\n");
		any = true;
		add_program(tree->page, &tree->programs[i]);
		add_children(tree, tree->programs[i].entry->record->task_id, 1);
		tsem_buffer_printf(tree->page->html, "</li>\n");
	}
	tsem_buffer_printf(tree->page->html, any ? "</ul></li>\n" : "");
}

void report_programs(struct report_page *page)
{
	static const tsem_u8 zero[TSEM_DIGEST_SIZE];
	struct tree tree = {.page = page};

	tsem_buffer_printf(page->html, "<h2>The tree of programs</h2>\n<ul class=\"tree\"><li><code>tsem</code>");
	if (build_tree(&tree)) {
		add_children(&tree, zero, 0);
		tsem_buffer_printf(page->html, "</li>\n");
		add_orphans(&tree);
	} else {
		page->html->failed = true;
	}
	tsem_buffer_printf(page->html, "</ul>\n");
	if (tree.shown > PROGRAMS_SHOWN)
		tsem_buffer_printf(page->html, "<p>And more: %d are shown.</p>\n", PROGRAMS_SHOWN);
	tsem_set_deinit(&tree.ids);
	free(tree.programs);
}

/* ---- classes ---- */

struct class_sum {
	size_t distinct;
	tsem_u64 count;
};

/* The words for the classes are those of the library. */
static const char *class_name(unsigned class)
{
	static const char *const names[] = {
#define C(name, word) [TSEM_CLASS_##name] = word,
		TSEM_CLASSES(C)
#undef C
	};

	return names[class];
}

static bool in_class(const struct tsem_entry *entry, unsigned class)
{
	const char *name = entry->record ? tsem_event_class(entry->record->event) : NULL;

	return name && !strcmp(name, class_name(class));
}

static struct class_sum sum_class(const struct tsem_set *set, unsigned class)
{
	struct class_sum sum = {};

	for (size_t i = 0; i < set->count; i++) {
		if (!in_class(&set->entries[i], class))
			continue;
		sum.distinct++;
		sum.count += set->entries[i].count;
	}
	return sum;
}

static void add_kinds(struct report_page *page, unsigned class)
{
	const struct tsem_set *set = &page->model->set;
	size_t kinds[TSEM_EVENT_LIMIT] = {0};
	bool any = false;

	for (size_t i = 0; i < set->count; i++)
		if (in_class(&set->entries[i], class))
			kinds[set->entries[i].record->event]++;
	for (unsigned i = 0; i < TSEM_EVENT_LIMIT; i++) {
		if (!kinds[i])
			continue;
		tsem_buffer_printf(page->html, "%s%s %zu", any ? ", " : "", tsem_event_name(i), kinds[i]);
		any = true;
	}
}

static void list_class(struct report_page *page, unsigned class)
{
	const struct tsem_set *set = &page->model->set;
	size_t shown = 0;

	tsem_buffer_printf(
		page->html,
		"<details><summary>All events of class %s</summary>\n<div class=\"scroll\"><table><tr><th class=\"n\">times</th>"
		"<th class=\"n\">runs</th><th>event</th></tr>\n",
		class_name(class));
	for (size_t i = 0; i < set->count; i++) {
		if (!in_class(&set->entries[i], class) || shown++ >= EVENTS_SHOWN)
			continue;
		tsem_buffer_printf(page->html, "<tr><td class=\"n\">%llu</td><td class=\"n\">%u</td><td>",
				   set->entries[i].count,
				   i < page->convergence->seen_count ? page->convergence->seen[i] : 0);
		report_event(page, &set->entries[i]);
		tsem_buffer_printf(page->html, "</td></tr>\n");
	}
	tsem_buffer_printf(page->html, "</table></div>%s</details>\n",
			   shown > EVENTS_SHOWN ? "<p>The first 2,000 are shown.</p>" : "");
}

void report_classes(struct report_page *page)
{
	struct class_sum sums[TSEM_CLASS_COUNT], most = {.distinct = 1};

	for (unsigned class = 0; class < TSEM_CLASS_COUNT; class ++) {
		sums[class] = sum_class(&page->model->set, class);
		most.distinct = sums[class].distinct > most.distinct ? sums[class].distinct : most.distinct;
	}
	tsem_buffer_printf(
		page->html,
		"<h2>Events by class</h2>\n<div class=\"scroll\"><table><tr><th>class</th><th class=\"n\">distinct</th>"
		"<th class=\"n\">times</th><th style=\"width:25%%\"></th><th>kinds</th></tr>\n");
	for (unsigned class = 0; class < TSEM_CLASS_COUNT; class ++) {
		if (!sums[class].distinct)
			continue;
		tsem_buffer_printf(page->html,
				   "<tr><td>%s</td><td class=\"n\">%zu</td><td class=\"n\">%llu</td>"
				   "<td><span class=\"share\" style=\"width:%zu%%\"></span></td><td><small>",
				   class_name(class), sums[class].distinct, sums[class].count,
				   100 * sums[class].distinct / most.distinct);
		add_kinds(page, class);
		tsem_buffer_printf(page->html, "</small></td></tr>\n");
	}
	tsem_buffer_printf(page->html, "</table></div>\n");
	for (unsigned class = 0; class < TSEM_CLASS_COUNT; class ++)
		if (sums[class].distinct)
			list_class(page, class);
}

/* ---- the odd ones ---- */

void report_odd(struct report_page *page)
{
	const struct tsem_convergence *c = page->convergence;
	const struct tsem_set *set = &page->model->set;
	size_t odd = 0;

	if (c->count < 2)
		return;
	tsem_buffer_printf(page->html, "<h2>Events of one run only</h2>\n");
	for (size_t i = 0; i < set->count && i < c->seen_count; i++) {
		if (c->seen[i] != 1 || odd++ >= ODD_SHOWN)
			continue;
		if (odd == 1)
			tsem_buffer_printf(
				page->html,
				"<div class=\"scroll\"><table><tr><th class=\"n\">run</th><th class=\"n\">times</th>"
				"<th>event</th></tr>\n");
		tsem_buffer_printf(page->html, "<tr><td class=\"n\">%u</td><td class=\"n\">%llu</td><td>",
				   set->entries[i].run, set->entries[i].count);
		report_event(page, &set->entries[i]);
		tsem_buffer_printf(page->html, "</td></tr>\n");
	}
	tsem_buffer_printf(page->html,
			   odd ? "</table></div>\n" : "<p>None: each event occurred in two runs at least.</p>\n");
	if (odd > ODD_SHOWN)
		tsem_buffer_printf(page->html, "<p>And %zu more.</p>\n", odd - ODD_SHOWN);
}
