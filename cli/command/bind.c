/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../../lib/base/group.h"
#include "../../lib/kernel/runtime.h"
#include "../frame/cmd.h"
#include "../model/file.h"
#include "../report/labels.h"
#include "../session/journal.h"
#include "../session/attendant.h"
#include "../session/orchestrate.h"
#include "../session/unit.h"
#include "../text/output.h"
#include "../text/text.h"
#include "loading.h"
#include "telling.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LOOK_MS 30000 /* whether the group is still there, should that not have been told */
#define SOON_MS 300 /* after it was told that the group goes away: it is there for another moment */
#define SOON_LOOKS 20
#define LINGER_MS 100 /* whether the last task has ended */

struct binding {
	const struct invocation *v;
	struct tsem_group *group;
	struct tsem_model *model;
	struct tsem_namespace_options options;
	char name[TSEM_NAME_MAX];
	char output[PATH_MAX]; /* from the root: the attendant leaves the working directory; empty: nothing is learned */
	struct tsem_orchestrator *orchestrator;
	struct labels labels;
	struct tsem_calls calls; /* that were used, if they are learned */
	struct telling telling;
	struct tsem_joined *joined; /* with --now; shared by both processes */
};

static bool enforces(const struct invocation *v)
{
	return invocation_given(v, OPTION_bind_enforce);
}

static int check_words(const struct invocation *v)
{
	bool model = invocation_given(v, OPTION_bind_model), output = invocation_given(v, OPTION_bind_output);

	if (!v->operand_count == !invocation_given(v, OPTION_bind_unit))
		return usage_error(v, "give CGROUP or --unit NAME");
	if (model == output)
		return usage_error(v,
				   "give --model MODEL, which is compared with, or --output MODEL, which is learned");
	if (!model && (enforces(v) || invocation_given(v, OPTION_bind_on_violation) ||
		       invocation_given(v, OPTION_bind_require_signed)))
		return usage_error(v, "--enforce, --on-violation and --require-signed need --model MODEL");
	if (!invocation_given(v, OPTION_bind_require_signed) &&
	    (invocation_given(v, OPTION_bind_serials) || invocation_given(v, OPTION_bind_about)))
		return usage_error(v, "--serials and --about are for signed models: add --require-signed KEYDIR");
	if (model && (invocation_given(v, OPTION_bind_add) || invocation_given(v, OPTION_bind_syscalls) ||
		      options_modeling_given(v)))
		return usage_error(
			v, "--add, --syscalls and how to model are for --output: a model says how it was learned");
	if (invocation_given(v, OPTION_bind_now) && output && !invocation_given(v, OPTION_bind_add))
		return usage_error(
			v,
			"--now --output needs --add, and a MODEL that has the programs that run: their start is not seen");
	return 0;
}

static int new_model(const struct invocation *v, struct tsem_model **ret_model)
{
	struct tsem_model *model = tsem_model_create("", 0);
	int r = model ? options_modeling(v, model) : tsem_error_set(v->error, ENOMEM, "out of memory");

	if (r)
		tsem_model_destroy(model);
	else
		*ret_model = model;
	return r;
}

static bool models_alike(const struct tsem_model *a, const struct tsem_model *b)
{
	return a->options == b->options && a->name_count == b->name_count &&
	       !memcmp(a->names, b->names, a->name_count * sizeof(*a->names));
}

/* An empty one, or with --add that which is there, if it was learned in the way that is asked for. */
static int begin_model(const struct invocation *v, const char *path, struct tsem_model **ret_model)
{
	struct tsem_model *wanted, *there;
	int r = new_model(v, &wanted);

	if (r || !invocation_given(v, OPTION_bind_add) || access(path, F_OK)) {
		if (!r)
			*ret_model = wanted;
		return r;
	}
	r = model_file_read(v, path, NULL, &there);
	if (!r && options_modeling_given(v) && !models_alike(wanted, there)) {
		r = tsem_error_set(v->error, EINVAL,
				   "model %s was learned with other options or patterns: remove it, or leave them out",
				   path);
		tsem_model_destroy(there);
	}
	tsem_model_destroy(wanted);
	if (!r)
		*ret_model = there;
	return r;
}

static int place_output(struct binding *b)
{
	const char *path = invocation_value(b->v, OPTION_bind_output);
	char here[PATH_MAX];
	int n;

	if (*path == '/')
		n = snprintf(b->output, sizeof(b->output), "%s", path);
	else if (getcwd(here, sizeof(here)))
		n = snprintf(b->output, sizeof(b->output), "%s/%s", here, path);
	else
		return tsem_error_set(b->v->error, errno, "cannot find the working directory, where %s is: %s", path,
				      strerror(errno));
	return n < (int)sizeof(b->output) ? tsem_output_check(b->output, b->v->error) :
					    tsem_error_set(b->v->error, ENAMETOOLONG, "%s is too long a path", path);
}

static int take_model(struct binding *b)
{
	const struct invocation *v = b->v;
	bool output = invocation_given(v, OPTION_bind_output);
	int r = output ? place_output(b) : 0;

	if (!r)
		r = output ? begin_model(v, b->output, &b->model) :
			     model_file_read_judged(v, invocation_value(v, OPTION_bind_model), &b->model);
	if (r) {
		b->model = NULL;
		return r;
	}
	b->options = (struct tsem_namespace_options){
		.size = sizeof(b->options),
		.mode = output	    ? TSEM_MODE_FREE :
			enforces(v) ? TSEM_MODE_ENFORCING :
				      TSEM_MODE_SEALED,
		.options = b->model->options,
		.limit = invocation_number(v, OPTION_bind_limit, 0),
		.model = b->model,
		/* A model that was learned without system calls says nothing about them. */
		.calls = invocation_given(v, OPTION_bind_syscalls) && (b->model->calls.known || !b->model->set.count),
	};
	return options_action(v, b->model, b->options.mode, &b->options.action);
}

static int take_labels(struct binding *b)
{
	const char *text;
	size_t cursor = 0;
	int r = 0;

	while (!r && (text = invocation_next(b->v, OPTION_bind_label, &cursor)))
		r = labels_add(&b->labels, text, b->v->error);
	return r ? usage_error(b->v, "--label: %s", b->v->error->text) : 0;
}

static int find_group(struct binding *b)
{
	const char *unit = invocation_value(b->v, OPTION_bind_unit), *path = b->v->operands[0];
	char name[UNIT_NAME_MAX], found[PATH_MAX];
	int r = unit ? unit_name(unit, name, b->v->error) : 0;

	if (!r && unit) {
		r = unit_group(name, found, sizeof(found), b->v->error);
		path = found;
	}
	return r ? r : tsem_group_open(path, &b->group, b->v->error);
}

/* ---- in the attendant ---- */

static int begin(struct binding *b, struct tsem_kernel *kernel)
{
	int r = orchestrator_make(kernel, &b->options, invocation_value(b->v, OPTION_bind_name),
				  tsem_group_path(b->group), b->name, &b->orchestrator, b->v->error);

	if (r)
		return r;
	r = labels_save(&b->labels, b->name, b->v->error);
	if (!r && b->joined)
		r = tsem_orchestrator_bind_now(b->orchestrator, b->group, b->model, b->joined, b->v->error);
	else if (!r)
		r = tsem_orchestrator_bind(b->orchestrator, b->group, b->v->error);
	if (r)
		tsem_orchestrator_destroy(b->orchestrator, NULL);
	return r;
}

/* Until no task can join any more and all that have joined have ended, or until a signal asks to end. */
static int watch(struct binding *b)
{
	struct tsem_status status;
	char changes[4096];
	unsigned soon = 0;
	bool bound;
	int r;

	do {
		bound = tsem_orchestrator_bound(b->orchestrator);
		r = tsem_orchestrator_drain(b->orchestrator, telling_take, &b->telling, b->v->error);
		if (!r)
			r = tsem_orchestrator_status(b->orchestrator, &status, b->v->error);
		if (r || (!bound && status.tasks <= 0))
			return r;
		struct pollfd fds[] = {{.fd = tsem_orchestrator_fd(b->orchestrator), .events = POLLIN},
				       {.fd = bound ? tsem_orchestrator_unbound_fd(b->orchestrator) : -1,
					.events = POLLIN},
				       {.fd = attendant_signals(), .events = POLLIN}};

		poll(fds, 3, !bound ? LINGER_MS : soon ? SOON_MS : LOOK_MS);
		soon -= soon > 0;
		if (fds[1].revents)
			soon = SOON_LOOKS;
		if (fds[1].revents && read(fds[1].fd, changes, sizeof(changes)) < 0 && errno != EAGAIN)
			return tsem_error_set(b->v->error, errno, "cannot watch the control group: %s",
					      strerror(errno));
		if (fds[2].revents)
			return 0;
	} while (1);
}

static void log_line(const struct binding *b, const char *text)
{
	struct tsem_buffer line = {};
	struct journal journal;

	journal_open(&journal);
	tsem_buffer_printf(&line, "%s: %s", b->name, text);
	if (line.data)
		journal_write(&journal, line.data);
	journal_close(&journal);
	tsem_buffer_deinit(&line);
}

/* Keeps the events that others have added meanwhile. A file that cannot be added to stays, and ours goes beside it. */
static void read_again(struct binding *b)
{
	struct tsem_error *error = b->v->error;
	struct tsem_model *newer = NULL;
	char text[PATH_MAX + sizeof(error->text) + 64];
	size_t at;
	int r;

	if (!invocation_given(b->v, OPTION_bind_add) || access(b->output, F_OK))
		return;
	r = model_file_read(b->v, b->output, NULL, &newer);
	if (!r && !models_alike(newer, b->model))
		r = tsem_error_set(error, EINVAL, "it was learned with other options");
	if (!r) {
		tsem_model_destroy(b->model);
		b->model = newer;
		return;
	}
	tsem_model_destroy(newer);
	snprintf(text, sizeof(text), "model %s is not added to: %s", b->output, error->text);
	log_line(b, text);
	*error = (struct tsem_error){};
	at = strlen(b->output);
	snprintf(b->output + at, sizeof(b->output) - at, ".%s", b->name);
}

/* As long as the namespace has its maps. What had no room is told in the log. */
static int take_calls(struct binding *b)
{
	size_t fresh;
	tsem_u64 left, compat;
	char text[160];
	int r = tsem_orchestrator_calls(b->orchestrator, &b->calls, &fresh, &left, &compat, b->v->error);

	if (r || (!left && !compat))
		return r;
	snprintf(text, sizeof(text),
		 "%llu uses of ioctl, prctl or socket, and %llu system calls of 32-bit programs, are not in the list of "
		 "system calls",
		 left, compat);
	log_line(b, text);
	return 0;
}

/* Into the model as it is in its file now. */
static int add_calls(struct binding *b)
{
	int r = 0;

	if (!b->options.calls || (!b->model->calls.known && b->model->set.count))
		return 0;
	b->model->calls.known = true;
	for (size_t i = 0; r >= 0 && i < b->calls.count; i++)
		r = tsem_calls_add(&b->model->calls, b->calls.items[i].entry, b->calls.items[i].argument);
	return r < 0 ? tsem_error_set(b->v->error, -r, "cannot add a system call: %s", strerror(-r)) : 0;
}

static int write_learned(struct binding *b, const struct tsem_session *session)
{
	size_t fresh = 0, failed = 0;
	char text[PATH_MAX + 128];
	int r;

	read_again(b);
	r = model_complete(session, b->output, b->v->error);
	if (!r)
		r = add_calls(b);
	if (!r)
		r = tsem_model_learn(b->model, session, b->model->runs + 1, &fresh, &failed, b->v->error);
	if (r)
		return r;
	b->model->runs++;
	model_call(b->model, b->output, b->name);
	r = tsem_model_write(b->model, b->output, b->v->error);
	snprintf(text, sizeof(text), "model %s written: %zu new coefficients, %zu in all%s", b->output, fresh,
		 b->model->set.count, failed ? "; some events could not be modeled: `tsem why`" : "");
	if (!r)
		log_line(b, text);
	return r;
}

static int save_learned(struct binding *b)
{
	struct tsem_session *session;
	int lock, r = tsem_session_open(b->name, &session, b->v->error);

	if (r)
		return r;
	lock = runtime_lock_models(b->v->error);
	r = lock < 0 ? lock : write_learned(b, session);
	if (lock >= 0)
		close(lock);
	tsem_session_destroy(session);
	return r;
}

static int keep(struct binding *b)
{
	unsigned flags = TSEM_KERNEL_LOAD | (b->model->options & TSEM_OPTION_ALL_EVENTS ? TSEM_KERNEL_ALL_EVENTS : 0);
	struct tsem_kernel *kernel = NULL;
	int ended, r = kernel_open_told(flags, LOADING_FOR_ONE, &kernel, b->v->error);

	if (!r)
		r = begin(b, kernel);
	attendant_tell(r, b->name, b->v->error);
	if (!r) {
		telling_begin(&b->telling, b->name, &b->options, true, !invocation_given(b->v, OPTION_bind_no_journal));
		r = watch(b);
		telling_end(&b->telling);
		if (!r && b->options.calls)
			r = take_calls(b);
		ended = tsem_orchestrator_destroy(b->orchestrator, r ? NULL : b->v->error);
		if (!r)
			r = ended;
		if (!r && b->options.mode == TSEM_MODE_FREE)
			r = save_learned(b);
		if (r)
			log_line(b, b->v->error->text);
	}
	tsem_kernel_close(kernel);
	return r ? STATUS_FAILED : 0; /* the failure is reported */
}

/* ---- in the process that was started ---- */

static void tell_joined(const struct tsem_joined *joined)
{
	printf("%llu process%s that ran already, with %llu task%s, %s joined.\n", joined->processes,
	       joined->processes == 1 ? "" : "es", joined->tasks, plural(joined->tasks),
	       joined->processes == 1 ? "has" : "have");
	if (joined->unknown)
		printf("%llu of them %s no program of the model: all that %s is a violation.\n", joined->unknown,
		       joined->unknown == 1 ? "is" : "are", joined->unknown == 1 ? "it does" : "they do");
}

static void write_joined(struct writer *writer, const struct tsem_joined *joined)
{
	writer_open(writer, "joined", '{');
	writer_number(writer, "processes", joined->processes);
	writer_number(writer, "tasks", joined->tasks);
	writer_number(writer, "unknown", joined->unknown);
	writer_close(writer, '}');
}

static int tell(const struct binding *b)
{
	struct writer writer;

	if (!invocation_given(b->v, OPTION_bind_json)) {
		print_styled(stdout, STYLE_PLAIN, tsem_group_path(b->group));
		printf(" is bound to session %s, %s. `tsem unbind %s` ends that.\n", b->name,
		       mode_word(b->options.mode), b->name);
		if (b->joined)
			tell_joined(b->joined);
		return 0;
	}
	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_string(&writer, "session", b->name);
	writer_string(&writer, "control_group", tsem_group_path(b->group));
	writer_string(&writer, "mode", mode_word(b->options.mode));
	writer_string(&writer, "on_violation", action_word(b->options.action));
	if (b->joined)
		write_joined(&writer, b->joined);
	writer_close(&writer, '}');
	return 0;
}

/* Who joins is stopped, and must not be who waits for that. */
static int prepare_now(struct binding *b)
{
	const char *below = tsem_group_path(b->group) + strlen(TSEM_GROUPS);
	char own[PATH_MAX];
	size_t length = strlen(below);

	control_group_of("self", own);
	if (!strncmp(own, below, length) && (!own[length] || own[length] == '/'))
		return tsem_error_set(b->v->error, EBUSY, "this tsem is in %s itself: start it from outside",
				      tsem_group_path(b->group));
	b->joined = mmap(NULL, sizeof(*b->joined), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->joined != MAP_FAILED)
		return 0;
	b->joined = NULL;
	return tsem_error_set(b->v->error, ENOMEM, "out of memory");
}

int cmd_bind(const struct invocation *v)
{
	struct binding b = {.v = v};
	int r = check_words(v);

	if (!r && invocation_given(v, OPTION_bind_unit))
		unit_forget_environment();
	if (!r)
		r = take_labels(&b);
	if (!r)
		r = find_group(&b);
	if (!r && invocation_given(v, OPTION_bind_now))
		r = prepare_now(&b);
	if (!r)
		r = take_model(&b);
	if (!r && attendant_begin(&r, b.name, v->error))
		r = keep(&b);
	else if (!r)
		r = tell(&b);
	tsem_calls_deinit(&b.calls);
	tsem_model_destroy(b.model);
	tsem_group_close(b.group);
	if (b.joined)
		munmap(b.joined, sizeof(*b.joined));
	return r;
}
