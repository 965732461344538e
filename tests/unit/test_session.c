/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of sessions, and what is asked of the machine, as far as no kernel side is needed. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/kernel/runtime.h"
#include "../../lib/session/records.h"
#include "generate.h"
#include "unit.h"

/* ---- records ---- */

static int count_record(void *context, const struct tsem_record *record)
{
	unsigned *count = context;

	CHECK(record->size >= sizeof(*record) && !((size_t)record % _Alignof(struct tsem_record)));
	return ++*count == 100 ? -ECANCELED : 0;
}

/* Five records, one behind the other; ret_at: where each begins, and the end. */
static char *five_records(size_t ret_at[6])
{
	char *bytes = malloc(5 * RECORD_SIZE_MAX);

	ret_at[0] = 0;
	for (unsigned i = 0; i < 5; i++) {
		struct generator generator = {.seed = i + 1};
		struct tsem_record *record = generate_record(&generator, TSEM_EVENT_file_open);

		memcpy(bytes + ret_at[i], record, record->size);
		ret_at[i + 1] = ret_at[i] + record->size;
		free(record);
	}
	return bytes;
}

static void check_damaged(char *bytes, const size_t at[6], size_t where, unsigned char wrong)
{
	char saved = bytes[at[2] + where], text[64];
	struct tsem_error error = {0};
	unsigned count = 0;

	bytes[at[2] + where] = wrong;
	snprintf(text, sizeof(text), "x is damaged at byte %zu", at[2] + 1000);
	CHECK(records_walk("x", bytes, at[5], 1000, count_record, &count, &error) == -EBADMSG && count == 2);
	CHECK_HOLDS(error.text, text);
	CHECK(records_walk("x", bytes, at[5], 1000, count_record, &count, NULL) == -EBADMSG);
	bytes[at[2] + where] = saved;
}

void test_records_walk(void)
{
	struct tsem_error error = {0};
	unsigned count = 0;
	size_t at[6];
	char *bytes = five_records(at);

	CHECK(records_walk("x", bytes, at[5], 0, count_record, &count, &error) == (ssize_t)at[5] && count == 5);
	for (unsigned cut = 1; cut < 40; cut += 3) { /* being written just now: no error, and nothing of it */
		count = 0;
		CHECK(records_walk("x", bytes, at[5] - cut, 0, count_record, &count, &error) == (ssize_t)at[4]);
		CHECK(count == 4 && records_end("x", at[4], at[5] - cut, &error) == -EBADMSG);
	}
	CHECK(!records_end("x", at[5], at[5], &error));
	count = 98;
	CHECK(records_walk("x", bytes, at[5], 0, count_record, &count, &error) == -ECANCELED && count == 100);
	check_damaged(bytes, at, 3, 0x7f); /* its size: two thousand millions */
	check_damaged(bytes, at, 1, 0); /* less than a record has */
	free(bytes);
}

/* ---- who has what ---- */

struct looking {
	const char *path;
	int end;
	unsigned seen;
};

static void *look(void *context)
{
	struct looking *looking = context;

	while (!__atomic_load_n(&looking->end, __ATOMIC_RELAXED))
		looking->seen += runtime_owned(looking->path);
	return NULL;
}

/* Who looks whether somebody has it neither has it for that moment, nor makes it. */
void test_runtime_owned(void)
{
	char directory[] = "/tmp/tsem-unit-own.XXXXXX", path[64];
	struct looking looking = {.path = path};
	unsigned taken = 0;
	pthread_t thread;
	int own;

	if (!CHECK(mkdtemp(directory) != NULL))
		return;
	snprintf(path, sizeof(path), "%s/lock", directory);
	CHECK(!runtime_owned(path) && runtime_missing(path) && !runtime_missing(directory));
	own = runtime_own(path, NULL);
	CHECK(own >= 0 && runtime_owned(path) && runtime_own(path, NULL) == -EWOULDBLOCK && runtime_owned(path));
	close(own);
	CHECK(!runtime_owned(path));
	if (CHECK(!pthread_create(&thread, NULL, look, &looking))) {
		for (unsigned i = 0; i < 5000; i++) {
			own = runtime_own(path, NULL);
			taken += own >= 0;
			close(own);
		}
		__atomic_store_n(&looking.end, 1, __ATOMIC_RELAXED);
		pthread_join(thread, NULL);
		CHECK(taken == 5000);
	}
	unlink(path);
	rmdir(directory);
}

void test_runtime_optional(void)
{
	struct tsem_error error = {0};
	char *bytes = (char *)1;
	size_t size = 1;

	CHECK(!runtime_read_optional("/tmp/there/is/none", &bytes, &size, &error) && !bytes && !size);
	CHECK(!error.text[0]);
	CHECK(runtime_read_optional("/tmp", &bytes, &size, &error) == -EISDIR && error.text[0]);
}

void test_runtime_lsm(void)
{
	CHECK(lsm_listed("bpf") && lsm_listed("lockdown,bpf,yama\n") && lsm_listed("capability,landlock,bpf\n"));
	CHECK(!lsm_listed("") && !lsm_listed("capability,yama\n") && !lsm_listed("nobpf,bpfs,xbpfx\n"));
}
