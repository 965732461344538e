/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The clock that nobody can set, as the kernel side reads it. */
#ifndef TSEM_LIB_TICKS_H
#define TSEM_LIB_TICKS_H

#include <time.h>

#include "../../abi/types.h"

#define TICKS_SECOND 1000000000ull

/* Nanoseconds of CLOCK_MONOTONIC. */
static inline tsem_u64 ticks_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * TICKS_SECOND + now.tv_nsec;
}

static inline tsem_u64 ticks_seconds(void)
{
	return ticks_now() / TICKS_SECOND;
}

#endif
