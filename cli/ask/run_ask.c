/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "run_ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/ask/asker.h"
#include "../../lib/base/owned.h"
#include "../../sink/notify.h"
#include "../../sink/webhook.h"
#include "../front/front.h"
#include "book.h"

#define PATIENCE_S 300
#define PATIENCE_MAX_S 86400
/* The workload may read why it was refused something: one directory for each run, below one of root. */
#define REASONS_ROOT "/run/tsem-reasons"
#define REASONS_VARIABLE "TSEM_REASONS"
#define REASONS_FILE "/reasons"
#define DIRECTORY_MAX 64
#define PATH_SIZE 96

static bool has_trees(const struct invocation *v, const struct tsem_model *model)
{
	return model && model->tree_count && invocation_given(v, OPTION_run_model);
}

bool run_asks(const struct invocation *v, const struct tsem_model *model)
{
	return invocation_given(v, OPTION_run_ask) || invocation_given(v, OPTION_run_tree) || has_trees(v, model);
}

bool run_ask_refuses(const struct tsem_namespace_options *options)
{
	return options->mode == TSEM_MODE_ENFORCING && options->action != TSEM_ACTION_LOG;
}

const char *ask_letters(void)
{
	static const char letters[] = {
#define A(name, letter, ...) letter,
		ASK_ANSWERS(A)
#undef A
			0};

	return letters;
}

int ask_check_place(const struct invocation *v, const struct trees *trees, const char *path)
{
	const struct tree *tree = trees_writable(trees, path);

	return tree ? usage_error(v, "%s is below the tree %s, so the workload could change it: put it elsewhere", path,
				  tree->path) :
		      0;
}

/* Also where they are if no option says it. */
static const char *place_of_serials(const struct invocation *v)
{
	const char *path = invocation_value(v, OPTION_run_serials);

	return path ? path : invocation_given(v, OPTION_run_require_signed) ? TSEM_SERIALS : NULL;
}

/* What decides about a workload is no file of the workload. */
static int check_places(const struct invocation *v, const struct trees *trees)
{
	const char *const places[] = {
		invocation_value(v, OPTION_run_model),
		invocation_value(v, OPTION_run_output),
		invocation_value(v, OPTION_run_require_signed),
		place_of_serials(v),
		invocation_given(v, OPTION_run_ask_webhook) ? webhook_authorities() : NULL,
		invocation_given(v, OPTION_run_notify) ? notify_authorities() : NULL,
	};
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(places) / sizeof(*places); i++)
		r = places[i] ? ask_check_place(v, trees, places[i]) : 0;
	return r;
}

/* Those of the model, and those that are given, which count more. model: NULL is not read yet. */
static int all_trees(const struct invocation *v, const struct tsem_model *model, struct trees *trees,
		     struct tsem_error *error)
{
	size_t cursor = 0;
	const char *text;
	int r = has_trees(v, model) ? trees_add_model(trees, model, error) : 0;

	while (!r && (text = invocation_next(v, OPTION_run_tree, &cursor)))
		r = trees_add(trees, text, error);
	return r;
}

static int check_trees(const struct invocation *v, const struct tsem_model *model)
{
	struct tsem_error error = {};
	struct trees trees = {};
	int r = all_trees(v, model, &trees, &error);

	if (!r && (r = check_places(v, &trees))) {
		trees_deinit(&trees);
		return r;
	}
	trees_deinit(&trees);
	if (r == -EINVAL)
		return usage_error(v, "%s", error.text);
	return r ? tsem_error_set(v->error, -r, "%s", error.text) : 0;
}

int run_ask_words(const struct invocation *v)
{
	struct tsem_error error = {};
	bool ask = invocation_given(v, OPTION_run_ask), tree = invocation_given(v, OPTION_run_tree);

	if ((ask || tree) && !invocation_given(v, OPTION_run_model))
		return usage_error(v, "%s is about what a model lacks: add --model MODEL", ask ? "--ask" : "--tree");
	if ((ask || tree) && (invocation_given(v, OPTION_run_tma) || invocation_given(v, OPTION_run_export_only)))
		return usage_error(v, "--ask and --tree exclude --tma and --export-only");
	if (tree && !ask && !invocation_given(v, OPTION_run_enforce))
		return usage_error(v, "--tree needs --ask or --enforce: without them nothing is refused");
	if ((ask || tree) && invocation_is(v, OPTION_run_on_violation, "log"))
		return usage_error(v, "--on-violation log refuses nothing: --ask and --tree exclude it");
	if (!ask && invocation_given(v, OPTION_run_ask_timeout))
		return usage_error(v, "--ask-timeout needs --ask");
	if (!ask && invocation_given(v, OPTION_run_ask_webhook))
		return usage_error(v, "--ask-webhook needs --ask");
	if (invocation_given(v, OPTION_run_ask_webhook) &&
	    webhook_check(invocation_value(v, OPTION_run_ask_webhook), &error))
		return usage_error(v, "--ask-webhook: %s", error.text);
	if (invocation_number(v, OPTION_run_ask_timeout, PATIENCE_S) > PATIENCE_MAX_S)
		return usage_error(v, "--ask-timeout needs 1 to %d seconds", PATIENCE_MAX_S);
	return check_trees(v, NULL);
}

int run_ask_model(const struct invocation *v, const struct tsem_model *model)
{
	if (!has_trees(v, model))
		return 0;
	if (invocation_given(v, OPTION_run_tma))
		return usage_error(v, "model %s has trees, about which no agent decides: --tma excludes it",
				   model->name);
	if (invocation_given(v, OPTION_run_in_place))
		return usage_error(v,
				   "model %s has trees, about which tsem decides while CMD runs: --in-place excludes it",
				   model->name);
	return check_trees(v, model);
}

/* ---- reasons ---- */

/* Other users can neither list nor guess it: what a workload is refused is not their business. */
static tsem_u64 reasons_token;

static void reasons_directory(char *ret_path, size_t size)
{
	snprintf(ret_path, size, REASONS_ROOT "/%016llx", reasons_token);
}

int run_ask_prepare(const struct invocation *v)
{
	char directory[DIRECTORY_MAX], path[PATH_SIZE];

	if (getrandom(&reasons_token, sizeof(reasons_token), 0) != sizeof(reasons_token))
		return tsem_error_set(v->error, EIO, "cannot make a random name");
	reasons_directory(directory, sizeof(directory));
	snprintf(path, sizeof(path), "%s" REASONS_FILE, directory);
	if (setenv(REASONS_VARIABLE, path, true))
		return tsem_error_set(v->error, ENOMEM, "out of memory");
	return 0;
}

static int make_directory(const char *path, struct tsem_error *error)
{
	struct stat st;

	if (mkdir(path, 0711) && errno != EEXIST)
		return tsem_error_set(error, errno, "cannot make %s: %s", path, strerror(errno));
	if (lstat(path, &st) || !S_ISDIR(st.st_mode) || owned_status(&st, false) != OWNED_ALONE)
		return tsem_error_set(error, EPERM, "%s is not a directory of this user alone: remove it", path);
	return chmod(path, 0711) ?
		       tsem_error_set(error, errno, "cannot open %s to readers: %s", path, strerror(errno)) :
		       0;
}

static int open_reasons(struct run_ask *asking, struct tsem_error *error)
{
	char directory[DIRECTORY_MAX], path[PATH_SIZE], tree[PATH_SIZE];
	int r;

	reasons_directory(directory, sizeof(directory));
	r = make_directory(REASONS_ROOT, error);
	if (!r)
		r = make_directory(directory, error);
	if (r)
		return r;
	snprintf(path, sizeof(path), "%s" REASONS_FILE, directory);
	unlink(path);
	asking->reasons = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (asking->reasons < 0 || fchmod(asking->reasons, 0644))
		return tsem_error_set(error, errno, "cannot make %s: %s", path, strerror(errno));
	snprintf(tree, sizeof(tree), "%s:r", directory);
	return trees_add(&asking->trees, tree, error);
}

static void close_reasons(const struct run_ask *asking)
{
	char directory[DIRECTORY_MAX], path[PATH_SIZE];

	if (asking->reasons < 0)
		return;
	close(asking->reasons);
	reasons_directory(directory, sizeof(directory));
	snprintf(path, sizeof(path), "%s" REASONS_FILE, directory);
	unlink(path);
	rmdir(directory);
}

/* ---- beginning and end ---- */

/* NULL: nothing can be added to the judged model. */
static int find_output(const struct invocation *v, const struct tsem_model *model, const char **ret_output)
{
	const char *given = invocation_value(v, OPTION_run_output), *path = invocation_value(v, OPTION_run_model);
	struct tsem_error error = {};

	*ret_output = NULL;
	if (!invocation_given(v, OPTION_run_ask))
		return 0;
	if (given) {
		*ret_output = given;
		return tsem_model_write(model, given, v->error);
	}
	if (book_takes(path, &error))
		*ret_output = path;
	else if (!invocation_given(v, OPTION_run_quiet))
		fprintf(stderr, "tsem: %s, so nothing is added to it: --output FILE gets what is always allowed\n",
			error.text);
	return 0;
}

static int add_trees(const struct invocation *v, const struct ask_options *options, struct run_ask *asking)
{
	int r = all_trees(v, options->model, &asking->trees, v->error);

	return r || options->observes ? r : open_reasons(asking, v->error);
}

int run_ask_open(const struct invocation *v, struct tsem_orchestrator *orchestrator, const char *session,
		 const struct tsem_namespace_options *namespace, struct run_ask *ret_asking)
{
	struct ask_options options = {
		.orchestrator = orchestrator,
		.session = session,
		.model = namespace->model,
		.trees = &ret_asking->trees,
		.webhook = invocation_value(v, OPTION_run_ask_webhook),
		.patience_s = invocation_number(v, OPTION_run_ask_timeout, PATIENCE_S),
		.person = invocation_given(v, OPTION_run_ask),
		.observes = !run_ask_refuses(namespace),
		.quiet = invocation_given(v, OPTION_run_quiet),
	};
	int r;

	*ret_asking = (struct run_ask){.reasons = -1};
	r = find_output(v, namespace->model, &options.output);
	if (!r)
		r = add_trees(v, &options, ret_asking);
	options.reasons = ret_asking->reasons;
	if (!r)
		r = ask_open(&options, &ret_asking->ask, v->error);
	if (r)
		run_ask_close(ret_asking);
	return r;
}

void run_ask_close(struct run_ask *asking)
{
	if (asking->ask)
		ask_report(asking->ask);
	ask_close(asking->ask);
	close_reasons(asking);
	trees_deinit(&asking->trees);
	*asking = (struct run_ask){.reasons = -1};
}
