/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The text form of a model (docs/model-file.md). */
#ifndef TSEM_LIB_MODEL_H
#define TSEM_LIB_MODEL_H

#include "../tsem.h"

#define MODEL_VERSION 1
#define MODEL_SIZE_MAX (1ull << 30)
/* A line holds the largest event in its longest spelling: six bytes of JSON for one of the CELL. */
#define MODEL_LINE_MAX (128u << 10)

/* The bytes of a file that begins like a model or like a signed one, all read at once. */
int model_load(const char *path, struct tsem_buffer *ret_bytes, struct tsem_error *error);
/* name is for the errors */
int model_parse(const char *bytes, size_t size, const char *name, struct tsem_model **ret_model,
		struct tsem_error *error);
/* Appends the whole file. */
int model_format(const struct tsem_model *model, struct tsem_buffer *buffer, struct tsem_error *error);
/* Why this cannot be a model's name; NULL when it can. */
const char *model_name_fault(const char *name);
/* Whether an event belongs to this coefficient; if not, why. */
const char *model_record_fault(const struct tsem_record *record, const tsem_u8 *coefficient);

/* Whether it stands for events that could not be modeled, and not for one that is refused in every mode. */
bool entry_failed(const struct tsem_entry *entry);
/* Adds counts, runs and the earlier place in the order of another entry of the same event. Not the record. */
void entry_join(struct tsem_entry *entry, const struct tsem_entry *other);
/* A copy of the record, NULL when out of memory or when there is no record. */
struct tsem_record *record_copy(const struct tsem_record *record);
/* Adds an event that was seen outside the model, as if it had been learned, in this place; nothing when it is there. -ENOMEM. */
int model_adopt(struct tsem_model *model, const struct tsem_entry *event, tsem_u64 number);
/* The place of its last entry in the order of appearance. */
tsem_u64 set_last_number(const struct tsem_set *set);
/* False when out of memory. */
bool model_add_source(struct tsem_model *model, const struct tsem_source *source);
/* Appends a name as the file has it: printable ASCII, and blanks if they may be in it; all else and the backslash as \xHH. */
void model_escape(const char *name, bool blanks, struct tsem_buffer *buffer);
/* The name of the escaped text; false when model_escape would not write this text. */
bool model_unescape(const char *text, size_t size, bool blanks, char *ret_name, size_t limit);
/* The rights that a word stands for, and the other way round; 0, and NULL: there is none. */
tsem_u32 tree_rights(const char *word);
const char *tree_word(tsem_u32 rights);
/* What the rights let a workload do, in words. */
const char *tree_meaning(tsem_u32 rights);
/* Where the rights begin in "DIR:RIGHTS", behind the colon; NULL: it is no such text, and the error says so. */
const char *tree_text_rights(const char *text, struct tsem_error *error);
/* Appends the tree as tsem_model_add_tree() takes it. */
void tree_format(const struct tsem_tree *tree, struct tsem_buffer *buffer);
void model_deinit_trees(struct tsem_model *model);
/* The order of the file. Two decisions on the same are equal, whoever decided. */
int decision_order(const struct tsem_decision *a, const struct tsem_decision *b);
/* Whether the file of the model may have it. */
bool decision_valid(const struct tsem_model *model, const struct tsem_decision *decision);
/* tsem_model_decide() without asking whether it is valid. */
int model_add_decision(struct tsem_model *model, const struct tsem_decision *decision);
int model_join_decisions(struct tsem_model *joined, const struct tsem_model *a, const struct tsem_model *b);
/* Drops those that allow a coefficient that the model no longer has. */
void model_drop_decisions(struct tsem_model *model);
/* After their keys have changed: sorts them, and keeps the latest of those on the same. */
void model_sort_decisions(struct tsem_model *model);
void model_deinit_decisions(struct tsem_model *model);
/* -EINVAL when they do not model the same in the same way; what: that they "cannot be merged", or the like. */
int model_settings_check(const struct tsem_model *model, const struct tsem_model *other, const char *what,
			 struct tsem_error *error);
/* Appends the head up to the number of coefficients. */
void model_format_head(const struct tsem_model *model, struct tsem_buffer *buffer);

#endif
