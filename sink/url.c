/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sink.h"

bool sink_size_parse(const char *text, tsem_u64 *ret_size)
{
	static const char units[] = "KMG";
	const char *unit;
	tsem_u64 size;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	size = strtoull(text, &end, 10);
	if (errno || !size || size > 1ull << 50)
		return false;
	unit = *end ? strchr(units, *end) : NULL;
	if (unit) {
		size <<= 10 * (unit - units + 1);
		end++;
	}
	if (*end || size > 1ull << 50)
		return false;
	*ret_size = size;
	return true;
}

static int parse_port(const char *text, unsigned *ret_port)
{
	unsigned long port;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	port = strtoul(text, &end, 10);
	if (*end || port == 0 || port > 65535)
		return -EINVAL;
	*ret_port = port;
	return 0;
}

/* HOST, HOST:PORT or [ADDRESS]:PORT. */
static int parse_authority(struct sink_url *url, char *at, struct tsem_error *error)
{
	char *colon;

	if (strchr(at, '@'))
		return tsem_error_set(error, EINVAL,
				      "user and password do not belong into a URL, where every process can read them; "
				      "set TSEM_MQTT_USER and TSEM_MQTT_PASSWORD");
	if (*at == '[') {
		char *close = strchr(at, ']');

		if (!close || (close[1] && close[1] != ':'))
			return tsem_error_set(error, EINVAL, "the address in the URL has no closing ]");
		colon = close[1] ? close + 1 : NULL;
		*close = 0;
		at++;
	} else {
		colon = strchr(at, ':');
	}
	if (colon) {
		*colon = 0;
		if (parse_port(colon + 1, &url->port))
			return tsem_error_set(error, EINVAL, "\"%s\" in the URL is not a port: 1 to 65535", colon + 1);
	}
	if (!*at)
		return tsem_error_set(error, EINVAL, "the URL names no host");
	url->host = at;
	return 0;
}

static int parse_query(struct sink_url *url, char *at, struct tsem_error *error)
{
	while (at && *at) {
		char *next = strchr(at, '&'), *equals;

		if (next)
			*next++ = 0;
		equals = strchr(at, '=');
		if (!equals || equals == at || !equals[1])
			return tsem_error_set(error, EINVAL, "\"%s\" in the URL is not key=value", at);
		*equals = 0;
		if (url->query_count == SINK_QUERY_MAX)
			return tsem_error_set(error, EINVAL, "the URL has more than %d keys", SINK_QUERY_MAX);
		if (sink_url_query(url, at))
			return tsem_error_set(error, EINVAL, "the URL has the key %s twice", at);
		url->query[url->query_count].key = at;
		url->query[url->query_count++].value = equals + 1;
		at = next;
	}
	return 0;
}

static int parse_parts(struct sink_url *url, struct tsem_error *error)
{
	char *rest = strchr(url->text, ':'), *query, *slash;
	int r = 0;

	if (!rest || rest == url->text)
		return tsem_error_set(error, EINVAL,
				      "\"%.64s\" is not a URL: it has no scheme, such as file: or mqtt://", url->text);
	*rest++ = 0;
	url->scheme = url->text;
	query = strchr(rest, '?');
	if (query)
		*query++ = 0;
	if (!strncmp(rest, "//", 2)) {
		rest += 2;
		slash = strchr(rest, '/');
		if (slash)
			*slash++ = 0;
		r = parse_authority(url, rest, error);
		rest = slash ? slash : rest + strlen(rest);
	}
	url->path = rest;
	return r ? r : parse_query(url, query, error);
}

int sink_url_parse(const char *text, struct sink_url *ret_url, struct tsem_error *error)
{
	struct sink_url url = {.text = strdup(text)};
	int r;

	if (!url.text)
		return tsem_error_set(error, ENOMEM, "out of memory");
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f) {
			free(url.text);
			return tsem_error_set(error, EINVAL, "the URL has a control character in it");
		}
	r = parse_parts(&url, error);
	if (r) {
		free(url.text);
		return r;
	}
	*ret_url = url;
	return 0;
}

void sink_url_deinit(struct sink_url *url)
{
	free(url->text);
	memset(url, 0, sizeof(*url));
}

const char *sink_url_query(const struct sink_url *url, const char *key)
{
	for (unsigned i = 0; i < url->query_count; i++)
		if (!strcmp(url->query[i].key, key))
			return url->query[i].value;
	return NULL;
}

int sink_url_number(const struct sink_url *url, const char *key, bool sizes, tsem_u64 limit, tsem_u64 *value,
		    struct tsem_error *error)
{
	const char *text = sink_url_query(url, key);
	tsem_u64 number;

	if (!text)
		return 0;
	if (!sink_size_parse(text, &number) || number > limit ||
	    (!sizes && !isdigit((unsigned char)text[strlen(text) - 1])))
		return tsem_error_set(error, EINVAL, "%s=%.64s in the URL is not a number%s from 1 to %llu", key, text,
				      sizes ? ", with K, M or G," : "", limit);
	*value = number;
	return 0;
}
