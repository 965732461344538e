/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../frame/cmd.h"
#include "../front/front.h"
#include "../../lib/start/inherited.h"
#include "../front/terminal.h"
#include "../session/orchestrate.h"
#include "../text/output.h"
#include "../ask/run_ask.h"
#include "../session/agent.h"
#include "../session/calls.h"
#include "loading.h"
#include "../session/stream.h"
#include "sending.h"
#include "../model/file.h"
#include "knowledge.h"
#include "telling.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct sending_words sending = {OPTION_run_to, OPTION_run_output, OPTION_run_spool, OPTION_run_format};

static int check_notify(const struct invocation *v, bool judged)
{
	const char *url = invocation_value(v, OPTION_run_notify);
	struct tsem_error error = {};

	if (!url)
		return 0;
	if (!judged)
		return usage_error(v, "--notify needs a model to violate: add --model MODEL, or --tma ADDR");
	return notify_check(url, &error) ? usage_error(v, "--notify: %s", error.text) : 0;
}

static int check_words(const struct invocation *v)
{
	bool model = invocation_given(v, OPTION_run_model), judged = model || invocation_given(v, OPTION_run_tma);
	int r;

	if (!judged && invocation_given(v, OPTION_run_enforce))
		return usage_error(v, "--enforce needs a model to enforce: add --model MODEL, or --tma ADDR");
	if (!judged && invocation_given(v, OPTION_run_on_violation))
		return usage_error(v, "--on-violation needs a model to violate: add --model MODEL, or --tma ADDR");
	if (!model && invocation_given(v, OPTION_run_require_signed))
		return usage_error(v, "--require-signed needs a model that is signed: add --model MODEL");
	if (invocation_given(v, OPTION_run_serials) && !invocation_given(v, OPTION_run_require_signed))
		return usage_error(v, "--serials is for signed models: add --require-signed KEYDIR");
	if (invocation_given(v, OPTION_run_about) && !invocation_given(v, OPTION_run_require_signed))
		return usage_error(
			v,
			"--about needs a signature that names the subjects of the model: add --require-signed KEYDIR");
	if (model && invocation_given(v, OPTION_run_export_only))
		return usage_error(v, "--export-only uses no model: give either --model or --export-only");
	if (invocation_given(v, OPTION_run_to) && !invocation_given(v, OPTION_run_export_only))
		return usage_error(v, "--to needs --export-only");
	if (!invocation_given(v, OPTION_run_export_only) && invocation_given(v, OPTION_run_format))
		return usage_error(v, "--format needs --export-only");
	if (!invocation_given(v, OPTION_run_export_only) && invocation_given(v, OPTION_run_on_full))
		return usage_error(v, "--on-full needs --export-only");
	if (model && invocation_given(v, OPTION_run_output) && !invocation_given(v, OPTION_run_ask))
		return usage_error(v, "--output writes a model only without --model, or with --ask");
	if (invocation_given(v, OPTION_run_in_place) &&
	    (invocation_given(v, OPTION_run_output) || invocation_given(v, OPTION_run_export_only) ||
	     invocation_given(v, OPTION_run_tma) || run_asks(v, NULL)))
		return usage_error(
			v,
			"--in-place excludes --output, --export-only, --tma, --ask and --tree, because with --in-place nobody waits until tsem has finished");
	if (model && options_modeling_given(v))
		return usage_error(
			v,
			"--profile, --digest, --events, --bypass, --normalise, --pattern and --ids come from the model");
	r = sending_check(v, &sending);
	if (!r)
		r = check_notify(v, judged);
	if (!r)
		r = run_ask_words(v);
	if (r)
		return r;
	return run_calls_words(v) ? STATUS_USAGE : run_agent_words(v);
}

/* The model has its header already. */
static int save_learned(const struct invocation *v, const char *name, struct tsem_model *model)
{
	struct tsem_session *session = NULL;
	const char *path = invocation_value(v, OPTION_run_output);
	size_t fresh, failed = 0;
	int r = tsem_session_open(name, &session, v->error);

	model_call(model, path, name);
	if (!r)
		r = model_complete(session, path, v->error);
	if (!r)
		r = tsem_model_learn(model, session, 1, &fresh, &failed, v->error);
	model->runs = 1;
	if (!r)
		r = tsem_model_write(model, path, v->error);
	if (!r && failed)
		fprintf(stderr, "tsem: %zu events could not be modeled and would be refused: `tsem why %s`\n", failed,
			name);
	tsem_session_destroy(session);
	return r;
}

/* Runs the workload in its namespace. Returns its status or a negative errno. */
static int run_in(const struct invocation *v, struct workload *workload, struct tsem_tma *agent)
{
	struct tsem_error ending = {};
	int r = workload_run(workload, v->error), ended;
	size_t fresh;

	if (!r && workload->noting)
		r = calls_take(workload->orchestrator, workload->noting, "", &fresh, v->error);
	/* Its first process may have come to its own end before. */
	if (agent && run_agent_report(v, workload->orchestrator, agent))
		workload->status = 128 + SIGKILL;
	if (workload->ending)
		r = workload->ending(workload->context, r);
	ended = tsem_orchestrator_destroy(workload->orchestrator, &ending);
	if (!r && ended) {
		if (ending.code) /* else it is of whom the last records went to, and told */
			*v->error = ending;
		r = ended;
	}
	return r ? r : workload->status;
}

static int run_explained(const struct invocation *v, struct workload *workload, const char *name,
			 const struct tsem_namespace_options *options, struct notifier *notifier)
{
	struct telling telling;
	int r;

	telling_begin(&telling, name, options, invocation_given(v, OPTION_run_quiet),
		      !invocation_given(v, OPTION_run_no_journal));
	telling.notifier = notifier;
	workload->fn = telling_take;
	workload->context = &telling;
	r = run_in(v, workload, options->agent);
	telling_end(&telling);
	return r;
}

static int run_notifying(const struct invocation *v, struct workload *workload, const char *name,
			 const struct tsem_namespace_options *options)
{
	const char *url = invocation_value(v, OPTION_run_notify);
	struct notifier notifier;
	int r;

	if (!url)
		return run_explained(v, workload, name, options, NULL);
	r = notifier_open(&notifier, url, name, invocation_given(v, OPTION_run_quiet), workload->orchestrator,
			  v->error);
	if (r) {
		tsem_orchestrator_destroy(workload->orchestrator, NULL);
		return r;
	}
	workload->companions[1] = notifier_companion(&notifier);
	r = run_explained(v, workload, name, options, &notifier);
	notifier_close(&notifier);
	return r;
}

/* Some of what the model lacks is decided here. */
static int run_asking(const struct invocation *v, struct workload *workload, const char *name,
		      const struct tsem_namespace_options *options)
{
	struct run_ask asking;
	int r = run_ask_open(v, workload->orchestrator, name, options, &asking);

	if (r) {
		tsem_orchestrator_destroy(workload->orchestrator, NULL);
		return r;
	}
	workload->companions[0] = ask_companion(asking.ask);
	r = run_notifying(v, workload, name, options);
	run_ask_close(&asking);
	return r;
}

static int flush(void *stream)
{
	return stream_flush(stream);
}

static int last(void *stream, int r)
{
	stream_guard(stream, NULL);
	return stream_last(stream, r);
}

/* Every event goes into the file or to the sink, so there is a reader until the last task has ended. */
static int run_stream(const struct invocation *v, struct workload *workload, const char *name,
		      const struct sink_knowledge *knowledge)
{
	struct stream_options options = sending_options(v, &sending);
	struct tsem_session session;
	struct stream stream;
	int r;

	options.drop = true;
	options.name = name;
	options.knowledge = knowledge;
	options.signals = front_fd();
	options.ends = front_wants_end;
	r = stream_open_with(&stream, &options, v->error);
	if (r) {
		tsem_orchestrator_destroy(workload->orchestrator, NULL);
		return r;
	}
	stream.orchestrator = workload->orchestrator;
	stream_guard(&stream, workload->orchestrator);
	workload->fn = stream_record;
	workload->drained = flush;
	workload->ending = last;
	workload->context = &stream;
	workload->wait_all = true;
	r = run_in(v, workload, NULL);
	stream.orchestrator = NULL;
	if (tsem_session_status(name, &session, NULL))
		return stream_close(&stream, r);
	stream.ended = !workload->interrupted;
	stream.context = session.status.id;
	stream.first = session.status.records ? 1 : 0;
	stream.last = session.status.records;
	r = stream_close(&stream, r);
	if (!options.url)
		stream_counts(&session.status);
	return r;
}

static int run_exported(const struct invocation *v, struct workload *workload, const char *name)
{
	struct knowledge knowledge;
	int r = knowledge_open(&knowledge, NULL, v->error);

	if (r) {
		tsem_orchestrator_destroy(workload->orchestrator, NULL);
		return r;
	}
	r = run_stream(v, workload, name, &knowledge.sink);
	knowledge_close(&knowledge);
	return r;
}

static int run_with(const struct invocation *v, struct tsem_kernel *kernel, struct tsem_namespace_options *options,
		    struct tsem_model *model, struct tsem_wall *wall)
{
	bool export = options->mode == TSEM_MODE_EXPORT,
	     output = invocation_given(v, OPTION_run_output) || invocation_given(v, OPTION_run_to);
	struct workload workload = {.argv = v->operands, .wall = wall, .wait_all = options->agent || options->ask};
	char name[TSEM_NAME_MAX];
	int r;

	if (export && output)
		options->options |= TSEM_OPTION_STREAM;
	options->calls =
		!export && output && !options->ask && !options->agent && !invocation_given(v, OPTION_run_no_syscalls);
	workload.noting = options->calls ? model : NULL;
	r = orchestrator_make(kernel, options, invocation_value(v, OPTION_run_name), v->operands[0], name,
			      &workload.orchestrator, v->error);
	if (r)
		return r;
	if (export)
		return output ? run_exported(v, &workload, name) : run_in(v, &workload, NULL);
	if (options->ask)
		r = run_asking(v, &workload, name, options);
	else
		r = run_notifying(v, &workload, name, options);
	if (r >= 0 && output && !options->ask) {
		int saved = save_learned(v, name, model);

		r = saved ? saved : r;
	}
	return r;
}

static tsem_u32 run_mode(const struct invocation *v)
{
	if (invocation_given(v, OPTION_run_export_only))
		return TSEM_MODE_EXPORT;
	if (invocation_given(v, OPTION_run_enforce) || invocation_given(v, OPTION_run_ask))
		return TSEM_MODE_ENFORCING;
	return invocation_given(v, OPTION_run_model) ? TSEM_MODE_SEALED : TSEM_MODE_FREE;
}

/*
 * The model to enforce, or an empty one with the header of what is learned. An export shows what is, not its
 * normal form, but for the file system that a program is on: programs have the same identity as in a model.
 */
static int run_model(const struct invocation *v, struct tsem_model **ret_model)
{
	int r;

	if (invocation_given(v, OPTION_run_model))
		return model_file_read_judged(v, invocation_value(v, OPTION_run_model), ret_model);
	*ret_model = tsem_model_create("", 0);
	if (!*ret_model)
		return tsem_error_set(v->error, ENOMEM, "out of memory");
	r = options_modeling(v, *ret_model);
	if (invocation_given(v, OPTION_run_export_only) && !invocation_given(v, OPTION_run_normalise))
		(*ret_model)->options &= ~(TSEM_NORMALISE_ALL & ~TSEM_NORMALISE_PROGRAMS);
	return r;
}

/* A supervisor that tracks CMD by the number of the started process says so in the environment. */
static bool supervised_by_number(void)
{
	static const char *const names[] = {"LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"};
	bool named = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		named |= value && atol(value) == getpid();
	}
	return named;
}

static bool in_place(const struct invocation *v, const struct tsem_model *model)
{
	if (invocation_given(v, OPTION_run_in_place))
		return true;
	return supervised_by_number() && invocation_given(v, OPTION_run_model) &&
	       !invocation_given(v, OPTION_run_tma) && !run_asks(v, model) && !terminal_is_there();
}

/* A person who refuses one thing does not mean all that comes later. A model with trees may say another action. */
static int run_action(const struct invocation *v, const struct tsem_model *model, tsem_u32 mode, tsem_u32 *ret_action)
{
	int r = options_action(v, model, mode, ret_action);
	bool given = run_asks(v, NULL), said = model->has_action && !given;

	if (!r && mode == TSEM_MODE_ENFORCING && run_asks(v, model) && !said &&
	    !invocation_given(v, OPTION_run_on_violation))
		*ret_action = TSEM_ACTION_DENY;
	return r;
}

static int run_loaded(const struct invocation *v, struct tsem_model *model, struct tsem_wall *wall)
{
	struct tsem_namespace_options options = {
		.size = sizeof(options),
		.mode = run_mode(v),
		.limit = invocation_number(v, OPTION_run_limit, 0),
		.model = model,
		.ask = run_asks(v, model),
		.options = model->options | (invocation_is(v, OPTION_run_on_full, "block") ? TSEM_OPTION_BLOCK : 0),
	};
	unsigned flags = TSEM_KERNEL_LOAD | (model->options & TSEM_OPTION_ALL_EVENTS ? TSEM_KERNEL_ALL_EVENTS : 0);
	const struct front_options front = {
		.argv = v->operands,
		.wall = wall,
		.in_place = in_place(v, model),
		.needed = invocation_given(v, OPTION_run_output) || invocation_given(v, OPTION_run_to) ||
			  invocation_given(v, OPTION_run_tma) || options.ask,
		.letters = ask_letters(),
		.same_terminal = invocation_given(v, OPTION_run_same_terminal),
	};
	struct tsem_kernel *kernel;
	int r = run_action(v, model, options.mode, &options.action);

	if (!r && options.ask && run_ask_refuses(&options))
		r = run_ask_prepare(v);
	if (options.ask)
		options.process = TSEM_PROCESS_LOCK_MEMORY | TSEM_PROCESS_AT_FORK;
	if (!r)
		r = front_begin(&front, v->error);
	if (!r)
		r = run_agent_open(v, &options);
	if (r)
		return r;
	r = kernel_open_told(flags, LOADING_FOR_ONE, &kernel, v->error);
	if (!r) {
		r = run_with(v, kernel, &options, model, wall);
		tsem_kernel_close(kernel);
	}
	tsem_tma_close(options.agent);
	return r;
}

int cmd_run(const struct invocation *v)
{
	struct tsem_model *model = NULL;
	struct tsem_wall *wall = NULL;
	int r = check_words(v);

	inherited_take();
	if (!r && invocation_given(v, OPTION_run_output) && !invocation_given(v, OPTION_run_export_only))
		r = tsem_output_check(invocation_value(v, OPTION_run_output), v->error);
	if (!r)
		r = run_model(v, &model);
	if (!r)
		r = run_ask_model(v, model);
	if (!r)
		r = run_calls_wall(v, model, &wall);
	if (!r)
		r = run_loaded(v, model, wall);
	tsem_wall_destroy(wall);
	tsem_model_destroy(model);
	return r;
}
