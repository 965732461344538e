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

/* What stands for the component behind the rule's start; 0: it is none of its names. */
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

/* ---- what is let in by another ---- */

static bool all_of_class(tsem_u32 class, const tsem_u8 *text, size_t size)
{
	while (size-- > 0)
		if (!name_class_has(class, text[size]))
			return false;
	return true;
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

/* Of two with one part each. What start and end have beyond those of the other has to be of its part. */
static bool single_within(const struct tsem_name_rule *rule, const struct tsem_name_rule *other)
{
	size_t head = rule->start_size - other->start_size, tail = rule->form_size - other->form_size, middle;

	if (rule->form[0] > other->form[0] || rule->start_size < other->start_size ||
	    rule->form_size < other->form_size)
		return false;
	if (memcmp(rule->start, other->start, other->start_size) != 0 ||
	    memcmp(rule->form + 2 + tail, other->form + 2, other->form_size - 2) != 0)
		return false;
	if (!all_of_class(other->form[0], rule->start + other->start_size, head) ||
	    !all_of_class(other->form[0], rule->form + 2, tail))
		return false;
	middle = head + tail + (rule->form[1] ? rule->form[1] : TSEM_NAME_MIDDLE_MAX);
	return other->form[1] ? rule->form[1] && middle == other->form[1] : middle <= TSEM_NAME_MIDDLE_MAX;
}

static bool same_parts_within(const struct tsem_name_rule *rule, const struct tsem_name_rule *other)
{
	bool within = rule->start_size == other->start_size && rule->form_size == other->form_size &&
		      !memcmp(rule->start, other->start, rule->start_size);

	for (size_t i = 0; within && i < rule->form_size; i++) {
		bool literal = rule->form[i] >= NAME_FORM_LITERAL;

		within = literal ? rule->form[i] == other->form[i] :
				   other->form[i] < NAME_FORM_LITERAL && part_within(rule->form + i, other->form + i);
		i += !literal;
	}
	return within;
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
	if (same_parts_within(rule, other))
		return true;
	if (!is_single(rule))
		return false;
	return is_single(other) ? single_within(rule, other) : name_within(rule, other);
}
