/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Follows the records of a session: its orchestrator writes them, and this reads after it. */
#include "../kernel/runtime.h"
#include "records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (1u << 20)

struct tsem_follow {
	char name[TSEM_NAME_MAX];
	tsem_u64 id;
	int records;
	off_t at; /* bytes of the file that were handed out */
	char *bytes; /* CHUNK of them, which holds any record */
};

int tsem_follow_open(const char *name, struct tsem_follow **ret_follow, struct tsem_error *error)
{
	struct tsem_session session;
	struct tsem_follow *follow;
	char path[512];
	int r = tsem_session_status(name, &session, error);

	if (r)
		return r;
	follow = calloc(1, sizeof(*follow));
	if (follow)
		follow->bytes = malloc(CHUNK);
	if (!follow || !follow->bytes) {
		free(follow);
		return tsem_error_set(error, ENOMEM, "out of memory");
	}
	snprintf(follow->name, sizeof(follow->name), "%s", name);
	follow->id = session.status.id;
	session_files_path(name, "records", path, sizeof(path));
	follow->records = open(path, O_RDONLY | O_CLOEXEC);
	if (follow->records < 0) {
		r = tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
		tsem_follow_close(follow);
		return r;
	}
	*ret_follow = follow;
	return 0;
}

void tsem_follow_close(struct tsem_follow *follow)
{
	if (!follow)
		return;
	if (follow->records >= 0)
		close(follow->records);
	free(follow->bytes);
	free(follow);
}

int tsem_follow_read(struct tsem_follow *follow, tsem_record_fn fn, void *context, bool *ret_ended,
		     struct tsem_error *error)
{
	struct tsem_session session;
	char path[512];
	ssize_t n, used;
	bool ended;

	/* Asks first: nothing is written after the answer "ended". */
	session_take_over(follow->name);
	ended = tsem_session_status(follow->name, &session, NULL) || session.status.id != follow->id ||
		(!session.live && !session.orchestrated);
	session_files_path(follow->name, "records", path, sizeof(path));
	do {
		n = pread(follow->records, follow->bytes, CHUNK, follow->at);
		if (n < 0)
			return tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
		used = records_walk(path, follow->bytes, n, follow->at, fn, context, error);
		if (used < 0)
			return used;
		follow->at += used;
	} while (used);
	if (ended && records_end(path, follow->at, follow->at + n, error))
		return -EBADMSG;
	*ret_ended = ended;
	return 0;
}
