/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <time.h>

#include "clock.h"
#include "../../lib/base/ticks.h"

static tsem_u64 wall_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * TICKS_SECOND + now.tv_nsec;
}

tsem_u64 clock_age(tsem_u64 then)
{
	tsem_u64 now = ticks_now();

	return then && then < now ? now - then : 0;
}

void clock_describe_age(tsem_u64 age, struct tsem_buffer *buffer)
{
	tsem_u64 seconds = age / TICKS_SECOND;

	if (seconds < 120)
		tsem_buffer_printf(buffer, "%llu s", seconds);
	else if (seconds < 120 * 60)
		tsem_buffer_printf(buffer, "%llu min", seconds / 60);
	else if (seconds < 48 * 3600)
		tsem_buffer_printf(buffer, "%llu h", seconds / 3600);
	else
		tsem_buffer_printf(buffer, "%llu d", seconds / 86400);
}

/* False when the time is not one of this boot. */
static bool convert_time(tsem_u64 then, tsem_u64 *ret_wall)
{
	if (then == 0 || then > ticks_now())
		return false;
	*ret_wall = wall_now() - clock_age(then);
	return true;
}

void clock_describe(tsem_u64 then, struct tsem_buffer *buffer)
{
	struct tm moment, today;
	char text[32];
	time_t seconds, now;
	tsem_u64 wall;
	bool same_day;

	if (!convert_time(then, &wall))
		return;
	seconds = wall / TICKS_SECOND;
	now = time(NULL);
	localtime_r(&seconds, &moment);
	localtime_r(&now, &today);
	same_day = moment.tm_year == today.tm_year && moment.tm_yday == today.tm_yday;
	strftime(text, sizeof(text), same_day ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &moment);
	tsem_buffer_printf(buffer, "%s", text);
}

tsem_u64 clock_milliseconds(tsem_u64 then)
{
	tsem_u64 wall = 0;

	convert_time(then, &wall);
	return wall / (TICKS_SECOND / 1000);
}

void clock_stamp(tsem_u64 then, struct tsem_buffer *buffer)
{
	struct tm moment;
	char text[32];
	time_t seconds;
	tsem_u64 wall;

	if (!convert_time(then, &wall))
		return;
	seconds = wall / TICKS_SECOND;
	gmtime_r(&seconds, &moment);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &moment);
	tsem_buffer_printf(buffer, "%s.%06lluZ", text, wall % TICKS_SECOND / 1000);
}
