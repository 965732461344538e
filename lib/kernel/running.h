/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The program that looks at tasks that run already, and puts them into a namespace; loaded while it is open. */
#ifndef TSEM_LIB_RUNNING_H
#define TSEM_LIB_RUNNING_H

#include "../../abi/running.h"
#include "runtime.h"

struct running;

int running_open(const struct tsem_kernel *kernel, struct running **ret_running, struct tsem_error *error);
void running_close(struct running *running);
/* Asks about the task, or does what is said there. Returns task->result, or a negative errno: the program did not run. */
int running_ask(const struct running *running, struct tsem_running_task *task);

#endif
