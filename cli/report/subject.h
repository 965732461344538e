/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The object of tsem show: a session or a model file. */
#ifndef TSEM_CLI_SUBJECT_H
#define TSEM_CLI_SUBJECT_H

#include "../../lib/event/tally.h"

struct subject {
	struct tsem_session *session; /* one of the two is NULL */
	struct tsem_model *model;
	struct tsem_signed *info; /* of a signed model, else NULL */
	const char *name;
	const struct tsem_set *trajectory;
	const struct tsem_set *forensics; /* NULL for a model */
	tsem_u32 options; /* TSEM_OPTION_* */
};

/* A session of that name, unless it has a slash; else a model file. With a keyring (or NULL) a model signed by it. */
int subject_open(const char *name, const struct tsem_keyring *keyring, struct subject *ret_subject,
		 struct tsem_error *error);
void subject_close(struct subject *subject);

/*
 * Over all coefficients, including violations: a session without violations that repeated all events has the model's
 * state.
 */
int subject_state(const struct subject *subject, tsem_u8 ret_digest[TSEM_DIGEST_SIZE], struct tsem_error *error);
/* Whether the order of the events is known: a model may have only coefficients. */
bool subject_has_order(const struct subject *subject);
/* Over those that were seen, in the order of their first appearance. */
int subject_measurement(const struct subject *subject, tsem_u8 ret_digest[TSEM_DIGEST_SIZE], struct tsem_error *error);

/* Knows the programs of all its events, and its model if it is a session. NULL when out of memory. */
struct tsem_explainer *subject_explainer(const struct subject *subject);
/* Of all its events. */
struct tally subject_tally(const struct subject *subject);

#endif
