/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How a model or a namespace models: words for the numbers and bits of abi/options.h, and patterns of names. */
#ifndef TSEM_OPTION_H
#define TSEM_OPTION_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/name_rule.h"
#include "abi/options.h"
#include "buffer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A word of a command line or of a model file, its bits, and its meaning; NULL for a class of events. */
struct tsem_word {
	const char *word; /* NULL ends a list */
	tsem_u32 value;
	const char *text;
};

/* A setting with which a model was made. */
struct tsem_option {
	const char *name; /* on the command line, after -- */
	const char *key; /* of its line in a model file */
	tsem_u32 mask; /* the bits of TSEM_OPTION_* that it decides */
	bool list; /* words with commas between them, each with a bit of its own; else one word */
	bool always; /* the line is there also when no bit is set */
	const struct tsem_word *words;
};

/* From 0 on, in the order of the lines in a model file; NULL after the last one. */
const struct tsem_option *tsem_option_at(unsigned index);
/* By its name on the command line; NULL when there is no such option. */
const struct tsem_option *tsem_option_find(const char *name);
/* -EINVAL: an unknown word, a duplicate, or an empty list. */
int tsem_option_parse(const struct tsem_option *option, const char *text, size_t size, tsem_u32 *ret_bits);
/* Appends text for tsem_option_parse; nothing for a list without words. */
void tsem_option_format(const struct tsem_option *option, tsem_u32 bits, struct tsem_buffer *buffer);
/* The word of an option that is no list, by the option's name; "unknown" when it has none. */
const char *tsem_option_word(const char *name, tsem_u32 bits);

/* TSEM_MODE_*, TSEM_ACTION_*: NULL for a number without a word, -EINVAL for a word without a number. */
const char *tsem_mode_name(tsem_u32 mode);
const char *tsem_action_name(tsem_u32 action);
int tsem_action_parse(const char *text, size_t size, tsem_u32 *ret_action);

/*
 * A pattern of names that differ from run to run: /DIRECTORY/PREFIX{CLASS LENGTH}SUFFIX
 * with CLASS digit, hex or alnum (letters, digits, _ and -), and LENGTH 1 to 64 or left out; several parts in braces;
 * {name} for characters that stay. It is about one whole name; the prefix and the suffix may be empty. A relative name
 * begins with ./, an abstract one with @ (docs/portability.md).
 */
int tsem_pattern_parse(const char *text, size_t size, struct tsem_name_rule *ret_rule, struct tsem_error *error);
void tsem_pattern_format(const struct tsem_name_rule *rule, struct tsem_buffer *buffer);
/* Appends what the pattern lets in, as a sentence without its first letter and its end. */
void tsem_pattern_describe(const struct tsem_name_rule *rule, struct tsem_buffer *buffer);

#ifdef __cplusplus
}
#endif

#endif
