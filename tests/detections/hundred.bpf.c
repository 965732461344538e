/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A hundred programs. */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(hundred, "T1070", "a hundred programs");

#define ONE(n) \
	SEC("lsm/path_rmdir") \
	int BPF_PROG(on_##n, const struct path *dir, struct dentry *entry) \
	{ \
		return 0; \
	}
#define TEN(n) ONE(n##0) ONE(n##1) ONE(n##2) ONE(n##3) ONE(n##4) ONE(n##5) ONE(n##6) ONE(n##7) ONE(n##8) ONE(n##9)
TEN(0) TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9)
