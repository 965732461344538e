/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Times of the kernel side, in nanoseconds of CLOCK_MONOTONIC, as people read them. */
#ifndef TSEM_CLI_CLOCK_H
#define TSEM_CLI_CLOCK_H

#include "../../lib/tsem.h"

/* Nanoseconds from then until now; 0 when then is not in the past. */
tsem_u64 clock_age(tsem_u64 then);

/* "12 s", "3 min", "5 h", "9 d" */
void clock_describe_age(tsem_u64 age, struct tsem_buffer *buffer);

/* Local time of day, with the date unless it is today; nothing for a time before this boot. */
void clock_describe(tsem_u64 then, struct tsem_buffer *buffer);

/* Since 1970; 0 for a time before this boot. */
tsem_u64 clock_milliseconds(tsem_u64 then);

/* RFC 3339, UTC, with microseconds. */
void clock_stamp(tsem_u64 then, struct tsem_buffer *buffer);

#endif
