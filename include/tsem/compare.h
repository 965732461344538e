/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Models of files that change: contents, another base, two models side by side, the older part of one. */
#ifndef TSEM_COMPARE_H
#define TSEM_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A content that the events of a model name, and of which file it is. */
struct tsem_content {
	char *path;
	char type[16]; /* of the path: root, namespace, chroot, detached */
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	tsem_u8 replacement[TSEM_DIGEST_SIZE]; /* the digest to replace it with; initially the same */
	size_t events; /* set by tsem_model_rebase: how many events changed because of it */
};

struct tsem_contents {
	struct tsem_content *items; /* in the order in which the events name them */
	size_t count;
	size_t capacity;
	struct tsem_set index; /* private */
};

struct tsem_rebased {
	size_t programs; /* programs that have another TASK_ID now */
	size_t events; /* events that have another coefficient now */
	size_t merged; /* events that became equal to another one */
	size_t strangers; /* events of programs whose start the model does not hold: nothing is known of their TASK_ID */
};

int tsem_model_contents(const struct tsem_model *model, struct tsem_contents *ret_contents, struct tsem_error *error);
/* The same content of the same file; NULL when it is not in the list. */
struct tsem_content *tsem_contents_find(const struct tsem_contents *contents, const struct tsem_content *content);
void tsem_contents_deinit(struct tsem_contents *contents);

/*
 * Replaces the digests, and recomputes everything that depends on them: TASK_IDs in all places, and coefficients.
 * Coefficients without an event stay as they are; check for them first if you cannot accept that. Decisions that allow
 * an event follow it. On failure the model is unchanged.
 */
int tsem_model_rebase(struct tsem_model *model, struct tsem_contents *contents, struct tsem_rebased *ret_rebased,
		      struct tsem_error *error);

/* Events of two models with the same action of the same program, except for one field. */
struct tsem_pair {
	const struct tsem_entry *a, *b;
};

struct tsem_comparison {
	struct tsem_contents contents; /* of a; a content that differs in b has b's as replacement */
	struct tsem_rebased rebased;
	struct tsem_pair *pairs;
	size_t pair_count;
	const struct tsem_entry **only[2]; /* events that the other model does not have, and that have no partner */
	size_t count[2];
	size_t bare[2]; /* coefficients without event that the other model does not have */
};

/* Puts the contents of b in the place of those of a, and compares then. Borrows the events of both models. */
int tsem_model_compare(struct tsem_model *a, const struct tsem_model *b, struct tsem_comparison *ret_comparison,
		       struct tsem_error *error);
bool tsem_content_changed(const struct tsem_content *content);
void tsem_comparison_deinit(struct tsem_comparison *comparison);

/* Whether the event was seen in none of the recent last learning runs. False when that is not known. */
bool tsem_model_outdated(const struct tsem_model *model, const struct tsem_entry *entry, tsem_u32 recent);
/* Drops outdated events, and the decisions that allow them. On failure the model is unchanged. */
int tsem_model_minimise(struct tsem_model *model, tsem_u32 recent, struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
