/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The common form of some names: one part that varies, several of them, numbers
 * between things that stay, or a part beside a name that other names have too.
 */
#include <stdlib.h>
#include <string.h>

#include "propose_part.h"

#define FAMILIES_MAX 4 /* kinds of names that one program makes in one directory, told apart by their beginning */
#define ENDINGS_MAX 8
#define ENDING_SIZE 8 /* with its dot */
#define PIECES_MAX 16
#define COUNT_MAX 4096 /* of more names no more is asked */
#define SAME_MAX 64 /* and of so many with the same name */
#define NAMES_LEAST 3 /* so many other names have to come again, before {name} is one of them */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return name_class_has(TSEM_NAME_ALNUM, c);
}

static bool is_plain(char c)
{
	return is_word(c) && c != '_' && c != '-';
}

/* Of any run of characters: those that belong to it. */
static size_t run_size(const char *text, size_t size, bool (*belongs)(char))
{
	size_t run = 0;

	while (run < size && belongs(text[run]))
		run++;
	return run;
}

/* ---- writing a rule ---- */

/* Adds text that stands in a pattern as it is. Refuses characters that a terminal or a model's header interprets. */
bool name_rule_put_literal(struct tsem_name_rule *rule, const char *text, size_t size)
{
	tsem_u32 *used = rule->form_size ? &rule->form_size : &rule->start_size;
	size_t room = rule->form_size ? TSEM_NAME_FORM : TSEM_NAME_START - 1; /* one zero behind */

	if (*used + size > room)
		return false;
	for (size_t i = 0; i < size; i++)
		if (text[i] < ' ' || text[i] > '~' || text[i] == '{' || text[i] == '}')
			return false;
	memcpy((rule->form_size ? rule->form : rule->start) + *used, text, size);
	*used += size;
	return true;
}

bool name_rule_put_class(struct tsem_name_rule *rule, tsem_u32 class, size_t length)
{
	if (rule->form_size + 2 > TSEM_NAME_FORM)
		return false;
	rule->form[rule->form_size++] = class;
	rule->form[rule->form_size++] = length;
	return true;
}

/* An abstract name begins with a NUL, which no literal has. */
bool name_rule_put_head(struct tsem_name_rule *rule, const char *head, size_t size)
{
	bool abstract = size && !head[0];

	rule->start_size = abstract;
	return name_rule_put_literal(rule, head + abstract, size - abstract);
}

static bool put_part(struct tsem_name_rule *rule, const struct varying_name *name, const struct name_part *part)
{
	return name_rule_put_literal(rule, name->text, part->prefix) &&
	       name_rule_put_class(rule, part->class, part->length) &&
	       name_rule_put_literal(rule, name->text + name->size - part->suffix, part->suffix);
}

/* ---- one part ---- */

static bool guess_single(const char *head, size_t head_size, const struct varying_name *names, size_t count,
			 struct tsem_name_rule *ret_rule)
{
	struct tsem_name_rule rule = {};
	struct name_part part;

	if (!name_part_guess(names, count, true, &part) || !name_rule_put_head(&rule, head, head_size) ||
	    !put_part(&rule, &names[0], &part))
		return false;
	*ret_rule = rule;
	return true;
}

/* ---- pieces ---- */

struct piece {
	size_t offset, size;
};

/* The runs of such characters. Returns how many; more than PIECES_MAX are too many. */
static size_t cut(const struct varying_name *name, bool (*belongs)(char), struct piece *ret_pieces)
{
	size_t count = 0;

	for (size_t at = 0; at < name->size && count <= PIECES_MAX;) {
		size_t size = run_size(name->text + at, name->size - at, belongs);

		if (size && count < PIECES_MAX)
			ret_pieces[count] = (struct piece){at, size};
		count += size > 0;
		at += size ? size : 1;
	}
	return count;
}

/* Whether the text before, between and behind the pieces is the same. */
static bool same_between(const struct varying_name *a, const struct piece *of_a, const struct varying_name *b,
			 const struct piece *of_b, size_t count)
{
	size_t from_a = 0, from_b = 0;

	for (size_t i = 0; i <= count; i++) {
		size_t to_a = i < count ? of_a[i].offset : a->size, to_b = i < count ? of_b[i].offset : b->size;

		if (to_a - from_a != to_b - from_b || memcmp(a->text + from_a, b->text + from_b, to_a - from_a) != 0)
			return false;
		from_a = i < count ? to_a + of_a[i].size : to_a;
		from_b = i < count ? to_b + of_b[i].size : to_b;
	}
	return true;
}

/* All names cut alike: the pieces of each, one name after the other; NULL when they are not alike. */
static struct piece *cut_all(const struct varying_name *names, size_t count, bool (*belongs)(char), size_t *ret_pieces)
{
	struct piece *pieces = count <= COUNT_MAX ? calloc(count, PIECES_MAX * sizeof(*pieces)) : NULL;
	size_t first = pieces ? cut(&names[0], belongs, pieces) : 0;
	bool alike = first && first <= PIECES_MAX;

	for (size_t i = 1; alike && i < count; i++)
		alike = cut(&names[i], belongs, pieces + i * PIECES_MAX) == first &&
			same_between(&names[0], pieces, &names[i], pieces + i * PIECES_MAX, first);
	if (!alike) {
		free(pieces);
		return NULL;
	}
	*ret_pieces = first;
	return pieces;
}

/* That piece of each name. Returns whether it varies. */
static bool take_piece(const struct varying_name *names, size_t count, const struct piece *pieces, size_t number,
		       struct varying_name *ret_taken)
{
	bool varies = false;

	for (size_t i = 0; i < count; i++) {
		const struct piece *piece = &pieces[i * PIECES_MAX + number];

		ret_taken[i] = (struct varying_name){names[i].text + piece->offset, piece->size, names[i].run};
		varies |= piece->size != ret_taken[0].size ||
			  memcmp(ret_taken[i].text, ret_taken[0].text, piece->size) != 0;
	}
	return varies;
}

/* Some words have no other letters than hexadecimal digits; numbers have others, as a rule. */
static bool are_hex(const struct varying_name *taken, size_t count, const struct name_part *part)
{
	size_t with_digit = 0;

	for (size_t i = 0; i < count; i++) {
		size_t at = 0;

		while (at < taken[i].size && !is_digit(taken[i].text[at]))
			at++;
		with_digit += at < taken[i].size;
	}
	return part->class <= TSEM_NAME_HEX && !part->prefix && !part->suffix && 2 * with_digit >= count;
}

/* With plain, all parts are hexadecimal numbers. */
static bool put_pieces(struct tsem_name_rule *rule, const struct varying_name *names, size_t count,
		       const struct piece *pieces, size_t number, struct varying_name *taken, bool plain)
{
	const struct varying_name *first = &names[0];
	size_t varying = 0, from = 0;
	struct name_part part;
	bool good = true;

	for (size_t i = 0; good && i < number; i++) {
		good = name_rule_put_literal(rule, first->text + from, pieces[i].offset - from);
		from = pieces[i].offset + pieces[i].size;
		if (good && !take_piece(names, count, pieces, i, taken)) {
			good = name_rule_put_literal(rule, first->text + pieces[i].offset, pieces[i].size);
		} else if (good) {
			good = ++varying && name_part_guess(taken, count, number == 1, &part) &&
			       (!plain || are_hex(taken, count, &part));
			part.class = plain ? TSEM_NAME_HEX : part.class;
			good = good && put_part(rule, &taken[0], &part);
		}
	}
	return good && varying > 1 && name_rule_put_literal(rule, first->text + from, first->size - from);
}

/* Two parts or more that vary, between what stays. Of what belongs, a part is whole runs. */
static bool guess_pieces(const char *head, size_t head_size, const struct varying_name *names, size_t count,
			 bool (*belongs)(char), struct tsem_name_rule *ret_rule)
{
	struct varying_name *taken = calloc(count, sizeof(*taken));
	struct tsem_name_rule rule = {};
	size_t number = 0;
	struct piece *pieces = taken ? cut_all(names, count, belongs, &number) : NULL;
	bool good = pieces && number > 1 && name_rule_put_head(&rule, head, head_size) &&
		    put_pieces(&rule, names, count, pieces, number, taken, belongs == is_plain);

	free(pieces);
	free(taken);
	if (good)
		*ret_rule = rule;
	return good;
}

/* Few names can have letters in the same places by chance; separators they have not. */
static bool are_numbers(const struct varying_name *names, size_t count)
{
	if (count > 2)
		return true;
	for (size_t i = 0; i < count; i++)
		for (size_t at = 1; at < names[i].size; at++)
			if (is_digit(names[i].text[at]) != is_digit(names[i].text[at - 1]) &&
			    name_class_has(TSEM_NAME_HEX, names[i].text[at]) &&
			    name_class_has(TSEM_NAME_HEX, names[i].text[at - 1]))
				return false;
	return true;
}

/* ---- beside another name ---- */

struct pair {
	struct varying_name name; /* with the text between it and the part */
	struct varying_name part;
};

/* The last run of letters and digits, or the first one, and the rest of the name, which has more than the separator. */
static bool divide(const struct varying_name *name, bool first, struct pair *ret_pair)
{
	size_t size = run_size(name->text, name->size, is_plain), rest;

	if (!first)
		for (size = 0; size < name->size && is_plain(name->text[name->size - 1 - size]); size++)
			;
	rest = name->size - size;
	ret_pair->part = (struct varying_name){first ? name->text : name->text + rest, size, name->run};
	ret_pair->name = (struct varying_name){first ? name->text + size : name->text, rest, name->run};
	return size && rest > 1;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct varying_name *x = a, *y = b;
	size_t least = x->size < y->size ? x->size : y->size;
	int order = least ? memcmp(x->text, y->text, least) : 0;

	return order ? order : (x->size > y->size) - (x->size < y->size);
}

/* The pairs from the first one on that have the same name, and whether the part of it varies enough. */
static size_t same_name(const struct pair *pairs, size_t count, bool *ret_enough)
{
	struct varying_name runs[SAME_MAX];
	size_t same = 1;

	while (same < count && !compare_pairs(&pairs[same], &pairs[0]))
		same++;
	for (size_t i = 0; i < same && i < SAME_MAX; i++)
		runs[i] = pairs[i].part;
	*ret_enough = names_enough(runs, same < SAME_MAX ? same : SAME_MAX);
	return same;
}

/* Most of the names come again, with another part each time. */
static bool names_come_again(const struct pair *pairs, size_t count)
{
	size_t names = 0, again = 0;

	for (size_t at = 0; at < count;) {
		bool enough;

		at += same_name(pairs + at, count - at, &enough);
		names++;
		again += enough;
	}
	return again >= NAMES_LEAST && 2 * again >= names;
}

/* Counts the characters, other than letters and digits, that all names begin or end with, such as a dot. */
static size_t common_mark(const struct pair *pairs, size_t count, bool first)
{
	size_t mark = 0;

	for (;; mark++) {
		const struct varying_name *a = &pairs[0].name;
		char c = mark + 2 < a->size ? a->text[first ? a->size - 1 - mark : mark] : 'a';

		for (size_t i = 0; i < count && !is_plain(c); i++) {
			const struct varying_name *b = &pairs[i].name;

			if (mark + 2 >= b->size || b->text[first ? b->size - 1 - mark : mark] != c)
				c = 'a';
		}
		if (is_plain(c))
			return mark;
	}
}

static bool put_named(struct tsem_name_rule *rule, const struct pair *pairs, size_t count, bool first,
		      const struct name_part *part)
{
	const struct varying_name *name = &pairs[0].name;
	size_t mark = common_mark(pairs, count, first);
	char between = name->text[first ? 0 : name->size - 1];

	for (size_t i = 1; i < count; i++)
		if (pairs[i].name.text[first ? 0 : pairs[i].name.size - 1] != between)
			return false;
	if (first)
		return put_part(rule, &pairs[0].part, part) && name_rule_put_literal(rule, &between, 1) &&
		       name_rule_put_class(rule, TSEM_NAME_WHOLE, 0) &&
		       name_rule_put_literal(rule, name->text + name->size - mark, mark);
	return name_rule_put_literal(rule, name->text, mark) && name_rule_put_class(rule, TSEM_NAME_WHOLE, 0) &&
	       name_rule_put_literal(rule, &between, 1) && put_part(rule, &pairs[0].part, part);
}

/*
 * A part behind, or before, names that come again in other runs with another part: rsync's ".NAME.Xa83bd". Behind that
 * all may end in the same tail: "NAME.Xa83bd.tmp".
 */
static bool guess_named(const char *head, size_t head_size, const struct varying_name *names, size_t count, bool first,
			size_t tail, struct tsem_name_rule *ret_rule)
{
	struct pair *pairs = count <= COUNT_MAX ? calloc(count, sizeof(*pairs)) : NULL;
	struct varying_name *parts = pairs ? calloc(count, sizeof(*parts)) : NULL;
	struct tsem_name_rule rule = {};
	struct name_part part;
	bool good = parts;

	for (size_t i = 0; good && i < count; i++) {
		struct varying_name name = {names[i].text, names[i].size - tail, names[i].run};

		good = divide(&name, first, &pairs[i]);
	}
	if (good)
		qsort(pairs, count, sizeof(*pairs), compare_pairs);
	for (size_t i = 0; good && i < count; i++)
		parts[i] = pairs[i].part;
	good = good && names_come_again(pairs, count) && name_part_guess(parts, count, false, &part) &&
	       name_rule_put_head(&rule, head, head_size) && put_named(&rule, pairs, count, first, &part) &&
	       name_rule_put_literal(&rule, names[0].text + names[0].size - tail, tail);
	free(pairs);
	free(parts);
	if (good)
		*ret_rule = rule;
	return good;
}

/* ---- families ---- */

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

		if (!names_enough(names + at, family) || ++families > FAMILIES_MAX)
			return false;
		at += family;
	}
	return families > 1;
}

static size_t guess_families(const char *head, size_t head_size, const struct varying_name *names, size_t count,
			     size_t prefix, struct tsem_name_rule *ret_rules, size_t limit)
{
	size_t found = 0, at = 0;

	while (at < count) {
		size_t family = count_family(names + at, count - at, prefix);

		if (family < count && family > 1)
			found +=
				name_rules_guess(head, head_size, names + at, family, ret_rules + found, limit - found);
		at += family;
	}
	return found;
}

/* The last dot and the letters and digits behind it; 0 when the name ends in another way. */
static size_t ending_size(const struct varying_name *name)
{
	size_t size = 0;

	while (size < name->size && is_plain(name->text[name->size - 1 - size]))
		size++;
	return size && size < ENDING_SIZE && size + 1 < name->size && name->text[name->size - 1 - size] == '.' ?
		       size + 1 :
		       0;
}

static int compare_endings(const void *a, const void *b)
{
	const struct varying_name *x = a, *y = b;
	size_t of_x = ending_size(x), of_y = ending_size(y);
	int order = of_x != of_y ? (of_x > of_y) - (of_x < of_y) :
				   memcmp(x->text + x->size - of_x, y->text + y->size - of_y, of_x);

	return order ? order : compare_pairs(x, y);
}

/* The names from the first one on that end as it does. */
static size_t count_ending(const struct varying_name *names, size_t count)
{
	size_t size = ending_size(&names[0]), same = 1;

	while (same < count && ending_size(&names[same]) == size &&
	       !memcmp(names[same].text + names[same].size - size, names[0].text + names[0].size - size, size))
		same++;
	return same;
}

static bool has_endings(const struct varying_name *names, size_t count)
{
	size_t endings = 0, at = 0;

	while (at < count) {
		size_t same = count_ending(names + at, count - at);

		if (!ending_size(&names[at]) || !names_enough(names + at, same) || ++endings > ENDINGS_MAX)
			return false;
		at += same;
	}
	return endings > 1;
}

/* A program that makes several files at a time under one made-up name tells them apart by what they end in. */
static size_t guess_endings(const char *head, size_t head_size, const struct varying_name *names, size_t count,
			    struct tsem_name_rule *ret_rules, size_t limit)
{
	struct varying_name *sorted = count <= COUNT_MAX ? calloc(count, sizeof(*sorted)) : NULL;
	size_t found = 0, at = 0;

	if (!sorted)
		return 0;
	memcpy(sorted, names, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_endings);
	while (has_endings(sorted, count) && at < count) {
		size_t same = count_ending(sorted + at, count - at);

		found += name_rules_guess(head, head_size, sorted + at, same, ret_rules + found, limit - found);
		at += same;
	}
	free(sorted);
	return found;
}

/* The ending that all names have; 0 when there is none. */
static size_t common_ending(const struct varying_name *names, size_t count)
{
	return count_ending(names, count) == count ? ending_size(&names[0]) : 0;
}

static bool guess_several(const char *head, size_t head_size, const struct varying_name *names, size_t count,
			  struct tsem_name_rule *ret_rule)
{
	size_t tail = common_ending(names, count);

	return guess_named(head, head_size, names, count, false, 0, ret_rule) ||
	       (tail && guess_named(head, head_size, names, count, false, tail, ret_rule)) ||
	       guess_named(head, head_size, names, count, true, 0, ret_rule) ||
	       (are_numbers(names, count) && guess_pieces(head, head_size, names, count, is_digit, ret_rule)) ||
	       guess_pieces(head, head_size, names, count, is_plain, ret_rule);
}

/* Nothing divides what the names begin with from the part: there may be several of it. */
static bool begins_openly(const struct tsem_name_rule *rule)
{
	return !rule->start_size || is_plain(rule->start[rule->start_size - 1]);
}

size_t name_rules_guess(const char *head, size_t head_size, const struct varying_name *names, size_t count,
			struct tsem_name_rule *ret_rules, size_t limit)
{
	struct tsem_name_rule rule;
	size_t prefix, found = 0;
	bool whole, families;

	if (!limit || count < 2 || !names_enough(names, count))
		return 0;
	if (guess_several(head, head_size, names, count, ret_rules))
		return 1;
	prefix = names_prefix(names, count);
	whole = guess_single(head, head_size, names, count, &rule);
	families = has_families(names, count, prefix);
	if (!whole && !prefix && names_random(names, count) && !families)
		return 0;
	if (!whole) /* before families, which a few numbers may look like */
		found = guess_endings(head, head_size, names, count, ret_rules, limit);
	if (found)
		return found;
	if (!whole && !families && guess_pieces(head, head_size, names, count, is_word, ret_rules))
		return 1;
	if (!whole || (families && rule.form[0] == TSEM_NAME_ALNUM && (!prefix || begins_openly(&rule))))
		return guess_families(head, head_size, names, count, prefix, ret_rules, limit);
	ret_rules[0] = rule;
	return 1;
}
