/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Services of systemd: one drop-in file, which binds the unit's control group each time that it starts. */
#include "../frame/cmd.h"
#include "../../lib/base/replace.h"
#include "../model/file.h"
#include "../session/command.h"
#include "../session/unit.h"
#include "../text/output.h"
#include "../text/text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNITS "/etc/systemd/system"
#define DROP_IN "50-tsem.conf"
#define MODELS "/var/lib/tsem"
#define FIRST_LINE "# Written by tsem service %s %s; `tsem service remove %s` removes it.\n"

/*
 * What the dynamic loader and libraries take from a unit's environment, which others may write, before tsem can forget
 * it: code with all privileges, files of root's anywhere, or an end with status 0 before anything was bound. Old loaders
 * know some more.
 */
#define LOADER_VARIABLES(X) \
	X("GLIBC_TUNABLES") \
	X("LD_ASSUME_KERNEL") \
	X("LD_AUDIT") \
	X("LD_BIND_NOT") \
	X("LD_BIND_NOW") \
	X("LD_DEBUG") \
	X("LD_DEBUG_OUTPUT") \
	X("LD_DYNAMIC_WEAK") \
	X("LD_HWCAP_MASK") \
	X("LD_LIBRARY_PATH") \
	X("LD_ORIGIN_PATH") \
	X("LD_POINTER_GUARD") \
	X("LD_PREFER_MAP_32BIT_EXEC") \
	X("LD_PRELOAD") \
	X("LD_PROFILE") \
	X("LD_PROFILE_OUTPUT") \
	X("LD_SHOW_AUXV") \
	X("LD_TRACE_LOADED_OBJECTS") \
	X("LD_TRACE_PRELINKING") \
	X("LD_USE_LOAD_BIAS") \
	X("LD_VERBOSE") \
	X("LD_WARN") \
	X("OPENSSL_armcap") \
	X("OPENSSL_ia32cap")
#define NAME(name) name,
#define WORD(name) " " name

static const char *const loader_variables[] = {LOADER_VARIABLES(NAME)};

struct service {
	const struct invocation *v;
	const char *verb;
	char unit[UNIT_NAME_MAX];
	char directory[PATH_MAX / 2], path[PATH_MAX]; /* of the drop-in */
	char model[PATH_MAX], keys[PATH_MAX]; /* keys: empty without --require-signed */
};

/* What the drop-in says. */
struct found {
	bool present;
	char verb[16];
	char model[PATH_MAX];
};

/* systemd would only say it when the unit does not start. */
static int check_patterns(const struct invocation *v)
{
	struct tsem_name_rule rule;
	size_t cursor = 0;
	const char *text;

	while ((text = invocation_next(v, OPTION_service_pattern, &cursor)))
		if (strchr(text, '\n') || tsem_pattern_parse(text, strlen(text), &rule, v->error))
			return usage_error(v, "--pattern: %s", v->error->text);
	return 0;
}

static int check_words(const struct invocation *v, const char *verb)
{
	bool enforce = !strcmp(verb, "enforce"), learn = !strcmp(verb, "learn");

	if (!enforce &&
	    (invocation_given(v, OPTION_service_on_violation) || invocation_given(v, OPTION_service_observe) ||
	     invocation_given(v, OPTION_service_require_signed)))
		return usage_error(v, "--on-violation, --observe and --require-signed are for tsem service enforce");
	if (!learn && invocation_given(v, OPTION_service_pattern))
		return usage_error(v, "--pattern is for tsem service learn");
	if (!enforce && !learn && invocation_given(v, OPTION_service_model))
		return usage_error(v, "--model is for tsem service learn and enforce");
	if (!strcmp(verb, "status") && invocation_given(v, OPTION_service_restart))
		return usage_error(v, "--restart is for tsem service learn, enforce and remove");
	if (strcmp(verb, "status") && invocation_given(v, OPTION_service_json))
		return usage_error(v, "--json is for tsem service status");
	return check_patterns(v);
}

/* systemd has another working directory. A line of a drop-in ends at a newline, whatever is quoted. */
static int find_path(const struct invocation *v, const char *what, const char *given, char ret_path[PATH_MAX])
{
	char here[PATH_MAX] = "";
	int n;

	if (*given == '/' || !getcwd(here, sizeof(here)))
		n = snprintf(ret_path, PATH_MAX, "%s", given);
	else
		n = snprintf(ret_path, PATH_MAX, "%s/%s", here, given);
	if (n >= PATH_MAX)
		return tsem_error_set(v->error, ENAMETOOLONG, "the path of %s is too long", what);
	for (const char *c = ret_path; *c; c++)
		if (iscntrl((unsigned char)*c))
			return tsem_error_set(
				v->error, EINVAL,
				"systemd cannot read the path of %s, which has a control character in it: %s", what,
				ret_path);
	return 0;
}

static int fill_paths(struct service *s)
{
	const char *given = invocation_value(s->v, OPTION_service_model),
		   *keys = invocation_value(s->v, OPTION_service_require_signed);
	char usual[PATH_MAX];
	int r;

	snprintf(s->directory, sizeof(s->directory), UNITS "/%s.d", s->unit);
	snprintf(s->path, sizeof(s->path), "%s/" DROP_IN, s->directory);
	snprintf(usual, sizeof(usual), MODELS "/%s.model", s->unit);
	r = find_path(s->v, "the model", given ? given : usual, s->model);
	return r || !keys ? r : find_path(s->v, "the directory of keys", keys, s->keys);
}

static int ask_systemd(struct service *s, char *const *argv, struct tsem_buffer *output)
{
	int r = run_command_of(argv, output);

	return r < 0 ? tsem_error_set(s->v->error, -r, "cannot ask systemd about %s: systemctl: %s", s->unit,
				      strerror(-r)) :
		       r;
}

static int check_unit(struct service *s)
{
	char *const ask[] = {"systemctl", "cat", "--", s->unit, NULL};
	struct tsem_buffer output = {};
	int r = ask_systemd(s, ask, &output);

	tsem_buffer_deinit(&output);
	return r > 0 ? tsem_error_set(s->v->error, ENOENT, "systemd has no unit %s, or does not run here", s->unit) : r;
}

/* The first of them that the environment, as systemd prints it, has; NULL: none. */
static const char *find_loader_variable(const char *environment)
{
	for (size_t i = 0; i < sizeof(loader_variables) / sizeof(*loader_variables); i++) {
		size_t size = strlen(loader_variables[i]);

		for (const char *at = environment; (at = strstr(at, loader_variables[i])); at += size)
			if (at[size] == '=' && (at == environment || strchr(" \"'\n", at[-1])))
				return loader_variables[i];
	}
	return NULL;
}

/* A unit that needs them itself would not work without. */
static int check_environment(struct service *s)
{
	char *const ask[] = {"systemctl", "show", "--property=Environment", "--value", "--", s->unit, NULL};
	struct tsem_buffer output = {};
	int r = ask_systemd(s, ask, &output);
	const char *found = !r && output.data ? find_loader_variable(output.data) : NULL;

	if (r > 0)
		r = tsem_error_set(s->v->error, EIO, "systemctl cannot say what the environment of %s is (status %d)",
				   s->unit, r);
	if (found)
		r = tsem_error_set(s->v->error, EOPNOTSUPP,
				   "%s sets %s in its environment, which tsem would get with all privileges", s->unit,
				   found);
	tsem_buffer_deinit(&output);
	return r;
}

/* One word of a command line as systemd reads it. */
static void add_word(struct tsem_buffer *line, const char *word)
{
	tsem_buffer_add(line, "\"", 1);
	for (const char *c = word; *c; c++) {
		if (strchr("\"\\", *c))
			tsem_buffer_add(line, "\\", 1);
		if (strchr("%$", *c))
			tsem_buffer_add(line, c, 1);
		tsem_buffer_add(line, c, 1);
	}
	tsem_buffer_add(line, "\"", 1);
}

static int own_path(const struct invocation *v, char ret_path[PATH_MAX])
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0)
		return tsem_error_set(v->error, errno, "cannot find out where tsem is: %s", strerror(errno));
	path[n] = 0;
	return find_path(v, "tsem", path, ret_path);
}

static void add_judging(const struct service *s, struct tsem_buffer *text)
{
	const char *action = invocation_value(s->v, OPTION_service_on_violation);

	tsem_buffer_printf(text, " --model ");
	add_word(text, s->model);
	if (s->keys[0]) {
		tsem_buffer_printf(text, " --require-signed ");
		add_word(text, s->keys);
	}
	if (!invocation_given(s->v, OPTION_service_observe))
		tsem_buffer_printf(text, " --enforce");
	if (action || !invocation_given(s->v, OPTION_service_observe))
		tsem_buffer_printf(text, " --on-violation %s", action ? action : "deny");
}

static void add_patterns(const struct service *s, struct tsem_buffer *text)
{
	const char *pattern;
	size_t cursor = 0;

	while ((pattern = invocation_next(s->v, OPTION_service_pattern, &cursor))) {
		tsem_buffer_printf(text, " --pattern ");
		add_word(text, pattern);
	}
}

/*
 * The commands with + run with all privileges, whatever the unit's own are. tsem takes CAP_MAC_ADMIN from what it starts,
 * so that no workload controls namespaces, and does so here.
 */
static void print_drop_in(const struct service *s, const char *tsem, struct tsem_buffer *text)
{
	tsem_buffer_printf(text, FIRST_LINE, s->verb, s->unit, s->unit);
	tsem_buffer_printf(text, "# model: %s\n[Service]\nExecStartPre=+", s->model);
	add_word(text, tsem);
	tsem_buffer_printf(text, " bind --unit %%n");
	if (!strcmp(s->verb, "learn")) {
		tsem_buffer_printf(text, " --add --output ");
		add_word(text, s->model);
		add_patterns(s, text);
	} else {
		add_judging(s, text);
	}
	tsem_buffer_printf(text, "\nExecStopPost=-+");
	add_word(text, tsem);
	tsem_buffer_printf(text, " unbind --unit %%n\nCapabilityBoundingSet=~CAP_MAC_ADMIN\nUnsetEnvironment=%s\n",
			   &(LOADER_VARIABLES(WORD))[1]);
}

static int make_directory(const struct service *s, const char *path, mode_t mode)
{
	if (!mkdir(path, mode) || errno == EEXIST)
		return 0;
	return tsem_error_set(s->v->error, errno, "cannot make the directory %s: %s", path, strerror(errno));
}

static int write_drop_in(struct service *s)
{
	struct tsem_buffer text = {};
	char tsem[PATH_MAX];
	int r = own_path(s->v, tsem);

	if (!r)
		r = make_directory(s, s->directory, 0755);
	if (r)
		return r;
	print_drop_in(s, tsem, &text);
	r = text.data ? replace_file(s->path, text.data, text.size, 0, s->v->error) :
			tsem_error_set(s->v->error, ENOMEM, "out of memory");
	tsem_buffer_deinit(&text);
	return r;
}

static int reload(struct service *s)
{
	char *const ask[] = {"systemctl", "daemon-reload", NULL};
	char *const again[] = {"systemctl", "restart", "--", s->unit, NULL};
	int r = ask_systemd(s, ask, NULL);

	if (r > 0)
		r = tsem_error_set(s->v->error, EIO,
				   "systemd has not read %s: systemctl daemon-reload ended with status %d", s->path, r);
	if (r || !invocation_given(s->v, OPTION_service_restart))
		return r;
	r = ask_systemd(s, again, NULL);
	return r > 0 ? tsem_error_set(s->v->error, EIO, "%s did not start: systemctl restart ended with status %d",
				      s->unit, r) :
		       r;
}

/* ---- what is there ---- */

static void read_drop_in(const struct service *s, struct found *ret_found)
{
	FILE *file = fopen(s->path, "re");
	char line[PATH_MAX];

	*ret_found = (struct found){};
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "# Written by tsem service %15s", ret_found->verb) == 1)
			ret_found->present = true;
		if (!strncmp(line, "# model: ", 9))
			snprintf(ret_found->model, sizeof(ret_found->model), "%s", line + 9);
	}
	if (file)
		fclose(file);
}

/* A file of that name that somebody else has written is not touched. */
static int check_ours(const struct service *s)
{
	struct found found;

	read_drop_in(s, &found);
	if (found.present || access(s->path, F_OK))
		return 0;
	return tsem_error_set(s->v->error, EEXIST, "%s is there, and not of tsem", s->path);
}

/* The session that the unit is bound to now; false: none. */
static bool find_session(const struct service *s, struct tsem_session *ret_session)
{
	char path[PATH_MAX], name[TSEM_NAME_MAX];
	struct tsem_group *group = NULL;
	bool found = !unit_group(s->unit, path, sizeof(path), NULL) && !tsem_group_open(path, &group, NULL) &&
		     !tsem_group_session(group, name, NULL) && !tsem_session_status(name, ret_session, NULL);

	tsem_group_close(group);
	return found;
}

static struct tsem_model *read_model(const struct found *found)
{
	struct tsem_model *model = NULL;
	struct invocation none = {.error = &(struct tsem_error){}};

	return found->present && !model_file_read(&none, found->model, NULL, &model) ? model : NULL;
}

static void print_status(const struct service *s, const struct found *found, const struct tsem_model *model,
			 const struct tsem_session *session)
{
	if (!found->present)
		printf("%s is not modeled. `tsem service learn %s` begins.\n", s->unit, s->unit);
	else
		printf("%s: %s each time it starts, by %s\n", s->unit,
		       strcmp(found->verb, "learn") ? "compared with its model" : "learned", s->path);
	if (model)
		printf("model     %s: %zu coefficients, %u start%s learned\n", found->model, model->set.count,
		       model->runs, plural(model->runs));
	else if (found->present)
		printf("model     %s: not there yet, or not readable\n", found->model);
	if (session)
		printf("now       session %s, %s: %lld tasks, %llu violations, %llu refused%s\n", session->name,
		       mode_word(session->status.mode), session->status.tasks, session->status.violations,
		       session->status.refused, session->status.violations ? "; `tsem why` explains them" : "");
	else
		printf("now       not bound: it does not run, or has run since before\n");
}

static void write_status(const struct service *s, const struct found *found, const struct tsem_model *model,
			 const struct tsem_session *session)
{
	struct writer w;

	writer_init(&w, stdout);
	writer_open(&w, NULL, '{');
	writer_string(&w, "unit", s->unit);
	if (found->present)
		writer_string(&w, "mode", found->verb);
	else
		writer_null(&w, "mode");
	if (found->present)
		writer_string(&w, "model", found->model);
	if (model) {
		writer_number(&w, "coefficients", model->set.count);
		writer_number(&w, "starts", model->runs);
	}
	if (session) {
		writer_string(&w, "session", session->name);
		writer_number(&w, "tasks", session->status.tasks);
		writer_number(&w, "violations", session->status.violations);
		writer_number(&w, "refused", session->status.refused);
	} else {
		writer_null(&w, "session");
	}
	writer_close(&w, '}');
}

/* ---- the verbs ---- */

static int tell_status(struct service *s)
{
	struct tsem_session session = {};
	struct tsem_model *model;
	struct found found;
	bool bound;

	read_drop_in(s, &found);
	model = read_model(&found);
	bound = find_session(s, &session);
	if (invocation_given(s->v, OPTION_service_json))
		write_status(s, &found, model, bound ? &session : NULL);
	else
		print_status(s, &found, model, bound ? &session : NULL);
	tsem_model_destroy(model);
	return 0;
}

static void tell_next(const struct service *s)
{
	const char *restarted = invocation_given(s->v, OPTION_service_restart) ? "" : "systemctl restart ";

	if (!strcmp(s->verb, "learn"))
		printf("%s is learned from its next start on, into %s.\nNext: %s%s%suse it; systemctl stop %s; tsem service enforce %s\n",
		       s->unit, s->model, restarted, *restarted ? s->unit : "", *restarted ? "; " : "", s->unit,
		       s->unit);
	else
		printf("%s is compared with %s from its next start on%s.\n", s->unit, s->model,
		       invocation_given(s->v, OPTION_service_observe) ? "" : ", and what is not in it is refused");
	if (strcmp(s->verb, "learn") && *restarted)
		printf("Next: %s%s; tsem service status %s\n", restarted, s->unit, s->unit);
}

static int install(struct service *s)
{
	int r = check_ours(s);

	if (!r)
		r = check_environment(s);
	if (!r)
		r = write_drop_in(s);
	if (!r)
		r = reload(s);
	if (!r)
		tell_next(s);
	return r;
}

static int learn(struct service *s)
{
	int r = invocation_given(s->v, OPTION_service_model) ? 0 : make_directory(s, MODELS, 0700);

	if (!r)
		r = tsem_output_check(s->model, s->v->error);
	return r ? r : install(s);
}

/* Without a model that can be read nothing is changed: the unit would not start any more. */
static int enforce(struct service *s)
{
	struct tsem_model *model;
	int r = model_file_read(s->v, s->model, s->keys[0] ? s->keys : NULL, &model);

	if (r)
		return r;
	if (model->tree_count)
		r = tsem_error_set(
			s->v->error, EOPNOTSUPP,
			"model %s has trees, about which nobody decides in a service: only tsem run can use it",
			s->model);
	tsem_model_destroy(model);
	return r ? r : install(s);
}

static int remove_drop_in(struct service *s)
{
	int r = check_ours(s);

	if (r)
		return r;
	if (unlink(s->path))
		return tsem_error_set(s->v->error, errno, "cannot remove %s: %s%s", s->path, strerror(errno),
				      errno == ENOENT ? " (the unit is not modeled)" : "");
	rmdir(s->directory); /* if there is nothing of others in it */
	r = reload(s);
	if (!r)
		printf("%s is not modeled any more from its next start on. Its model is kept.\n", s->unit);
	return r;
}

int cmd_service(const struct invocation *v)
{
	struct service s = {.v = v, .verb = v->operands[0]};
	int r = check_words(v, s.verb);

	if (!r)
		r = unit_name(v->operands[1], s.unit, v->error);
	if (!r)
		r = fill_paths(&s);
	if (!r && strcmp(s.verb, "remove"))
		r = check_unit(&s);
	if (r)
		return r;
	if (!strcmp(s.verb, "learn"))
		return learn(&s);
	if (!strcmp(s.verb, "enforce"))
		return enforce(&s);
	return !strcmp(s.verb, "remove") ? remove_drop_in(&s) : tell_status(&s);
}
