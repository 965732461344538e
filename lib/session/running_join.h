/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Binding a control group together with all that runs in it: all of it or nothing (tsem bind --now). */
#ifndef TSEM_RUNNING_JOIN_H
#define TSEM_RUNNING_JOIN_H

#include "running_set.h"

#include <sys/types.h>

struct running_join {
	struct running_scope scope;
	struct running_set set;
	tsem_u32 options; /* of the namespace */
	const struct tsem_model *model;
	bool strict; /* each process has to be a program of the model */
	bool thaw; /* nobody else had stopped the group */
	struct running *program;
	int lock; /* of the state, while they are stopped */
	int guard_pipe, guard_read;
	pid_t guard; /* undoes what this process has begun, should it be killed */
	struct tsem_joined joined;
};

/* From here to running_end() the tasks of the group are at rest, and the state is locked. Needs no end after an error. */
int running_begin(struct running_join *join, struct tsem_error *error);
/* When the group is bound: what runs in it joins. */
int running_all_join(struct running_join *join, struct tsem_error *error);
/* result: what the steps before have returned; an error undoes all, the binding too. Returns it. */
int running_end(struct running_join *join, int result);

#endif
