/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tsem run --ask and --tree: their options, and what they need before and after the workload. */
#ifndef TSEM_CLI_RUN_ASK_H
#define TSEM_CLI_RUN_ASK_H

#include "../frame/cmd.h"
#include "ask.h"

struct run_ask {
	struct ask *ask;
	struct trees trees;
	int reasons;
};

/* Whether a person or a tree decides about what the model lacks. */
bool run_asks(const struct invocation *v);
/* The letters of all answers. */
const char *ask_letters(void);
int run_ask_words(const struct invocation *v);
/* In the process that becomes the front: makes what the workload finds in its environment. */
int run_ask_prepare(const struct invocation *v);
int run_ask_open(const struct invocation *v, struct tsem_orchestrator *orchestrator, const char *session,
		 const struct tsem_model *model, struct run_ask *ret_asking);
void run_ask_close(struct run_ask *asking);

#endif
