/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Follows the records of a session: its orchestrator writes them, and this reads after it. */
#include "../kernel/runtime.h"

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
	_Alignas(struct tsem_record) char record[sizeof(struct tsem_record) + TSEM_CELL_MAX];
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

/* Hands out the whole records among size bytes. Returns the bytes used or a negative errno. */
static ssize_t hand_out(struct tsem_follow *follow, size_t size, tsem_record_fn fn, void *context,
			struct tsem_error *error)
{
	size_t at = 0;

	while (at + sizeof(struct tsem_record) <= size) {
		tsem_u32 whole;
		int r;

		memcpy(&whole, follow->bytes + at, sizeof(whole));
		if (whole > sizeof(follow->record))
			return tsem_error_set(error, EBADMSG, "the records of %s are damaged at byte %lld",
					      follow->name, (long long)follow->at + (long long)at);
		if (whole > size - at)
			break; /* being written just now */
		memcpy(follow->record, follow->bytes + at, whole);
		r = tsem_record_check(follow->record, whole, error);
		if (r)
			return tsem_error_wrap(error, "the records of %s are damaged at byte %lld", follow->name,
					       (long long)follow->at + (long long)at);
		r = fn(context, (struct tsem_record *)follow->record);
		if (r)
			return r;
		at += whole;
	}
	return at;
}

int tsem_follow_read(struct tsem_follow *follow, tsem_record_fn fn, void *context, bool *ret_ended,
		     struct tsem_error *error)
{
	struct tsem_session session;
	bool ended;
	ssize_t n;

	/* Asks first: nothing is written after the answer "ended". */
	session_take_over(follow->name);
	ended = tsem_session_status(follow->name, &session, NULL) || session.status.id != follow->id ||
		(!session.live && !session.orchestrated);
	for (;;) {
		n = pread(follow->records, follow->bytes, CHUNK, follow->at);
		if (n < 0)
			return tsem_error_set(error, errno, "cannot read the records of %s: %s", follow->name,
					      strerror(errno));
		n = hand_out(follow, n, fn, context, error);
		if (n < 0)
			return n;
		if (!n)
			break;
		follow->at += n;
	}
	*ret_ended = ended;
	return 0;
}
