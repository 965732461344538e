/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "rate.h"

bool rate_take(struct rate *rate, tsem_u64 now)
{
	tsem_u64 passed = rate->last && now > rate->last ? now - rate->last : 0;

	rate->used -= passed < rate->used ? passed : rate->used;
	rate->last = now;
	if (rate->used + rate->interval > rate->burst * rate->interval) {
		rate->suppressed++;
		return false;
	}
	rate->used += rate->interval;
	return true;
}

tsem_u64 rate_suppressed(struct rate *rate)
{
	tsem_u64 suppressed = rate->suppressed;

	rate->suppressed = 0;
	return suppressed;
}
