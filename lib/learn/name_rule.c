/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a name is of the form that a rule says: what the kernel side does, over again. */
#include <string.h>

#include "propose.h"

size_t name_rule_head_size(const struct tsem_name_rule *rule)
{
	size_t size = rule->start_size;

	while (size && rule->start[size - 1] && rule->start[size - 1] != '/')
		size--;
	return size;
}

/* Writes the form of a component behind the rule's start. Returns its size; 0: the component does not match. */
static size_t write_form(const struct tsem_name_rule *rule, const char *component, size_t size, tsem_u8 *ret_written)
{
	size_t head = name_rule_head_size(rule), prefix = rule->start_size - head;
	struct name_form_state state = {.at = prefix};
	struct name_form f = {
		.text = (const tsem_u8 *)component,
		.form = rule->form,
		.out = ret_written,
		.length = size,
		.form_size = rule->form_size,
		.state = &state,
	};

	if (size < prefix || memcmp(component, rule->start + head, prefix) != 0)
		return 0;
	for (unsigned turn = 0; turn < NAME_FORM_TURNS && !name_form_step(&f); turn++)
		;
	return state.matched && state.at == size ? state.written : 0;
}

bool name_rule_matches(const struct tsem_name_rule *rule, const char *component, size_t size)
{
	tsem_u8 written[NAME_FORM_OUT];

	return write_form(rule, component, size, written) > 0;
}

size_t name_rule_find(const struct tsem_name_rule *rule, const char *path, size_t size, size_t *ret_offset)
{
	size_t head = name_rule_head_size(rule), end = head;

	if (size <= head || memcmp(path, rule->start, head) != 0)
		return 0;
	while (end < size && path[end] != '/')
		end++;
	if (!name_rule_matches(rule, path + head, end - head))
		return 0;
	*ret_offset = head;
	return end - head;
}

void name_rule_write(const struct tsem_name_rule *rule, const char *component, size_t size, struct tsem_buffer *buffer)
{
	size_t head = name_rule_head_size(rule), count;
	tsem_u8 written[NAME_FORM_OUT];

	count = write_form(rule, component, size, written);
	tsem_buffer_add(buffer, rule->start + head, rule->start_size - head);
	tsem_buffer_add(buffer, written, count);
}

/* ---- whether a rule matches all names of another ---- */

/* A character or a part of a rule. */
struct symbol {
	bool part;
	tsem_u8 code; /* the character, or the class */
	size_t length; /* of a part; 0: any */
};

/* The symbol at that place, counted over start and form. Returns the place behind it; 0: there is none. */
static size_t next_symbol(const struct tsem_name_rule *rule, size_t at, struct symbol *ret_symbol)
{
	size_t place = at - rule->start_size;

	*ret_symbol = (struct symbol){};
	if (at < rule->start_size) {
		ret_symbol->code = rule->start[at];
		return at + 1;
	}
	if (place >= rule->form_size)
		return 0;
	ret_symbol->code = rule->form[place];
	ret_symbol->part = ret_symbol->code < NAME_FORM_LITERAL;
	if (!ret_symbol->part)
		return at + 1;
	ret_symbol->length = rule->form[place + 1];
	return at + 2;
}

static bool belongs(const struct symbol *symbol, tsem_u32 class)
{
	return symbol->part ? symbol->code <= class : name_class_has(class, symbol->code);
}

/*
 * Finds the symbols of a rule that lie within a part of another rule. A part of any length takes all that it can, so no
 * part may follow that could belong to it or not. Returns the place behind these symbols; 0: they are not within it.
 */
static size_t take_part(const struct tsem_name_rule *rule, size_t at, const struct symbol *part)
{
	size_t taken = 0, next;
	struct symbol symbol;

	while ((next = next_symbol(rule, at, &symbol)) && (!part->length || taken < part->length) &&
	       belongs(&symbol, part->code)) {
		if (symbol.part && !symbol.length && (part->length || taken))
			return 0;
		taken += !symbol.part ? 1 : symbol.length ? symbol.length : TSEM_NAME_MIDDLE_MAX;
		at = next;
	}
	if (part->length)
		return taken == part->length ? at : 0;
	return taken && taken <= TSEM_NAME_MIDDLE_MAX && !(next && symbol.part) ? at : 0;
}

/* Both from their beginning on, symbol by symbol. A {name} is within no other part, and has only itself within. */
static bool symbols_within(const struct tsem_name_rule *rule, const struct tsem_name_rule *other)
{
	size_t at = 0, of_other = 0, next;
	struct symbol symbol, mine;

	while ((next = next_symbol(other, of_other, &symbol))) {
		if (symbol.part && symbol.code != TSEM_NAME_WHOLE) {
			at = take_part(rule, at, &symbol);
		} else {
			at = next_symbol(rule, at, &mine);
			if (mine.part != symbol.part || mine.code != symbol.code)
				return false;
		}
		if (!at)
			return false;
		of_other = next;
	}
	return !next_symbol(rule, at, &mine);
}

/* The place of the first part behind that one; the form's size when there is none. */
static size_t next_part(const struct tsem_name_rule *rule, size_t part)
{
	for (part += 2; part < rule->form_size && rule->form[part] >= NAME_FORM_LITERAL; part++)
		;
	return part;
}

static bool is_single(const struct tsem_name_rule *rule)
{
	return next_part(rule, 0) == rule->form_size;
}

static bool part_within(const tsem_u8 *part, const tsem_u8 *other)
{
	bool whole = part[0] == TSEM_NAME_WHOLE || other[0] == TSEM_NAME_WHOLE;

	return (whole ? part[0] == other[0] : part[0] <= other[0]) && (!other[1] || part[1] == other[1]);
}

/* The bytes that are left of a text between that beginning and that end, without a slash. */
static bool leaves_name(const tsem_u8 *text, size_t size, const tsem_u8 *start, size_t start_size, const tsem_u8 *end,
			size_t end_size)
{
	return size > start_size + end_size && !memcmp(text, start, start_size) &&
	       !memcmp(text + size - end_size, end, end_size) &&
	       !memchr(text + start_size, '/', size - start_size - end_size);
}

/* The other has {name} first and then one part, or the other way round: in the place of {name} the rule has one name. */
static bool name_within(const struct tsem_name_rule *rule, const struct tsem_name_rule *other)
{
	size_t second = next_part(other, 0), behind = other->form_size - second - 2;
	const tsem_u8 *between = other->form + 2, *last = other->form + second;

	if (second == other->form_size || next_part(other, second) != other->form_size)
		return false;
	if (other->form[0] == TSEM_NAME_WHOLE)
		return part_within(rule->form, last) && rule->form_size - 2 == behind &&
		       !memcmp(rule->form + 2, last + 2, behind) &&
		       leaves_name(rule->start, rule->start_size, other->start, other->start_size, between, second - 2);
	return last[0] == TSEM_NAME_WHOLE && part_within(rule->form, other->form) &&
	       rule->start_size == other->start_size && !memcmp(rule->start, other->start, rule->start_size) &&
	       leaves_name(rule->form + 2, rule->form_size - 2, between, second - 2, last + 2, behind);
}

bool name_rule_within(const struct tsem_name_rule *rule, const struct tsem_name_rule *other)
{
	return symbols_within(rule, other) || (is_single(rule) && name_within(rule, other));
}
