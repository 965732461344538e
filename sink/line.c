/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "line.h"

#include <errno.h>
#include <string.h>

#include "../lib/json/scan.h"

#define KEY_MAX 32

struct wanted {
	const char *key;
	char *text; /* NULL: a number */
	size_t limit;
	tsem_u64 *number;
	bool seen;
};

static bool take_number(struct scanner *scanner, tsem_u64 *ret_number)
{
	tsem_u8 text[21];
	tsem_u64 number = 0;
	size_t size;

	if (!scan_string(scanner, text, 20, true, &size))
		return false;
	for (size_t i = 0; i < size; i++)
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, text[i] - '0', &number))
			return scan_fail(scanner, NULL, "a decimal number is expected");
	*ret_number = number;
	return size || scan_fail(scanner, NULL, "a decimal number is expected");
}

static bool take_wanted(struct scanner *scanner, struct wanted *wanted)
{
	size_t size;

	if (wanted->seen)
		return scan_fail(scanner, wanted->key, "is there twice");
	wanted->seen = true;
	if (!wanted->text)
		return take_number(scanner, wanted->number);
	if (!scan_string(scanner, (tsem_u8 *)wanted->text, wanted->limit - 1, true, &size))
		return false;
	wanted->text[size] = 0;
	return !memchr(wanted->text, 0, size) || scan_fail(scanner, wanted->key, "has a NUL in it");
}

static bool take_key(struct scanner *scanner, tsem_u8 key[KEY_MAX])
{
	size_t size;

	if (!scan_string(scanner, key, KEY_MAX - 2, false, &size) || !scan_expect(scanner, ':'))
		return false;
	key[size < KEY_MAX - 1 && !memchr(key, 0, size) ? size : 0] = 0; /* no key is shorter than it is written */
	scan_space(scanner);
	return true;
}

static bool take_members(struct scanner *scanner, struct wanted *wanted, size_t count)
{
	tsem_u8 key[KEY_MAX];

	if (!scan_expect(scanner, '{'))
		return false;
	if (scan_accept(scanner, '}'))
		return true;
	do {
		size_t i = 0;

		if (!take_key(scanner, key))
			return false;
		while (i < count && strcmp((const char *)key, wanted[i].key))
			i++;
		if (i < count ? !take_wanted(scanner, &wanted[i]) : !scan_skip(scanner))
			return false;
	} while (scan_accept(scanner, ','));
	return scan_expect(scanner, '}');
}

static bool take_export(struct scanner *scanner, struct sink_line *line)
{
	static const char *const kinds[LINE_KIND_COUNT] = {"event", "stream", "end", "status"};
	struct sink_identity *identity = &line->identity;
	char type[16] = "";
	struct wanted wanted[] = {
		{"type", type, sizeof(type), NULL, false},
		{"host", identity->host, sizeof(identity->host), NULL, false},
		{"boot", identity->boot, sizeof(identity->boot), NULL, false},
		{"namespace", identity->name, sizeof(identity->name), NULL, false},
	};

	if (!take_members(scanner, wanted, 4))
		return false;
	line->identified = identity->host[0] && identity->boot[0] && identity->name[0];
	for (line->kind = 0; line->kind < LINE_KIND_COUNT; line->kind++)
		if (!strcmp(type, kinds[line->kind]))
			return true;
	return scan_fail(scanner, "export", "is of no known type");
}

static bool take_line(struct scanner *scanner, struct sink_line *line)
{
	struct wanted event[] = {{"context", NULL, 0, &line->context, false},
				 {"number", NULL, 0, &line->number, false}};
	struct wanted stream[] = {{"epoch", NULL, 0, &line->identity.epoch, false}};
	bool export = false, numbers = false, streams = false;
	tsem_u8 key[KEY_MAX];

	if (!scan_expect(scanner, '{'))
		return false;
	do {
		bool *seen = NULL;
		bool good;

		if (!take_key(scanner, key))
			return false;
		if (!strcmp((const char *)key, "export"))
			good = take_export(scanner, line), seen = &export;
		else if (!strcmp((const char *)key, "event"))
			good = take_members(scanner, event, 2), seen = &numbers;
		else if (!strcmp((const char *)key, "stream"))
			good = take_members(scanner, stream, 1), seen = &streams;
		else
			good = scan_skip(scanner);
		if (!good || (seen && *seen))
			return good ? scan_fail(scanner, NULL, "a member is there twice") : false;
		if (seen)
			*seen = true;
	} while (scan_accept(scanner, ','));
	if (!scan_expect(scanner, '}'))
		return false;
	if (!export)
		return scan_fail(scanner, "export", "is missing");
	if ((line->kind == LINE_EVENT || line->kind == LINE_END) && (!event[0].seen || !event[1].seen))
		return scan_fail(scanner, "event", "has no context or no number");
	return true;
}

int sink_line_parse(const char *text, size_t size, struct sink_line *ret_line, struct tsem_error *error)
{
	struct scanner scanner = {.start = text, .at = text, .end = text + size};
	struct sink_line line = {};

	if (take_line(&scanner, &line)) {
		scan_space(&scanner);
		if (scanner.at == scanner.end) {
			*ret_line = line;
			return 0;
		}
		scan_fail(&scanner, NULL, "there is text after the object");
	}
	return tsem_error_set(error, EBADMSG, "not a line of an export: at byte %zu: %s%s%s",
			      (size_t)(scanner.where - text), scanner.member ? scanner.member : "",
			      scanner.member ? " " : "", scanner.reason);
}
