/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Models: the allowed events of a workload, as a file and in memory. */
#ifndef TSEM_MODEL_H
#define TSEM_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "call.h"
#include "option.h"
#include "set.h"
#include "size.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A model that was merged into another one. */
struct tsem_source {
	char name[TSEM_NAME_MAX];
	tsem_u32 runs;
	tsem_u32 reserved;
	tsem_u8 state[TSEM_DIGEST_SIZE]; /* of its coefficients, without base and aggregate */
};

/* Each with its NUL. */
#define TSEM_DECISION_WHO 64
#define TSEM_DECISION_WHY 1024
#define TSEM_DECISIONS_MAX 65536 /* of a model */

/* What a person has decided about an event that the model lacked. */
struct tsem_decision {
	bool allow; /* the event is in the model since; false: events of this kind are refused for good */
	tsem_u64 time; /* seconds since 1970 */
	tsem_u8 key[TSEM_DIGEST_SIZE]; /* allow: the coefficient of the event; otherwise a kind, whose meaning is the asker's */
	char *who; /* 1 to 63 bytes without blanks */
	char *why; /* 0 to 1023 bytes */
};

/* The rights of a tree. */
#define TSEM_TREE_READ 0x1u
#define TSEM_TREE_WRITE 0x2u
#define TSEM_TREE_EXECUTE 0x4u

#define TSEM_TREES_MAX 64 /* of a model */

/* A directory below which the workload may do what the rights say, also what no run has shown. */
struct tsem_tree {
	char *path; /* absolute, without links; not that of the whole file system */
	tsem_u32 rights; /* TSEM_TREE_* */
	tsem_u32 reserved;
};

struct tsem_model {
	char name[TSEM_NAME_MAX];
	tsem_u32 options; /* TSEM_OPTION_*: profile, digest policy, normalisers */
	tsem_u32 runs; /* number of learning runs */
	struct tsem_name_rule names[TSEM_NAME_RULES];
	size_t name_count;
	struct tsem_set set;
	struct tsem_source *sources; /* in the order in which they were merged; NULL when it was not merged */
	size_t source_count;
	char **pseudonyms; /* paths of files whose content digest is tsem_pseudonym_digest(path), ascending, none twice */
	size_t pseudonym_count;
	struct tsem_sizes large; /* of the contents above TSEM_CONTENT_SMALL */
	struct tsem_calls calls;
	bool has_action; /* it says which action suits the workload when it is enforced */
	tsem_u32 action; /* TSEM_ACTION_* */
	struct tsem_decision *decisions; /* those with allow first, then ascending by key, none twice */
	size_t decision_count;
	struct tsem_tree *trees; /* ascending by path, none twice */
	size_t tree_count;
};

struct tsem_model *tsem_model_create(const char *name, tsem_u32 options);
void tsem_model_destroy(struct tsem_model *model);
/* -EEXIST: it is there already; -ENOSPC: there are TSEM_NAME_RULES already. */
int tsem_model_add_pattern(struct tsem_model *model, const struct tsem_name_rule *rule);
/*
 * text: DIR:r, DIR:rw, DIR:rx or DIR:rwx. DIR is the path in its shortest form, and is not looked at. If there is a tree
 * of that path, it gets these rights. -EINVAL; -ENOSPC: there are TSEM_TREES_MAX already; -ENOMEM.
 */
int tsem_model_add_tree(struct tsem_model *model, const char *text, struct tsem_error *error);
/*
 * Adds a copy of the decision, which replaces one of the same allow and key, unless that is later. -EINVAL: it cannot be
 * written like this, or it allows a coefficient that the model lacks; -E2BIG: there are TSEM_DECISIONS_MAX already;
 * -ENOMEM.
 */
int tsem_model_decide(struct tsem_model *model, const struct tsem_decision *decision);
/* NULL when there is none. It holds until the model's decisions change. */
const struct tsem_decision *tsem_model_decision(const struct tsem_model *model, bool allow, const tsem_u8 *key);
/*
 * Errors name the file, the line and the reason. Nothing is guessed: an incomplete file is refused. A signed model is
 * read like any other, and its signatures are ignored: see tsem_model_read_signed.
 */
int tsem_model_read(const char *path, struct tsem_model **ret_model, struct tsem_error *error);
/* Temporary file beside path, fsync, rename: path is either as it was or complete. */
int tsem_model_write(const struct tsem_model *model, const char *path, struct tsem_error *error);

/*
 * Appends the lines of the file's head that say what is modeled and how: two models are comparable when these are
 * equal.
 */
void tsem_model_settings(const struct tsem_model *model, struct tsem_buffer *buffer);

/*
 * Adds the coefficients and events of other that model lacks. It adds counts and runs; the runs of other count as the
 * later ones. The sources then name both models, or the sources that they had. The sizes of large contents and the
 * decisions are those of both; of two decisions on the same, the later one. If one model has no list of system calls, the result has none. -EINVAL when their settings differ; model is
 * then unchanged.
 */
int tsem_model_merge(struct tsem_model *model, const struct tsem_model *other, struct tsem_error *error);

/* SHA-256 of the readable bytes of the descriptor, from its present position on. Negative errno. */
int tsem_digest_file(int fd, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);

/* Why the file of this path can have no pseudonym, as the end of a sentence; NULL when it can. */
const char *tsem_pseudonym_fault(const char *path);
/* H(u32 length || path) */
void tsem_pseudonym_digest(const char *path, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);
/* Adds the path to the model's list, and nothing else. -EEXIST: it is there already. */
int tsem_model_add_pseudonym(struct tsem_model *model, const char *path, struct tsem_error *error);
bool tsem_model_has_pseudonym(const struct tsem_model *model, const char *path);

#ifdef __cplusplus
}
#endif

#endif
