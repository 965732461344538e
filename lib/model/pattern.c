/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rules for names that differ from run to run, as they are written. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "../../engine/name_class.h"
#include "../tsem.h"

static const char *const class_names[] = {
	[TSEM_NAME_DIGIT] = "digit", [TSEM_NAME_HEX] = "hex", [TSEM_NAME_ALNUM] = "alnum"};
#define CLASS_COUNT (sizeof(class_names) / sizeof(*class_names))

static int pattern_fault(struct tsem_error *error, const char *text, size_t size, const char *why)
{
	return tsem_error_set(error, EINVAL, "\"%.*s\" is not a pattern of names: %s", size > 200 ? 200 : (int)size,
			      text, why);
}

/* The literal parts: no braces, no control characters. */
static bool literal(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((tsem_u8)text[i] < 0x20 || text[i] == 0x7f || text[i] == '{' || text[i] == '}')
			return false;
	return true;
}

/* "hex" or "hex 12" */
static bool middle_parse(const char *text, size_t size, struct tsem_name_rule *rule)
{
	const char *blank = memchr(text, ' ', size);
	size_t name = blank ? (size_t)(blank - text) : size;

	for (tsem_u32 class = TSEM_NAME_DIGIT; class < CLASS_COUNT; class ++)
		if (strlen(class_names[class]) == name && !memcmp(class_names[class], text, name))
			rule->alphabet = class;
	if (!rule->alphabet)
		return false;
	if (!blank)
		return true;
	for (const char *c = blank + 1; c < text + size && rule->length <= TSEM_NAME_MIDDLE_MAX; c++) {
		if (!isdigit((tsem_u8)*c) || (c == blank + 1 && *c == '0'))
			return false;
		rule->length = rule->length * 10 + *c - '0';
	}
	return rule->length >= 1 && rule->length <= TSEM_NAME_MIDDLE_MAX;
}

int tsem_pattern_parse(const char *text, size_t size, struct tsem_name_rule *ret_rule, struct tsem_error *error)
{
	const char *open = memchr(text, '{', size), *close = memchr(text, '}', size), *end = text + size;
	struct tsem_name_rule rule = {};

	if (!open || !close || close < open)
		return pattern_fault(error, text, size,
				     "it needs {digit}, {hex} or {alnum} where names differ, as in /tmp/job.{alnum 8}");
	if (*text != '/' || !literal(text, open - text) || !literal(close + 1, end - close - 1))
		return pattern_fault(error, text, size, "it begins with a slash and has one pair of braces");
	if (memchr(close, '/', end - close))
		return pattern_fault(
			error, text, size,
			"no slash can follow the braces; a pattern already covers everything below such a directory");
	if (open - text >= TSEM_NAME_START || end - close - 1 > TSEM_NAME_SUFFIX)
		return pattern_fault(error, text, size,
				     "it is longer than 191 bytes before the braces, or than 32 after them");
	if (!middle_parse(open + 1, close - open - 1, &rule))
		return pattern_fault(error, text, size,
				     "the braces contain digit, hex or alnum, and optionally a length from 1 to 64");
	if (!rule.length && close + 1 < end && name_class_has(rule.alphabet, close[1]))
		return pattern_fault(error, text, size,
				     "the text after the braces could belong to the varying part: give its length");
	rule.start_size = open - text;
	rule.suffix_size = end - close - 1;
	memcpy(rule.start, text, rule.start_size);
	memcpy(rule.suffix, close + 1, rule.suffix_size);
	*ret_rule = rule;
	return 0;
}

void tsem_pattern_format(const struct tsem_name_rule *rule, struct tsem_buffer *buffer)
{
	tsem_buffer_add(buffer, rule->start, rule->start_size);
	tsem_buffer_printf(buffer, "{%s", class_names[rule->alphabet]);
	if (rule->length)
		tsem_buffer_printf(buffer, " %u", rule->length);
	tsem_buffer_printf(buffer, "}");
	tsem_buffer_add(buffer, rule->suffix, rule->suffix_size);
}

void tsem_pattern_describe(const struct tsem_name_rule *rule, struct tsem_buffer *buffer)
{
	static const char *const what[] = {[TSEM_NAME_DIGIT] = "digits",
					   [TSEM_NAME_HEX] = "hexadecimal digits",
					   [TSEM_NAME_ALNUM] = "letters, digits, _ or -"};

	tsem_buffer_printf(buffer, "a program that may touch one name of the form ");
	tsem_pattern_format(rule, buffer);
	if (rule->length)
		tsem_buffer_printf(buffer, " (%u %s in the braces)", rule->length, what[rule->alphabet]);
	else
		tsem_buffer_printf(buffer, " (up to %d %s in the braces)", TSEM_NAME_MIDDLE_MAX, what[rule->alphabet]);
	tsem_buffer_printf(buffer, " may do the same with all of them and below");
}
