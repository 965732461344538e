/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Standard error of the orchestrator. A caller never waits for a terminal or a reader: a thread does. Output that finds
 * no room is left out and counted.
 */
#ifndef TSEM_CLI_PRINTER_H
#define TSEM_CLI_PRINTER_H

#include "../../lib/tsem.h"

/* From here on stderr is the printer's. */
int printer_begin(struct tsem_error *error);
/*
 * Waits until everything is printed, but not for a reader that takes nothing. Returns the number of lines, or pieces of
 * lines, that were or will be left out. 0 where there is no printer.
 */
tsem_u64 printer_end(void);

#endif
