/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Not for a hook of security modules. */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(traced, "T1070", "a program of another kind");

SEC("kprobe/do_rmdir")
int on_rmdir(void *context)
{
	return 0;
}
