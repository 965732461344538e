/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The learned events: the tree of programs, events by class, and events of one run only. */
#include <stdlib.h>
#include <string.h>

#include "../../lib/base/buffer.h"
#include "../../lib/event/schema.h"
#include "../../lib/event/tally.h"
#include "../../lib/explain/programs.h"
#include "../text/html.h"
#include "report.h"
#include "../text/text.h"

#define PROGRAMS_SHOWN 500
#define DEPTH_MAX 64
#define EVENTS_SHOWN 2000
#define ODD_SHOWN 200

/* ---- programs ---- */

struct tree {
	struct report_page *page;
	struct programs programs;
	size_t shown;
};

static void add_digest(struct report_page *page, const struct program *program)
{
	const tsem_u8 *digest = program_content(program);

	if (!digest) {
		tsem_buffer_printf(page->html, "its own work");
		return;
	}
	tsem_buffer_printf(page->html, "content <code>");
	buffer_hex(page->html, digest, 6);
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
	add_digest(page, program);
	tsem_buffer_printf(page->html, ", started %llu time%s, %zu distinct event%s, %llu in all",
			   program->entry->count, plural(program->entry->count), program->distinct,
			   plural(program->distinct), program->count);
	if (record->coe.euid)
		tsem_buffer_printf(page->html, ", as user %u", record->coe.euid);
	tsem_buffer_printf(page->html, "</small>");
}

/* A forged model could have programs that are their own parents: the depth ends that. */
static void add_children(struct tree *tree, const tsem_u8 *parent, unsigned depth)
{
	bool any = false;

	for (size_t i = 0; i < tree->programs.count && depth < DEPTH_MAX; i++) {
		const struct tsem_record *record = tree->programs.items[i].entry->record;

		if (memcmp(record->ptask_id, parent, TSEM_DIGEST_SIZE) != 0 || tree->shown++ >= PROGRAMS_SHOWN)
			continue;
		tsem_buffer_printf(tree->page->html, any ? "" : "\n<ul>\n");
		any = true;
		add_program(tree->page, &tree->programs.items[i]);
		add_children(tree, record->task_id, depth + 1);
		tsem_buffer_printf(tree->page->html, "</li>\n");
	}
	tsem_buffer_printf(tree->page->html, any ? "</ul>\n" : "");
}

static bool has_parent(const struct tree *tree, const struct program *program)
{
	return program_is_first(program) || programs_with(&tree->programs, program->entry->record->ptask_id);
}

static void add_orphans(struct tree *tree)
{
	bool any = false;

	for (size_t i = 0; i < tree->programs.count; i++) {
		if (has_parent(tree, &tree->programs.items[i]) || tree->shown++ >= PROGRAMS_SHOWN)
			continue;
		tsem_buffer_printf(tree->page->html, any ? "" : "<li>started by a program that is not known\n<ul>\n");
		any = true;
		add_program(tree->page, &tree->programs.items[i]);
		add_children(tree, tree->programs.items[i].entry->record->task_id, 1);
		tsem_buffer_printf(tree->page->html, "</li>\n");
	}
	tsem_buffer_printf(tree->page->html, any ? "</ul></li>\n" : "");
}

void report_programs(struct report_page *page)
{
	static const tsem_u8 zero[TSEM_DIGEST_SIZE];
	struct tree tree = {.page = page};

	tsem_buffer_printf(page->html, "<h2>The tree of programs</h2>\n<ul class=\"tree\"><li><code>tsem</code>");
	if (!programs_find(&page->model->set, &tree.programs)) {
		add_children(&tree, zero, 0);
		tsem_buffer_printf(page->html, "</li>\n");
		add_orphans(&tree);
	} else {
		page->html->failed = true;
	}
	tsem_buffer_printf(page->html, "</ul>\n");
	if (tree.shown > PROGRAMS_SHOWN)
		tsem_buffer_printf(page->html, "<p>Only the first %d are shown.</p>\n", PROGRAMS_SHOWN);
	programs_deinit(&tree.programs);
}

/* ---- classes ---- */

static bool in_class(const struct tsem_entry *entry, unsigned class)
{
	return entry->record && tsem_event_class_number(entry->record->event) == class;
}

static void add_kinds(struct report_page *page, const struct tally *tally, unsigned class)
{
	const char *separator = "";

	for (unsigned i = 0; i < TSEM_EVENT_LIMIT; i++) {
		if (!tally->events[i].distinct || tsem_event_class_number(i) != class)
			continue;
		tsem_buffer_printf(page->html, "%s%s %llu", separator, tsem_event_name(i), tally->events[i].distinct);
		separator = ", ";
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
		schema_class_name(class));
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
			   shown > EVENTS_SHOWN ? "<p>Only the first 2,000 are shown.</p>" : "");
}

void report_classes(struct report_page *page)
{
	struct tally_sum sums[TSEM_CLASS_COUNT];
	struct tally tally = {};
	tsem_u64 most = 1;

	tally_add(&tally, &page->model->set);
	for (unsigned class = 0; class < TSEM_CLASS_COUNT; class ++) {
		sums[class] = tally_class(&tally, class);
		most = sums[class].distinct > most ? sums[class].distinct : most;
	}
	tsem_buffer_printf(
		page->html,
		"<h2>Events by class</h2>\n<div class=\"scroll\"><table><tr><th>class</th><th class=\"n\">distinct</th>"
		"<th class=\"n\">times</th><th style=\"width:25%%\"></th><th>kinds</th></tr>\n");
	for (unsigned class = 0; class < TSEM_CLASS_COUNT; class ++) {
		if (!sums[class].distinct)
			continue;
		tsem_buffer_printf(page->html,
				   "<tr><td>%s</td><td class=\"n\">%llu</td><td class=\"n\">%llu</td>"
				   "<td><span class=\"share\" style=\"width:%llu%%\"></span></td><td><small>",
				   schema_class_name(class), sums[class].distinct, sums[class].total,
				   100 * sums[class].distinct / most);
		add_kinds(page, &tally, class);
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
			   odd ? "</table></div>\n" : "<p>None: every event occurred in at least two runs.</p>\n");
	if (odd > ODD_SHOWN)
		tsem_buffer_printf(page->html, "<p>And %zu more.</p>\n", odd - ODD_SHOWN);
}
