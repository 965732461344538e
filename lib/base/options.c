/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of abi/options.h as tables. */
#include <errno.h>
#include <string.h>

#include "buffer.h"

#define WORD(number, name, word, text) {word, number, text},
static const struct tsem_word modes[] = {TSEM_MODES(WORD){}};
static const struct tsem_word actions[] = {TSEM_ACTIONS(WORD){}};
static const struct tsem_word profiles[] = {TSEM_PROFILES(WORD){}};
static const struct tsem_word contents[] = {TSEM_CONTENTS(WORD){}};
static const struct tsem_word event_sets[] = {TSEM_EVENT_SETS(WORD){}};
static const struct tsem_word id_kinds[] = {TSEM_ID_KINDS(WORD){}};
static const struct tsem_word normalisers[] = {TSEM_NORMALISERS(WORD){}};
#undef WORD
#define CLASS(name, word) {word, TSEM_OPTION_BYPASS(TSEM_CLASS_##name), NULL},
static const struct tsem_word classes[] = {TSEM_CLASSES(CLASS){}};
#undef CLASS

_Static_assert(TSEM_OPTION_BYPASSES == TSEM_OPTION_BYPASS(TSEM_CLASS_COUNT) - TSEM_OPTION_BYPASS(0),
	       "every class of events has a bit");

#define BITS(bits, ...) | (bits)
/* In the order of the lines in a model file. */
static const struct tsem_option options[] = {
	{"profile", "profile", 0 TSEM_PROFILES(BITS), false, true, profiles},
	{"digest", "contents", 0 TSEM_CONTENTS(BITS), false, true, contents},
	{"events", "events", 0 TSEM_EVENT_SETS(BITS), false, false, event_sets},
	{"bypass", "bypass", TSEM_OPTION_BYPASSES, true, false, classes},
	{"ids", "ids", 0 TSEM_ID_KINDS(BITS), false, false, id_kinds},
	{"normalise", "normalise", TSEM_NORMALISE_ALL, true, false, normalisers},
};
#undef BITS
#define OPTION_COUNT (sizeof(options) / sizeof(*options))

const struct tsem_option *tsem_option_at(unsigned index)
{
	return index < OPTION_COUNT ? &options[index] : NULL;
}

const struct tsem_option *tsem_option_find(const char *name)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (!strcmp(options[i].name, name))
			return &options[i];
	return NULL;
}

static const struct tsem_word *find_word(const struct tsem_word *words, const char *text, size_t size)
{
	for (; words->word; words++)
		if (strlen(words->word) == size && !memcmp(words->word, text, size))
			return words;
	return NULL;
}

static const struct tsem_word *find_value(const struct tsem_word *words, tsem_u32 value)
{
	while (words->word && words->value != value)
		words++;
	return words->word ? words : NULL;
}

static int parse_list(const struct tsem_word *words, const char *text, size_t size, tsem_u32 *ret_bits)
{
	const char *end = text + size, *comma;
	tsem_u32 bits = 0;

	do {
		const struct tsem_word *word;

		comma = memchr(text, ',', end - text);
		word = find_word(words, text, (comma ? comma : end) - text);
		if (!word || bits & word->value)
			return -EINVAL;
		bits |= word->value;
		text = comma ? comma + 1 : end;
	} while (comma);
	*ret_bits = bits;
	return 0;
}

int tsem_option_parse(const struct tsem_option *option, const char *text, size_t size, tsem_u32 *ret_bits)
{
	const struct tsem_word *word;

	if (option->list)
		return parse_list(option->words, text, size, ret_bits);
	word = find_word(option->words, text, size);
	if (!word)
		return -EINVAL;
	*ret_bits = word->value;
	return 0;
}

const char *tsem_option_word(const char *name, tsem_u32 bits)
{
	const struct tsem_option *option = tsem_option_find(name);
	const struct tsem_word *word = option ? find_value(option->words, bits & option->mask) : NULL;

	return word ? word->word : "unknown";
}

void tsem_option_format(const struct tsem_option *option, tsem_u32 bits, struct tsem_buffer *buffer)
{
	const char *before = "";

	for (const struct tsem_word *word = option->words; word->word; word++) {
		if (option->list ? !(bits & word->value) : (bits & option->mask) != word->value)
			continue;
		tsem_buffer_printf(buffer, "%s%s", before, word->word);
		before = ",";
	}
}

const char *tsem_mode_name(tsem_u32 mode)
{
	const struct tsem_word *word = find_value(modes, mode);

	return word ? word->word : NULL;
}

const char *tsem_action_name(tsem_u32 action)
{
	const struct tsem_word *word = find_value(actions, action);

	return word ? word->word : NULL;
}

int tsem_action_parse(const char *text, size_t size, tsem_u32 *ret_action)
{
	const struct tsem_word *word = find_word(actions, text, size);

	if (!word)
		return -EINVAL;
	*ret_action = word->value;
	return 0;
}
