/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A limit on messages: a burst at once, then some each second. */
#ifndef TSEM_LIB_RATE_H
#define TSEM_LIB_RATE_H

#include "../tsem.h"

struct rate {
	tsem_u32 burst; /* set by the caller, as is the next */
	tsem_u64 interval; /* nanoseconds in which one more may be written */
	tsem_u64 used; /* this many nanoseconds of burst * interval are used up */
	tsem_u64 last; /* when rate_take was called, 0: never */
	tsem_u64 suppressed; /* and not asked for yet */
};

/* Whether one may be written at the time now (monotonic, nanoseconds). */
bool rate_take(struct rate *rate, tsem_u64 now);
/* How many were not allowed since the last call of this. */
tsem_u64 rate_suppressed(struct rate *rate);

#endif
