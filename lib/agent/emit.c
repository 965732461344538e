/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "agent.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

struct emitted {
	struct tsem_emit_head head;
	char bytes[TSEM_EMIT_NAME_MAX + 2 * TSEM_EMIT_FIELDS_MAX];
};

/* Appends KEY=VALUE and a NUL. False: there is no room. */
static bool put_field(const struct tsem_emit_field *field, char *bytes, size_t *size)
{
	size_t key = strlen(field->key), value = strlen(field->value);

	if (key + value + 2 > TSEM_EMIT_FIELDS_MAX - *size)
		return false;
	memcpy(bytes + *size, field->key, key);
	bytes[*size + key] = '=';
	memcpy(bytes + *size + key + 1, field->value, value + 1);
	*size += key + value + 2;
	return true;
}

/* Of one kind, at the bytes. Their size, or -E2BIG. */
static int put_fields(const struct tsem_emit_field *fields, size_t count, bool notes, char *bytes)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		if (!!fields[i].note == notes && !put_field(&fields[i], bytes, &size))
			return -E2BIG;
	return size;
}

int tsem_emit(const char *name, const struct tsem_emit_field *fields, size_t count)
{
	struct emitted emitted = {.head.version = TSEM_EMIT_VERSION};
	size_t name_size = strlen(name);
	int modelled, notes;

	if (!name_size || name_size > TSEM_EMIT_NAME_MAX)
		return -EINVAL;
	if (count > TSEM_EMIT_FIELDS)
		return -E2BIG;
	memcpy(emitted.bytes, name, name_size);
	modelled = put_fields(fields, count, false, emitted.bytes + name_size);
	if (modelled < 0)
		return modelled;
	notes = put_fields(fields, count, true, emitted.bytes + name_size + modelled);
	if (notes < 0)
		return notes;
	emitted.head.name_size = name_size;
	emitted.head.fields_size = modelled;
	emitted.head.notes_size = notes;
	/* EINVAL is what the kernel says of an option that it does not know, whoever has heard it before. */
	if (!prctl(TSEM_PRCTL, TSEM_PRCTL_EMIT, &emitted, sizeof(emitted.head) + name_size + modelled + notes, 0) ||
	    errno == EINVAL)
		return 0;
	return -errno;
}

int tsem_agent_sync(struct tsem_agent *agent, tsem_u64 mark)
{
	if (!agent_lives(agent))
		return -ESTALE;
	if (!prctl(TSEM_PRCTL, TSEM_PRCTL_SYNC, mark, 0, 0) || errno == EINVAL)
		return 0;
	return -errno;
}
