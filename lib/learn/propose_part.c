/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The part that varies in some names, or in the same piece of each: the common beginning and end, and the characters of
 * the rest. A few names that a person chose look like a few names that a program made up; in doubt there is no part.
 */
#include <string.h>

#include "propose_part.h"

#define MANY_IN_ONE_RUN 8
#define CHANCE_CHARS 3 /* so many may be common to a few random names by chance */
#define ALNUM_SURE 4 /* so many random names have none in common by chance */
#define HEX_SURE 5
#define ALNUM_LEAST 3 /* shorter ones are words or numbers */
#define ALNUM_ALONE 16 /* without prefix and suffix: so long, at the least */
#define HEX_ALONE 8
#define DIGITS_FIXED 8 /* shorter numbers are counters and process ids, and will be longer one day */
#define HEX_FIXED 6

struct names {
	const struct varying_name *names;
	size_t count;
	bool alone; /* nothing else of the name is known */
	size_t prefix, suffix; /* bytes */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_separator(char c)
{
	return !is_digit(c) && !is_lower(c) && !is_upper(c);
}

size_t names_prefix(const struct varying_name *names, size_t count)
{
	size_t size = names[0].size;

	for (size_t i = 1; i < count; i++) {
		size_t same = 0;

		while (same < size && same < names[i].size && names[i].text[same] == names[0].text[same])
			same++;
		size = same;
	}
	return size;
}

static size_t common_suffix(const struct varying_name *names, size_t count, size_t prefix)
{
	size_t size = names[0].size - prefix;

	for (size_t i = 1; i < count; i++) {
		size_t same = 0;

		while (same < size && same < names[i].size - prefix &&
		       names[i].text[names[i].size - 1 - same] == names[0].text[names[0].size - 1 - same])
			same++;
		size = same;
	}
	return size;
}

static const char *middle_of(const struct names *n, size_t i, size_t *ret_size)
{
	*ret_size = n->names[i].size - n->prefix - n->suffix;
	return n->names[i].text + n->prefix;
}

/* The least class that has all of the varying parts; false when there is none. */
static bool classify(const struct names *n, tsem_u32 *ret_class)
{
	tsem_u32 class = TSEM_NAME_DIGIT;

	for (size_t i = 0; i < n->count; i++) {
		size_t size;
		const char *middle = middle_of(n, i, &size);

		for (size_t at = 0; at < size; at++) {
			tsem_u32 needed = TSEM_NAME_DIGIT;

			while (needed <= TSEM_NAME_ALNUM && !name_class_has(needed, middle[at]))
				needed++;
			if (needed > class)
				class = needed;
		}
	}
	*ret_class = class;
	return class <= TSEM_NAME_ALNUM;
}

/* Digits before and behind are part of the number. */
static void widen_digits(struct names *n)
{
	const struct varying_name *name = &n->names[0];

	while (n->prefix && is_digit(name->text[n->prefix - 1]))
		n->prefix--;
	while (n->suffix && is_digit(name->text[name->size - n->suffix]))
		n->suffix--;
}

static bool is_hex(char c)
{
	return name_class_has(TSEM_NAME_HEX, c);
}

/* So are hexadecimal digits that nothing else joins: numbers of processes of one day begin alike. */
static void widen_hex(struct names *n)
{
	const struct varying_name *name = &n->names[0];
	size_t prefix = n->prefix, suffix = n->suffix;

	while (prefix && is_hex(name->text[prefix - 1]))
		prefix--;
	while (suffix && is_hex(name->text[name->size - suffix]))
		suffix--;
	if ((!prefix || is_separator(name->text[prefix - 1])) &&
	    (!suffix || is_separator(name->text[name->size - suffix]))) {
		n->prefix = prefix;
		n->suffix = suffix;
	}
}

/* Characters that a few random names share beyond the next separator are chance, and become a part of what varies. */
static void widen_chance(struct names *n)
{
	const struct varying_name *name = &n->names[0];
	size_t at = n->prefix;

	while (at && !is_separator(name->text[at - 1]))
		at--;
	if (at && n->prefix - at <= CHANCE_CHARS)
		n->prefix = at;
	for (at = n->suffix; at && !is_separator(name->text[name->size - at]); at--)
		;
	if (n->suffix - at <= CHANCE_CHARS)
		n->suffix = at;
}

static bool widen(struct names *n, tsem_u32 *ret_class)
{
	tsem_u32 before;

	if (!classify(n, &before))
		return false;
	if (before == TSEM_NAME_DIGIT)
		widen_digits(n);
	else if (before == TSEM_NAME_HEX)
		widen_hex(n);
	if (before != TSEM_NAME_DIGIT && n->count < (before == TSEM_NAME_HEX ? HEX_SURE : ALNUM_SURE))
		widen_chance(n);
	return classify(n, ret_class);
}

static bool has_two_kinds(const char *text, size_t size)
{
	bool digit = false, lower = false, upper = false;

	for (size_t i = 0; i < size; i++) {
		digit |= is_digit(text[i]);
		lower |= is_lower(text[i]);
		upper |= is_upper(text[i]);
	}
	return digit + lower + upper >= 2;
}

/* Words are of one kind of characters, as a rule; names that a program makes up are not. */
static bool looks_generated(const struct names *n)
{
	size_t mixed = 0, size;

	for (size_t i = 0; i < n->count; i++) {
		const char *middle = middle_of(n, i, &size);

		mixed += has_two_kinds(middle, size);
	}
	return 4 * mixed >= 3 * n->count;
}

static size_t count_runs(const struct varying_name *names, size_t count)
{
	size_t runs = 0;

	for (size_t i = 0; i < count; i++) {
		size_t before = 0;

		while (before < i && names[before].run != names[i].run)
			before++;
		runs += before == i;
		if (runs > 2)
			break; /* more is not asked for */
	}
	return runs;
}

bool names_enough(const struct varying_name *names, size_t count)
{
	return count > MANY_IN_ONE_RUN || (count >= 2 && count_runs(names, count) >= 2);
}

static bool measure(const struct names *n, size_t *ret_least, size_t *ret_most)
{
	size_t least = (size_t)-1, most = 0;

	for (size_t i = 0; i < n->count; i++) {
		size_t size = n->names[i].size - n->prefix - n->suffix;

		least = size < least ? size : least;
		most = size > most ? size : most;
	}
	*ret_least = least;
	*ret_most = most;
	return least > 0 && most <= TSEM_NAME_MIDDLE_MAX;
}

/* Whether names of this form are more likely made up than chosen. */
static bool is_likely(const struct names *n, tsem_u32 class, size_t least, size_t most)
{
	size_t runs = count_runs(n->names, n->count);
	bool alone = n->alone && !n->prefix && !n->suffix, fixed = least == most;

	if (class == TSEM_NAME_DIGIT)
		return true;
	if (class == TSEM_NAME_HEX)
		return (fixed || runs >= 2) && (!alone || (fixed && least >= HEX_ALONE));
	if (least < ALNUM_LEAST || (alone && (!fixed || least < ALNUM_ALONE)) || (runs < 2 && !fixed))
		return false;
	return looks_generated(n) || (n->prefix && n->count >= 3 && runs > 2);
}

static bool is_fixed(tsem_u32 class, size_t least, size_t most)
{
	size_t shortest = class == TSEM_NAME_DIGIT ? DIGITS_FIXED : class == TSEM_NAME_HEX ? HEX_FIXED : 0;

	return least == most && least >= shortest;
}

/* Of any length, the varying part takes all characters of its class that follow: none are left for the suffix. */
static void free_suffix(struct names *n, tsem_u32 class)
{
	const struct varying_name *name = &n->names[0];

	while (n->suffix && name_class_has(class, name->text[name->size - n->suffix]))
		n->suffix--;
}

bool name_part_guess(const struct varying_name *names, size_t count, bool alone, struct name_part *ret_part)
{
	struct names n = {.names = names, .count = count, .alone = alone, .prefix = names_prefix(names, count)};
	size_t least, most;
	tsem_u32 class;

	n.suffix = common_suffix(names, count, n.prefix);
	if (!widen(&n, &class) || !measure(&n, &least, &most))
		return false;
	if (!is_fixed(class, least, most)) {
		free_suffix(&n, class);
		measure(&n, &least, &most);
	}
	if (!is_likely(&n, class, least, most) || most > TSEM_NAME_MIDDLE_MAX)
		return false;
	*ret_part = (struct name_part){
		.prefix = n.prefix,
		.suffix = n.suffix,
		.class = class,
		.length = is_fixed(class, least, most) ? least : 0,
	};
	return true;
}

/* Random names, all alike and without anything in common: what a few of them begin with is chance. */
bool names_random(const struct varying_name *names, size_t count)
{
	struct names n = {.names = names, .count = count};
	size_t least, most;
	tsem_u32 alphabet;

	return classify(&n, &alphabet) && alphabet != TSEM_NAME_DIGIT && measure(&n, &least, &most) && least == most &&
	       looks_generated(&n);
}
