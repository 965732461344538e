/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Computes the model for files that were changed on purpose. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../lib/base/hex.h"
#include "../../lib/model/reread.h"
#include "verbs.h"
#include "../text/output.h"
#include "../text/text.h"

#define PATH_SHOWN 200 /* so that three fit into a sentence */

struct rebasing {
	const struct invocation *invocation;
	struct tsem_model *model;
	struct tsem_contents contents;
	struct tsem_rebased rebased;
	struct reread reread;
	struct tsem_buffer missing; /* what it says of them, in words */
};

/* Those that cannot be read, and why, as far as there is room for them in a sentence. */
static void name_missing(struct rebasing *rebasing)
{
	const struct reread *found = &rebasing->reread;
	struct tsem_buffer *text = &rebasing->missing;

	for (size_t i = 0; i < found->missing && i < REREAD_NAMED; i++) {
		const char *path = found->named[i].content->path;

		tsem_buffer_printf(text, "%s", i ? "; " : "");
		text_escape(text, path, strnlen(path, PATH_SHOWN));
		tsem_buffer_printf(text, "%s: %s", strlen(path) > PATH_SHOWN ? "..." : "", found->named[i].reason);
	}
	tsem_buffer_printf(text, "%s", found->missing > REREAD_NAMED ? "; ..." : "");
}

static int read_contents(struct rebasing *rebasing)
{
	const struct invocation *invocation = rebasing->invocation;
	const struct reread *found = &rebasing->reread;
	int status =
		reread_contents(rebasing->model, &rebasing->contents, invocation_value(invocation, OPTION_model_root),
				&rebasing->reread, invocation->error);

	if (status)
		return status;
	name_missing(rebasing);
	if (!found->missing || invocation_given(invocation, OPTION_model_keep_missing))
		return 0;
	return tsem_error_set(
		invocation->error, ENOENT,
		"%zu of the %zu contents that the model names cannot be read (%s); --keep-missing keeps their old digests",
		found->missing, rebasing->contents.count, rebasing->missing.data ? rebasing->missing.data : "");
}

static void print_content(const struct tsem_content *content)
{
	char old[2 * TSEM_DIGEST_SIZE + 1], new[2 * TSEM_DIGEST_SIZE + 1];

	hex_format(content->digest, TSEM_DIGEST_SIZE, old);
	hex_format(content->replacement, TSEM_DIGEST_SIZE, new);
	print_styled(stdout, STYLE_STRONG, content->path);
	printf(": %zu event%s depend%s on it\n    was %s\n    is  %s\n", content->events, plural(content->events),
	       content->events == 1 ? "s" : "", old, new);
}

static void print_result(const struct rebasing *rebasing)
{
	const struct tsem_contents *contents = &rebasing->contents;
	const struct tsem_rebased *rebased = &rebasing->rebased;
	size_t i;

	for (i = 0; i < contents->count; i++)
		if (tsem_content_changed(&contents->items[i]))
			print_content(&contents->items[i]);
	if (rebasing->reread.changed)
		printf("%zu of %zu contents changed, and with them %zu event%s and %zu program%s.\n",
		       rebasing->reread.changed, contents->count, rebased->events, plural(rebased->events),
		       rebased->programs, plural(rebased->programs));
	else
		printf("None of %zu contents changed.\n", contents->count);
	if (rebasing->reread.sizes)
		printf("%zu size%s of large contents %s new.\n", rebasing->reread.sizes, plural(rebasing->reread.sizes),
		       rebasing->reread.sizes == 1 ? "is" : "are");
	if (rebased->merged)
		printf("%zu event%s now the same as another one.\n", rebased->merged,
		       rebased->merged == 1 ? " is" : "s are");
	if (rebased->strangers)
		printf("%zu event%s of programs whose start is not in the model: tsem keeps them as they are.\n",
		       rebased->strangers, rebased->strangers == 1 ? " is" : "s are");
	if (rebasing->reread.missing)
		printf("%zu content%s (%s).\n", rebasing->reread.missing,
		       rebasing->reread.missing == 1 ? " is kept as it was" : "s are kept as they were",
		       rebasing->missing.data);
}

static void write_result(const struct rebasing *rebasing)
{
	const struct tsem_contents *contents = &rebasing->contents;
	struct writer writer;
	size_t i;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_open(&writer, "changed", '[');
	for (i = 0; i < contents->count; i++) {
		if (!tsem_content_changed(&contents->items[i]))
			continue;
		writer_open(&writer, NULL, '{');
		writer_string(&writer, "path", contents->items[i].path);
		writer_string(&writer, "type", contents->items[i].type);
		writer_hex(&writer, "old", contents->items[i].digest);
		writer_hex(&writer, "new", contents->items[i].replacement);
		writer_number(&writer, "events", contents->items[i].events);
		writer_close(&writer, '}');
	}
	writer_close(&writer, ']');
	writer_number(&writer, "contents", contents->count);
	writer_number(&writer, "missing", rebasing->reread.missing);
	writer_number(&writer, "sizes", rebasing->reread.sizes);
	writer_number(&writer, "events", rebasing->rebased.events);
	writer_number(&writer, "programs", rebasing->rebased.programs);
	writer_number(&writer, "merged", rebasing->rebased.merged);
	writer_number(&writer, "strangers", rebasing->rebased.strangers);
	writer_close(&writer, '}');
}

static int rebase(struct rebasing *rebasing)
{
	const struct invocation *invocation = rebasing->invocation;
	int status = reread_check(rebasing->model, invocation->operands[1], "rebase", invocation->error);

	if (status == 0)
		status = tsem_model_contents(rebasing->model, &rebasing->contents, invocation->error);
	if (status == 0)
		status = read_contents(rebasing);
	if (status == 0)
		status = tsem_model_rebase(rebasing->model, &rebasing->contents, &rebasing->rebased, invocation->error);
	if (status)
		return status;
	if (invocation_given(invocation, OPTION_model_json))
		write_result(rebasing);
	else
		print_result(rebasing);
	return invocation_given(invocation, OPTION_model_dry_run) ? 0 : model_put(invocation, rebasing->model);
}

int model_rebase(const struct invocation *invocation)
{
	struct rebasing rebasing = {.invocation = invocation};
	int status;

	if (invocation_given(invocation, OPTION_model_output) == invocation_given(invocation, OPTION_model_dry_run))
		return usage_error(invocation,
				   "`tsem model rebase` needs either --output OUT or --dry-run; see `tsem help model`");
	status = model_get(invocation, invocation->operands[1], &rebasing.model);
	if (status)
		return status;
	status = rebase(&rebasing);
	tsem_buffer_deinit(&rebasing.missing);
	tsem_contents_deinit(&rebasing.contents);
	tsem_model_destroy(rebasing.model);
	return status;
}
