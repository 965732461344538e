/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A directory and names, each in a line that begins with its run: whatever they are, a proposal is a pattern that has them. */
#include <stdlib.h>
#include <string.h>

#include "../../lib/learn/propose.h"
#include "fuzz.h"

#define NAMES_MAX 64
#define RULES_MAX 8

static int compare(const void *a, const void *b)
{
	const struct varying_name *x = a, *y = b;
	size_t least = x->size < y->size ? x->size : y->size;
	int order = memcmp(x->text, y->text, least);

	return order ? order : (x->size > y->size) - (x->size < y->size);
}

static size_t split(const char *text, size_t size, struct varying_name *names)
{
	size_t count = 0, distinct = 0;

	while (size && count < NAMES_MAX) {
		const char *end = memchr(text, '\n', size);
		size_t line = end ? (size_t)(end - text) : size;

		if (line > 1 && line < 256 && !memchr(text, '/', line))
			names[count++] = (struct varying_name){text + 1, line - 1, (unsigned char)*text % 4};
		size -= line + !!end;
		text += line + !!end;
	}
	qsort(names, count, sizeof(*names), compare);
	for (size_t i = 0; i < count; i++)
		if (!distinct || compare(&names[distinct - 1], &names[i]))
			names[distinct++] = names[i];
	return distinct;
}

static void check_rule(const struct tsem_name_rule *rule, const struct varying_name *names, size_t count)
{
	struct tsem_buffer pattern = {0};
	struct tsem_name_rule again;
	size_t matching = 0;

	tsem_pattern_format(rule, &pattern);
	MUST(!tsem_pattern_parse(pattern.data, pattern.size, &again, NULL) && !memcmp(&again, rule, sizeof(again)));
	MUST(name_rule_within(rule, rule));
	for (size_t i = 0; i < count; i++)
		matching += name_rule_matches(rule, names[i].text, names[i].size);
	MUST(matching >= 2);
	tsem_buffer_deinit(&pattern);
}

/* The first line: a directory, "@" or "." for what comes before an abstract name and one that is relative. */
static bool make_head(const char *text, size_t size, char *ret_head, size_t *ret_size)
{
	if (!size || size > 254 || memchr(text, 0, size))
		return false;
	memcpy(ret_head, text, size);
	ret_head[size] = '/';
	*ret_size = size + (size > 1 || (*text != '/' && *text != '@' && *text != '.'));
	if (*text == '@')
		ret_head[0] = 0;
	if (*text == '.' && size == 1)
		*ret_size = 0;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *text = (const char *)bytes, *end = size ? memchr(text, '\n', size) : NULL;
	char head[256];
	size_t head_size;
	struct tsem_name_rule rules[RULES_MAX];
	struct varying_name names[NAMES_MAX];
	size_t count, found;

	if (!end || !make_head(text, end - text, head, &head_size))
		return 0;
	count = split(end + 1, size - (end + 1 - text), names);
	found = name_rules_guess(head, head_size, names, count, rules, RULES_MAX);
	MUST(found <= RULES_MAX);
	for (size_t i = 0; i < found; i++)
		check_rule(&rules[i], names, count);
	return 0;
}
