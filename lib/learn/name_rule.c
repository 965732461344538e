/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether a name has the form of a rule: the same check as on the kernel side. */
#include <string.h>

#include "propose.h"

/* Of the rule's start: the directory with its slash. The rest is the prefix. */
static size_t directory_size(const struct tsem_name_rule *rule)
{
	size_t size = rule->start_size;

	while (size && rule->start[size - 1] != '/')
		size--;
	return size;
}

/* Characters of the class, at most one more than a rule may have. */
static size_t count_middle(tsem_u32 class, const char *text, size_t size)
{
	size_t count = 0;

	while (count < size && count <= TSEM_NAME_MIDDLE_MAX && name_class_has(class, text[count]))
		count++;
	return count;
}

/* Of any length, the middle is all that can be of it. */
bool name_rule_matches(const struct tsem_name_rule *rule, const char *component, size_t size)
{
	size_t directory = directory_size(rule), prefix = rule->start_size - directory, middle;

	if (size <= prefix || memcmp(component, rule->start + directory, prefix) != 0)
		return false;
	middle = count_middle(rule->alphabet, component + prefix, size - prefix);
	if (rule->length && middle > rule->length)
		middle = rule->length;
	if (!middle || middle > TSEM_NAME_MIDDLE_MAX || (rule->length && middle != rule->length))
		return false;
	return prefix + middle + rule->suffix_size == size &&
	       !memcmp(component + prefix + middle, rule->suffix, rule->suffix_size);
}

size_t name_rule_find(const struct tsem_name_rule *rule, const char *path, size_t size, size_t *ret_offset)
{
	size_t directory = directory_size(rule), end = directory;

	if (size <= directory || memcmp(path, rule->start, directory) != 0)
		return 0;
	while (end < size && path[end] != '/')
		end++;
	if (!name_rule_matches(rule, path + directory, end - directory))
		return 0;
	*ret_offset = directory;
	return end - directory;
}

static bool all_of_class(tsem_u32 class, const tsem_u8 *text, size_t size)
{
	while (size-- > 0)
		if (!name_class_has(class, text[size]))
			return false;
	return true;
}

/* The extra part of the prefix and the suffix has to match the middle of the other rule. */
bool name_rule_within(const struct tsem_name_rule *rule, const struct tsem_name_rule *other)
{
	size_t head = rule->start_size - other->start_size, tail = rule->suffix_size - other->suffix_size, middle;

	if (rule->alphabet > other->alphabet || rule->start_size < other->start_size ||
	    rule->suffix_size < other->suffix_size)
		return false;
	if (memcmp(rule->start, other->start, other->start_size) != 0 ||
	    memcmp(rule->suffix + tail, other->suffix, other->suffix_size) != 0)
		return false;
	if (!all_of_class(other->alphabet, rule->start + other->start_size, head) ||
	    !all_of_class(other->alphabet, rule->suffix, tail))
		return false;
	middle = head + tail + (rule->length ? rule->length : TSEM_NAME_MIDDLE_MAX);
	return other->length ? rule->length && middle == other->length : middle <= TSEM_NAME_MIDDLE_MAX;
}
