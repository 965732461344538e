/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd.h"
#include "explain.h"
#include "orchestrate.h"
#include "output.h"
#include "stream.h"

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
	if (model && invocation_given(v, OPTION_run_export_only))
		return usage_error(v, "--export-only has no model: give --model or --export-only");
	if (!invocation_given(v, OPTION_run_export_only) && invocation_given(v, OPTION_run_on_full))
		return usage_error(v, "--on-full is for --export-only");
	if (model && invocation_given(v, OPTION_run_output))
		return usage_error(v, "--output is for what is learned without --model");
	if (model && (invocation_given(v, OPTION_run_profile) || invocation_given(v, OPTION_run_digest) ||
		      invocation_given(v, OPTION_run_events) || invocation_given(v, OPTION_run_bypass)))
		return usage_error(v, "--profile, --digest, --events and --bypass are those of the model");
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

/* Runs the workload in its namespace. Returns its status or a negative errno. */
static int run_in(const struct invocation *v, struct workload *workload)
{
	struct tsem_error ending = {};
	int r = workload_run(workload, v->error), ended;

	ended = tsem_orchestrator_destroy(workload->orchestrator, &ending);
	if (!r && ended) {
		*v->error = ending;
		r = ended;
	}
	return r ? r : workload->status;
}

static int run_explained(const struct invocation *v, struct workload *workload, const char *name, const struct tsem_model *model)
{
	struct running running = {.quiet = invocation_given(v, OPTION_run_quiet), .name = name};
	int r;

	running.explainer = explainer_create(model ? &model->set : NULL);
	workload->fn = explain_live;
	workload->context = &running;
	r = run_in(v, workload);
	explainer_destroy(running.explainer);
	return r;
}

static int flush(void *stream)
{
	return stream_flush(stream);
}

/* Every event goes into the file, so the file has a reader until the last task has ended. */
static int run_exported(const struct invocation *v, struct workload *workload, const char *name)
{
	struct tsem_session session;
	struct stream stream;
	int r = stream_open(&stream, invocation_value(v, OPTION_run_output), v->error);

	if (r) {
		tsem_orchestrator_destroy(workload->orchestrator, NULL);
		return r;
	}
	stream.orchestrator = workload->orchestrator;
	workload->fn = stream_record;
	workload->drained = flush;
	workload->context = &stream;
	workload->wait_all = true;
	r = stream_close(&stream, run_in(v, workload));
	if (!tsem_session_status(name, &session, NULL))
		stream_counts(&session.status);
	return r;
}

static int run_with(const struct invocation *v, struct tsem_kernel *kernel, struct tsem_namespace_options *options)
{
	bool export = options->mode == TSEM_MODE_EXPORT, output = invocation_given(v, OPTION_run_output);
	struct workload workload = {.argv = v->operands};
	char name[TSEM_NAME_MAX];
	int r;

	if (export && output)
		options->options |= TSEM_OPTION_STREAM;
	r = orchestrator_make(kernel, options, invocation_value(v, OPTION_run_name), v->operands[0], name,
			      &workload.orchestrator, v->error);
	if (r)
		return r;
	if (export)
		return output ? run_exported(v, &workload, name) : run_in(v, &workload);
	r = run_explained(v, &workload, name, options->model);
	if (r >= 0 && output) {
		int saved = save_learned(v, name, options->options);

		r = saved ? saved : r;
	}
	return r;
}

static tsem_u32 run_mode(const struct invocation *v, const struct tsem_model *model)
{
	if (invocation_given(v, OPTION_run_export_only))
		return TSEM_MODE_EXPORT;
	if (!model)
		return TSEM_MODE_FREE;
	return invocation_given(v, OPTION_run_enforce) ? TSEM_MODE_ENFORCING : TSEM_MODE_SEALED;
}

static int run_options(const struct invocation *v, const struct tsem_model *model, struct tsem_namespace_options *options)
{
	*options = (struct tsem_namespace_options){
		.mode = run_mode(v, model),
		.action = invocation_choice(v, OPTION_run_on_violation, TSEM_ACTION_UNTRUST),
		.limit = invocation_number(v, OPTION_run_limit, 0),
		.model = model,
		.options = model ? model->options :
				   options_from_words(invocation_choice(v, OPTION_run_profile, 0),
						      invocation_choice(v, OPTION_run_digest, 0),
						      invocation_choice(v, OPTION_run_events, 0)),
	};
	if (invocation_choice(v, OPTION_run_on_full, 0))
		options->options |= TSEM_OPTION_BLOCK;
	return options_bypass(v, invocation_value(v, OPTION_run_bypass), &options->options);
}

int cmd_run(const struct invocation *v)
{
	const char *path = invocation_value(v, OPTION_run_model);
	struct tsem_namespace_options options;
	struct tsem_model *model = NULL;
	unsigned flags = TSEM_KERNEL_LOAD;
	struct tsem_kernel *kernel;
	int r = check_words(v);

	if (!r && path)
		r = tsem_model_read(path, &model, v->error);
	if (!r)
		r = run_options(v, model, &options);
	if (!r && options.options & TSEM_OPTION_ALL_EVENTS)
		flags |= TSEM_KERNEL_ALL_EVENTS;
	if (!r)
		r = tsem_kernel_open(flags, &kernel, v->error);
	if (!r) {
		r = run_with(v, kernel, &options);
		tsem_kernel_close(kernel);
	}
	tsem_model_destroy(model);
	return r;
}
