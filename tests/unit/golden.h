/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The published events, tests/golden/events.model: written on purpose, `build/unit --write-golden FILE`, then kept. */
#ifndef TSEM_TESTS_GOLDEN_H
#define TSEM_TESTS_GOLDEN_H

/* 0, or 1 when FILE could not be written, which is said on stderr. */
int golden_write(const char *path);

#endif
