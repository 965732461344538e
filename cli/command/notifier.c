/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "notifier.h"

#include "../../lib/base/ticks.h"
#include "../../lib/explain/objects.h"
#include "../text/text.h"

#define BURST 256
#define INTERVAL 50000000ull /* then one each 50 ms */
#define PATIENCE_MS 5000

static void find_program(void *context, const struct tsem_record *record, struct tsem_buffer *ret_path)
{
	const struct notifier *n = context;

	tsem_explain_program(n->explainer, record, ret_path);
	if (ret_path->size && ret_path->data[0] != '/')
		ret_path->size = 0; /* a made-up name */
}

static void find_nearest(void *context, const struct tsem_record *record, struct tsem_buffer *ret_nearest,
			 struct tsem_buffer *ret_difference)
{
	const struct notifier *n = context;
	const struct tsem_record *nearest = tsem_explain_nearest(n->explainer, record);

	if (!nearest)
		return;
	tsem_explain_action(n->explainer, nearest, ret_nearest);
	tsem_explain_difference(n->explainer, nearest, record, ret_difference);
}

int notifier_open(struct notifier *n, const char *url, const char *session, bool quiet,
		  struct tsem_orchestrator *orchestrator, struct tsem_error *error)
{
	struct sink_identity identity;
	char why[NOTIFY_WHY_MAX];
	int r;

	*n = (struct notifier){.rate = {.burst = BURST, .interval = INTERVAL},
			       .secrets = {.burst = BURST, .interval = INTERVAL},
			       .quiet = quiet};
	r = notify_open(&n->notify, url, error);
	if (r)
		return r;
	r = tsem_orchestrator_guard(orchestrator, n->notify.pid, error);
	if (r) {
		notify_close(&n->notify, 0, why);
		return r;
	}
	sink_identity_here(session, &identity);
	sink_format_init(&n->format, FORMAT_OCSF, true, &identity);
	n->knowledge = (struct sink_knowledge){.context = n, .program = find_program, .nearest = find_nearest};
	n->format.knowledge = &n->knowledge;
	return 0;
}

void notifier_take(struct notifier *n, struct tsem_explainer *explainer, const struct tsem_record *record)
{
	struct tsem_buffer line = {};
	bool secret = record_secret(record); /* others must not hide it */

	if (!rate_take(secret ? &n->secrets : &n->rate, ticks_now()))
		return;
	n->explainer = explainer;
	sink_identity_follow(&n->format.identity);
	sink_format_record(&n->format, record, &line);
	if (line.failed)
		notify_miss(&n->notify, "out of memory");
	else
		notify_put(&n->notify, line.data, line.size, secret);
	tsem_buffer_deinit(&line);
}

static void tell(const struct notifier *n, const char *why)
{
	if (!n->quiet)
		fprintf(stderr, "tsem: a finding could not be posted to %s: %s\n", n->notify.host, why);
}

static int turn(void *context, struct tsem_error *error)
{
	struct notifier *n = context;
	char why[NOTIFY_WHY_MAX];

	(void)error;
	if (notify_take(&n->notify, why))
		tell(n, why);
	return 0;
}

static int find_fd(void *context)
{
	const struct notifier *n = context;

	return n->notify.socket;
}

struct workload_companion notifier_companion(struct notifier *n)
{
	return (struct workload_companion){.fd = find_fd, .turn = turn, .context = n};
}

void notifier_close(struct notifier *n)
{
	char why[NOTIFY_WHY_MAX];
	tsem_u64 left;

	if (notify_close(&n->notify, PATIENCE_MS, why))
		tell(n, why);
	left = n->notify.left_out + rate_suppressed(&n->rate) + rate_suppressed(&n->secrets);
	if (!n->quiet && n->notify.failed + left)
		fprintf(stderr,
			"tsem: %llu finding%s posted to %s, %llu not, %llu left out because there were too many\n",
			n->notify.posted, plural(n->notify.posted), n->notify.host, n->notify.failed, left);
	sink_format_deinit(&n->format);
}
