/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "line.h"

#include "../../lib/json/members.h"

static bool read_id(struct scanner *scanner, void *context)
{
	return json_number(scanner, "question", &((struct ask_line *)context)->id);
}

static bool read_word(struct scanner *scanner, void *context)
{
	struct ask_line *line = context;
	size_t size;

	if (!scan_string(scanner, (tsem_u8 *)line->word, sizeof(line->word) - 1, true, &size))
		return false;
	line->word[size] = 0;
	return true;
}

static bool read_why(struct scanner *scanner, void *context)
{
	struct ask_line *line = context;
	size_t size;

	if (!scan_string(scanner, (tsem_u8 *)line->why, sizeof(line->why) - 1, true, &size))
		return false;
	line->why[size] = 0;
	return true;
}

bool ask_line_parse(const char *line, size_t size, struct ask_line *ret_line)
{
	static const struct json_member members[] = {
		{"question", read_id, true},
		{"answer", read_word, true},
		{"why", read_why, false},
		{},
	};
	struct scanner scanner = {.start = line, .at = line, .end = line + size};

	*ret_line = (struct ask_line){};
	return json_members(&scanner, members, ret_line) && json_end(&scanner);
}
