/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd.h"
#include "explain.h"
#include "orchestrate.h"
#include "output.h"

#include <errno.h>
#include <string.h>

/* So many violations are explained as they happen; tsem why has them all. */
#define EXPLAINED_MAX 20

struct running {
	struct explainer *explainer;
	const char *name;
	bool quiet;
	unsigned explained;
};

static int explain_live(void *context, const struct tsem_record *record)
{
	struct running *running = context;
	struct tsem_buffer text = {};

	explainer_learn(running->explainer, record);
	if (running->quiet || !(record->flags & TSEM_RECORD_VIOLATION) || running->explained > EXPLAINED_MAX)
		return 0;
	if (running->explained++ == EXPLAINED_MAX) {
		fprintf(stderr, "tsem: more violations: `tsem why %s`\n", running->name);
		return 0;
	}
	explain_record(running->explainer, record, &text);
	if (text.data)
		fprintf(stderr, "tsem: %s\n", text.data);
	tsem_buffer_deinit(&text);
	return 0;
}

static int check_words(const struct invocation *v)
{
	bool model = invocation_given(v, OPTION_run_model);

	if (!model && invocation_given(v, OPTION_run_enforce))
		return usage_error(v, "--enforce needs a model to enforce: add --model MODEL");
	if (!model && invocation_given(v, OPTION_run_on_violation))
		return usage_error(v, "--on-violation needs a model to violate: add --model MODEL");
	if (model && invocation_given(v, OPTION_run_output))
		return usage_error(v, "--output is for what is learned without --model");
	if (model && (invocation_given(v, OPTION_run_profile) || invocation_given(v, OPTION_run_digest) ||
		      invocation_given(v, OPTION_run_events)))
		return usage_error(v, "--profile, --digest and --events are those of the model");
	return 0;
}

static int save_learned(const struct invocation *v, const char *name, tsem_u32 options)
{
	struct tsem_session *session = NULL;
	struct tsem_model *model = tsem_model_create(name, options);
	size_t fresh, failed;
	int r;

	if (!model)
		return tsem_error_set(v->error, ENOMEM, "out of memory");
	r = tsem_session_open(name, &session, v->error);
	if (!r)
		r = model_take(model, session, 1, &fresh, &failed, v->error);
	model->runs = 1;
	if (!r)
		r = tsem_model_write(model, invocation_value(v, OPTION_run_output), v->error);
	tsem_session_destroy(session);
	tsem_model_destroy(model);
	return r;
}

/* Runs the workload in the namespace and explains. Returns its status or a negative errno. */
static int run_in(const struct invocation *v, struct tsem_orchestrator *orchestrator, struct running *running)
{
	struct workload workload = {.argv = v->operands, .orchestrator = orchestrator, .fn = explain_live,
				    .context = running};
	struct tsem_error ending = {};
	int r = workload_run(&workload, v->error), ended;

	ended = tsem_orchestrator_destroy(orchestrator, &ending);
	if (!r && ended) {
		*v->error = ending;
		r = ended;
	}
	return r ? r : workload.status;
}

static int run_with(const struct invocation *v, struct tsem_kernel *kernel, const struct tsem_model *model)
{
	struct tsem_namespace_options options = {
		.mode = !model ? TSEM_MODE_FREE : invocation_given(v, OPTION_run_enforce) ? TSEM_MODE_ENFORCING : TSEM_MODE_SEALED,
		.action = invocation_choice(v, OPTION_run_on_violation, TSEM_ACTION_UNTRUST),
		.options = model ? model->options :
				   options_from_words(invocation_choice(v, OPTION_run_profile, 0),
						      invocation_choice(v, OPTION_run_digest, 0),
						      invocation_choice(v, OPTION_run_events, 0)),
		.limit = invocation_number(v, OPTION_run_limit, 0),
		.model = model,
	};
	struct running running = {.quiet = invocation_given(v, OPTION_run_quiet)};
	struct tsem_orchestrator *orchestrator;
	char name[TSEM_NAME_MAX];
	int r = orchestrator_make(kernel, &options, invocation_value(v, OPTION_run_name), v->operands[0], name,
				  &orchestrator, v->error);

	if (r)
		return r;
	running.name = name;
	running.explainer = explainer_create(model ? &model->set : NULL);
	r = run_in(v, orchestrator, &running);
	explainer_destroy(running.explainer);
	if (r >= 0 && invocation_given(v, OPTION_run_output)) {
		int saved = save_learned(v, name, options.options);

		r = saved ? saved : r;
	}
	return r;
}

int cmd_run(const struct invocation *v)
{
	const char *path = invocation_value(v, OPTION_run_model);
	struct tsem_model *model = NULL;
	unsigned flags = TSEM_KERNEL_LOAD;
	struct tsem_kernel *kernel;
	int r = check_words(v);

	if (!r && path)
		r = tsem_model_read(path, &model, v->error);
	if (r)
		return r;
	if (model ? model->options & TSEM_OPTION_ALL_EVENTS : invocation_choice(v, OPTION_run_events, 0))
		flags |= TSEM_KERNEL_ALL_EVENTS;
	r = tsem_kernel_open(flags, &kernel, v->error);
	if (!r) {
		r = run_with(v, kernel, model);
		tsem_kernel_close(kernel);
	}
	tsem_model_destroy(model);
	return r;
}
