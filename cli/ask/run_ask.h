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

/* Whether a person or a tree decides about what the model lacks. model: NULL before it is read. */
bool run_asks(const struct invocation *v, const struct tsem_model *model);
/* Whether what nobody allows is refused; else it is a violation only. */
bool run_ask_refuses(const struct tsem_namespace_options *options);
/* The letters of all answers. */
const char *ask_letters(void);
int run_ask_words(const struct invocation *v);
/* The same for the trees that the model has. */
int run_ask_model(const struct invocation *v, const struct tsem_model *model);
/* Wrong usage, if a tree lets the workload change the file of that path. */
int ask_check_place(const struct invocation *v, const struct trees *trees, const char *path);
/* In the process that becomes the front, if something is refused: makes what the workload finds in its environment. */
int run_ask_prepare(const struct invocation *v);
int run_ask_open(const struct invocation *v, struct tsem_orchestrator *orchestrator, const char *session,
		 const struct tsem_namespace_options *namespace, struct run_ask *ret_asking);
void run_ask_close(struct run_ask *asking);

#endif
