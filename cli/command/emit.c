/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../frame/cmd.h"

/* KEY=VALUE, taken apart in place. */
static int add_field(const struct invocation *invocation, const char *word, bool note, struct tsem_emit_field *fields,
		     size_t *count)
{
	const char *equals = strchr(word, '=');

	if (*count == TSEM_EMIT_FIELDS)
		return usage_error(invocation, "an event has at most %d fields", TSEM_EMIT_FIELDS);
	if (!equals || equals == word)
		return usage_error(invocation, "a field is KEY=VALUE, not '%s'", word);
	fields[*count].key = strndup(word, equals - word);
	fields[*count].value = equals + 1;
	fields[*count].note = note;
	if (!fields[*count].key)
		return tsem_error_set(invocation->error, ENOMEM, "out of memory");
	++*count;
	return 0;
}

static int emit(const struct invocation *invocation, const struct tsem_emit_field *fields, size_t count)
{
	const char *name = invocation->operands[0];
	int r = tsem_emit(name, fields, count);

	if (r == -EINVAL)
		return usage_error(invocation, "the name of an event has 1 to %d bytes", TSEM_EMIT_NAME_MAX);
	if (r == -E2BIG)
		return usage_error(invocation, "the fields of an event have at most %d bytes", TSEM_EMIT_FIELDS_MAX);
	return r ? tsem_error_set(invocation->error, -r, "cannot emit %s: %s", name, strerror(-r)) : 0;
}

int cmd_emit(const struct invocation *invocation)
{
	struct tsem_emit_field fields[TSEM_EMIT_FIELDS] = {};
	size_t count = 0, cursor = 0;
	const char *note;
	int status = 0;

	for (size_t i = 1; !status && i < invocation->operand_count; i++)
		status = add_field(invocation, invocation->operands[i], false, fields, &count);
	while (!status && (note = invocation_next(invocation, OPTION_emit_note, &cursor)))
		status = add_field(invocation, note, true, fields, &count);
	if (!status)
		status = emit(invocation, fields, count);
	for (size_t i = 0; i < count; i++)
		free((char *)fields[i].key);
	return status;
}
