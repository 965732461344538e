/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "agent.h"
#include "../event/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct tsem_agent_head *head_of(const struct message *message)
{
	return (const void *)message->bytes;
}

/* Head, record, CELL, path: what the kernel side writes always fits; it is looked at all the same. */
static bool is_whole(const void *bytes, size_t size)
{
	const struct tsem_agent_head *head = bytes;
	const struct tsem_record *record = (const void *)(head + 1);

	return size >= sizeof(*head) + sizeof(*record) && head->version == TSEM_AGENT_HEAD_VERSION &&
	       head->size == size && record->cell_size <= TSEM_CELL_MAX && head->executable_size <= TSEM_PATH_MAX &&
	       record->size == sizeof(*record) + record->cell_size &&
	       size == sizeof(*head) + record->size + head->executable_size;
}

static void fill_process(struct message *message)
{
	const struct tsem_agent_head *head = head_of(message);
	const struct tsem_record *record = (const void *)(head + 1);

	message->told.process = &message->process;
	message->process = (struct tsem_agent_process){
		.size = sizeof(message->process),
		.pid = record->pid,
		.tid = record->tid,
		.parent = record->ppid,
		.executable_size = head->executable_size,
		.started = head->started,
		.parent_started = head->parent_started,
		.namespace_id = record->context,
		.cgroup = head->cgroup,
		.device = head->executable_device,
		.inode = head->executable_inode,
		.executable = (const char *)record + record->size,
		.comm = (const char *)record->comm,
		.task_id = record->context ? record->task_id : NULL,
		.parent_task_id = record->context ? record->ptask_id : NULL,
		.ids = &record->coe,
	};
}

struct message *message_make(const void *bytes, size_t size)
{
	struct message *message = is_whole(bytes, size) ? malloc(sizeof(*message) + size + 1) : NULL;
	const struct tsem_agent_head *head = bytes;
	struct tsem_record *record;

	if (!message)
		return NULL;
	memset(message, 0, sizeof(*message));
	memcpy(message->bytes, bytes, size);
	message->bytes[size] = 0;
	record = (void *)(message->bytes + sizeof(*head));
	record->comm[TSEM_COMM_SIZE - 1] = 0;
	record->number = head->sequence;
	message->agent = head->agent;
	message->holders = 1;
	message->told.size = sizeof(message->told);
	message->told.version = TSEM_MESSAGE_VERSION;
	message->told.event = head->event;
	message->told.action = head->action;
	message->told.sequence = head->sequence;
	message->told.event_sequence = head->event_sequence;
	message->told.time = record->ts;
	message->told.deadline = head->deadline;
	message->told.subject = head->subject;
	message->told.subject_started = head->subject_started;
	message->told.record = head->event < TSEM_EVENT_LIMIT ? record : NULL;
	fill_process(message);
	return message;
}

void tsem_message_retain(const struct tsem_message *told)
{
	__atomic_fetch_add(&((struct message *)told)->holders, 1, __ATOMIC_RELAXED);
}

void tsem_message_release(const struct tsem_message *told)
{
	struct message *message = (struct message *)told;

	if (message && __atomic_sub_fetch(&message->holders, 1, __ATOMIC_ACQ_REL) == 0)
		free(message);
}

/* ---- fields ---- */

/* The names, one behind the other, under which events have the field; of paths also which one of the event's. */
static const struct row {
	tsem_u32 number;
	unsigned place; /* from 1: which of the items with that name */
	const char *names;
} rows[] = {
	{TSEM_FIELD_PATH, 1, "pathname\0"},
	{TSEM_FIELD_TARGET, 2, "pathname\0"},
	{TSEM_FIELD_FLAGS, 1, "flags\0"},
	{TSEM_FIELD_MODE, 1, "mode\0"},
	{TSEM_FIELD_PORT, 1, "port\0"},
	{TSEM_FIELD_ADDRESS, 1, "address\0"},
	{TSEM_FIELD_SIGNAL, 1, "sig\0"},
	{TSEM_FIELD_PROTECTION, 1, "prot\0"},
	{TSEM_FIELD_NAME, 1, "name\0kmod_name\0description\0"},
	{TSEM_FIELD_COMMAND, 1, "cmd\0cmd_op\0"},
	{TSEM_FIELD_FAMILY, 1, "family\0"},
	{TSEM_FIELD_FIELDS, 1, "\0"},
	{TSEM_FIELD_NOTES, 1, "\0"},
};

static void fill_value(const struct item *item, struct tsem_field_value *ret_value)
{
	bool bytes = item->field->type == FIELD_STR || item->field->type == FIELD_BYTES ||
		     item->field->type == FIELD_DIGEST || item->field->type == FIELD_UUID ||
		     item->field->type == FIELD_PATH_TYPE || item->field->type == FIELD_IPV4 ||
		     item->field->type == FIELD_IPV6;

	*ret_value = (struct tsem_field_value){.type = bytes ? TSEM_VALUE_BYTES : TSEM_VALUE_NUMBER,
					       .bytes = item->data,
					       .size = item->size};
	if (item->field->type == FIELD_PORT)
		ret_value->number = item->data[0] << 8 | item->data[1];
	else if (!bytes)
		ret_value->number = item_number(item);
}

static bool is_named(const struct item *item, const char *names)
{
	if (item->kind != ITEM_VALUE)
		return false;
	for (; *names; names += strlen(names) + 1)
		if (!strcmp(item->field->name, names))
			return true;
	return false;
}

static const struct row *find_row(tsem_u32 field)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].number == field)
			return &rows[i];
	return NULL;
}

static int find_field(const struct tsem_record *record, const struct row *row, struct tsem_field_value *ret_value)
{
	struct codec codec;
	unsigned place = 0;

	codec_decode_record(&codec, record);
	for (unsigned i = 0; i < codec.count; i++)
		if (is_named(&codec.items[i], row->names) && ++place == row->place) {
			fill_value(&codec.items[i], ret_value);
			return 0;
		}
	return -ENOENT;
}

/* Of a program event: the name, fields, notes, each with its length before it. */
static int find_emitted(const struct message *message, unsigned place, struct tsem_field_value *ret_value)
{
	const struct tsem_record *record = (const void *)(message->bytes + sizeof(struct tsem_agent_head));
	const tsem_u8 *at = (const tsem_u8 *)(record + 1), *end = at + record->cell_size;
	tsem_u32 size = 0;

	for (unsigned i = 0; i <= place; i++) {
		at += size;
		if (end - at < (ptrdiff_t)sizeof(size))
			return -ENOENT;
		memcpy(&size, at, sizeof(size));
		at += sizeof(size);
		if (size > end - at)
			return -ENOENT;
	}
	*ret_value = (struct tsem_field_value){.type = TSEM_VALUE_BYTES, .bytes = at, .size = size};
	return 0;
}

static int find_own(const struct tsem_message *message, tsem_u32 field, struct tsem_field_value *ret_value)
{
	if (message->event != TSEM_AGENT_EMIT)
		return -ENOENT;
	switch (field) {
	case TSEM_FIELD_NAME:
		return find_emitted((const struct message *)message, 0, ret_value);
	case TSEM_FIELD_FIELDS:
		return find_emitted((const struct message *)message, 1, ret_value);
	case TSEM_FIELD_NOTES:
		return find_emitted((const struct message *)message, 2, ret_value);
	}
	return -ENOENT;
}

int tsem_message_field(const struct tsem_message *message, tsem_u32 field, struct tsem_field_value *ret_value)
{
	const struct row *row = find_row(field);

	if (!row)
		return -EINVAL;
	return message->record ? find_field(message->record, row, ret_value) : find_own(message, field, ret_value);
}

int tsem_message_named(const struct tsem_message *message, const char *name, struct tsem_field_value *ret_value)
{
	const struct item *item;
	struct codec codec;

	if (!message->record)
		return -ENOENT;
	codec_decode_record(&codec, message->record);
	item = codec_find(&codec, name);
	if (!item || item->kind != ITEM_VALUE)
		return -ENOENT;
	fill_value(item, ret_value);
	return 0;
}
