/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "file.h"
#include "verbs.h"
#include "../text/output.h"

static const char *serials_of(const struct invocation *invocation)
{
	const char *path = invocation_value(invocation, OPTION_model_serials);

	return path ? path : TSEM_SERIALS;
}

/* Who holds the lock may be stopped: then somebody has to know for what tsem waits. */
static void tell_wait(const char *serials)
{
	char lock[PATH_MAX];
	int fd;

	snprintf(lock, sizeof(lock), "%s" TSEM_SERIALS_LOCK, serials);
	fd = open(lock, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK) {
		fputs("tsem: waiting for another tsem, which has locked ", stderr);
		print_styled(stderr, STYLE_PLAIN, lock);
		fputs("\n", stderr);
	}
	if (fd >= 0)
		close(fd);
}

static int revoke_name(const struct invocation *invocation, unsigned long serial)
{
	const char *name = invocation->operands[1];
	int r;

	tell_wait(serials_of(invocation));
	r = tsem_serials_revoke_name(serials_of(invocation), name, serial, invocation->error);
	if (r)
		return r;
	fputs("models of the name ", stdout);
	print_styled(stdout, STYLE_STRONG, name);
	printf(" with a serial up to %lu, or without one, are no longer accepted\n", serial);
	return 0;
}

/*
 * Revokes the signed content, whichever key has signed it. So nothing has to be verified, and a broken signature can be
 * revoked, too.
 */
static int revoke_file(const struct invocation *invocation)
{
	const char *path = invocation->operands[1];
	struct tsem_signed *info = NULL;
	struct tsem_model *model = NULL;
	int r = tsem_model_read_signed(path, NULL, &model, &info, invocation->error);

	if (!r && !info)
		r = tsem_error_set(invocation->error, EINVAL,
				   "model %s is not signed, so --require-signed accepts it nowhere", path);
	if (!r) {
		tell_wait(serials_of(invocation));
		r = tsem_serials_revoke(serials_of(invocation), info->sha256, invocation->error);
	}
	if (!r) {
		fputs("model ", stdout);
		print_styled(stdout, STYLE_STRONG, path);
		puts(" is no longer accepted, whichever key signs it");
	}
	tsem_signed_destroy(info);
	tsem_model_destroy(model);
	return r;
}

int model_revoke(const struct invocation *invocation)
{
	unsigned long serial = invocation_number(invocation, OPTION_model_serial, 0);

	return serial ? revoke_name(invocation, serial) : revoke_file(invocation);
}
