/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tsem run with a modeling agent outside the kernel. */
#ifndef TSEM_CLI_RUN_AGENT_H
#define TSEM_CLI_RUN_AGENT_H

#include "../frame/cmd.h"

/* Checks options that need --tma, or exclude it. 0, or the status of wrong usage. */
int run_agent_words(const struct invocation *v);
/* With --tma: connects, and gives the agent a namespace and the model. The options then have the agent. */
int run_agent_open(const struct invocation *v, struct tsem_namespace_options *options);
/* Before the namespace ends: prints why events were untrusted, and the agent's state. True: the workload was ended. */
bool run_agent_report(const struct invocation *v, struct tsem_orchestrator *orchestrator, struct tsem_tma *agent);

#endif
