/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An attendant is the orchestrator of a namespace that nobody waits for: the process
 * that was started ends when it has begun. It is in a control group of its own,
 * because service managers and container engines end what is left in theirs.
 */
#ifndef TSEM_CLI_ATTENDANT_H
#define TSEM_CLI_ATTENDANT_H

#include "../../lib/tsem.h"

/*
 * True in a new process, the attendant. False in the one that was started, when the attendant has said how it began: then
 * *ret_status, ret_name and the error are what attendant_tell() was given.
 */
bool attendant_begin(int *ret_status, char ret_name[TSEM_NAME_MAX], struct tsem_error *error);
/* In the attendant: how it began. With status 0 it then lets go of all that it has inherited. Takes the error's text. */
void attendant_tell(int status, const char *name, struct tsem_error *error);
/* A descriptor that is readable when somebody wants the attendant to end. */
int attendant_signals(void);

#endif
