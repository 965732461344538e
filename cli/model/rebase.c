/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Computes the model for files that were changed on purpose. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "verbs.h"
#include "../text/output.h"
#include "../text/text.h"

#define PATH_SHOWN 200 /* so that three fit into a sentence */

struct rebasing {
	const struct invocation *invocation;
	struct tsem_model *model;
	struct tsem_contents contents;
	struct tsem_rebased rebased;
	struct tsem_buffer missing; /* lines: the first ones that cannot be read, and why */
	size_t missing_count;
	size_t changed;
	size_t sizes; /* of large contents, that the model did not have */
};

/*
 * The paths of events contain no symbolic link. Where one exists now, later events will name another path, and this
 * content would not help.
 */
static int open_below(int root, const char *path)
{
	/* Opening something other than a file can have effects, such as starting a watchdog. O_PATH opens nothing. */
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	struct stat status;
	char same[64];
	int place = syscall(SYS_openat2, root, path, &how, sizeof(how)), fd = -ENOEXEC;

	if (place < 0)
		return -errno;
	snprintf(same, sizeof(same), "/proc/self/fd/%d", place);
	if (!fstat(place, &status) && S_ISREG(status.st_mode)) {
		fd = (tsem_u64)status.st_size > TSEM_CONTENT_LARGEST ?
			     -EFBIG :
			     open(same, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (fd == -1)
			fd = -errno;
	}
	close(place);
	return fd;
}

static const char *open_failure(int code)
{
	switch (code) {
	case ENOENT:
		return "it is not there";
	case ELOOP:
		return "there is a symbolic link on its path now";
	case ENOEXEC:
		return "it is no regular file";
	case EFBIG:
		return "it has more than 1 GiB, which is never read";
	default:
		return strerror(code);
	}
}

static void add_missing(struct rebasing *rebasing, const struct tsem_content *content, const char *reason)
{
	if (rebasing->missing_count++ < 3) {
		tsem_buffer_printf(&rebasing->missing, "%s", rebasing->missing.size ? "; " : "");
		text_escape(&rebasing->missing, content->path, strnlen(content->path, PATH_SHOWN));
		tsem_buffer_printf(&rebasing->missing, "%s", strlen(content->path) > PATH_SHOWN ? "..." : "");
		tsem_buffer_printf(&rebasing->missing, ": %s", reason);
	}
}

/* The kernel side reads a large content only if the model knows its size. */
static int note_size(struct rebasing *rebasing, int fd)
{
	struct stat status;
	int added = 0;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (tsem_size_counts(status.st_size))
		added = tsem_sizes_add(&rebasing->model->large, status.st_size);
	rebasing->sizes += added > 0;
	return added < 0 ? added : 0;
}

/* Only paths of type root are surely those of this file system. */
static const char *elsewhere(const struct rebasing *rebasing, const struct tsem_content *content)
{
	if (strcmp(content->type, "detached") == 0)
		return "it was in no mount that has a path";
	if (!invocation_given(rebasing->invocation, OPTION_model_root) && strcmp(content->type, "root") != 0)
		return "it was in another root file system, which --root names";
	return NULL;
}

/* The kernel side also reads a file with a pseudonym, whose digest does not matter. */
static void read_content(struct rebasing *rebasing, int root, struct tsem_content *content)
{
	bool named = tsem_model_has_pseudonym(rebasing->model, content->path);
	const char *reason = elsewhere(rebasing, content);
	int fd = reason ? -1 : open_below(root, content->path);
	int status = fd < 0 ? fd : note_size(rebasing, fd);

	if (status == 0 && !named)
		status = tsem_digest_file(fd, content->replacement);
	if (fd >= 0)
		close(fd);
	if (status < 0 && !named)
		add_missing(rebasing, content, reason ? reason : open_failure(-status));
	else if (!named)
		rebasing->changed += memcmp(content->digest, content->replacement, TSEM_DIGEST_SIZE) != 0;
}

static int read_contents(struct rebasing *rebasing)
{
	const struct invocation *invocation = rebasing->invocation;
	const char *path =
		invocation_given(invocation, OPTION_model_root) ? invocation_value(invocation, OPTION_model_root) : "/";
	int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	if (root < 0)
		return tsem_error_set(invocation->error, errno, "cannot look for files in %.255s: %s", path,
				      strerror(errno));
	for (i = 0; i < rebasing->contents.count; i++)
		read_content(rebasing, root, &rebasing->contents.items[i]);
	close(root);
	if (!rebasing->missing_count || invocation_given(invocation, OPTION_model_keep_missing))
		return 0;
	return tsem_error_set(
		invocation->error, ENOENT,
		"%zu of the %zu contents that the model names cannot be read (%s%s); --keep-missing keeps their old digests",
		rebasing->missing_count, rebasing->contents.count, rebasing->missing.data ? rebasing->missing.data : "",
		rebasing->missing_count > 3 ? "; ..." : "");
}

static void print_content(const struct tsem_content *content)
{
	char old[2 * TSEM_DIGEST_SIZE + 1], new[2 * TSEM_DIGEST_SIZE + 1];

	text_hex(content->digest, TSEM_DIGEST_SIZE, old);
	text_hex(content->replacement, TSEM_DIGEST_SIZE, new);
	print_styled(stdout, STYLE_STRONG, content->path);
	printf(": %zu event%s depend%s on it\n    was %s\n    is  %s\n", content->events,
	       content->events == 1 ? "" : "s", content->events == 1 ? "s" : "", old, new);
}

static bool has_changed(const struct tsem_content *content)
{
	return memcmp(content->digest, content->replacement, TSEM_DIGEST_SIZE) != 0;
}

static void print_result(const struct rebasing *rebasing)
{
	const struct tsem_contents *contents = &rebasing->contents;
	const struct tsem_rebased *rebased = &rebasing->rebased;
	size_t i;

	for (i = 0; i < contents->count; i++)
		if (has_changed(&contents->items[i]))
			print_content(&contents->items[i]);
	if (rebasing->changed)
		printf("%zu of %zu contents changed, and with them %zu event%s and %zu program%s.\n", rebasing->changed,
		       contents->count, rebased->events, rebased->events == 1 ? "" : "s", rebased->programs,
		       rebased->programs == 1 ? "" : "s");
	else
		printf("None of %zu contents changed.\n", contents->count);
	if (rebasing->sizes)
		printf("%zu size%s of large contents %s new.\n", rebasing->sizes, rebasing->sizes == 1 ? "" : "s",
		       rebasing->sizes == 1 ? "is" : "are");
	if (rebased->merged)
		printf("%zu event%s now the same as another one.\n", rebased->merged,
		       rebased->merged == 1 ? " is" : "s are");
	if (rebased->strangers)
		printf("%zu event%s of programs whose start is not in the model: tsem keeps them as they are.\n",
		       rebased->strangers, rebased->strangers == 1 ? " is" : "s are");
	if (rebasing->missing_count)
		printf("%zu content%s (%s%s).\n", rebasing->missing_count,
		       rebasing->missing_count == 1 ? " is kept as it was" : "s are kept as they were",
		       rebasing->missing.data, rebasing->missing_count > 3 ? "; ..." : "");
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
		if (!has_changed(&contents->items[i]))
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
	writer_number(&writer, "missing", rebasing->missing_count);
	writer_number(&writer, "sizes", rebasing->sizes);
	writer_number(&writer, "events", rebasing->rebased.events);
	writer_number(&writer, "programs", rebasing->rebased.programs);
	writer_number(&writer, "merged", rebasing->rebased.merged);
	writer_number(&writer, "strangers", rebasing->rebased.strangers);
	writer_close(&writer, '}');
}

static int rebase(struct rebasing *rebasing)
{
	const struct invocation *invocation = rebasing->invocation;
	int status = model_check_records(rebasing->model, invocation->operands[1], "rebase", invocation->error);

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
