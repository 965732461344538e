/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <zlib.h>

#include "../lib/base/buffer.h"
#include "sink.h"

#define COVERED offsetof(struct sink_entry, context) /* from here on by the checksum */

static size_t pad(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

size_t sink_entry_room(const struct sink_message *message)
{
	return pad(sizeof(struct sink_entry) + message->size);
}

static void put_text(char *room, const char *text, size_t limit)
{
	memcpy(room, text, strnlen(text, limit - 1));
}

void sink_entry_pack(const struct sink_message *message, bool checked, void *room)
{
	struct sink_entry *entry = room;
	tsem_u32 size = sizeof(*entry) + message->size;

	memset((char *)entry + COVERED, 0, sizeof(*entry) - COVERED);
	entry->context = message->context;
	entry->number = message->number;
	entry->kind = message->kind;
	entry->class = message->class;
	put_text(entry->host, message->host, SINK_HOST_MAX);
	put_text(entry->boot, message->boot, SINK_BOOT_MAX);
	put_text(entry->name, message->name, TSEM_NAME_MAX);
	memcpy(entry + 1, message->text, message->size);
	memset((char *)room + size, 0, pad(size) - size);
	entry->crc = checked ? crc32(size, (const Bytef *)entry + COVERED, size - COVERED) : 0;
	__atomic_store_n(&entry->size, size, __ATOMIC_RELEASE);
}

void sink_entry_keep(const struct sink_message *message, struct tsem_buffer *buffer)
{
	size_t room = sink_entry_room(message);
	char *at;

	buffer->size = 0;
	at = buffer_reserve(buffer, room);
	if (!at)
		return;
	sink_entry_pack(message, false, at);
	buffer->size = room;
}

static bool entry_sound(const struct sink_entry *entry, tsem_u32 size)
{
	return entry->crc == crc32(size, (const Bytef *)entry + COVERED, size - COVERED) &&
	       entry->kind < SINK_KIND_COUNT && memchr(entry->host, 0, SINK_HOST_MAX) &&
	       memchr(entry->boot, 0, SINK_BOOT_MAX) && memchr(entry->name, 0, TSEM_NAME_MAX);
}

int sink_entry_unpack(const void *room, size_t limit, bool checked, struct sink_message *ret_message, size_t *ret_room)
{
	const struct sink_entry *entry = room;
	tsem_u32 size;

	*ret_room = 0;
	if (limit < sizeof(size))
		return -ENODATA;
	size = __atomic_load_n(&entry->size, __ATOMIC_ACQUIRE);
	if (!size)
		return -ENODATA;
	if (size < sizeof(*entry) || size > sizeof(*entry) + SINK_TEXT_MAX || pad(size) > limit)
		return -EBADMSG;
	*ret_room = pad(size);
	if (checked && !entry_sound(entry, size))
		return -EBADMSG;
	*ret_message = (struct sink_message){
		.context = entry->context,
		.number = entry->number,
		.kind = entry->kind,
		.class = entry->class,
		.host = entry->host,
		.boot = entry->boot,
		.name = entry->name,
		.text = (const char *)(entry + 1),
		.size = size - sizeof(*entry),
	};
	return 0;
}
