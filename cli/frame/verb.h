/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Commands whose first operand is a verb: each has its words and its options among those of the command. */
#ifndef TSEM_CLI_VERB_H
#define TSEM_CLI_VERB_H

#include "cmd.h"

struct verb {
	const char *name; /* NULL ends the array */
	int (*run)(const struct invocation *invocation);
	const char *words; /* that come after it, for the error */
	unsigned least, most; /* how many */
	unsigned required, optional; /* a bit for each of its options */
};

/* Runs the verb that operands[0] names, after its words and options were checked. */
int verb_run(const struct invocation *invocation, const struct verb *verbs);

#endif
