/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../event/digest.h"
#include "../event/tally.h"
#include "reread.h"

int reread_check(const struct tsem_model *model, const char *path, const char *verb, struct tsem_error *error)
{
	size_t bare = model->set.count - set_count_events(&model->set);

	if (bare)
		return tsem_error_set(error, ENODATA,
				      "%s: %zu of its %zu coefficients have no event, so tsem cannot recompute them: "
				      "model %s needs the whole trajectory; learn the model again",
				      path, bare, model->set.count, verb);
	if (model->options & TSEM_OPTION_BYPASS(TSEM_CLASS_PROCESS))
		return tsem_error_set(error, ENODATA,
				      "%s leaves out the events of class process, among them those that start programs: "
				      "model %s cannot say which events depend on a file; learn the model again",
				      path, verb);
	return 0;
}

struct rereading {
	struct tsem_model *model;
	struct reread *found;
	int root;
	bool only_root; /* of the types of paths */
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
		return strerrordesc_np(code);
	}
}

static void add_missing(struct reread *found, const struct tsem_content *content, const char *reason)
{
	if (found->missing < REREAD_NAMED) {
		found->named[found->missing].content = content;
		found->named[found->missing].reason = reason;
	}
	found->missing++;
}

/* The kernel side reads a large content only if the model knows its size. */
static int note_size(const struct rereading *r, int fd, tsem_u64 *ret_size)
{
	struct stat status;
	int added = 0;

	if (fstat(fd, &status) < 0)
		return -errno;
	*ret_size = status.st_size;
	if (tsem_size_counts(status.st_size))
		added = tsem_sizes_add(&r->model->large, status.st_size);
	r->found->sizes += added > 0;
	return added < 0 ? added : 0;
}

/* Only paths of type root are surely those of this file system. */
static const char *elsewhere(const struct rereading *r, const struct tsem_content *content)
{
	if (strcmp(content->type, "detached") == 0)
		return "it was in no mount that has a path";
	if (r->only_root && strcmp(content->type, "root") != 0)
		return "it was in another root file system, which --root names";
	return NULL;
}

/* The kernel side also reads a file with a pseudonym, whose digest does not matter. */
static void read_content(const struct rereading *r, struct tsem_content *content)
{
	bool named = tsem_model_has_pseudonym(r->model, content->path);
	const char *reason = elsewhere(r, content);
	int fd = reason ? -1 : open_below(r->root, content->path);
	tsem_u64 size = 0;
	int status = fd < 0 ? fd : note_size(r, fd, &size);

	if (status == 0 && !named)
		status = digest_file_start(fd, size, content->replacement);
	if (fd >= 0)
		close(fd);
	if (status < 0 && !named)
		add_missing(r->found, content, reason ? reason : open_failure(-status));
	else if (!named)
		r->found->changed += tsem_content_changed(content);
}

int reread_contents(struct tsem_model *model, struct tsem_contents *contents, const char *root,
		    struct reread *ret_reread, struct tsem_error *error)
{
	struct reread found = {};
	struct rereading r = {.model = model, .found = &found, .only_root = !root};

	root = root ? root : "/";
	r.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (r.root < 0)
		return tsem_error_set(error, errno, "cannot look for files in %.255s: %s", root, strerror(errno));
	for (size_t i = 0; i < contents->count; i++)
		read_content(&r, &contents->items[i]);
	close(r.root);
	*ret_reread = found;
	return 0;
}
