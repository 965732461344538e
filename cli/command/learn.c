/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../ask/learn_trees.h"
#include "../frame/cmd.h"
#include "../front/front.h"
#include "../../lib/start/inherited.h"
#include "../report/convergence.h"
#include "../model/file.h"
#include "../report/learn_command.h"
#include "../session/orchestrate.h"
#include "../text/output.h"
#include "../report/report.h"
#include "../session/calls.h"
#include "../session/driver.h"
#include "../text/text.h"
#include "loading.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUNS_UNTIL_CONVERGED 20
#define RUNS_STABLE 2
#define RUNS_LIMIT 0x7fffffffu /* a model counts 32 bits of them */
#define STOP_SECONDS 90 /* as systemd has it */

struct learning {
	const struct invocation *v;
	struct tsem_kernel *kernel;
	struct tsem_model *model;
	struct trees trees; /* of the model */
	struct tsem_convergence convergence;
	char name[TSEM_NAME_MAX];
	int status; /* of the last run */
	size_t calls; /* system calls that it was the first to use */
	size_t accepted; /* patterns that --accept-patterns has added, the last of the model's */
	bool interrupted;
};

static int take_run(struct learning *l, tsem_u32 run)
{
	struct tsem_session *session;
	size_t fresh, failed, below;
	int r = tsem_session_open(l->name, &session, l->v->error);

	if (r)
		return r;
	r = learn_trees_leave_out(&l->trees, session, &below, l->v->error);
	if (!r)
		r = tsem_model_learn(l->model, session, l->convergence.before + run, &fresh, &failed, l->v->error);
	if (!r) {
		l->model->runs = l->convergence.before + run;
		r = tsem_convergence_take(&l->convergence, session,
					  &(struct tsem_learning_run){.events = session->status.events,
								      .fresh = fresh,
								      .calls = l->calls,
								      .total = l->model->set.count,
								      .failed = failed,
								      .refused = session->status.refused,
								      .lost = session->status.lost,
								      .status = l->status},
					  l->v->error);
	}
	if (!r) {
		fprintf(stderr, "run %u: %zu new coefficient%s, %zu in all, %llu event%s\n", run, fresh, plural(fresh),
			l->model->set.count, session->status.events, plural(session->status.events));
		if (below)
			fprintf(stderr, "run %u: %zu event%s below trees, which the model allows anyway\n", run, below,
				plural(below));
		if (l->calls)
			fprintf(stderr, "run %u: %zu new system call%s, %zu in all\n", run, l->calls, plural(l->calls),
				l->model->calls.count);
		if (l->status)
			fprintf(stderr, "run %u: %s ended with status %d\n", run,
				invocation_given(l->v, OPTION_learn_drive) ? "the driver" : l->v->operands[0],
				l->status);
		if (session->status.lost)
			fprintf(stderr, "run %u: %llu events are in the model without their description\n", run,
				session->status.lost);
		r = model_complete(session, invocation_value(l->v, OPTION_learn_output), l->v->error);
		if (session->status.refused)
			fprintf(stderr,
				"run %u: %llu events were refused, as in every mode, and are not in the model: `tsem why %s`\n",
				run, session->status.refused, l->name);
		if (failed)
			fprintf(stderr, "run %u: %zu events could not be modeled and would be refused: `tsem why %s`\n",
				run, failed, l->name);
	}
	tsem_session_destroy(session);
	return r;
}

static int take_calls(struct learning *l, const struct tsem_orchestrator *orchestrator, tsem_u32 run)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "run %u: ", run);
	return calls_take(orchestrator, l->model, prefix, &l->calls, l->v->error);
}

/* The signal has been checked. */
static struct driver make_driver(const struct invocation *v)
{
	const char *signal = invocation_value(v, OPTION_learn_stop_signal);

	return (struct driver){
		.command = invocation_value(v, OPTION_learn_drive),
		.stop = invocation_value(v, OPTION_learn_stop),
		.stop_signal = signal ? driver_signal_parse(signal) : SIGTERM,
		.patience = invocation_number(v, OPTION_learn_stop_timeout, STOP_SECONDS),
	};
}

static int learn_run(struct learning *l, tsem_u32 run)
{
	const struct invocation *v = l->v;
	struct tsem_namespace_options options = {
		.size = sizeof(options),
		.mode = TSEM_MODE_FREE,
		.options = l->model->options,
		.model = l->model,
		/* A model that was learned without system calls says nothing about them. */
		.calls = !invocation_given(v, OPTION_learn_no_syscalls) &&
			 (l->model->calls.known || !l->model->set.count),
		.limit = invocation_number(v, OPTION_learn_limit, 0),
	};
	struct driver driver = make_driver(v);
	struct workload workload = {.argv = v->operands, .wait_all = true, .driver = driver.command ? &driver : NULL};
	struct tsem_error ending = {};
	int ended, r = orchestrator_make(l->kernel, &options, invocation_value(v, OPTION_learn_name), v->operands[0],
					 l->name, &workload.orchestrator, v->error);

	if (r)
		return r;
	r = workload_run(&workload, v->error);
	if (!r && options.calls)
		r = take_calls(l, workload.orchestrator, run);
	ended = tsem_orchestrator_destroy(workload.orchestrator, &ending);
	if (!r && ended) {
		*v->error = ending;
		r = ended;
	}
	if (r)
		return r;
	l->status = workload.driver && !workload.not_started ? driver.status : workload.status;
	l->interrupted = workload.interrupted;
	if (workload.not_started)
		return l->status;
	return l->interrupted && !invocation_given(v, OPTION_learn_keep_partial) ? 0 : take_run(l, run);
}

static int find_local(struct learning *l, struct tsem_proposals *ret_proposals)
{
	return tsem_proposals_find_local(l->model, l->convergence.seen, ret_proposals) ?
		       tsem_error_set(l->v->error, ENOMEM, "out of memory") :
		       0;
}

/* Prints the findings on the terminal and writes the page. The model is already written. */
static int tell_convergence(struct learning *l)
{
	const char *path = invocation_value(l->v, OPTION_learn_report);
	struct learning_report report = {.convergence = &l->convergence, .workload = l->v->operands};
	struct tsem_buffer command = {};
	struct tsem_proposals local = {};
	struct tsem_changes changes = {};
	int r = 0;

	if (!l->convergence.count)
		return 0;
	r = find_local(l, &local);
	if (!r && !tsem_convergence_reached(&l->convergence)) {
		r = tsem_changes_find(&l->convergence, &changes, l->v->error);
		report.changes = &changes;
		report.command = &command;
	}
	if (r)
		goto finish;
	learn_command_format(l->v, &l->model->names[l->model->name_count - l->accepted], l->accepted,
			     &changes.proposals, &local, &command);
	convergence_print(&l->convergence, &changes, &local, &command);
	if (path)
		r = report_write(&report, path, l->v->error);
	if (path && !r)
		fprintf(stderr, "report %s written\n", path);
finish:
	tsem_changes_deinit(&changes);
	tsem_proposals_deinit(&local);
	tsem_buffer_deinit(&command);
	return r;
}

static int final_status(const struct learning *l)
{
	if (l->interrupted)
		return STATUS_TSEM_FAILED;
	if (!l->status && invocation_given(l->v, OPTION_learn_until_converged) &&
	    !tsem_convergence_reached(&l->convergence))
		return STATUS_LIMIT;
	return l->status;
}

static int finish(struct learning *l)
{
	const char *path = invocation_value(l->v, OPTION_learn_output);
	int r;

	if (l->interrupted && !invocation_given(l->v, OPTION_learn_keep_partial))
		return tsem_error_set(
			l->v->error, EINTR,
			"learning was interrupted, %s was not written (--keep-partial writes the partial model)", path);
	model_call(l->model, path, l->name);
	r = tsem_model_write(l->model, path, l->v->error);
	if (!r)
		fprintf(stderr, "model %s written: %zu coefficients\n", path, l->model->set.count);
	if (!r)
		r = tell_convergence(l);
	return r ? r : final_status(l);
}

static int check_driver(const struct invocation *v)
{
	const char *signal = invocation_value(v, OPTION_learn_stop_signal);
	bool drive = invocation_given(v, OPTION_learn_drive), stop = invocation_given(v, OPTION_learn_stop);

	if (!drive && (signal || stop || invocation_given(v, OPTION_learn_stop_timeout)))
		return usage_error(v, "--stop-signal, --stop and --stop-timeout need --drive");
	if (signal && stop)
		return usage_error(v, "--stop-signal and --stop exclude each other");
	if (signal && !driver_signal_parse(signal))
		return usage_error(v, "--stop-signal: there is no signal %s; TERM, QUIT and INT are usual", signal);
	return 0;
}

static int check_words(const struct invocation *v, unsigned long *ret_runs, unsigned long *ret_stable)
{
	bool until = invocation_given(v, OPTION_learn_until_converged);

	*ret_stable = invocation_number(v, OPTION_learn_stable, RUNS_STABLE);
	*ret_runs = until ? invocation_number(v, OPTION_learn_max, RUNS_UNTIL_CONVERGED) :
			    invocation_number(v, OPTION_learn_runs, 1);
	if (until && invocation_given(v, OPTION_learn_runs))
		return usage_error(v,
				   "--runs and --until-converged exclude each other; --max bounds --until-converged");
	if (!until && invocation_given(v, OPTION_learn_max))
		return usage_error(v, "--max needs --until-converged");
	if (!until && invocation_given(v, OPTION_learn_accept_patterns))
		return usage_error(v, "--accept-patterns needs --until-converged");
	if (check_driver(v))
		return STATUS_USAGE;
	if (until && *ret_runs <= *ret_stable)
		return usage_error(v, "%lu runs cannot converge with --stable %lu: give a larger --max", *ret_runs,
				   *ret_stable);
	return 0;
}

/* The action in the model for tsem run --enforce: the given one, or else the one that the model already has. */
static int set_action(const struct invocation *v, struct tsem_model *model)
{
	const char *word = invocation_value(v, OPTION_learn_on_violation);

	if (!word && (model->has_action || !invocation_given(v, OPTION_learn_drive)))
		return 0;
	model->action = TSEM_ACTION_DENY;
	if (word && tsem_action_parse(word, strlen(word), &model->action))
		return usage_error(v, "--on-violation cannot be '%s'", word);
	model->has_action = true;
	return 0;
}

/* An empty model, or the one of --continue, which fixes what is modeled. */
static int open_model(const struct invocation *v, struct tsem_model **ret_model)
{
	const char *path = invocation_value(v, OPTION_learn_continue);
	int r;

	if (path && options_modeling_given(v))
		return usage_error(
			v,
			"--profile, --digest, --events, --bypass, --normalise, --pattern and --ids come from the model "
			"of --continue");
	if (path && invocation_given(v, OPTION_learn_accept_patterns))
		return usage_error(v, "--accept-patterns starts again with the patterns, so it excludes --continue");
	if (path) {
		r = model_file_read(v, path, NULL, ret_model);
		if (r || (*ret_model)->runs < RUNS_LIMIT)
			return r;
		r = tsem_error_set(v->error, EOVERFLOW, "model %s counts %u runs: too many to continue", path,
				   (*ret_model)->runs);
		tsem_model_destroy(*ret_model);
		*ret_model = NULL;
		return r;
	}
	*ret_model = tsem_model_create("", 0);
	if (!*ret_model)
		return tsem_error_set(v->error, ENOMEM, "out of memory");
	r = options_modeling(v, *ret_model);
	if (r) {
		tsem_model_destroy(*ret_model);
		*ret_model = NULL;
	}
	return r;
}

static int begin_model(struct learning *l)
{
	int r = open_model(l->v, &l->model);

	if (!r)
		r = learn_trees_add(l->v, l->model, &l->trees);
	if (r)
		tsem_model_destroy(l->model);
	return r;
}

/* The patterns of the old model and the proposed ones, which are told. */
static int add_accepted(struct learning *l, struct tsem_model *fresh, const struct tsem_proposals *proposals)
{
	struct tsem_buffer text = {};

	for (size_t i = 0; i < l->model->name_count; i++)
		tsem_model_add_pattern(fresh, &l->model->names[i]);
	for (size_t i = 0; i < proposals->count; i++) {
		if (tsem_model_add_pattern(fresh, &proposals->rules[i].rule))
			continue;
		l->accepted++;
		text.size = 0;
		tsem_pattern_format(&proposals->rules[i].rule, &text);
		tsem_buffer_printf(&text, ": ");
		tsem_pattern_describe(&proposals->rules[i].rule, &text);
		fprintf(stderr, "accepted the pattern %s\n", text.data ? text.data : "?");
	}
	tsem_buffer_deinit(&text);
	return fresh->name_count > l->model->name_count ?
		       0 :
		       tsem_error_set(l->v->error, ENOSPC,
				      "a model has at most %d patterns of names: the runs propose more",
				      TSEM_NAME_RULES);
}

/*
 * The model so far has events under names that the patterns replace. The others stay: a workload that finds its caches
 * filled does not do again what it did in its first run.
 */
static int begin_anew(struct learning *l, const struct tsem_proposals *proposals)
{
	struct tsem_convergence *c = &l->convergence;
	struct tsem_model *fresh = NULL;
	int r = open_model(l->v, &fresh);

	if (!r)
		r = learn_trees_add_again(&l->trees, fresh, l->v->error);
	if (!r)
		r = set_action(l->v, fresh);
	if (!r)
		r = add_accepted(l, fresh, proposals);
	if (!r)
		r = tsem_model_carry(fresh, l->model, l->v->error);
	if (r) {
		tsem_model_destroy(fresh);
		return r;
	}
	tsem_convergence_deinit(c);
	tsem_model_destroy(l->model);
	l->model = fresh;
	*c = (struct tsem_convergence){.model = fresh, .stable = c->stable};
	return 0;
}

/*
 * Two names may be alike by chance: what the runs differ in is accepted only after enough runs to converge. For the host
 * name and the date two runs that have them are enough.
 */
static int accept_proposals(struct learning *l, bool *ret_anew)
{
	struct tsem_convergence *c = &l->convergence;
	struct tsem_proposals local = {};
	struct tsem_changes changes = {};
	int r;

	*ret_anew = false;
	if (!invocation_given(l->v, OPTION_learn_accept_patterns))
		return 0;
	r = find_local(l, &local);
	if (!r && local.count) {
		*ret_anew = true;
		r = begin_anew(l, &local);
	} else if (!r && c->count > c->stable && !tsem_convergence_reached(c)) {
		r = tsem_changes_find(c, &changes, l->v->error);
		*ret_anew = !r && changes.proposals.count;
		if (*ret_anew)
			r = begin_anew(l, &changes.proposals);
		tsem_changes_deinit(&changes);
	}
	tsem_proposals_deinit(&local);
	return r;
}

/* --max bounds all runs, also those before learning began anew. */
static int learn_runs(struct learning *l, unsigned long runs)
{
	bool until = invocation_given(l->v, OPTION_learn_until_converged), anew;
	tsem_u32 run = 1;
	int r = 0;

	while (!r && runs-- && !l->interrupted && !(until && tsem_convergence_reached(&l->convergence))) {
		r = learn_run(l, run++);
		if (r || l->interrupted || !runs)
			continue;
		r = accept_proposals(l, &anew);
		if (anew)
			run = 1;
	}
	return r;
}

static int learn(struct learning *l, unsigned long runs)
{
	unsigned flags = TSEM_KERNEL_LOAD | (l->model->options & TSEM_OPTION_ALL_EVENTS ? TSEM_KERNEL_ALL_EVENTS : 0);
	const struct front_options front = {
		.argv = l->v->operands,
		.needed = true,
		.same_terminal = invocation_given(l->v, OPTION_learn_same_terminal),
	};
	int r = front_begin(&front, l->v->error);

	if (!r)
		r = kernel_open_told(flags, LOADING_FOR_ONE, &l->kernel, l->v->error);
	if (r)
		return r;
	r = learn_runs(l, runs);
	if (!r)
		r = finish(l);
	tsem_kernel_close(l->kernel);
	return r;
}

/* Compares files, not names; for a missing file it compares the directories. */
static bool is_same_file(const char *a, const char *b)
{
	const char *ends[] = {strrchr(a, '/'), strrchr(b, '/')}, *paths[] = {a, b};
	char directory[PATH_MAX];
	struct stat st[2];

	if (!stat(a, &st[0]) && !stat(b, &st[1]))
		return st[0].st_dev == st[1].st_dev && st[0].st_ino == st[1].st_ino && S_ISREG(st[0].st_mode);
	for (int i = 0; i < 2; i++) {
		snprintf(directory, sizeof(directory), "%.*s", ends[i] ? (int)(ends[i] + 1 - paths[i]) : 1,
			 ends[i] ? paths[i] : ".");
		if (stat(directory, &st[i]))
			return false;
	}
	return st[0].st_dev == st[1].st_dev && st[0].st_ino == st[1].st_ino &&
	       !strcmp(ends[0] ? ends[0] + 1 : a, ends[1] ? ends[1] + 1 : b);
}

int cmd_learn(const struct invocation *v)
{
	struct learning l = {.v = v};
	unsigned long runs, stable;
	int r;

	inherited_take();
	r = begin_model(&l);
	if (r)
		return r;
	r = set_action(v, l.model);
	if (!r)
		r = check_words(v, &runs, &stable);
	if (!r)
		r = tsem_output_check(invocation_value(v, OPTION_learn_output), v->error);
	if (!r && invocation_given(v, OPTION_learn_report) &&
	    is_same_file(invocation_value(v, OPTION_learn_output), invocation_value(v, OPTION_learn_report)))
		r = usage_error(v, "--output and --report name the same file: the report would replace the model");
	if (!r && invocation_given(v, OPTION_learn_report))
		r = tsem_output_check(invocation_value(v, OPTION_learn_report), v->error);
	if (!r) {
		l.convergence = (struct tsem_convergence){.model = l.model, .stable = stable, .before = l.model->runs};
		r = learn(&l, runs);
	}
	tsem_convergence_deinit(&l.convergence);
	learn_trees_close(&l.trees);
	tsem_model_destroy(l.model);
	return r;
}
