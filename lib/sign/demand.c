/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../event/digest.h"
#include "demand.h"

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

static bool is_file(const char *text)
{
	return strncmp(text, FUNCTION, strlen(FUNCTION)) != 0;
}

static int read_wanted(const char *text, tsem_u8 ret_digest[TSEM_DIGEST_SIZE], struct tsem_error *error)
{
	const char *hex = text + strlen(FUNCTION);

	if (is_file(text))
		return digest_path(text, ret_digest, error);
	if (strlen(hex) == 2 * TSEM_DIGEST_SIZE && digest_parse(hex, ret_digest))
		return 0;
	return tsem_error_set(error, EDOM,
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

static int check_subject(const char *text, const struct tsem_signed *info, const char *path, struct tsem_error *error)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	char hex[2 * TSEM_DIGEST_SIZE + 1];
	int r = read_wanted(text, digest, error);

	if (r || has_subject(info, digest))
		return r;
	digest_format(digest, hex);
	return tsem_error_set(error, ENOENT, "model %.255s is refused: none of its subjects is %.255s%s" FUNCTION "%s",
			      path, is_file(text) ? text : "", is_file(text) ? ", " : "", hex);
}

int demand_check(const struct demand *demand, const struct tsem_signed *info, const char *path,
		 struct tsem_error *error)
{
	int r = tsem_signed_check_dates(info, path, demand->now, error);

	for (size_t i = 0; !r && i < demand->about_count; i++)
		r = check_subject(demand->about[i], info, path, error);
	return r;
}

int demand_read(const struct demand *demand, const char *path, struct tsem_model **ret_model, struct tsem_error *error)
{
	struct tsem_keyring keyring = {};
	struct tsem_model *model = NULL;
	struct tsem_signed *info = NULL;
	int r = tsem_keyring_add_directory(&keyring, demand->keys, error);

	if (!r)
		r = tsem_model_read_signed(path, &keyring, &model, &info, error);
	if (!r)
		r = demand_check(demand, info, path, error);
	if (!r)
		r = tsem_serials_accept(demand->serials, path, model->name, info, error);
	if (r)
		tsem_model_destroy(model);
	else
		*ret_model = model;
	tsem_signed_destroy(info);
	tsem_keyring_deinit(&keyring);
	return r;
}
