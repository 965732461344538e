/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "telling.h"

#include "../../lib/explain/objects.h"
#include "../../lib/kernel/runtime.h"
#include "../front/printer.h"
#include "../report/explain.h"
#include "../report/labels.h"
#include "../text/text.h"
#include "../../lib/base/ticks.h"

#include <stdio.h>

/* So many violations are explained at once, then one each second; tsem why has them all. */
#define EXPLAINED_BURST 20
#define EXPLAINED_INTERVAL 1000000000ull

#define CONSEQUENCES_INTERVAL 60000000000ull

static void tell(struct telling *t, const char *text)
{
	struct tsem_buffer line = {};

	tsem_buffer_printf(&line, "%s", t->name);
	if (t->title.size)
		tsem_buffer_printf(&line, " (%s)", t->title.data);
	tsem_buffer_printf(&line, ": %s", text);
	if (line.data)
		journal_write(&t->journal, line.data);
	tsem_buffer_deinit(&line);
	if (!t->quiet)
		fprintf(stderr, "tsem: %s\n", text);
}

/* Who does not read standard error is told where it is read. */
static void tell_left_out(struct telling *t)
{
	struct tsem_buffer line = {};
	tsem_u64 count = printer_end();

	if (!count)
		return;
	tsem_buffer_printf(&line,
			   "%s: nobody read %llu lines of standard error, so tsem left them out there: `tsem why %s`",
			   t->name, count, t->name);
	if (line.data)
		journal_write(&t->journal, line.data);
	tsem_buffer_deinit(&line);
}

static void tell_suppressed(struct telling *t)
{
	tsem_u64 count = rate_suppressed(&t->rate) + rate_suppressed(&t->secrets);
	char text[TSEM_NAME_MAX + 80];

	if (!count)
		return;
	snprintf(text, sizeof(text), "%llu more violation%s: `tsem why %s`", count, plural(count), t->name);
	tell(t, text);
}

/* What untrusted processes do is one line with a count, however much it is. */
static void tell_consequences(struct telling *t)
{
	char text[TSEM_NAME_MAX + 160];

	if (!t->consequences)
		return;
	snprintf(text, sizeof(text),
		 "%llu more event%s of untrusted processes, regardless of the model, %s: `tsem why %s`",
		 t->consequences, plural(t->consequences), t->refuses ? "refused" : "recorded as violations", t->name);
	tell(t, text);
	t->consequences = 0;
}

static void take_consequence(struct telling *t)
{
	tsem_u64 now = ticks_now();

	if (!t->consequences++ && !t->told_consequences)
		t->told_consequences = now;
	if (now - t->told_consequences < CONSEQUENCES_INTERVAL)
		return;
	t->told_consequences = now;
	tell_consequences(t);
}

/* Said once: which process it was, the violation says. */
static void tell_untrust(struct telling *t, const struct tsem_record *record)
{
	struct tsem_buffer text = {};

	if (!t->untrusts || t->told_untrust)
		return;
	t->told_untrust = true;
	tsem_buffer_printf(&text,
			   "from now on every event of process %u and its children is %s, even if the model allows it; "
			   "use --on-violation deny for a server",
			   record->pid, t->refuses ? "refused" : "recorded as a violation");
	if (text.data)
		tell(t, text.data);
	tsem_buffer_deinit(&text);
}

/* tsem reload may have replaced the model that violations are compared with. */
static void look_reloaded(struct telling *t)
{
	struct tsem_model *model = tsem_session_replaced(t->name, &t->model);

	if (!model)
		return;
	tsem_explainer_destroy(t->explainer);
	tsem_model_destroy(t->reloaded);
	t->explainer = tsem_explainer_create(&model->set);
	explain_origin(t->explainer, t->name);
	t->reloaded = model;
}

static void tell_violation(struct telling *t, const struct tsem_record *record)
{
	struct tsem_buffer text = {}, beginning = {};

	look_reloaded(t);
	tell_suppressed(t);
	tell_consequences(t);
	explain_record(t->explainer, record, &text);
	if (text.data)
		tell(t, text.data);
	if (!t->told_beginning && explain_beginning(t->explainer, record, &beginning)) {
		t->told_beginning = true;
		tell(t, beginning.data);
	}
	tsem_buffer_deinit(&text);
	tsem_buffer_deinit(&beginning);
}

static void notify(struct telling *t, const struct tsem_record *record)
{
	look_reloaded(t);
	notifier_take(t->notifier, t->explainer, record);
}

int telling_take(void *context, const struct tsem_record *record)
{
	struct telling *t = context;

	tsem_explainer_learn(t->explainer, record);
	if (!(record->flags & TSEM_RECORD_VIOLATION))
		return 0;
	if (t->notifier && !(record->flags & TSEM_RECORD_UNTRUSTED))
		notify(t, record);
	if (t->quiet && !t->journal.present)
		return 0;
	if (record->flags & TSEM_RECORD_UNTRUSTED) {
		take_consequence(t);
		return 0;
	}
	/* Whoever drains explains: a workload must not choose how much, or records of others are lost. */
	if (rate_take(record_secret(record) ? &t->secrets : &t->rate, ticks_now()))
		tell_violation(t, record);
	tell_untrust(t, record);
	return 0;
}

void telling_begin(struct telling *t, const char *name, const struct tsem_namespace_options *options, bool quiet,
		   bool log)
{
	const struct tsem_model *model = options->mode == TSEM_MODE_FREE ? NULL : options->model;
	struct labels labels;

	*t = (struct telling){
		.untrusts = options->action == TSEM_ACTION_UNTRUST,
		.refuses = options->mode == TSEM_MODE_ENFORCING,
		.quiet = quiet,
		.name = name,
		.rate = {.burst = EXPLAINED_BURST, .interval = EXPLAINED_INTERVAL},
		.secrets = {.burst = EXPLAINED_BURST, .interval = EXPLAINED_INTERVAL / 5},
		.journal = {.socket = -1},
	};
	t->explainer = tsem_explainer_create(model ? &model->set : NULL);
	explain_origin(t->explainer, name);
	labels_load(&labels, name);
	labels_title(&labels, &t->title);
	look_reloaded(t);
	if (log)
		journal_open(&t->journal);
}

void telling_end(struct telling *t)
{
	tell_suppressed(t);
	tell_consequences(t);
	tell_left_out(t);
	if (t->journal.lost && !t->quiet)
		fprintf(stderr, "tsem: the system's log did not take %llu message%s\n", t->journal.lost,
			plural(t->journal.lost));
	journal_close(&t->journal);
	tsem_buffer_deinit(&t->title);
	tsem_explainer_destroy(t->explainer);
	tsem_model_destroy(t->reloaded);
}
