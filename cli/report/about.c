/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/event/digest.h"
#include "about.h"
#include "../text/text.h"

#define FUNCTION "sha256:"

static int open_regular(const char *path)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	return -ENOEXEC;
}

static int digest_path(const char *path, tsem_u8 ret_digest[TSEM_DIGEST_SIZE], struct tsem_error *error)
{
	int fd = open_regular(path), r = fd < 0 ? fd : tsem_digest_file(fd, ret_digest);

	if (fd >= 0)
		close(fd);
	if (r < 0)
		return tsem_error_set(error, -r, "cannot read %.255s, which the model has to be about: %s", path,
				      r == -ENOEXEC ? "it is not a regular file" : strerror(-r));
	return 0;
}

static int read_wanted(const struct invocation *v, const char *text, tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	const char *hex = text + strlen(FUNCTION);

	if (strncmp(text, FUNCTION, strlen(FUNCTION)) != 0)
		return digest_path(text, ret_digest, v->error);
	if (strlen(hex) == 2 * TSEM_DIGEST_SIZE && digest_parse(hex, ret_digest))
		return 0;
	return usage_error(v,
			   "\"%.255s\" is no digest: it is " FUNCTION "HEX, with 64 lower-case hexadecimal digits; "
			   "a file of that name is ./%.255s",
			   text, text);
}

static bool has_subject(const struct tsem_signed *info, const tsem_u8 digest[TSEM_DIGEST_SIZE])
{
	for (size_t i = 0; i < info->subject_count; i++)
		if (!memcmp(info->subjects[i].sha256, digest, TSEM_DIGEST_SIZE))
			return true;
	return false;
}

static int refuse(const struct invocation *v, const char *path, const char *text,
		  const tsem_u8 digest[TSEM_DIGEST_SIZE])
{
	bool file = strncmp(text, FUNCTION, strlen(FUNCTION)) != 0;
	char hex[2 * TSEM_DIGEST_SIZE + 1];

	text_hex(digest, TSEM_DIGEST_SIZE, hex);
	return tsem_error_set(v->error, ENOENT,
			      "model %.255s is refused: none of its subjects is %.255s%s" FUNCTION "%s", path,
			      file ? text : "", file ? ", " : "", hex);
}

int about_check(const struct invocation *v, unsigned option, const char *path, const struct tsem_signed *info)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	size_t cursor = 0;
	const char *text;

	while ((text = invocation_next(v, option, &cursor))) {
		int r = read_wanted(v, text, digest);

		if (r)
			return r;
		if (!has_subject(info, digest))
			return refuse(v, path, text, digest);
	}
	return 0;
}

void write_validity(struct writer *writer, const struct tsem_validity *validity)
{
	char text[TSEM_TIME_SIZE];

	if (validity->serial)
		writer_number(writer, "serial", validity->serial);
	tsem_time_format(validity->not_before, text);
	if (validity->not_before)
		writer_string(writer, "not_before", text);
	tsem_time_format(validity->not_after, text);
	if (validity->not_after)
		writer_string(writer, "not_after", text);
}
