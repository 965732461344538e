/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Standard error of the orchestrator. Whoever prints never waits for a terminal
 * or for a reader: a thread does, and what there is no room for is left out and
 * counted.
 */
#ifndef TSEM_CLI_PRINTER_H
#define TSEM_CLI_PRINTER_H

#include "../lib/tsem.h"

/* From here on stderr is the printer's. */
int printer_begin(struct tsem_error *error);
/* Lines that were left out so far. */
tsem_u64 printer_left_out(void);
/* Waits until all is printed, but not for somebody who takes nothing. Nothing where there is no printer. */
void printer_end(void);

#endif
