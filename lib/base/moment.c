/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Moments as RFC 3339 writes them, in UTC, to the second. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../tsem.h"

#define LAST 253402300799ull /* 9999-12-31T23:59:59Z */

void tsem_time_format(tsem_u64 seconds, char ret_text[TSEM_TIME_SIZE])
{
	time_t moment = seconds < LAST ? seconds : LAST;
	struct tm parts;

	gmtime_r(&moment, &parts);
	strftime(ret_text, TSEM_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

static bool parse_days(const char *text, tsem_u64 now, tsem_u64 *ret_seconds)
{
	char *end;
	unsigned long days = strtoul(text + 1, &end, 10);

	if (text[0] != '+' || text[1] < '0' || text[1] > '9' || strcmp(end, "d") != 0 || days > 36525)
		return false;
	*ret_seconds = now + 86400ull * days;
	return true;
}

/* True when the text is exactly what tsem_time_format() writes. */
static bool parse_moment(const char *text, tsem_u64 *ret_seconds)
{
	char again[TSEM_TIME_SIZE];
	struct tm parts = {};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts);
	time_t moment = end && !*end ? timegm(&parts) : -1;

	if (moment <= 0 || (tsem_u64)moment > LAST)
		return false;
	tsem_time_format(moment, again);
	*ret_seconds = moment;
	return !strcmp(text, again);
}

int tsem_time_parse(const char *text, tsem_u64 now, tsem_u64 *ret_seconds, struct tsem_error *error)
{
	char whole[TSEM_TIME_SIZE];

	if (parse_days(text, now, ret_seconds) || parse_moment(text, ret_seconds))
		return 0;
	if (strlen(text) == 10) {
		snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", text);
		if (parse_moment(whole, ret_seconds))
			return 0;
	}
	return tsem_error_set(error, EINVAL,
			      "\"%.40s\" is no time: it is like 2026-11-28, 2026-11-28T19:00:00Z (UTC) or +90d", text);
}
