/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Violations as they happen, in words: to the system's log, and to standard error. */
#ifndef TSEM_CLI_TELLING_H
#define TSEM_CLI_TELLING_H

#include "../../lib/base/rate.h"
#include "../../lib/tsem.h"
#include "../session/journal.h"
#include "notifier.h"

struct telling {
	struct tsem_explainer *explainer;
	struct tsem_model *reloaded; /* the explainer's, when it is no longer that of the beginning */
	struct tsem_model_stamp model; /* of the session's copy, when it was last looked at */
	const char *name;
	struct tsem_buffer title; /* of its labels */
	bool quiet; /* nothing to standard error */
	bool untrusts, refuses; /* what a violation leads to */
	bool told_beginning, told_untrust;
	tsem_u64 consequences,
		told_consequences; /* events of untrusted processes that are not told yet; when the last were */
	struct rate rate;
	struct rate secrets; /* of violations that are about secrets: their own, so that no others hide them */
	struct journal journal;
	struct notifier
		*notifier; /* gets violations, too; NULL: there is none. Set by who owns it, after the beginning */
};

/* The name is borrowed. log: also to the system's log. */
void telling_begin(struct telling *telling, const char *name, const struct tsem_namespace_options *options, bool quiet,
		   bool log);
/* A tsem_record_fn whose context is the telling. */
int telling_take(void *telling, const struct tsem_record *record);
/* Says what was held back. */
void telling_end(struct telling *telling);

#endif
