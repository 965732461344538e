/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The person behind an asking namespace: carries questions to the terminal of the workload and to front ends, and the
 * answers back; keeps the model that "always" adds to; writes down who decided what.
 */
#ifndef TSEM_CLI_ASK_H
#define TSEM_CLI_ASK_H

#include "../../lib/ask/tree.h"
#include "../front/front.h"
#include "../session/workload.h"

struct ask;

struct ask_options {
	struct tsem_orchestrator *orchestrator;
	const char *session;
	const struct tsem_model *model; /* judged by */
	const char *output; /* the file that "always" and "never" are written to; NULL: "always" lasts as "run" does */
	const struct trees *trees;
	const char *webhook; /* URL of somebody who is asked by HTTP, too; NULL: nobody is */
	unsigned patience_s;
	bool person; /* false: only the trees decide, and nobody is ever asked */
	bool observes; /* what is not allowed is a violation, and not refused */
	bool quiet;
	int reasons; /* the workload can read what is written there; -1: it cannot */
};

int ask_open(const struct ask_options *options, struct ask **ret_ask, struct tsem_error *error);
void ask_close(struct ask *ask);
/* For struct workload. */
struct workload_companion ask_companion(struct ask *ask);
/* The numbers of decisions, as sentences to standard error; nothing when there were none. */
void ask_report(const struct ask *ask);

#endif
