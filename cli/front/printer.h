/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Standard error of the orchestrator. Whoever prints never waits for a terminal
 * or for a reader: a thread does, and what there is no room for is left out and
 * counted.
 */
#ifndef TSEM_CLI_PRINTER_H
#define TSEM_CLI_PRINTER_H

#include "../../lib/tsem.h"

/* From here on stderr is the printer's. */
int printer_begin(struct tsem_error *error);
/*
 * Waits until all is printed, but not for somebody who takes nothing. Returns how many lines, or pieces of them, were left
 * out, or will be if nobody takes them. 0 where there is no printer.
 */
tsem_u64 printer_end(void);

#endif
