/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events that go into a file which takes only so much: what is counted as delivered is what is in it. The orchestrator
 * is played here, and counts as the real one does. There is no carrier.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../cli/session/stream.h"
#include "unit.h"
#include "written.h"

static long delivered;

void tsem_orchestrator_undelivered(struct tsem_orchestrator *orchestrator, tsem_u64 count)
{
	(void)orchestrator;
	delivered -= count;
}

int carrier_create(const struct carrier_options *options, struct carrier **ret_carrier, struct spool_found *ret_found,
		   struct tsem_error *error)
{
	(void)options, (void)ret_carrier, (void)ret_found;
	return tsem_error_set(error, ENOTSUP, "not here");
}

int carrier_take(struct carrier *carrier, const struct sink_message *message, unsigned wait_ms,
		 struct tsem_error *error)
{
	(void)carrier, (void)message, (void)wait_ms, (void)error;
	return -ENOTSUP;
}

void carrier_guard(struct carrier *carrier, int (*fn)(void *context, int pid, struct tsem_error *error), void *context)
{
	(void)carrier, (void)fn, (void)context;
}

void carrier_drop(struct carrier *carrier)
{
	(void)carrier;
}

void carrier_counts(struct carrier *carrier, struct carrier_counts *ret_counts)
{
	(void)carrier, (void)ret_counts;
}

bool carrier_settled(struct carrier *carrier, unsigned wait_ms)
{
	(void)carrier, (void)wait_ms;
	return true;
}

int carrier_destroy(struct carrier *carrier, struct carrier_counts *ret_counts, struct tsem_error *error)
{
	(void)carrier, (void)ret_counts, (void)error;
	return 0;
}

/* ---- a run of so many events, of which the last ones come when the orchestrator ends ---- */

#define NO_LIMIT RLIM_INFINITY

struct outcome {
	int result;
	long delivered, lines; /* lines: in the file */
	struct tsem_error error;
};

static int take(struct stream *stream, const struct tsem_record *record, unsigned count)
{
	int r = 0;

	for (unsigned i = 0; i < count && !r; i++) {
		r = stream_record(stream, record);
		delivered += !r;
	}
	return r;
}

static int run(const char *path, unsigned drained, unsigned last, int failure, struct tsem_error *error)
{
	static char orchestrator; /* its address is enough */
	struct tsem_record *record =
		parse_event("task_kill", "0", ID1, "\"target\":\"" ID1 "\",\"sig\":\"9\",\"cross_ns\":\"0\"");
	struct stream stream;
	int r, ended;

	if (!CHECK(record) || !CHECK(!stream_open(&stream, path, error)))
		return 1;
	delivered = 0;
	stream.orchestrator = (struct tsem_orchestrator *)&orchestrator;
	r = take(&stream, record, drained);
	if (!r && failure)
		r = tsem_error_set(error, failure, "the run failed");
	r = stream_last(&stream, r);
	ended = take(&stream, record, last);
	stream.orchestrator = NULL;
	free(record);
	return stream_close(&stream, r ? r : ended);
}

/* room: bytes of the file. */
static struct outcome outcome_of(rlim_t room, unsigned drained, unsigned last, int failure)
{
	char path[] = "/tmp/tsem-unit-XXXXXX";
	struct rlimit before, limit;
	struct outcome o = {};
	FILE *file;
	int c, fd = mkstemp(path);

	getrlimit(RLIMIT_FSIZE, &before);
	limit = (struct rlimit){room < before.rlim_max ? room : before.rlim_max, before.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	o.result = run(path, drained, last, failure, &o.error);
	setrlimit(RLIMIT_FSIZE, &before);
	o.delivered = delivered;
	file = fdopen(fd, "r");
	while (file && (c = getc(file)) != EOF)
		o.lines += c == '\n';
	if (file)
		fclose(file);
	unlink(path);
	return o;
}

static void check_short(rlim_t room, unsigned drained, unsigned last)
{
	struct outcome o = outcome_of(room, drained, last, 0);

	if (!CHECK(o.result == -EFBIG && o.lines == o.delivered && o.lines < (long)(drained + last)))
		unit_fail(__FILE__, __LINE__, "%llu bytes, %u and %u events: %d, %ld delivered, %ld lines",
			  (unsigned long long)room, drained, last, o.result, o.delivered, o.lines);
	CHECK_HOLDS(o.error.text, "cannot write events to /tmp/");
}

void test_stream_counts(void)
{
	struct outcome o = outcome_of(NO_LIMIT, 5, 3, 0);

	CHECK(!o.result && o.delivered == 8 && o.lines == 8);
	check_short(0, 5, 0); /* that waited for a flush */
	check_short(1000, 5, 0);
	check_short(0, 0, 3); /* that came at the very end */
	check_short(1000, 2, 3);
	check_short(0, 3000,
		    0); /* more than wait for a flush: the record that is just being taken is not counted yet */
	check_short(100000, 3000, 10);
}

/* What was taken comes out also when something else has failed, and that is what is told. */
void test_stream_failed(void)
{
	struct outcome o = outcome_of(NO_LIMIT, 5, 3, EPROTO);

	CHECK(o.result == -EPROTO && o.delivered == 8 && o.lines == 8);
	CHECK_TEXT(o.error.text, "the run failed");
	o = outcome_of(1000, 5, 3, EPROTO);
	CHECK(o.result == -EPROTO && o.delivered == o.lines && o.lines < 5);
	CHECK_TEXT(o.error.text, "the run failed");
}
