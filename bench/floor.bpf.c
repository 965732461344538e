/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What it costs that a program is there at all: one that does nothing on each hook that ours are on. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define FLOOR(name, hook) \
	SEC(hook) \
	int floor_##name(void *ctx) \
	{ \
		return 0; \
	}
#include "floor-hooks.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
