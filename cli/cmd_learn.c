/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cmd.h"
#include "orchestrate.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct learning {
	const struct invocation *v;
	struct tsem_kernel *kernel;
	struct tsem_model *model;
	char name[TSEM_NAME_MAX];
	int status;       /* of the last run */
	bool interrupted;
};

/* An output that cannot be written is better found before the tests have run than after. */
static int check_output(const char *path, struct tsem_error *error)
{
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		unlink(path);
		return 0;
	}
	if (errno == EEXIST && !stat(path, &st) && S_ISDIR(st.st_mode))
		errno = EISDIR;
	return errno == EEXIST ? 0 : tsem_error_set(error, errno, "cannot write %.255s: %s", path, strerror(errno));
}

static int take_run(struct learning *l, tsem_u32 run)
{
	struct tsem_session *session;
	size_t fresh, failed;
	int r = tsem_session_open(l->name, &session, l->v->error);

	if (r)
		return r;
	r = model_take(l->model, session, run, &fresh, &failed, l->v->error);
	if (!r) {
		l->model->runs = run;
		fprintf(stderr, "run %u: %zu new coefficients, %zu in all, %llu events\n", run, fresh, l->model->set.count,
			session->status.events);
		if (l->status)
			fprintf(stderr, "run %u: %s ended with status %d\n", run, l->v->operands[0], l->status);
		if (session->status.lost)
			fprintf(stderr, "run %u: %llu events are in the model without their description\n", run,
				session->status.lost);
		if (session->status.failures[TSEM_FAILURE_model_full])
			r = tsem_error_set(l->v->error, ENOSPC,
					   "%llu events did not fit into the model, %s was not written: raise --limit",
					   session->status.failures[TSEM_FAILURE_model_full],
					   invocation_value(l->v, OPTION_learn_output));
		if (session->status.refused)
			fprintf(stderr, "run %u: %llu events were refused, as in every mode, and are not in the model: `tsem why %s`\n",
				run, session->status.refused, l->name);
		if (failed)
			fprintf(stderr, "run %u: %zu events could not be modeled and would be refused: `tsem why %s`\n", run, failed,
				l->name);
	}
	tsem_session_destroy(session);
	return r;
}

static int learn_run(struct learning *l, tsem_u32 run)
{
	const struct invocation *v = l->v;
	struct tsem_namespace_options options = {
		.mode = TSEM_MODE_FREE,
		.options = l->model->options,
		.limit = invocation_number(v, OPTION_learn_limit, 0),
	};
	struct workload workload = {.argv = v->operands, .wait_all = true};
	struct tsem_error ending = {};
	int ended, r = orchestrator_make(l->kernel, &options, invocation_value(v, OPTION_learn_name), v->operands[0], l->name,
					 &workload.orchestrator, v->error);

	if (r)
		return r;
	r = workload_run(&workload, v->error);
	ended = tsem_orchestrator_destroy(workload.orchestrator, &ending);
	if (!r && ended) {
		*v->error = ending;
		r = ended;
	}
	if (r)
		return r;
	l->status = workload.status;
	l->interrupted = workload.interrupted;
	if (workload.not_started)
		return l->status;
	return l->interrupted && !invocation_given(v, OPTION_learn_keep_partial) ? 0 : take_run(l, run);
}

static int finish(struct learning *l)
{
	const char *path = invocation_value(l->v, OPTION_learn_output);
	int r;

	if (l->interrupted && !invocation_given(l->v, OPTION_learn_keep_partial))
		return tsem_error_set(l->v->error, EINTR,
				      "learning was interrupted, %s was not written (--keep-partial writes the model so far)",
				      path);
	snprintf(l->model->name, sizeof(l->model->name), "%s", l->name);
	r = tsem_model_write(l->model, path, l->v->error);
	if (!r)
		fprintf(stderr, "model %s written: %zu coefficients\n", path, l->model->set.count);
	return r ? r : l->interrupted ? STATUS_TSEM_FAILED : l->status;
}

int cmd_learn(const struct invocation *v)
{
	struct learning l = {.v = v};
	unsigned all = invocation_choice(v, OPTION_learn_events, 0);
	unsigned long runs = invocation_number(v, OPTION_learn_runs, 1);
	tsem_u32 options = options_from_words(invocation_choice(v, OPTION_learn_profile, 0),
					      invocation_choice(v, OPTION_learn_digest, 0), all);
	int r = options_bypass(v, invocation_value(v, OPTION_learn_bypass), &options);

	if (!r)
		r = check_output(invocation_value(v, OPTION_learn_output), v->error);

	if (!r)
		r = tsem_kernel_open(TSEM_KERNEL_LOAD | (all ? TSEM_KERNEL_ALL_EVENTS : 0), &l.kernel, v->error);
	if (r)
		return r;
	l.model = tsem_model_create("", options);
	if (!l.model)
		r = tsem_error_set(v->error, ENOMEM, "out of memory");
	for (tsem_u32 run = 1; !r && run <= runs && !l.interrupted; run++)
		r = learn_run(&l, run);
	if (!r)
		r = finish(&l);
	tsem_model_destroy(l.model);
	tsem_kernel_close(l.kernel);
	return r;
}
