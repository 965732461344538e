/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A runtime of containers around another one, which does the work: between create
 * and start, when the container is set up and nothing of the workload has run, its
 * control group is bound as the first policy that matches says, or without one as
 * its annotations say. What cannot be bound is deleted.
 */
#include "../frame/cmd.h"
#include "../image/attached.h"
#include "../model/file.h"
#include "../session/command.h"
#include "../session/journal.h"
#include "../../lib/container/chosen.h"
#include "../../lib/container/policy.h"
#include "../../lib/container/filter.h"
#include "../text/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNTIMES_MAX 64
#define STATE_MAX (1u << 20)

extern char **environ;

struct oci {
	const struct invocation *v;
	const char *runtime;
	char **words; /* all of them, with the runtime before */
	size_t command; /* index of the subcommand in words; 0: none */
	const char *id;
	char session[TSEM_NAME_MAX];
};

/* A container that is about to be, and how it is modeled. */
struct plan {
	struct container container;
	struct container_identity identity;
	struct container_settings settings;
	char config[PATH_MAX], bundle[PATH_MAX];
	char policy[PATH_MAX]; /* the file that says it; empty: its annotations do */
	struct tsem_model *model; /* whose list of system calls counts; NULL: they are not refused */
};

/* Options before the subcommand that have a word of their own behind them. */
static bool takes_word(const char *option)
{
	static const char *const all[] = {"--root",	      "--log",	"--log-format", "--log-level",
					  "--cgroup-manager", "--criu", "--rootless",	NULL};

	return container_word_is_one_of(option, all);
}

/* Subcommands of runc, crun, youki, runsc and kata, and hook. */
static bool is_command(const char *word)
{
	static const char *const all[] = {
		"create",   "start",	  "run",	   "state",    "kill",	      "delete", "exec",
		"list",	    "ps",	  "pause",	   "resume",   "events",      "update", "checkpoint",
		"restore",  "spec",	  "features",	   "mounts",   "version",     "help",	"init",
		"hook",	    "completion", "debug",	   "do",       "wait",	      "flags",	"gofer",
		"boot",	    "metrics",	  "direct-volume", "iptables", "check",	      "env",	"kata-check",
		"kata-env", "factory",	  "trace",	   "usage",    "portforward", NULL,
	};

	return container_word_is_one_of(word, all);
}

/*
 * *ret_command: 0 when there is none. What stands behind an option that is not known may be its value. A word that is
 * no known subcommand might make a container, which would not be modeled then: it is refused.
 */
static int find_command(char **words, size_t *ret_command, struct tsem_error *error)
{
	*ret_command = 0;
	for (size_t i = 1; words[i]; i++) {
		bool value = words[i - 1][0] == '-' && i > 1;

		if (words[i][0] == '-') {
			i += takes_word(words[i]) && words[i + 1];
			continue;
		}
		if (is_command(words[i])) {
			*ret_command = i;
			return 0;
		}
		if (!value)
			return tsem_error_set(
				error, EOPNOTSUPP,
				"tsem does not know what \"%s\" asks the runtime to do: it may make a container, "
				"which would not be modeled",
				words[i]);
	}
	return 0;
}

/* The name by which tsem was called may say which: tsem-oci-RUNTIME. */
static const char *choose_runtime(void)
{
	const char *name = strrchr(program_invocation_name, '/');
	static const char prefix[] = "tsem-oci-";

	name = name ? name + 1 : program_invocation_name;
	if (!strncmp(name, prefix, strlen(prefix)) && name[strlen(prefix)])
		return name + strlen(prefix);
	return "crun";
}

static int begin(struct oci *o)
{
	size_t count = o->v->operand_count;
	int r;

	o->runtime = choose_runtime();
	o->words = calloc(count + 2, sizeof(*o->words));
	if (!o->words)
		return tsem_error_set(o->v->error, ENOMEM, "out of memory");
	o->words[0] = (char *)o->runtime;
	memcpy(o->words + 1, o->v->operands, count * sizeof(*o->words));
	r = find_command(o->words, &o->command, o->v->error);
	if (!r && o->command && o->words[o->command + 1])
		o->id = o->words[count];
	if (!r && o->id)
		container_session(o->id, o->session);
	return r;
}

static bool is(const struct oci *o, const char *command)
{
	return o->command && !strcmp(o->words[o->command], command);
}

/* The value of an option of the subcommand, as --name VALUE, --name=VALUE or -l VALUE. */
static const char *option_of(const struct oci *o, const char *name, const char *letter)
{
	const char *value = NULL;
	size_t length = strlen(name);

	for (size_t i = o->command + 1; o->words[i]; i++) {
		if (!strncmp(o->words[i], name, length) && o->words[i][length] == '=')
			value = o->words[i] + length + 1;
		else if ((!strcmp(o->words[i], name) || !strcmp(o->words[i], letter)) && o->words[i + 1])
			value = o->words[++i];
	}
	return value;
}

/* The runtime takes the place of this process. */
static int become(const struct oci *o)
{
	execvp(o->runtime, o->words);
	return tsem_error_set(o->v->error, errno, "cannot run the runtime %s: %s", o->runtime, strerror(errno));
}

/* With all that this process has: the container's standard descriptors among them. */
static int run_runtime(const struct oci *o, int *ret_status)
{
	pid_t pid;
	int status, r = posix_spawnp(&pid, o->runtime, NULL, NULL, o->words, environ);

	if (r)
		return tsem_error_set(o->v->error, r, "cannot run the runtime %s: %s", o->runtime, strerror(r));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return tsem_error_set(o->v->error, errno, "cannot wait for %s: %s", o->runtime,
					      strerror(errno));
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

static void plan_deinit(struct plan *plan)
{
	container_deinit(&plan->container);
	container_identity_deinit(&plan->identity);
	tsem_model_destroy(plan->model);
}

static const char *said_by(const struct plan *plan)
{
	return plan->policy[0] ? plan->policy : plan->config;
}

/* The model that is attached to the image, in its layout. Where there is none one is learned, if that was said. */
static int take_attached(struct plan *plan, struct tsem_error *error)
{
	struct container_settings *settings = &plan->settings;
	char path[PATH_MAX];
	int r;

	if (!plan->identity.manifest)
		return tsem_error_set(
			error, ENOENT,
			"%s asks for the model that is attached to the image, the digest of whose manifest is not known",
			said_by(plan));
	r = attached_find(settings->attached, settings->keys, plan->identity.digests.items[0], path, error);
	if (r == -ENOENT && !strcmp(settings->otherwise, "learn")) {
		*error = (struct tsem_error){};
		strcpy(settings->mode, "learn");
		settings->keys[0] = settings->action[0] = 0;
		return 0;
	}
	if (!r) {
		strcpy(settings->model, path);
		strcpy(settings->about, "image");
	}
	return r;
}

/* An engine also hands on the annotations of the image, whose maker is not to choose. */
static int check_chooser(const struct plan *plan, const char *id, struct tsem_error *error)
{
	static const char advice[] = "its maker may not choose its model; write a policy for it in " POLICY_DIRECTORY;

	if (plan->identity.image_says == IMAGE_SAYS_SETTINGS)
		return tsem_error_set(error, EPERM, "the image itself has annotations " CONTAINER_PREFIX "*, but %s",
				      advice);
	if (plan->identity.image_says == IMAGE_UNKNOWN)
		return tsem_error_set(error, EPERM,
				      "the annotations " CONTAINER_PREFIX
				      "* may be those of the image of container %s, "
				      "which its engine's storage does not show, and %s",
				      id, advice);
	return 0;
}

/* allowed: by a policy; NULL: none says anything about annotations. */
static int check_allowed(const struct plan *plan, const struct container_settings *allowed, struct tsem_error *error)
{
	char where[PATH_MAX + 64];

	if (!plan->settings.present)
		return 0;
	snprintf(where, sizeof(where), "%s: annotation " CONTAINER_PREFIX, plan->config);
	if (allowed)
		return container_check_chosen(where, allowed, &plan->identity, &plan->settings, error);
	return plan->identity.in_pod ? tsem_error_set(error, EPERM,
						      "the annotations " CONTAINER_PREFIX
						      "* are those of a pod, and no policy in " POLICY_DIRECTORY
						      " lets them choose a model (mode annotations)") :
				       0;
}

/* The container that holds the namespaces of a pod has the annotations of the pod, which are about the others. */
static int take_annotations(struct plan *plan, const struct container_settings *allowed, const char *id,
			    struct tsem_error *error)
{
	int r = 0;

	plan->policy[0] = 0;
	plan->settings = (struct container_settings){};
	if (plan->identity.sandbox)
		return 0;
	if (plan->container.settings.present || plan->container.named_count)
		r = check_chooser(plan, id, error);
	if (!r)
		r = container_annotated(plan->config, &plan->container, plan->identity.name, &plan->settings, error);
	return r ? r : check_allowed(plan, allowed, error);
}

/* The first policy that matches, or else its annotations. Not present: neither says anything. */
static int settle(struct plan *plan, const char *id, struct tsem_error *error)
{
	struct container_settings allowed;
	int r = container_identity_find(&plan->container, plan->bundle, id, &plan->identity, error);

	if (!r)
		r = policy_find(POLICY_DIRECTORY, &plan->container, &plan->identity, &plan->settings, plan->policy,
				error);
	allowed = plan->settings;
	if (!r && !strcmp(allowed.mode, "annotations"))
		r = take_annotations(plan, &allowed, id, error);
	else if (!r && !allowed.present)
		r = take_annotations(plan, NULL, id, error);
	if (!r && plan->settings.about[0] && !plan->identity.digests.count)
		r = tsem_error_set(error, ENOENT, "%s asks for a model about the image, whose digest is not known",
				   said_by(plan));
	if (!r && plan->settings.attached[0])
		r = take_attached(plan, error);
	return r;
}

static int read_config(const char *path, struct plan *ret_plan, struct tsem_error *error)
{
	char *slash;

	*ret_plan = (struct plan){};
	snprintf(ret_plan->config, sizeof(ret_plan->config), "%s", path);
	if (!realpath(path, ret_plan->bundle))
		return tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
	slash = strrchr(ret_plan->bundle, '/');
	*slash = 0;
	return container_read(path, &ret_plan->container, error);
}

/* bundle: NULL is the working directory, as it is for runtimes. */
static int make_plan(const struct oci *o, const char *bundle, struct plan *ret_plan)
{
	char path[PATH_MAX + 16];
	int r;

	snprintf(path, sizeof(path), "%s/config.json", bundle ? bundle : ".");
	r = read_config(path, ret_plan, o->v->error);
	if (!r)
		r = settle(ret_plan, o->id, o->v->error);
	if (r)
		plan_deinit(ret_plan);
	return r;
}

static bool mode_is(const struct plan *plan, const char *mode)
{
	return !strcmp(plan->settings.mode, mode);
}

static bool is_modeled(const struct plan *plan)
{
	return plan->settings.present && !mode_is(plan, "off");
}

static int check_refused(const struct oci *o, const struct plan *plan)
{
	return mode_is(plan, "refuse") ?
		       tsem_error_set(o->v->error, EPERM, "container %s is not created: %s refuses it", o->id,
				      plan->policy) :
		       0;
}

/* System calls are refused, if the model has a list of them. */
static bool refuses_calls(const struct plan *plan)
{
	return mode_is(plan, "enforce") && !strcmp(plan->settings.syscalls, "yes") &&
	       strcmp(plan->settings.action, "log");
}

static int read_model(const struct oci *o, struct plan *plan)
{
	const char *keys = plan->settings.keys;
	struct tsem_model *model;
	int r = model_file_read(o->v, plan->settings.model, keys[0] ? keys : NULL, &model);

	if (!r)
		plan->model = model;
	return r;
}

/* What would make the runtime do something else than its configuration says, whoever has written it there. */
static int check_annotation(const struct oci *o, const struct plan *plan, const char *name, const char *effect)
{
	return container_pair(&plan->container.annotations, name) ?
		       tsem_error_set(o->v->error, EPERM, "container %s is not created: by its annotation %s %s", o->id,
				      name, effect) :
		       0;
}

/* A task joins when it executes a program. */
static int check_executes(const struct oci *o, const struct plan *plan)
{
	static const char *const names[] = {"run.oci.handler", "module.wasm.image/variant"};
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(names) / sizeof(*names); i++)
		r = check_annotation(o, plan, names[i], "a runtime executes no program, and nothing would be modeled");
	return r;
}

/*
 * What is refused by system calls is in the filter that the runtime sets, as nobody who answers could be there before
 * the first program. What would only be recorded is let through, unrecorded.
 */
static int narrow(const struct oci *o, struct plan *plan)
{
	const struct container_settings *settings = &plan->settings;
	const struct container *container = &plan->container;
	const char *text = container->text + container->seccomp;
	bool none = !container->seccomp || !strncmp(text, "null", 4);
	struct tsem_buffer filter = {};
	int r = refuses_calls(plan) ? read_model(o, plan) : 0;

	if (!r && plan->model && plan->model->calls.known)
		r = check_annotation(o, plan, "run.oci.seccomp_bpf_data",
				     "the runtime sets another filter than that of the model");
	if (!r && plan->model && plan->model->calls.known) {
		r = container_filter_narrow(text, none ? 0 : container->seccomp_size, &plan->model->calls, &filter,
					    o->v->error);
		if (r)
			tsem_error_wrap(o->v->error, "%s is not used, because of the system calls of %s", plan->config,
					settings->model);
		else
			r = container_write_filter(plan->config, container, &filter, o->v->error);
	}
	tsem_buffer_deinit(&filter);
	return r;
}

static bool calls_alike(const struct tsem_calls *a, const struct tsem_calls *b)
{
	bool alike = a->known == b->known && a->count == b->count;

	for (size_t i = 0; alike && i < a->count; i++)
		alike = !strcmp(a->items[i].entry, b->items[i].entry) && a->items[i].argument == b->items[i].argument;
	return alike;
}

/*
 * The binding has read the model anew, and judged its age. Whoever may change the file could have shown another one
 * before.
 */
static int check_bound(const struct oci *o, const struct plan *plan)
{
	struct tsem_session *session;
	bool alike;
	int r = plan->model ? tsem_session_open(o->session, &session, o->v->error) : 0;

	if (r || !plan->model)
		return r;
	alike = session->model && calls_alike(&session->model->calls, &plan->model->calls);
	tsem_session_destroy(session);
	return alike ? 0 :
		       tsem_error_set(o->v->error, EAGAIN,
				      "container %s is not started: model %s was changed while it was created", o->id,
				      plan->settings.model);
}

/* The runtime with its own options and another subcommand. */
static int ask_runtime(const struct oci *o, const char *command, const char *more, struct tsem_buffer *output)
{
	char *words[RUNTIMES_MAX];
	size_t count;

	if (o->command + 4 > RUNTIMES_MAX)
		return -E2BIG;
	for (count = 0; count < o->command; count++)
		words[count] = o->words[count];
	words[count++] = (char *)command;
	if (more)
		words[count++] = (char *)more;
	words[count++] = (char *)o->id;
	words[count] = NULL;
	return run_command_of(words, output);
}

static int find_group(const struct oci *o, const struct plan *plan, char *ret_path, size_t size)
{
	struct tsem_buffer text = {};
	struct container_state state = {};
	int r = ask_runtime(o, "state", NULL, &text);

	if (!r && text.data)
		container_state_read(o->runtime, text.data, text.size, &state, o->v->error);
	tsem_buffer_deinit(&text);
	if (!state.pid)
		return tsem_error_set(o->v->error, ESRCH, "%s does not say which process container %s is", o->runtime,
				      o->id);
	return container_group(state.pid, &plan->container, ret_path, size, o->v->error);
}

struct words {
	char *items[32];
	size_t count;
};

static void add_word(struct words *words, const char *option, const char *value)
{
	if (option)
		words->items[words->count++] = (char *)option;
	if (value)
		words->items[words->count++] = (char *)value;
}

/* Ids are those that the container sees, so that a model fits whatever range of ids it has. A model that is there has its own. */
static void add_learning(const struct plan *plan, struct words *words)
{
	add_word(words, "--output", plan->settings.model);
	add_word(words, "--add", NULL);
	if (!strcmp(plan->settings.syscalls, "yes"))
		add_word(words, "--syscalls", NULL);
	if (access(plan->settings.model, F_OK))
		add_word(words, "--ids", "current");
}

static void add_judging(const struct plan *plan, struct words *words)
{
	const struct container_settings *settings = &plan->settings;

	add_word(words, "--model", settings->model);
	if (mode_is(plan, "enforce"))
		add_word(words, "--enforce", NULL);
	if (settings->action[0])
		add_word(words, "--on-violation", settings->action);
	if (settings->keys[0])
		add_word(words, "--require-signed", settings->keys);
	if (settings->about[0] && plan->identity.digests.count)
		add_word(words, "--about", plan->identity.digests.items[0]);
}

/* Labels of a session that is a container of a pod. */
struct pod_labels {
	struct tsem_buffer texts[4];
	size_t count;
};

static void add_label(struct pod_labels *labels, struct words *words, const char *key, const char *value)
{
	struct tsem_buffer *text = &labels->texts[labels->count];

	if (!value)
		return;
	labels->count++;
	tsem_buffer_printf(text, "%s=%s", key, value);
	add_word(words, "--label", text->data);
}

static void add_labels(const struct plan *plan, struct words *words, struct pod_labels *labels)
{
	const struct container_pod *pod = &plan->identity.pod;

	if (!pod->name)
		return;
	add_label(labels, words, "namespace", pod->space);
	add_label(labels, words, "pod", pod->name);
	add_label(labels, words, "container", plan->identity.name);
	add_label(labels, words, "uid", pod->uid);
}

/* By a command of its own, whose orchestrator stays when this process has ended. */
static int bind_group(const struct oci *o, const struct plan *plan, const char *group)
{
	struct words words = {.items = {"/proc/self/exe", "bind", (char *)group, "--name", (char *)o->session},
			      .count = 5};
	struct pod_labels labels = {};
	struct tsem_buffer output = {};
	int r;

	if (mode_is(plan, "learn"))
		add_learning(plan, &words);
	else
		add_judging(plan, &words);
	add_labels(plan, &words, &labels);
	close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC); /* whoever waits for their end does not wait for it */
	r = run_command_told(words.items, &output);
	tsem_buffer_deinit(&output);
	for (size_t i = 0; i < labels.count; i++)
		tsem_buffer_deinit(&labels.texts[i]);
	if (r)
		return tsem_error_set(o->v->error, EPERM,
				      "container %s is not started: its control group %s cannot be bound", o->id,
				      group);
	r = container_note(o->session, o->id, o->v->error);
	return r ? r : check_bound(o, plan);
}

/* In a user namespace, too, where everybody is root. */
static int check_privileges(const struct oci *o)
{
	unsigned first = 1, lower = 0;
	FILE *map = fopen("/proc/self/uid_map", "re");
	bool whole = map && fscanf(map, "%u %u", &first, &lower) == 2 && !first && !lower;

	if (map)
		fclose(map);
	if (whole && !geteuid())
		return 0;
	return tsem_error_set(
		o->v->error, EPERM,
		"only root can model containers: container %s is not created; root can bind a control group "
		"that it runs in (`tsem help bind`)",
		o->id);
}

static int create_modeled(struct oci *o, struct plan *plan)
{
	char group[PATH_MAX];
	int status, r = check_privileges(o);

	if (!r)
		r = check_executes(o, plan);
	if (!r)
		r = narrow(o, plan);
	if (!r)
		r = run_runtime(o, &status);
	if (r || status)
		return r ? r : status;
	r = find_group(o, plan, group, sizeof(group));
	if (!r)
		r = bind_group(o, plan, group);
	if (r)
		ask_runtime(o, "delete", "--force", &(struct tsem_buffer){});
	return r;
}

static int create(struct oci *o)
{
	struct plan plan;
	int r = make_plan(o, option_of(o, "--bundle", "-b"), &plan);

	if (r)
		return r;
	if (!is_modeled(&plan))
		r = become(o);
	else
		r = check_refused(o, &plan);
	if (!r)
		r = create_modeled(o, &plan);
	plan_deinit(&plan);
	return r;
}

static bool is_live(const struct oci *o)
{
	struct tsem_session session;

	return !tsem_session_status(o->session, &session, NULL) && session.live && container_noted(o->session, o->id);
}

/* The session may have been removed with its group already. */
static void finish_session(struct oci *o)
{
	char *const unbind[] = {"/proc/self/exe", "unbind", o->session, NULL};
	struct tsem_buffer output = {};

	run_command_of(unbind, &output);
	container_wait(o->session);
	tsem_buffer_deinit(&output);
}

/* Nobody joins any more, the runtime deletes, and what was learned is there when this returns. */
static int delete (struct oci *o)
{
	int status, r;

	if (!is_live(o))
		return become(o);
	r = run_runtime(o, &status);
	if (!r && !status)
		finish_session(o);
	return r ? r : status;
}

/* What is restored has executed nothing: it would run unmodeled. */
static int refuse_checkpoint(struct oci *o)
{
	bool modeled = is_live(o);
	struct plan plan;

	if (is(o, "restore") && !modeled) {
		int r = make_plan(o, option_of(o, "--bundle", "-b"), &plan);

		if (r)
			return r;
		modeled = is_modeled(&plan);
		plan_deinit(&plan);
	}
	if (!modeled)
		return become(o);
	return tsem_error_set(o->v->error, EOPNOTSUPP, "container %s is modeled, and cannot be saved and restored",
			      o->id);
}

/* ---- beside a runtime that is not wrapped ---- */

/* The runtime has read its filter by now. */
static int check_hooked(const struct oci *o, struct plan *plan)
{
	int r = refuses_calls(plan) ? read_model(o, plan) : 0;

	if (r || !plan->model)
		return r;
	return plan->model->calls.known ?
		       tsem_error_set(o->v->error, EOPNOTSUPP,
				      "container %s is not started: a hook cannot refuse the system calls that %s "
				      "does not have: use tsem as the runtime, or say " CONTAINER_PREFIX "syscalls=no",
				      o->id, plan->settings.model) :
		       0;
}

static int read_state(const struct oci *o, struct container_state *ret_state)
{
	struct tsem_buffer text = {};
	char bytes[4096];
	ssize_t n;
	int r;

	while ((n = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0 && text.size < STATE_MAX)
		tsem_buffer_add(&text, bytes, n);
	if (n || !text.data)
		r = tsem_error_set(o->v->error, EIO,
				   "a runtime gives a hook the state of the container on standard "
				   "input: at most 1 MiB of JSON");
	else
		r = container_state_read("The state of the container", text.data, text.size, ret_state, o->v->error);
	tsem_buffer_deinit(&text);
	if (!r && (!ret_state->id[0] || !ret_state->bundle[0]))
		r = tsem_error_set(o->v->error, EBADMSG, "the state of the container has no %s",
				   ret_state->id[0] ? "bundle" : "id");
	return r;
}

static int hook_modeled(struct oci *o, struct plan *plan, unsigned pid)
{
	char group[PATH_MAX];
	int r = check_privileges(o);

	if (!r)
		r = check_executes(o, plan);
	if (!r)
		r = check_hooked(o, plan);
	if (!r && !pid)
		r = tsem_error_set(o->v->error, ESRCH, "the state of container %s does not say which process it is",
				   o->id);
	if (!r)
		r = container_group(pid, &plan->container, group, sizeof(group), o->v->error);
	return r ? r : bind_group(o, plan, group);
}

/*
 * By annotations, which an image may have, crun puts what hooks say into any file, as root. Names and values in it are
 * other people's text, which may be a program there.
 */
static bool is_said_elsewhere(const char *bundle)
{
	char path[PATH_MAX + 16], *text;
	struct tsem_error unread;
	size_t size;
	bool elsewhere;

	snprintf(path, sizeof(path), "%s/config.json", bundle);
	if (container_read_file(path, &text, &size, &unread))
		return true;
	elsewhere = memmem(text, size, "run.oci.hooks.", strlen("run.oci.hooks."));
	free(text);
	return elsewhere;
}

/* Neither this process nor those that it starts: the system's log has the reason. */
static void say_nothing(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
		_exit(STATUS_FAILED);
	close(null);
}

/* Not every runtime passes on what its hooks say. */
static void log_failure(const struct oci *o)
{
	struct journal journal;

	journal_open(&journal);
	journal_write(&journal, o->v->error->text);
	journal_close(&journal);
}

/* createRuntime: the container is set up; if this fails, its runtime removes it. poststop: it has ended. */
static int hook(struct oci *o)
{
	static struct container_state state; /* o->id is there */
	struct plan plan;
	int r = read_state(o, &state);

	if (r)
		return r;
	if (is_said_elsewhere(state.bundle))
		say_nothing();
	o->id = state.id;
	container_session(o->id, o->session);
	if (!strcmp(state.status, "stopped")) {
		if (is_live(o))
			finish_session(o);
		return 0;
	}
	r = make_plan(o, state.bundle, &plan);
	if (r)
		return r;
	if (is_modeled(&plan))
		r = check_refused(o, &plan);
	if (is_modeled(&plan) && !r)
		r = hook_modeled(o, &plan, state.pid);
	plan_deinit(&plan);
	return r;
}

/* ---- what would be done ---- */

static void print_fact(const char *name, const char *text)
{
	if (!text)
		return;
	printf("%-11s", name);
	print_styled(stdout, STYLE_PLAIN, text);
	putchar('\n');
}

static void print_identity(const struct container_identity *identity)
{
	print_fact("name", identity->name ? identity->name : "not known");
	print_fact("namespace", identity->pod.space);
	print_fact("pod", identity->pod.name);
	print_fact("uid", identity->pod.uid);
	for (size_t i = 0; i < identity->images.count; i++)
		print_fact("image", identity->images.items[i]);
	for (size_t i = 0; i < identity->digests.count; i++)
		print_fact("digest", identity->digests.items[i]);
	for (size_t i = 0; i < identity->labels.count; i++) {
		fputs("label      ", stdout);
		print_styled(stdout, STYLE_PLAIN, identity->labels.items[i].key);
		putchar('=');
		print_styled(stdout, STYLE_PLAIN, identity->labels.items[i].value);
		putchar('\n');
	}
}

static void print_policy(void *context, const char *path, const char *unlike)
{
	bool *matched = context;

	if (unlike)
		printf("%s does not match: the %s differ%s.\n", path, unlike,
		       unlike[strlen(unlike) - 1] == 's' ? "" : "s");
	else
		printf("%s matches%s.\n", path, *matched ? ", but is not the first" : "");
	*matched |= !unlike;
}

/* Paths in annotations are what somebody else has written. */
static void print_modeled(const struct plan *plan)
{
	const struct container_settings *settings = &plan->settings;
	struct tsem_buffer text = {};

	tsem_buffer_printf(&text, "The container is modeled by %s: mode %s, model %s%s%s%s%s, system calls %s.",
			   plan->policy[0] ? plan->policy : "its annotations", settings->mode, settings->model,
			   settings->action[0] ? ", on violation " : "", settings->action,
			   settings->keys[0] ? ", signed by a key of " : "", settings->keys, settings->syscalls);
	print_styled(stdout, STYLE_PLAIN, text.data ? text.data : "");
	putchar('\n');
	tsem_buffer_deinit(&text);
}

static void print_plan(const struct plan *plan)
{
	const struct container_settings *settings = &plan->settings;

	if (!settings->present)
		puts("The container is not modeled.");
	else if (mode_is(plan, "off"))
		printf("The container is not modeled: %s says so.\n", plan->policy);
	else if (mode_is(plan, "refuse"))
		printf("The container is refused by %s.\n", plan->policy);
	else
		print_modeled(plan);
}

/* The bundle is called by the container's id, or is STORAGE/.../ID/userdata. */
static int explain(struct oci *o, const char *path)
{
	char directory[PATH_MAX], *id;
	bool matched = false;
	struct plan plan;
	int r = read_config(path, &plan, o->v->error);

	if (r)
		return r;
	snprintf(directory, sizeof(directory), "%s", plan.bundle);
	id = strrchr(directory, '/'); /* NULL: it is the root */
	if (id && !strcmp(id, "/userdata")) {
		*id = 0;
		id = strrchr(directory, '/');
	}
	id = id ? id + 1 : directory;
	r = container_identity_find(&plan.container, plan.bundle, id, &plan.identity, o->v->error);
	if (!r)
		print_identity(&plan.identity);
	if (!r)
		r = policy_each(POLICY_DIRECTORY, &plan.container, &plan.identity, print_policy, &matched, o->v->error);
	if (!r) {
		container_identity_deinit(&plan.identity);
		r = settle(&plan, id, o->v->error);
	}
	if (!r)
		print_plan(&plan);
	plan_deinit(&plan);
	return r;
}

/* ---- what went wrong ---- */

/* The value of an option before the subcommand. */
static const char *early_option(const struct oci *o, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 1; i < o->command; i++) {
		if (!strncmp(o->words[i], name, length) && o->words[i][length] == '=')
			return o->words[i] + length + 1;
		if (!strcmp(o->words[i], name) && i + 1 < o->command)
			return o->words[i + 1];
	}
	return NULL;
}

/* containerd shows what stands in the log of its runtime, and nothing of standard error. */
static void tell_engine(const struct oci *o)
{
	const char *path = early_option(o, "--log"), *format = early_option(o, "--log-format");
	FILE *file = path && format && !strcmp(format, "json") ? fopen(path, "ae") : NULL;
	struct writer writer;

	if (!file)
		return;
	writer_init(&writer, file);
	writer.flat = true;
	writer_open(&writer, NULL, '{');
	writer_string(&writer, "level", "error");
	writer_string(&writer, "msg", o->v->error->text);
	writer_close(&writer, '}');
	fclose(file);
}

static int dispatch(struct oci *o)
{
	if (o->id && is(o, "create"))
		return create(o);
	if (!o->id && is(o, "hook")) {
		int r = hook(o);

		if (r)
			log_failure(o);
		return r;
	}
	if (o->id && is(o, "run"))
		return tsem_error_set(o->v->error, EOPNOTSUPP,
				      "tsem oci has no run: engines use create and start, between which it binds");
	if (o->id && is(o, "delete"))
		return delete (o);
	if (o->id && (is(o, "checkpoint") || is(o, "restore")))
		return refuse_checkpoint(o);
	return become(o);
}

int cmd_oci(const struct invocation *v)
{
	const char *config = invocation_value(v, OPTION_oci_explain);
	struct oci o = {.v = v};
	int r;

	if (config && !v->operand_count)
		return explain(&o, config) ? STATUS_FAILED : 0;
	if (config || !v->operand_count)
		return usage_error(v, "give the words of a runtime, or --explain CONFIG.json");
	r = begin(&o);

	if (!r)
		r = dispatch(&o);
	if (r < 0 && o.words)
		tell_engine(&o);
	free(o.words);
	return r < 0 ? STATUS_FAILED : r; /* as runtimes do; the error is printed */
}
