/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* No program at all. */
#include <tsem/detect.bpf.h>

TSEM_DETECTION(empty, "T1070", "no program");
