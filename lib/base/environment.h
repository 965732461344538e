/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The environment of the command (environment.def). A secret is taken out of it once and for all, also out of
 * /proc/PID/environ; from then on only environment_variable knows it, until it is forgotten. No core dump has it there.
 * The library itself reads no variable and changes none: these functions are in no other program.
 */
#ifndef TSEM_LIB_ENVIRONMENT_H
#define TSEM_LIB_ENVIRONMENT_H

void environment_take_secrets(void);
void environment_forget_secrets(void);
/* NULL: it is not there, or not one that tsem knows. */
const char *environment_variable(const char *name);

#endif
