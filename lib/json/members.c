/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"
#include "../base/utf8.h"

static bool read_known(struct scanner *scanner, const struct json_member *member, void *context)
{
	if (member->read(scanner, context))
		return true;
	if (!scanner->member)
		scanner->member = member->name;
	return false;
}

/* From after the name to after the value. */
static bool read_named(struct scanner *scanner, const struct json_member *members, void *context, const tsem_u8 *name,
		       size_t size, tsem_u32 *seen)
{
	for (unsigned i = 0; members[i].name; i++) {
		if (strlen(members[i].name) != size || memcmp(members[i].name, name, size) != 0)
			continue;
		if (*seen >> i & 1)
			return scan_fail(scanner, members[i].name, "this member is there twice");
		*seen |= 1u << i;
		return read_known(scanner, &members[i], context);
	}
	return scan_skip(scanner);
}

static bool check_required(struct scanner *scanner, const struct json_member *members, tsem_u32 seen)
{
	for (unsigned i = 0; members[i].name; i++)
		if (members[i].required && !(seen >> i & 1))
			return scan_fail(scanner, members[i].name, "this member is missing");
	return true;
}

bool json_members(struct scanner *scanner, const struct json_member *members, void *context)
{
	tsem_u8 name[64];
	tsem_u32 seen = 0;
	size_t size;

	if (!scan_expect(scanner, '{'))
		return false;
	if (scan_accept(scanner, '}'))
		return check_required(scanner, members, seen);
	do {
		if (!scan_string(scanner, name, sizeof(name), false, &size) || !scan_expect(scanner, ':') ||
		    !read_named(scanner, members, context, name, size, &seen))
			return false;
	} while (scan_accept(scanner, ','));
	return scan_expect(scanner, '}') && check_required(scanner, members, seen);
}

bool json_list(struct scanner *scanner, size_t limit, bool (*read)(struct scanner *scanner, void *context),
	       void *context)
{
	size_t count = 0;

	if (!scan_accept(scanner, '['))
		return scan_fail(scanner, NULL, "a list is expected");
	if (scan_accept(scanner, ']'))
		return true;
	do {
		if (count++ == limit)
			return scan_fail(scanner, NULL, "the list is too long");
		if (!read(scanner, context))
			return false;
	} while (scan_accept(scanner, ','));
	return scan_accept(scanner, ']') || scan_fail(scanner, NULL, "a comma or the end of the list is expected");
}

/* Room for the written string suffices for its value: no escape is shorter than its character. */
bool json_text(struct scanner *scanner, char **ret_text, size_t *ret_size)
{
	struct scanner ahead = *scanner;
	size_t room, size;
	char *text;

	if (!scan_string(&ahead, NULL, 0, false, &size)) {
		*scanner = ahead;
		return false;
	}
	room = ahead.at - scanner->at;
	text = malloc(room + 1);
	if (!text)
		return scan_fail(scanner, NULL, "out of memory");
	if (!scan_string(scanner, (tsem_u8 *)text, room, true, &size)) {
		free(text);
		return false;
	}
	text[size] = 0;
	*ret_text = text;
	*ret_size = size;
	return true;
}

bool json_each(struct scanner *scanner, bool (*read)(struct scanner *scanner, const char *name, void *context),
	       void *context)
{
	char *name;
	size_t size;
	bool good;

	scan_space(scanner);
	if (!scan_expect(scanner, '{'))
		return false;
	if (scan_accept(scanner, '}'))
		return true;
	do {
		scan_space(scanner);
		if (!json_text(scanner, &name, &size))
			return false;
		good = scan_expect(scanner, ':');
		scan_space(scanner);
		good = good && (strlen(name) == size || scan_fail(scanner, NULL, "a name cannot have a NUL")) &&
		       read(scanner, name, context);
		free(name);
		if (!good)
			return false;
	} while (scan_accept(scanner, ','));
	return scan_expect(scanner, '}');
}

bool json_null(struct scanner *scanner)
{
	scan_space(scanner);
	return scanner->end - scanner->at >= 4 && !memcmp(scanner->at, "null", 4) && scan_skip(scanner);
}

int json_refuse(const char *name, const struct scanner *scanner, struct tsem_error *error)
{
	return tsem_error_set(error, EBADMSG, "%s cannot be understood at byte %td: %s%s%s", name,
			      (scanner->where ? scanner->where : scanner->at) - scanner->start,
			      scanner->member ? scanner->member : "", scanner->member ? ": " : "",
			      scanner->reason ? scanner->reason : "it is no JSON");
}

bool json_number(struct scanner *scanner, const char *member, tsem_u64 *ret_number)
{
	const char *at;

	*ret_number = 0;
	scan_space(scanner);
	at = scanner->at;
	while (scanner->at < scanner->end && *scanner->at >= '0' && *scanner->at <= '9' && scanner->at - at < 18)
		*ret_number = *ret_number * 10 + (*scanner->at++ - '0');
	return scanner->at > at || scan_fail(scanner, member, "it needs a number");
}

bool json_end(struct scanner *scanner)
{
	scan_space(scanner);
	return scanner->at == scanner->end || scan_fail(scanner, NULL, "there is text after the object");
}

static void put_escape(struct tsem_buffer *buffer, char byte)
{
	if (byte == '\n')
		buffer_text(buffer, "\\n");
	else if (byte == '"' || byte == '\\')
		tsem_buffer_printf(buffer, "\\%c", byte);
	else
		tsem_buffer_printf(buffer, "\\u%04x", (unsigned char)byte);
}

bool json_put_text(struct tsem_buffer *buffer, const char *text, size_t size)
{
	const char *end = text + size, *run = text;
	size_t before = buffer->size;

	buffer_text(buffer, "\"");
	while (text < end) {
		size_t length = utf8_length((const tsem_u8 *)text, end - text);

		if (!length) {
			buffer->size = before;
			return false;
		}
		if ((tsem_u8)*text < 0x20 || *text == '"' || *text == '\\' || *text == 0x7f) {
			tsem_buffer_add(buffer, run, text - run);
			put_escape(buffer, *text);
			run = text + 1;
		}
		text += length;
	}
	tsem_buffer_add(buffer, run, text - run);
	buffer_text(buffer, "\"");
	return true;
}
