/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The common form of some names: the shared beginning and end, and the characters of the rest. Names that a person
 * chose and names that a program made up look alike when there are few of them; in doubt there is no rule.
 */
#include <string.h>

#include "propose.h"

#define MANY_IN_ONE_RUN 8
#define FAMILIES_MAX 4 /* kinds of names that one program creates in one directory, distinguished by their beginning */
#define CHANCE_CHARS 3 /* a few random names may share this many characters by chance */
#define ALNUM_SURE 4 /* this many random names share no character by chance */
#define HEX_SURE 5
#define ALNUM_LEAST 3 /* shorter ones are words or numbers */
#define ALNUM_ALONE 16 /* minimum length without prefix and suffix */
#define HEX_ALONE 8
#define DIGITS_FIXED 8 /* shorter numbers are counters and process ids, and will be longer one day */

struct names {
	const struct varying_name *names;
	size_t count;
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

static size_t common_prefix(const struct varying_name *names, size_t count)
{
	const struct varying_name *first = &names[0], *last = &names[count - 1];
	size_t size = 0;

	while (size < first->size && size < last->size && first->text[size] == last->text[size])
		size++;
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

/* The smallest class that contains all varying parts; false when no class does. */
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

/* Digits before and after are part of the number. */
static void widen_digits(struct names *n)
{
	const struct varying_name *name = &n->names[0];

	while (n->prefix && is_digit(name->text[n->prefix - 1]))
		n->prefix--;
	while (n->suffix && is_digit(name->text[name->size - n->suffix]))
		n->suffix--;
}

/* Characters that a few random names share beyond the next separator are chance. */
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
	else if (n->count < (before == TSEM_NAME_HEX ? HEX_SURE : ALNUM_SURE))
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

/* Words usually consist of one kind of characters; made-up names do not. */
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

static bool is_enough(const struct varying_name *names, size_t count)
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
	bool alone = !n->prefix && !n->suffix, fixed = least == most;

	if (class == TSEM_NAME_DIGIT)
		return true;
	if (class == TSEM_NAME_HEX)
		return (fixed || runs >= 2) && (!alone || (fixed && least >= HEX_ALONE));
	if (least < ALNUM_LEAST || (alone && (!fixed || least < ALNUM_ALONE)) || (runs < 2 && !fixed))
		return false;
	return looks_generated(n) || (n->prefix && n->count >= 3 && runs > 2);
}

/* The literal part of a pattern: nothing that a terminal or a model's header could interpret. */
static bool put_literal(tsem_u8 *ret_text, size_t limit, tsem_u32 *size, const char *text, size_t more)
{
	if (*size + more > limit)
		return false;
	for (size_t i = 0; i < more; i++)
		if (text[i] < ' ' || text[i] > '~' || text[i] == '{' || text[i] == '}')
			return false;
	memcpy(ret_text + *size, text, more);
	*size += more;
	return true;
}

/* The start is at most one byte less than there is room. */
static bool put_names(const struct names *n, const char *directory, size_t size, struct tsem_name_rule *rule)
{
	const struct varying_name *name = &n->names[0];
	size_t room = TSEM_NAME_START - 1;

	return put_literal(rule->start, room, &rule->start_size, directory, size) &&
	       (size == 1 || put_literal(rule->start, room, &rule->start_size, "/", 1)) &&
	       put_literal(rule->start, room, &rule->start_size, name->text, n->prefix) &&
	       put_literal(rule->suffix, TSEM_NAME_SUFFIX, &rule->suffix_size, name->text + name->size - n->suffix,
			   n->suffix);
}

static bool is_fixed(tsem_u32 class, size_t least, size_t most)
{
	return least == most && (class != TSEM_NAME_DIGIT || least >= DIGITS_FIXED);
}

/* Of any length, the varying part takes all characters of its class that follow: none are left for the suffix. */
static void free_suffix(struct names *n, tsem_u32 class)
{
	const struct varying_name *name = &n->names[0];

	while (n->suffix && name_class_has(class, name->text[name->size - n->suffix]))
		n->suffix--;
}

static bool build_rule(const char *directory, size_t directory_size, const struct varying_name *names, size_t count,
		       struct tsem_name_rule *ret_rule)
{
	struct names n = {.names = names, .count = count, .prefix = common_prefix(names, count)};
	struct tsem_name_rule rule = {};
	size_t least, most;

	n.suffix = common_suffix(names, count, n.prefix);
	if (!widen(&n, &rule.alphabet) || !measure(&n, &least, &most))
		return false;
	if (!is_fixed(rule.alphabet, least, most)) {
		free_suffix(&n, rule.alphabet);
		measure(&n, &least, &most);
	}
	if (!is_likely(&n, rule.alphabet, least, most) || most > TSEM_NAME_MIDDLE_MAX)
		return false;
	if (!put_names(&n, directory, directory_size, &rule))
		return false;
	if (is_fixed(rule.alphabet, least, most))
		rule.length = least;
	*ret_rule = rule;
	return true;
}

/* The names from the first one on that have the same byte at that place. */
static size_t count_family(const struct varying_name *names, size_t count, size_t place)
{
	size_t family = 1;

	while (family < count && (names[family].size > place) == (names[0].size > place) &&
	       (names[0].size <= place || names[family].text[place] == names[0].text[place]))
		family++;
	return family;
}

/* A few groups of names with beginnings of their own, and none that stands alone. */
static bool has_families(const struct varying_name *names, size_t count, size_t prefix)
{
	size_t families = 0, at = 0;

	while (at < count) {
		size_t family = count_family(names + at, count - at, prefix);

		if (!is_enough(names + at, family) || ++families > FAMILIES_MAX)
			return false;
		at += family;
	}
	return families > 1;
}

static size_t guess_families(const char *directory, size_t size, const struct varying_name *names, size_t count,
			     size_t prefix, struct tsem_name_rule *ret_rules, size_t limit)
{
	size_t found = 0, at = 0;

	while (at < count) {
		size_t family = count_family(names + at, count - at, prefix);

		if (family < count && family > 1)
			found +=
				name_rules_guess(directory, size, names + at, family, ret_rules + found, limit - found);
		at += family;
	}
	return found;
}

/* Random names, all alike and without a common part: a shared beginning of a few of them is chance. */
static bool is_random(const struct varying_name *names, size_t count)
{
	struct names n = {.names = names, .count = count};
	size_t least, most;
	tsem_u32 alphabet;

	return classify(&n, &alphabet) && alphabet != TSEM_NAME_DIGIT && measure(&n, &least, &most) && least == most &&
	       looks_generated(&n);
}

size_t name_rules_guess(const char *directory, size_t directory_size, const struct varying_name *names, size_t count,
			struct tsem_name_rule *ret_rules, size_t limit)
{
	struct tsem_name_rule rule;
	size_t prefix;
	bool whole;

	if (!limit || count < 2 || !is_enough(names, count))
		return 0;
	prefix = common_prefix(names, count);
	whole = build_rule(directory, directory_size, names, count, &rule);
	if (!whole && !prefix && is_random(names, count) && !has_families(names, count, prefix))
		return 0;
	if (!whole || ((!prefix || !is_separator(rule.start[rule.start_size - 1])) &&
		       rule.alphabet == TSEM_NAME_ALNUM && has_families(names, count, prefix)))
		return guess_families(directory, directory_size, names, count, prefix, ret_rules, limit);
	ret_rules[0] = rule;
	return 1;
}
