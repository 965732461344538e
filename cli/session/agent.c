/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../../lib/base/hex.h"
#include "agent.h"
#include "../text/text.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define NAMESPACE 1u
#define DEADLINE_MS 1000
#define REPORT_MS 200 /* a query may take ten times as long */
#define DEADLINE_MAX_MS 3600000

int run_agent_words(const struct invocation *v)
{
	bool agent = invocation_given(v, OPTION_run_tma);
	unsigned long deadline = invocation_number(v, OPTION_run_deadline, DEADLINE_MS);

	if (!agent && invocation_given(v, OPTION_run_deadline))
		return usage_error(v, "--deadline needs --tma");
	if (!agent && invocation_given(v, OPTION_run_hash))
		return usage_error(v, "--hash needs --tma");
	if (agent && invocation_given(v, OPTION_run_export_only))
		return usage_error(v, "--export-only asks no agent: give --tma or --export-only");
	if (!deadline || deadline > DEADLINE_MAX_MS)
		return usage_error(v, "--deadline needs 1 to %d milliseconds", DEADLINE_MAX_MS);
	return 0;
}

static int make_namespace(const struct invocation *v, struct tsem_namespace_options *options)
{
	bool given = invocation_given(v, OPTION_run_model);
	struct tsem_tma_create create = {
		.namespace_id = NAMESPACE,
		.hash = options->agent_hash,
		.options = options->model->options,
		.points = options->limit,
	};
	struct tsem_tma_created created;
	int r;

	snprintf((char *)create.name, sizeof(create.name), "%s", "run");
	r = tsem_tma_create(options->agent, &create, &created, v->error);
	if (!r && given)
		r = tsem_tma_load(options->agent, NAMESPACE, options->agent_hash, options->model, v->error);
	if (!r && options->mode != TSEM_MODE_FREE)
		r = tsem_tma_seal(options->agent, NAMESPACE, options->mode == TSEM_MODE_ENFORCING, v->error);
	return r;
}

int run_agent_open(const struct invocation *v, struct tsem_namespace_options *options)
{
	const char *address = invocation_value(v, OPTION_run_tma);
	int r;

	if (!address)
		return 0;
	signal(SIGPIPE, SIG_IGN);
	options->process = TSEM_PROCESS_LOCK_MEMORY | TSEM_PROCESS_AT_FORK;
	options->agent_deadline_ms = invocation_number(v, OPTION_run_deadline, DEADLINE_MS);
	options->agent_hash = TSEM_HASH_sha256;
	if (invocation_given(v, OPTION_run_hash))
		options->agent_hash = tsem_hash_number(invocation_value(v, OPTION_run_hash));
	r = tsem_tma_connect(address, options->agent_deadline_ms, &options->agent, v->error);
	if (r)
		return r;
	r = make_namespace(v, options);
	if (!r)
		return 0;
	tsem_tma_close(options->agent);
	options->agent = NULL;
	return r;
}

static int report_value(struct tsem_tma *agent, unsigned part, const char *name)
{
	char hex[2 * TSEM_HASH_SIZE_MAX + 1];
	tsem_u8 digest[TSEM_HASH_SIZE_MAX];
	tsem_u32 size;

	if (tsem_tma_value(agent, NAMESPACE, part, digest, sizeof(digest), &size, NULL))
		return -1; /* it is gone, or has no such value */
	hex_format(digest, size, hex);
	fprintf(stderr, "tsem: the agent's %s is %s\n", name, hex);
	return 0;
}

bool run_agent_report(const struct invocation *v, struct tsem_orchestrator *orchestrator, struct tsem_tma *agent)
{
	tsem_u64 reasons[TSEM_REASON_LIMIT];
	bool ended = tsem_orchestrator_detach(orchestrator, reasons);

	if (invocation_given(v, OPTION_run_quiet))
		return ended;
	if (tsem_orchestrator_cut(orchestrator))
		fputs("tsem: the file system through which the workload asks was aborted, and no further question was answered\n",
		      stderr);
	for (unsigned i = 0; i < TSEM_REASON_LIMIT; i++)
		if (reasons[i])
			fprintf(stderr, "tsem: %llu event%s untrusted, because %s\n", reasons[i], plural(reasons[i]),
				tsem_reason_text(i));
	if (ended)
		fputs("tsem: the workload was ended, because it was too late to refuse one of them\n", stderr);
	/* A hanging agent must not delay the end of the workload. */
	tsem_tma_hurry(agent, REPORT_MS);
	if (!report_value(agent, TSEM_TMA_STATE, "state"))
		report_value(agent, TSEM_TMA_MEASUREMENT, "measurement");
	return ended;
}
