/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "http_heading.h"

#include <string.h>
#include <strings.h>

/* The value of the header, without white space around it; NULL: it is another header. */
static const char *value_of(const char *line, const char *name)
{
	size_t size = strlen(name);

	if (strncasecmp(line, name, size) || line[size] != ':')
		return NULL;
	return line + size + 1 + strspn(line + size + 1, " \t");
}

static void keep(const char *line, const char *name, const char *ends, char *target, size_t room)
{
	const char *value = value_of(line, name);

	if (value && strcspn(value, ends) < room)
		snprintf(target, room, "%.*s", (int)strcspn(value, ends), value);
}

/* Link: <URL>; rel="next" */
static void keep_next(const char *line, struct http_answer *answer)
{
	const char *value = value_of(line, "Link");
	size_t size = value ? strcspn(value, ">") : 0;

	if (value && value[0] == '<' && value[size] && size < sizeof(answer->next) &&
	    (strstr(value + size, "rel=\"next\"") || strstr(value + size, "rel=next")))
		snprintf(answer->next, sizeof(answer->next), "%.*s", (int)(size - 1), value + 1);
}

/* A first line: whatever came before it was of another answer. */
static void begin_anew(struct http_heading *heading, const char *line, struct http_answer *answer)
{
	const char *status = strchr(line, ' ');

	heading->interim = status && status[1] == '1';
	answer->type[0] = answer->location[0] = answer->next[0] = answer->challenge[0] = 0;
	answer->subject = false;
}

void http_heading_take(struct http_heading *heading, const char *bytes, size_t size, struct http_answer *answer)
{
	char line[HTTP_HEADER_MAX];

	if (heading->over || size >= sizeof(line))
		return;
	memcpy(line, bytes, size);
	line[size] = 0;
	if (!strncmp(line, "HTTP/", 5)) {
		begin_anew(heading, line, answer);
		return;
	}
	if (!line[strspn(line, "\r\n")]) {
		heading->over = !heading->interim;
		return;
	}
	if (heading->interim)
		return;
	keep(line, "Content-Type", "; \t\r\n", answer->type, sizeof(answer->type));
	keep(line, "Location", "\r\n", answer->location, sizeof(answer->location));
	keep(line, "WWW-Authenticate", "\r\n", answer->challenge, sizeof(answer->challenge));
	keep_next(line, answer);
	answer->subject |= value_of(line, "OCI-Subject") != NULL;
}

bool http_parameter(const char *challenge, const char *name, char *ret_value, size_t room)
{
	size_t size = strlen(name);
	const char *at = challenge, *end;

	while ((at = strcasestr(at, name))) {
		if ((at > challenge && (at[-1] == ' ' || at[-1] == ',')) && !strncmp(at + size, "=\"", 2)) {
			at += size + 2;
			end = strchr(at, '"');
			if (!end || (size_t)(end - at) >= room)
				return false;
			snprintf(ret_value, room, "%.*s", (int)(end - at), at);
			return true;
		}
		at += size;
	}
	return false;
}
