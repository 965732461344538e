/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Objects in words: paths, addresses, programs, and plain values. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "../event/digest.h"
#include "describe.h"

void describe_program(struct describing *d, const tsem_u8 *id)
{
	if (digest_is_zero(id)) {
		buffer_text(d->buffer, "a process outside the namespace");
		return;
	}
	if (d->name && d->name(d->context, id, d->buffer))
		return;
	buffer_text(d->buffer, "the program ");
	buffer_hex(d->buffer, id, 4);
}

static void describe_created(struct describing *d, const struct item *directory, const struct item *instance,
			     const struct item *owner)
{
	tsem_buffer_printf(d->buffer, "file number %llu that ", item_number(instance));
	if (memcmp(owner->data, d->record->task_id, TSEM_DIGEST_SIZE) != 0)
		describe_program(d, owner->data);
	else
		buffer_text(d->buffer, "it");
	buffer_text(d->buffer, " created in ");
	buffer_escape(d->buffer, directory->data, directory->size);
}

static void describe_below(struct describing *d, const struct item *directory, const char *what)
{
	buffer_escape(d->buffer, directory->data, directory->size);
	if (directory->size && directory->data[directory->size - 1] != '/')
		buffer_text(d->buffer, "/");
	buffer_text(d->buffer, what);
}

/* An object that is about to be created: it has no inode, which would be the preceding member, and no number yet. */
static bool is_unmade(const struct describing *d, const struct item *path, const struct item *instance)
{
	return path > d->codec.items && path[-1].kind == ITEM_OPEN && path[-1].depth < path->depth &&
	       !item_number(instance);
}

static void describe_path(struct describing *d, const struct item *path)
{
	const struct item *name = describe_member(&d->codec, path, "pathname");
	const struct item *directory = describe_member(&d->codec, path, "directory");
	const struct item *instance = describe_member(&d->codec, path, "instance");
	const struct item *owner = describe_member(&d->codec, path, "owner");

	if (name)
		buffer_escape(d->buffer, name->data, name->size);
	else if (directory && instance && is_unmade(d, path, instance))
		describe_below(d, directory, "(any name)");
	else if (directory && instance && owner)
		describe_created(d, directory, instance, owner);
	else
		buffer_text(d->buffer, "a file whose path could not be read");
}

void describe_path_short(struct describing *d, const struct item *path)
{
	const struct item *name = describe_member(&d->codec, path, "pathname");
	const struct item *directory = describe_member(&d->codec, path, "directory");
	const struct item *instance = describe_member(&d->codec, path, "instance");

	if (name)
		buffer_escape(d->buffer, name->data, name->size);
	if (!directory || !instance)
		return;
	if (is_unmade(d, path, instance)) {
		describe_below(d, directory, "(any name)");
		return;
	}
	describe_below(d, directory, "");
	tsem_buffer_printf(d->buffer, "(created %llu)", item_number(instance));
}

static void describe_inet(struct describing *d, const struct item *open, int family)
{
	const struct item *port = describe_member(&d->codec, open, "port");
	const struct item *address = describe_member(&d->codec, open, "address");
	char text[INET6_ADDRSTRLEN];

	if (port && address && inet_ntop(family, address->data, text, sizeof(text)))
		tsem_buffer_printf(d->buffer, "%s port %llu", text, item_number(port));
}

static void describe_unix(struct describing *d, const struct item *address)
{
	size_t size = address ? address->size : 0;

	if (!size) {
		buffer_text(d->buffer, "an unnamed local socket");
		return;
	}
	if (!address->data[0]) {
		buffer_text(d->buffer, "the local socket @");
		buffer_escape(d->buffer, address->data + 1, size - 1);
		return;
	}
	buffer_text(d->buffer, "the local socket ");
	buffer_escape(d->buffer, address->data, strnlen((const char *)address->data, size));
}

static void describe_address(struct describing *d, const struct item *address)
{
	const struct item *item = address + 1, *family;

	if (item >= d->codec.items + d->codec.count || item->depth <= address->depth)
		return;
	switch (item->field->type) {
	case FIELD_INET:
		describe_inet(d, item, AF_INET);
		break;
	case FIELD_INET6:
		describe_inet(d, item, AF_INET6);
		break;
	case FIELD_UNIX:
		describe_unix(d, describe_member(&d->codec, item, "address"));
		break;
	default:
		family = describe_member(&d->codec, item, "family");
		tsem_buffer_printf(d->buffer, "an address of family %llu", family ? item_number(family) : 0);
	}
}

/* A shape that has no words of its own: its values in braces. */
static void describe_shape(struct describing *d, const struct item *open)
{
	const struct item *path = describe_member(&d->codec, open, "path");
	const char *before = "{";

	if (path) {
		describe_path(d, path);
		return;
	}
	for (const struct item *item = open + 1; item < d->codec.items + d->codec.count && item->depth > open->depth;
	     item++) {
		if (item->depth != open->depth + 1 || item->kind == ITEM_CLOSE)
			continue;
		tsem_buffer_printf(d->buffer, "%s%s ", before, item->field->name);
		describe_item(d, item);
		before = ", ";
	}
	buffer_text(d->buffer, *before == '{' ? "{}" : "}");
}

static void describe_value(struct describing *d, const struct item *item)
{
	tsem_u64 number;

	switch (item->field->type) {
	case FIELD_STR:
	case FIELD_BYTES:
	case FIELD_PATH_TYPE:
		buffer_escape(d->buffer, item->data, item->size);
		return;
	case FIELD_DIGEST:
	case FIELD_UUID:
	case FIELD_IPV6:
	case FIELD_IPV4:
		buffer_hex(d->buffer, item->data, item->size);
		return;
	default:
		number = item_number(item);
	}
	if (item->field->type == FIELD_MODE)
		tsem_buffer_printf(d->buffer, "%#llo", number);
	else if (item->field->type == FIELD_X32 || item->field->type == FIELD_X64)
		tsem_buffer_printf(d->buffer, "0x%llx", number);
	else
		tsem_buffer_printf(d->buffer, item->field->type == FIELD_S32 ? "%lld" : "%llu", number);
}

/* Digests with one of these names are the TASK_ID of another task. */
static bool names_task(const char *name)
{
	return !strcmp(name, "target") || !strcmp(name, "task") || !strcmp(name, "source");
}

static void describe_task(struct describing *d, const struct item *item)
{
	if (!digest_is_zero(item->data) && !memcmp(item->data, d->record->task_id, TSEM_DIGEST_SIZE))
		buffer_text(d->buffer, "a process of the same program");
	else
		describe_program(d, item->data);
}

void describe_item(struct describing *d, const struct item *item)
{
	if (!item)
		return;
	if (item->field->type == FIELD_PATH)
		describe_path(d, item);
	else if (item->field->type == FIELD_ADDR)
		describe_address(d, item);
	else if (item->kind == ITEM_OPEN)
		describe_shape(d, item);
	else if (item->field->type == FIELD_DIGEST && names_task(item->field->name))
		describe_task(d, item);
	else
		describe_value(d, item);
}
