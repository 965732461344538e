/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "../../lib/base/buffer.h"
#include "../../lib/event/digest.h"
#include "../../lib/json/dsse.h"
#include "../../lib/learn/curve.h"
#include "../../lib/model/model.h"
#include "../text/html.h"
#include "../text/output.h"
#include "decisions.h"
#include "report.h"

#define CHANGES_OPEN 10 /* this many are open at first, the rest on request */
#define CHANGES_SHOWN 100
#define FAILED_SHOWN 50

static const char style[] =
	":root{color-scheme:light dark;--back:#fff;--card:#f6f7f9;--text:#1b1f24;--faint:#5b6570;--line:#d9dee4;"
	"--bar:#2f6fb5;--good:#1a7f4b;--bad:#b4541a}\n"
	"@media(prefers-color-scheme:dark){:root{--back:#14171b;--card:#1d2126;--text:#e4e8ec;--faint:#98a2ad;--line:#343b43;"
	"--bar:#6aa5e3;--good:#57c08a;--bad:#e59a5f}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--back);color:var(--text);font:16px/1.5 system-ui,sans-serif}\n"
	"main{max-width:62rem;margin:0 auto;padding:2rem 1.25rem 4rem}\n"
	"h1{font-size:1.6rem;line-height:1.25;margin:0 0 .3rem;overflow-wrap:anywhere}\n"
	"h2{font-size:1.15rem;margin:2.6rem 0 .7rem;padding-top:.9rem;border-top:1px solid var(--line)}\n"
	"p{margin:.4rem 0}.faint,small{color:var(--faint)}small{font-size:.82rem}\n"
	"code,pre,.mono{font:.875em/1.45 ui-monospace,monospace;overflow-wrap:anywhere}\n"
	"pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.7rem .9rem;white-space:pre-wrap}\n"
	".verdict{font-weight:600;margin:.5rem 0 1.2rem;padding-left:.7rem;border-left:4px solid var(--bad)}\n"
	".verdict.good{border-color:var(--good)}\n"
	".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem}\n"
	".tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem}\n"
	".tile b{display:block;font-size:1.5rem;line-height:1.2;font-weight:600}\n"
	".scroll{overflow-x:auto}\n"
	"table{border-collapse:collapse;width:100%}\n"
	"th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--line)}\n"
	"th{font-size:.82rem;color:var(--faint);font-weight:500}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}\n"
	"td code,td.n,th.n{white-space:nowrap}td.wide{min-width:18rem}\n"
	"ul{padding-left:1.2rem;margin:.4rem 0}li{margin:.25rem 0;overflow-wrap:anywhere}\n"
	"ul.tree,ul.tree ul{list-style:none;padding:0;margin:0}\n"
	"ul.tree ul{margin-left:.55rem;padding-left:1.1rem;border-left:1px solid var(--line)}\n"
	"ul.tree li{margin:.3rem 0}\n"
	".share{display:block;height:.55rem;border-radius:3px;background:var(--bar);min-width:2px;margin-top:.5rem}\n"
	"details{margin:.5rem 0}summary{cursor:pointer;color:var(--faint)}\n"
	".warn li::marker{color:var(--bad)}\n"
	"svg{display:block;width:100%;min-width:34rem;height:auto}svg text{fill:var(--faint);font:12px system-ui,sans-serif}\n"
	"svg .bar{fill:var(--bar)}svg .value{fill:var(--text)}svg line{stroke:var(--line)}svg .zero{fill:var(--faint)}\n"
	"footer{margin-top:3rem;color:var(--faint);font-size:.82rem}\n"
	"h2 small{font-weight:400}.secret{color:var(--bad)}\n"
	"table.answers{table-layout:fixed}table.answers td{overflow-wrap:anywhere}\n"
	"table.answers td:first-child{width:40%;font:.875em/1.45 ui-monospace,monospace}\n"
	"#search{width:100%;margin:1.6rem 0 0;padding:.5rem .7rem;font:inherit;color:inherit;background:var(--card);"
	"border:1px solid var(--line);border-radius:6px}\n"
	"@media print{#search{display:none}}\n"
	"@media print{body{background:#fff;color:#000}details>*{display:block}}\n";

/*
 * The search field: hides the rows that do not have the text, and opens what has it. Without the script there is no
 * field. The page's policy names the digest of these bytes, and lets no other script run.
 */
static const char script[] =
	"var field=document.createElement('input');field.id='search';field.type='search';"
	"field.placeholder='Search files, programs, addresses';field.setAttribute('aria-label',field.placeholder);"
	"document.querySelector('.tiles').after(field);"
	"var rows=document.querySelectorAll('section tr,section li'),boxes=document.querySelectorAll('section details');"
	"var were=Array.prototype.map.call(boxes,function(box){return box.open});"
	"field.addEventListener('input',function(){var text=field.value.toLowerCase();"
	"rows.forEach(function(row){row.hidden=text&&row.textContent.toLowerCase().indexOf(text)<0&&"
	"(!row.closest('details')||row.closest('details').firstChild.textContent.toLowerCase().indexOf(text)<0)});"
	"boxes.forEach(function(box,i){var any=box.querySelector('tr:not([hidden]),li:not([hidden])');"
	"box.hidden=text&&!any;box.open=text?!!any:were[i]});"
	"document.querySelectorAll('section').forEach(function(part){"
	"part.hidden=text&&!part.querySelector('tr:not([hidden]),li:not([hidden])')})});";

void report_event(struct report_page *page, const struct tsem_entry *entry)
{
	struct tsem_buffer text = {0};

	if (entry->record)
		tsem_explain_action(page->explainer, entry->record, &text);
	else
		tsem_buffer_printf(&text, "an event whose description was lost");
	html_take(page->html, &text);
}

static void add_tile(struct report_page *page, unsigned long long number, const char *label)
{
	tsem_buffer_printf(page->html, "<div class=\"tile\"><b>%llu</b>%s</div>\n", number, label);
}

static void add_head(struct report_page *page)
{
	const struct tsem_convergence *c = page->convergence;
	struct tsem_buffer verdict = {0};
	size_t programs = 0;

	for (size_t i = 0; i < page->model->set.count; i++)
		programs += page->model->set.entries[i].record &&
			    page->model->set.entries[i].record->event == TSEM_EVENT_bprm_committed_creds;
	tsem_buffer_printf(page->html, "<h1>What ");
	html_string(page->html, page->model->name);
	tsem_buffer_printf(page->html, " does</h1>\n<p class=\"mono faint\">");
	for (char *const *word = page->report->workload; *word; word++) {
		html_string(page->html, word == page->report->workload ? "" : " ");
		html_string(page->html, *word);
	}
	curve_verdict(c, &verdict);
	tsem_buffer_printf(page->html, "</p>\n<p class=\"verdict%s\">", tsem_convergence_reached(c) ? " good" : "");
	html_take(page->html, &verdict);
	tsem_buffer_printf(page->html, "</p>\n<div class=\"tiles\">\n");
	add_tile(page, c->count, c->count == 1 ? "run" : "runs");
	add_tile(page, page->model->set.count, "distinct events");
	add_tile(page, c->count ? c->runs[c->count - 1].fresh : 0, "new in the last run");
	add_tile(page, programs, programs == 1 ? "program" : "programs");
	tsem_buffer_printf(page->html, "</div>\n");
}

/* ---- warnings ---- */

static void warn_options(struct report_page *page)
{
	struct tsem_buffer words = {0};

	tsem_option_format(tsem_option_find("bypass"), page->model->options, &words);
	if (words.size) {
		tsem_buffer_printf(page->html, "<li>Not modeled, so neither seen nor refused: ");
		html_take(page->html, &words);
		tsem_buffer_printf(page->html, ".</li>\n");
	}
	for (size_t i = 0; i < page->model->name_count; i++) {
		tsem_pattern_format(&page->model->names[i], &words);
		tsem_buffer_printf(page->html, "<li>Pattern <code>");
		html_take(page->html, &words);
		tsem_pattern_describe(&page->model->names[i], &words);
		tsem_buffer_printf(page->html, "</code>: ");
		html_take(page->html, &words);
		tsem_buffer_printf(page->html, ".</li>\n");
	}
}

static void warn_trees(struct report_page *page)
{
	struct tsem_buffer words = {0};

	for (size_t i = 0; i < page->model->tree_count; i++) {
		tree_format(&page->model->trees[i], &words);
		tsem_buffer_printf(page->html, "<li>Tree <code>");
		html_take(page->html, &words);
		tsem_buffer_printf(page->html, "</code>: the workload %s, also what no run has shown.</li>\n",
				   tree_meaning(page->model->trees[i].rights));
	}
}

static void warn_runs(struct report_page *page)
{
	const struct tsem_convergence *c = page->convergence;
	tsem_u64 refused = 0, lost = 0;

	for (size_t i = 0; i < c->count; i++) {
		refused += c->runs[i].refused;
		lost += c->runs[i].lost;
		if (c->runs[i].status)
			tsem_buffer_printf(page->html, "<li>Run %zu ended with status %d.</li>\n", i + 1,
					   c->runs[i].status);
	}
	if (refused)
		tsem_buffer_printf(page->html,
				   "<li>%llu events were refused, as in every mode, and are not in the model.</li>\n",
				   refused);
	if (lost)
		tsem_buffer_printf(page->html, "<li>%llu events are in the model without their description.</li>\n",
				   lost);
}

static void warn_failed(struct report_page *page)
{
	const struct tsem_set *failed = &page->convergence->failed;

	for (size_t i = 0; i < failed->count && i < FAILED_SHOWN; i++) {
		const struct tsem_entry *entry = &failed->entries[i];

		tsem_buffer_printf(page->html, "<li>Could not be modeled, and would be refused: ");
		report_event(page, entry);
		tsem_buffer_printf(page->html, " (%llu times): %s.</li>\n", entry->count,
				   tsem_explain_failure(entry->record));
	}
	if (failed->count > FAILED_SHOWN)
		tsem_buffer_printf(page->html, "<li>%zu more events could not be modeled.</li>\n",
				   failed->count - FAILED_SHOWN);
}

static void add_warnings(struct report_page *page)
{
	size_t before = page->html->size, empty;

	tsem_buffer_printf(page->html, "<h2>To decide</h2>\n<ul class=\"warn\">\n");
	empty = page->html->size;
	warn_options(page);
	warn_trees(page);
	warn_runs(page);
	warn_failed(page);
	if (page->html->size == empty)
		page->html->size = before;
	else
		tsem_buffer_printf(page->html, "</ul>\n");
}

/* ---- events that keep changing ---- */

static void add_proposals(struct report_page *page)
{
	const struct tsem_proposals *proposals = &page->report->changes->proposals;

	if (!proposals->count)
		return;
	tsem_buffer_printf(
		page->html,
		"<h2>Patterns of names</h2>\n<p>Some names differ in each run. These patterns would cover %zu of the %zu new events. "
		"Each lets in more than the runs showed:</p>\n<div class=\"scroll\"><table><tr><th>pattern</th>"
		"<th>what it lets in</th><th>seen</th><th class=\"n\">explains</th></tr>\n",
		proposals->explained, proposals->changing);
	for (size_t i = 0; i < proposals->count; i++) {
		struct tsem_buffer text = {0};

		tsem_pattern_format(&proposals->rules[i].rule, &text);
		tsem_buffer_printf(page->html, "<tr><td><code>");
		html_take(page->html, &text);
		tsem_buffer_printf(page->html, "</code></td><td class=\"wide\">");
		tsem_pattern_describe(&proposals->rules[i].rule, &text);
		html_take(page->html, &text);
		tsem_buffer_printf(page->html, "</td><td><code>");
		html_string(page->html, proposals->rules[i].example);
		tsem_buffer_printf(page->html, "</code></td><td class=\"n\">%zu</td></tr>\n",
				   proposals->rules[i].explained);
	}
	tsem_buffer_printf(page->html, "</table></div>\n<pre>");
	html_text(page->html, page->report->command->data, page->report->command->size);
	tsem_buffer_printf(page->html, "</pre>\n");
}

static void add_change(struct report_page *page, const struct tsem_change_group *change)
{
	struct tsem_buffer action = {0}, difference = {0};

	tsem_change_describe(page->report->changes, page->convergence, change, &action, &difference);
	tsem_buffer_printf(page->html, "<li>");
	html_take(page->html, &action);
	if (change->count > 1)
		tsem_buffer_printf(page->html, ", and %zu more like it", change->count - 1);
	tsem_buffer_printf(page->html, "<br><small>");
	html_take(page->html, &difference);
	tsem_buffer_printf(page->html, "</small></li>\n");
}

static void add_changes(struct report_page *page)
{
	const struct tsem_changes *changes = page->report->changes;
	size_t shown;

	if (!changes)
		return;
	if (changes->count) {
		shown = changes->count < CHANGES_SHOWN ? changes->count : CHANGES_SHOWN;
		tsem_buffer_printf(page->html, "<h2>Events that keep changing</h2>\n<ul>\n");
		for (size_t i = 0; i < shown; i++) {
			if (i == CHANGES_OPEN)
				tsem_buffer_printf(page->html,
						   "</ul>\n<details><summary>And %zu more actions</summary>\n<ul>\n",
						   changes->count - CHANGES_OPEN);
			add_change(page, &changes->groups[i]);
		}
		tsem_buffer_printf(page->html, "</ul>%s\n", shown > CHANGES_OPEN ? "</details>" : "");
		if (changes->count > shown)
			tsem_buffer_printf(page->html, "<p>%zu of them are not listed.</p>\n", changes->count - shown);
	}
	add_proposals(page);
}

/* ---- the page ---- */

static void add_row(struct report_page *page, const char *label, const char *value)
{
	tsem_buffer_printf(page->html, "<tr><td>%s</td><td class=\"mono\">", label);
	html_string(page->html, value);
	tsem_buffer_printf(page->html, "</td></tr>\n");
}

/* What the normalisers let in, in sentences. They are the same for most models. */
static void add_normalisers(struct report_page *page)
{
	tsem_buffer_printf(page->html, "<details><summary>What the normalisers let in</summary>\n<ul>\n");
	for (const struct tsem_word *word = tsem_option_find("normalise")->words; word->word; word++) {
		if (!(page->model->options & word->value))
			continue;
		tsem_buffer_printf(page->html, "<li><code>%s</code>: ", word->word);
		html_string(page->html, word->text);
		tsem_buffer_printf(page->html, ".</li>\n");
	}
	tsem_buffer_printf(page->html, "</ul></details>\n");
}

static void add_model(struct report_page *page)
{
	const struct tsem_model *model = page->model;
	tsem_u8 state[TSEM_DIGEST_SIZE];
	struct tsem_buffer text = {0};

	tsem_buffer_printf(page->html, "<h2>The model</h2>\n<table>\n");
	add_row(page, "name", model->name);
	add_row(page, "digest", "sha256");
	add_row(page, "profile", tsem_option_word("profile", model->options));
	add_row(page, "contents that are digested", tsem_option_word("digest", model->options));
	add_row(page, "events", tsem_option_word("events", model->options));
	tsem_option_format(tsem_option_find("bypass"), model->options, &text);
	add_row(page, "bypassed classes", text.size ? text.data : "none");
	text.size = 0;
	tsem_option_format(tsem_option_find("normalise"), model->options, &text);
	add_row(page, "normalisers", text.size ? text.data : "none");
	text.size = 0;
	for (size_t i = 0; i < model->name_count; i++) {
		tsem_buffer_printf(&text, i ? ", " : "");
		tsem_pattern_format(&model->names[i], &text);
	}
	add_row(page, "patterns of names", text.size ? text.data : "none");
	text.size = 0;
	for (size_t i = 0; i < model->tree_count; i++) {
		tsem_buffer_printf(&text, i ? ", " : "");
		tree_format(&model->trees[i], &text);
	}
	add_row(page, "trees", text.size ? text.data : "none");
	add_row(page, "ids", tsem_option_word("ids", model->options));
	text.size = 0;
	tsem_buffer_printf(&text, "%u", model->runs);
	add_row(page, "runs", text.data ? text.data : "?");
	text.size = 0;
	tsem_buffer_printf(&text, "%zu", model->set.count);
	add_row(page, "coefficients", text.data ? text.data : "?");
	text.size = 0;
	if (!tsem_set_state(&model->set, NULL, NULL, state))
		buffer_hex(&text, state, sizeof(state));
	add_row(page, "state", text.data ? text.data : "?");
	tsem_buffer_printf(page->html, "</table>\n");
	tsem_buffer_deinit(&text);
	if (model->options & TSEM_NORMALISE_ALL)
		add_normalisers(page);
}

/* Which events are in the model, or stay out of it, because somebody said so. */
static void add_decisions(struct report_page *page)
{
	struct tsem_buffer text = {0};

	if (!page->model->decision_count)
		return;
	tsem_buffer_printf(page->html, "<h2>Decisions <small>%zu</small></h2>\n<ul>\n", page->model->decision_count);
	for (size_t i = 0; i < page->model->decision_count; i++) {
		decision_describe(&page->model->decisions[i], &text);
		tsem_buffer_printf(page->html, "<li>");
		html_take(page->html, &text);
		tsem_buffer_printf(page->html, "</li>\n");
	}
	tsem_buffer_printf(page->html, "</ul>\n");
}

static void add_foot(struct report_page *page)
{
	time_t now = time(NULL);
	struct tm moment;
	char date[32];

	gmtime_r(&now, &moment);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M UTC", &moment);
	tsem_buffer_printf(page->html,
			   "<footer>tsem %s, %s. Digests are shortened to their first 12 digits.</footer>\n",
			   TSEM_VERSION, date);
}

/* If the escaping fails, this policy still lets nothing run but the search, and nothing be fetched. */
static void add_policy(struct report_page *page)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	digest_bytes(script, sizeof(script) - 1, digest);
	tsem_buffer_printf(
		page->html,
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
		"script-src 'sha256-");
	base64_encode(digest, sizeof(digest), page->html);
	tsem_buffer_printf(page->html, "'\">\n");
}

static void make_page(struct report_page *page)
{
	tsem_buffer_printf(page->html, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	add_policy(page);
	tsem_buffer_printf(page->html,
			   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>tsem: ");
	html_string(page->html, page->model->name);
	tsem_buffer_printf(page->html, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n", style);
	add_head(page);
	add_warnings(page);
	report_review(page);
	tsem_buffer_printf(page->html, "<h2>New events in each run</h2>\n");
	report_curve(page);
	report_runs(page);
	add_changes(page);
	report_programs(page);
	report_classes(page);
	report_odd(page);
	add_decisions(page);
	add_model(page);
	add_foot(page);
	tsem_buffer_printf(page->html, "</main>\n<script>%s</script>\n</body>\n</html>\n", script);
}

int report_write(const struct learning_report *report, const char *path, struct tsem_error *error)
{
	struct tsem_buffer html = {0};
	struct report_page page = {
		.report = report,
		.convergence = report->convergence,
		.model = report->convergence->model,
		.explainer = tsem_explainer_create(NULL),
		.html = &html,
	};
	int r;

	if (page.explainer) {
		tsem_explainer_learn_set(page.explainer, &page.model->set);
		make_page(&page);
	}
	r = !page.explainer || html.failed ? tsem_error_set(error, ENOMEM, "out of memory") :
					     tsem_buffer_write(&html, path, error);
	if (r)
		tsem_error_wrap(error, "report");
	tsem_explainer_destroy(page.explainer);
	tsem_buffer_deinit(&html);
	return r;
}
