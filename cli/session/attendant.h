/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An attendant is the orchestrator of a namespace that no process waits for: the started process ends when the
 * attendant has begun. It is in a control group of its own, because service managers and container engines kill
 * processes that are left in theirs.
 */
#ifndef TSEM_CLI_ATTENDANT_H
#define TSEM_CLI_ATTENDANT_H

#include "../../lib/tsem.h"

/*
 * True in a new process, the attendant. False in the started process, when the attendant has reported how it began:
 * then *ret_status, ret_name and the error are those of attendant_tell().
 */
bool attendant_begin(int *ret_status, char ret_name[TSEM_NAME_MAX], struct tsem_error *error);
/* In the attendant: how it began. With status 0 it then lets go of all that it has inherited. Takes the error's text. */
void attendant_tell(int status, const char *name, struct tsem_error *error);
/* A descriptor that is readable when a signal asks the attendant to end. */
int attendant_signals(void);

#endif
