/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rules for names that differ from run to run, as they are written. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "../../engine/name_form.h"
#include "../tsem.h"

static const struct {
	const char *word, *characters;
} classes[] = {
	[TSEM_NAME_DIGIT] = {"digit", "digits"},
	[TSEM_NAME_HEX] = {"hex", "hexadecimal digits"},
	[TSEM_NAME_ALNUM] = {"alnum", "letters, digits, _ or -"},
	[TSEM_NAME_WHOLE] = {"name", NULL},
};
#define CLASS_COUNT (sizeof(classes) / sizeof(*classes))

static int pattern_fault(struct tsem_error *error, const char *text, size_t size, const char *why)
{
	return tsem_error_set(error, EINVAL, "\"%.*s\" is not a pattern of names: %s", size > 200 ? 200 : (int)size,
			      text, why);
}

/* The literal parts: no braces, no control characters. */
static bool literal(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((tsem_u8)text[i] < NAME_FORM_LITERAL || text[i] == 0x7f || text[i] == '{' || text[i] == '}')
			return false;
	return true;
}

/* "hex" or "hex 12", "name" */
static bool part_parse(const char *text, size_t size, tsem_u8 ret_part[2])
{
	const char *blank = memchr(text, ' ', size);
	size_t name = blank ? (size_t)(blank - text) : size;
	tsem_u32 class = TSEM_NAME_DIGIT, length = 0;

	while (class < CLASS_COUNT && (strlen(classes[class].word) != name || memcmp(classes[class].word, text, name)))
		class ++;
	if (class == CLASS_COUNT || (blank && class == TSEM_NAME_WHOLE))
		return false;
	for (const char *c = blank ? blank + 1 : text + size; c < text + size && length <= TSEM_NAME_MIDDLE_MAX; c++) {
		if (!isdigit((tsem_u8)*c) || (c == blank + 1 && *c == '0'))
			return false;
		length = length * 10 + *c - '0';
	}
	ret_part[0] = class;
	ret_part[1] = length;
	return !blank || (length >= 1 && length <= TSEM_NAME_MIDDLE_MAX);
}

/* Reads the beginning of the rule, as the kernel side compares it. */
static const char *start_parse(const char *text, size_t size, struct tsem_name_rule *rule)
{
	bool below = size >= 2 && !memcmp(text, "./", 2);
	size_t skip = below ? 2 : 0;

	if (!size || !(below || *text == '/' || *text == '@') || (size > 2 && below && text[2] == '/'))
		return "it begins with a slash, with ./ for a relative name, or with @ for an abstract socket";
	if (!literal(text, size))
		return "it contains a control character or a brace without its other half";
	if (size - skip >= TSEM_NAME_START)
		return "it is longer than 191 bytes before the first braces";
	rule->start_size = size - skip;
	memcpy(rule->start, text + skip, rule->start_size);
	if (*text == '@')
		rule->start[0] = 0;
	return NULL;
}

static const char *const too_long = "it is longer than 64 bytes from the first braces on, and braces count as two";

/* A part, and what follows it up to the next one. text is at its brace. Returns why it is none. */
static const char *form_parse(const char **text, const char *end, struct tsem_name_rule *rule)
{
	const char *open = *text, *close = memchr(open, '}', end - open), *next;
	tsem_u8 *part = rule->form + rule->form_size;
	size_t size;

	if (rule->form_size + 2 > TSEM_NAME_FORM)
		return too_long;
	if (!close || !part_parse(open + 1, close - open - 1, part))
		return "the braces contain digit, hex or alnum, and optionally a length from 1 to 64, or name";
	rule->form_size += 2;
	next = memchr(close, '{', end - close);
	size = (next ? next : end) - close - 1;
	if (!literal(close + 1, size))
		return "it contains a control character or a brace without its other half";
	if (memchr(close, '/', size + 1))
		return "no slash can follow the braces; a pattern already covers everything below such a directory";
	if (rule->form_size + size > TSEM_NAME_FORM)
		return too_long;
	if (part[0] != TSEM_NAME_WHOLE && !part[1] && (size ? name_class_has(part[0], close[1]) : next != NULL))
		return "the text after the braces could belong to the varying part: give its length";
	memcpy(rule->form + rule->form_size, close + 1, size);
	rule->form_size += size;
	*text = next ? next : end;
	return NULL;
}

static size_t count_parts(const struct tsem_name_rule *rule, bool whole)
{
	size_t count = 0;

	for (size_t i = 0; i < rule->form_size; i++) {
		if (rule->form[i] >= NAME_FORM_LITERAL)
			continue;
		count += (rule->form[i] == TSEM_NAME_WHOLE) == whole;
		i++;
	}
	return count;
}

/* {name} lets in nothing by itself. */
static const char *parts_check(const struct tsem_name_rule *rule)
{
	if (!count_parts(rule, false))
		return "{name} keeps what it matches: it needs {digit}, {hex} or {alnum} beside it";
	return count_parts(rule, true) > 1 ? "it has more than one {name}" : NULL;
}

int tsem_pattern_parse(const char *text, size_t size, struct tsem_name_rule *ret_rule, struct tsem_error *error)
{
	const char *open = memchr(text, '{', size), *end = text + size, *at = open, *why;
	struct tsem_name_rule rule = {};

	if (!open)
		return pattern_fault(error, text, size,
				     "it needs {digit}, {hex} or {alnum} where names differ, as in /tmp/job.{alnum 8}");
	why = start_parse(text, open - text, &rule);
	while (!why && at < end)
		why = form_parse(&at, end, &rule);
	if (!why)
		why = parts_check(&rule);
	if (why)
		return pattern_fault(error, text, size, why);
	*ret_rule = rule;
	return 0;
}

void tsem_pattern_format(const struct tsem_name_rule *rule, struct tsem_buffer *buffer)
{
	if (rule->start_size && !rule->start[0])
		tsem_buffer_printf(buffer, "@");
	else if (!rule->start_size || rule->start[0] != '/')
		tsem_buffer_printf(buffer, "./");
	for (size_t i = rule->start_size && !rule->start[0]; i < rule->start_size; i++)
		tsem_buffer_add(buffer, rule->start + i, 1);
	for (size_t i = 0; i < rule->form_size; i++) {
		if (rule->form[i] >= NAME_FORM_LITERAL) {
			tsem_buffer_add(buffer, rule->form + i, 1);
			continue;
		}
		tsem_buffer_printf(buffer, "{%s", classes[rule->form[i] % CLASS_COUNT].word);
		if (rule->form[++i])
			tsem_buffer_printf(buffer, " %u", rule->form[i]);
		tsem_buffer_printf(buffer, "}");
	}
}

/* Appends the length and the characters of each part, in order. */
static void describe_parts(const struct tsem_name_rule *rule, struct tsem_buffer *buffer)
{
	const char *between = " (";

	for (size_t i = 0; i < rule->form_size; i++) {
		tsem_u32 class = rule->form[i] % CLASS_COUNT;

		if (rule->form[i] >= NAME_FORM_LITERAL)
			continue;
		i++;
		if (class == TSEM_NAME_WHOLE)
			tsem_buffer_printf(buffer, "%sany name", between);
		else if (rule->form[i])
			tsem_buffer_printf(buffer, "%s%u %s", between, rule->form[i], classes[class].characters);
		else
			tsem_buffer_printf(buffer, "%sup to %d %s", between, TSEM_NAME_MIDDLE_MAX,
					   classes[class].characters);
		between = ", then ";
	}
}

void tsem_pattern_describe(const struct tsem_name_rule *rule, struct tsem_buffer *buffer)
{
	tsem_buffer_printf(buffer, "a program that may touch one name of the form ");
	tsem_pattern_format(rule, buffer);
	describe_parts(rule, buffer);
	tsem_buffer_printf(buffer, " in the braces) may do the same with all of them%s and below",
			   count_parts(rule, true) ? " that have the same {name}" : "");
}
