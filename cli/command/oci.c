/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A runtime of containers around another one, which does the work: between create
 * and start, when the container is set up and nothing of the workload has run, its
 * control group is bound as its annotations say. What cannot be bound is deleted.
 */
#include "../frame/cmd.h"
#include "../session/command.h"
#include "../session/container.h"

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

extern char **environ;

struct oci {
	const struct invocation *v;
	const char *runtime;
	char **words; /* all of them, with the runtime before */
	size_t command; /* index of the subcommand in words; 0: none */
	const char *id;
	char session[TSEM_NAME_MAX];
};

/* Options before the subcommand that have a word of their own behind them. */
static bool takes_word(const char *option)
{
	static const char *const all[] = {"--root",	      "--log",	"--log-format", "--log-level",
					  "--cgroup-manager", "--criu", "--rootless"};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (!strcmp(option, all[i]))
			return true;
	return false;
}

static size_t find_command(char **words)
{
	for (size_t i = 1; words[i]; i++) {
		if (words[i][0] != '-')
			return i;
		if (takes_word(words[i]) && words[i + 1])
			i++;
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

	o->runtime = choose_runtime();
	o->words = calloc(count + 2, sizeof(*o->words));
	if (!o->words)
		return tsem_error_set(o->v->error, ENOMEM, "out of memory");
	o->words[0] = (char *)o->runtime;
	memcpy(o->words + 1, o->v->operands, count * sizeof(*o->words));
	o->command = find_command(o->words);
	if (o->command && o->words[o->command + 1])
		o->id = o->words[count];
	if (o->id)
		container_session(o->id, o->session);
	return 0;
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

static int read_settings(const struct oci *o, struct container_settings *ret_settings)
{
	const char *bundle = option_of(o, "--bundle", "-b");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/config.json", bundle ? bundle : ".");
	return container_read(path, ret_settings, o->v->error);
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

static int find_group(const struct oci *o, const struct container_settings *settings, char *ret_path, size_t size)
{
	struct tsem_buffer state = {};
	unsigned pid = 0;
	int r = ask_runtime(o, "state", NULL, &state);

	if (!r && state.data)
		pid = container_pid(state.data, state.size);
	tsem_buffer_deinit(&state);
	if (!pid)
		return tsem_error_set(o->v->error, ESRCH, "%s does not say which process container %s is", o->runtime,
				      o->id);
	return container_group(pid, settings, ret_path, size, o->v->error);
}

/* By a command of its own, whose orchestrator stays when this process has ended. */
static int bind_group(const struct oci *o, const struct container_settings *settings, const char *group)
{
	bool learns = !strcmp(settings->mode, "learn"), enforces = !strcmp(settings->mode, "enforce");
	char *words[16] = {"/proc/self/exe", "bind", (char *)group, "--name", (char *)o->session};
	struct tsem_buffer output = {};
	size_t count = 5;
	int r;

	words[count++] = learns ? "--output" : "--model";
	words[count++] = (char *)settings->model;
	if (learns)
		words[count++] = "--add";
	if (enforces)
		words[count++] = "--enforce";
	if (!learns && settings->action[0]) {
		words[count++] = "--on-violation";
		words[count++] = (char *)settings->action;
	}
	close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC); /* whoever waits for their end does not wait for it */
	r = run_command_told(words, &output);
	tsem_buffer_deinit(&output);
	return r ? tsem_error_set(o->v->error, EPERM,
				  "container %s is not started: its control group %s cannot be bound", o->id, group) :
		   0;
}

static int create(struct oci *o)
{
	struct container_settings settings;
	char group[PATH_MAX];
	int status, r = read_settings(o, &settings);

	if (r)
		return r;
	if (!settings.present)
		return become(o);
	r = run_runtime(o, &status);
	if (r || status)
		return r ? r : status;
	r = find_group(o, &settings, group, sizeof(group));
	if (!r)
		r = bind_group(o, &settings, group);
	if (r)
		ask_runtime(o, "delete", "--force", &(struct tsem_buffer){});
	return r;
}

/* Nobody joins any more, the runtime deletes, and what was learned is there when this returns. */
static int delete (struct oci *o)
{
	char *const wait[] = {"/proc/self/exe", "unbind", o->session, NULL};
	struct tsem_buffer output = {};
	struct tsem_session session;
	int status, r;

	if (tsem_session_status(o->session, &session, NULL) || !session.live)
		return become(o);
	r = run_runtime(o, &status);
	if (!r && !status) {
		run_command_of(wait, &output); /* it may have been removed with its group already */
		container_wait(o->session);
	}
	tsem_buffer_deinit(&output);
	return r ? r : status;
}

/* What is restored has executed nothing: it would run unmodeled. */
static int refuse_checkpoint(struct oci *o)
{
	struct container_settings settings = {};
	struct tsem_session session;
	bool bound = !tsem_session_status(o->session, &session, NULL) && session.live;

	if (is(o, "restore") && !bound) {
		int r = read_settings(o, &settings);

		if (r)
			return r;
	}
	if (!bound && !settings.present)
		return become(o);
	return tsem_error_set(o->v->error, EOPNOTSUPP, "container %s is modeled, and cannot be saved and restored",
			      o->id);
}

static int dispatch(struct oci *o)
{
	if (o->id && is(o, "create"))
		return create(o);
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
	struct oci o = {.v = v};
	int r = begin(&o);

	if (!r)
		r = dispatch(&o);
	free(o.words);
	return r < 0 ? STATUS_FAILED : r; /* as runtimes do; the error is printed */
}
