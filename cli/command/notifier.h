/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tsem run --notify: each new violation of a workload, as a finding of OCSF, to a receiver. */
#ifndef TSEM_CLI_NOTIFIER_H
#define TSEM_CLI_NOTIFIER_H

#include "../../lib/base/rate.h"
#include "../../sink/format.h"
#include "../../sink/notify.h"
#include "../session/workload.h"

struct notifier {
	struct notify notify;
	struct sink_knowledge knowledge;
	struct sink_format format;
	struct tsem_explainer *explainer; /* borrowed, during notifier_take() */
	struct rate rate; /* of findings: making one takes time from whoever drains */
	struct rate secrets; /* of those about secrets */
	bool quiet;
};

/* The process that posts is guarded as the orchestrator is. */
int notifier_open(struct notifier *notifier, const char *url, const char *session, bool quiet,
		  struct tsem_orchestrator *orchestrator, struct tsem_error *error);
/* A violation, whose program the explainer knows. */
void notifier_take(struct notifier *notifier, struct tsem_explainer *explainer, const struct tsem_record *record);
/* For struct workload. */
struct workload_companion notifier_companion(struct notifier *notifier);
/* Waits a little for what is left, and says what was not posted. */
void notifier_close(struct notifier *notifier);

#endif
