/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends recorded events to a modeling agent, as a workload would, and counts its verdicts. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../lib/base/hex.h"
#include "../../lib/tma/hashes.h"
#include "../frame/cmd.h"
#include "../text/output.h"
#include "../model/file.h"
#include "../session/lines.h"

#define NAMESPACE 1u
#define MODEL_MAGIC "tsem-model "

/* The events in their order; a model's are the model's own. */
struct events {
	struct tsem_record **records;
	size_t count, room;
	bool owned;
	struct tsem_model *model;
};

struct replay {
	const struct invocation *invocation;
	struct tsem_tma *tma;
	unsigned hash;
	tsem_u64 asked, trusted, untrusted, same;
	tsem_u64 reasons[TSEM_REASON_LIMIT];
	size_t waiting;
	tsem_u8 state[TSEM_HASH_SIZE_MAX], measurement[TSEM_HASH_SIZE_MAX];
	tsem_u32 state_size, measurement_size; /* 0: absent */
	struct tsem_tma_line line;
};

/* ---- events ---- */

static int add_record(struct events *events, struct tsem_record *record, struct tsem_error *error)
{
	if (events->count == events->room) {
		size_t room = events->room ? 2 * events->room : 256;
		struct tsem_record **records = reallocarray(events->records, room, sizeof(*records));

		if (!records)
			return tsem_error_set(error, ENOMEM, "out of memory for %zu events", room);
		events->records = records;
		events->room = room;
	}
	events->records[events->count++] = record;
	return 0;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct tsem_entry *const *x = a, *const *y = b;

	return ((*x)->number > (*y)->number) - ((*x)->number < (*y)->number);
}

static int read_model(const struct invocation *invocation, const char *path, struct events *events)
{
	struct tsem_error *error = invocation->error;
	const struct tsem_entry **sorted;
	int r = model_file_read(invocation, path, invocation_value(invocation, OPTION_replay_keys), &events->model);

	if (r)
		return r;
	sorted = calloc(events->model->set.count + 1, sizeof(*sorted));
	if (!sorted)
		return tsem_error_set(error, ENOMEM, "out of memory");
	for (size_t i = 0; i < events->model->set.count; i++)
		sorted[i] = &events->model->set.entries[i];
	qsort(sorted, events->model->set.count, sizeof(*sorted), compare_numbers);
	for (size_t i = 0; i < events->model->set.count && !r; i++)
		if (sorted[i]->record)
			r = add_record(events, sorted[i]->record, error);
	free(sorted);
	return r;
}

static int read_line(struct events *events, const char *text, size_t size, struct tsem_error *error)
{
	struct tsem_record *record;
	int r = tsem_record_from_json(text, size, &record, error);

	if (r)
		return r;
	r = add_record(events, record, error);
	if (r)
		free(record);
	return r;
}

static int read_lines(const char *path, struct events *events, struct tsem_error *error)
{
	struct lines lines;
	const char *text;
	size_t size;
	int r = lines_open(path, &lines, error);

	if (r)
		return r;
	events->owned = true;
	while ((r = lines_next(&lines, &text, &size, error)) > 0) {
		r = read_line(events, text, size, error);
		if (r)
			break;
	}
	if (r == -EMSGSIZE)
		r = tsem_error_set(error, EMSGSIZE, "it is longer than any line of an event");
	if (r)
		tsem_error_wrap(error, "%s, line %llu", path, lines.number);
	lines_close(&lines);
	return r;
}

/* A model, signed or not, and not lines of events. */
static bool is_model(FILE *file)
{
	char start[4096];
	size_t size = fread(start, 1, sizeof(start) - 1, file);

	rewind(file);
	start[size] = 0;
	return !strncmp(start, MODEL_MAGIC, strlen(MODEL_MAGIC)) ||
	       (start[0] == '{' && strstr(start, "\"payload") && !strstr(start, "\"export\""));
}

/* Into memory, since what it is shows when its start was read. Returns a descriptor that can be read from the start again. */
static int keep(int input, const char *path, struct tsem_error *error)
{
	int fd = memfd_create("events", MFD_CLOEXEC);
	char bytes[65536];
	ssize_t n = 0;

	while (fd >= 0 && (n = read(input, bytes, sizeof(bytes))) > 0) {
		if (write(fd, bytes, n) != n) {
			n = -1;
			break;
		}
	}
	if (fd >= 0 && !n)
		return fd;
	tsem_error_set(error, errno, "cannot keep %s in memory: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int read_file(const struct invocation *invocation, const char *path, struct events *events)
{
	FILE *file = fopen(path, "r");
	int r;

	if (!file)
		return tsem_error_set(invocation->error, errno, "cannot open %s: %s", path, strerror(errno));
	r = is_model(file) ? read_model(invocation, path, events) : read_lines(path, events, invocation->error);
	fclose(file);
	return r;
}

/* Of a pipe, which can be read once. */
static int read_copy(const struct invocation *invocation, int input, const char *path, struct events *events)
{
	int fd = keep(input, path, invocation->error), r;
	char copy[32];

	if (fd < 0)
		return -EIO;
	snprintf(copy, sizeof(copy), "/proc/self/fd/%d", fd);
	r = read_file(invocation, copy, events);
	if (r)
		tsem_error_wrap(invocation->error, "%s", path);
	close(fd);
	return r;
}

static int read_events(const struct invocation *invocation, const char *path, struct events *events)
{
	bool input = !strcmp(path, "-");
	const char *name = input ? "standard input" : path;
	int fd = open(input ? "/dev/stdin" : path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return tsem_error_set(invocation->error, errno, "cannot open %s: %s", name, strerror(errno));
	if (!input && lseek(fd, 0, SEEK_CUR) >= 0)
		r = read_file(invocation, path, events);
	else
		r = read_copy(invocation, fd, name, events);
	close(fd);
	if (!r && !events->count)
		r = tsem_error_set(invocation->error, ENODATA, "there are no events in %s", name);
	return r;
}

static void free_events(struct events *events)
{
	for (size_t i = 0; events->owned && i < events->count; i++)
		free(events->records[i]);
	free(events->records);
	tsem_model_destroy(events->model);
}

/* ---- the namespace ---- */

static int set_digest(const struct replay *replay, unsigned option, unsigned type, tsem_u32 size)
{
	const char *text = invocation_value(replay->invocation, option);
	tsem_u8 digest[TSEM_HASH_SIZE_MAX];

	if (!text)
		return 0;
	if (strlen(text) != 2 * size || !hex_parse(text, size, digest))
		return tsem_error_set(replay->invocation->error, EINVAL,
				      "'%s' is not a digest of %u bytes in lower-case hexadecimal digits", text, size);
	return tsem_tma_set(replay->tma, NAMESPACE, type, digest, size, replay->invocation->error);
}

static int set_pseudonyms(const struct replay *replay)
{
	struct tsem_error *error = replay->invocation->error;
	tsem_u8 digest[TSEM_HASH_SIZE_MAX];
	const char *path;
	size_t cursor = 0;
	tsem_u32 size;
	int r = 0;

	while (!r && (path = invocation_next(replay->invocation, OPTION_replay_pseudonym, &cursor))) {
		r = hashes_pseudonym(replay->hash, path, digest, &size, error);
		if (!r)
			r = tsem_tma_set(replay->tma, NAMESPACE, TSEM_TMA_PSEUDONYM, digest, size, error);
	}
	return r;
}

static int load_model(const struct replay *replay, const char *path)
{
	struct tsem_error *error = replay->invocation->error;
	struct tsem_model *model;
	int r = model_file_read(replay->invocation, path, invocation_value(replay->invocation, OPTION_replay_keys),
				&model);

	if (r)
		return r;
	r = tsem_tma_load(replay->tma, NAMESPACE, replay->hash, model, error);
	tsem_model_destroy(model);
	return r ? r : tsem_tma_seal(replay->tma, NAMESPACE, true, error);
}

static int prepare(struct replay *replay)
{
	const char *model = invocation_value(replay->invocation, OPTION_replay_model);
	struct tsem_tma_create create = {
		.namespace_id = NAMESPACE,
		.hash = replay->hash,
		.options = TSEM_OPTION_PORTABLE,
		.points = invocation_number(replay->invocation, OPTION_replay_limit, 0),
		.name = "replay",
	};
	struct tsem_tma_created created;
	int r = tsem_tma_create(replay->tma, &create, &created, replay->invocation->error);

	if (!r)
		r = set_digest(replay, OPTION_replay_base, TSEM_TMA_BASE, created.hash_size);
	if (!r)
		r = set_digest(replay, OPTION_replay_aggregate, TSEM_TMA_AGGREGATE, created.hash_size);
	if (!r)
		r = set_pseudonyms(replay);
	return r || !model ? r : load_model(replay, model);
}

/* ---- asking ---- */

static void count_verdict(void *context, const struct tsem_verdict *verdict)
{
	struct replay *replay = context;

	replay->waiting--;
	replay->trusted += verdict->trusted;
	replay->untrusted += !verdict->trusted;
	replay->same += verdict->same;
	replay->reasons[verdict->reason < TSEM_REASON_LIMIT ? verdict->reason : 0]++;
}

static void wait_turn(struct replay *replay)
{
	struct pollfd fds[2];
	int timeout, count = tsem_tma_poll(replay->tma, fds, &timeout);

	poll(fds, count, timeout);
	tsem_tma_turn(replay->tma);
}

/* Events without answer: only one on a line that can change the order of arrival. */
static size_t window(const struct replay *replay)
{
	return replay->line.lossy ? 1 : TSEM_TMA_WINDOW_MAX;
}

static void ask(struct replay *replay, const struct tsem_record *record)
{
	replay->asked++;
	replay->waiting++;
	while (tsem_tma_submit(replay->tma, NAMESPACE, 0, record, count_verdict, replay) == -EAGAIN)
		wait_turn(replay);
	if (replay->waiting < window(replay))
		return;
	tsem_tma_turn(replay->tma);
	while (replay->waiting >= window(replay))
		wait_turn(replay);
}

/* An agent that is gone has nothing to show; the verdicts already say so. */
static void ask_values(struct replay *replay)
{
	if (tsem_tma_value(replay->tma, NAMESPACE, TSEM_TMA_STATE, replay->state, TSEM_HASH_SIZE_MAX,
			   &replay->state_size, NULL))
		replay->state_size = 0;
	if (tsem_tma_value(replay->tma, NAMESPACE, TSEM_TMA_MEASUREMENT, replay->measurement, TSEM_HASH_SIZE_MAX,
			   &replay->measurement_size, NULL))
		replay->measurement_size = 0;
	tsem_tma_line(replay->tma, &replay->line);
}

/* ---- printing ---- */

static void write_digest(struct writer *writer, const char *key, const tsem_u8 *digest, tsem_u32 size)
{
	char hex[2 * TSEM_HASH_SIZE_MAX + 1];

	if (!size) {
		writer_null(writer, key);
		return;
	}
	hex_format(digest, size, hex);
	writer_string(writer, key, hex);
}

static void write_replay(const struct replay *replay)
{
	struct writer writer;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_string(&writer, "agent", (const char *)tsem_tma_greeted(replay->tma)->name);
	writer_string(&writer, "digest", tsem_hash_name(replay->hash));
	writer_number(&writer, "events", replay->asked);
	writer_number(&writer, "trusted", replay->trusted);
	writer_number(&writer, "untrusted", replay->untrusted);
	writer_number(&writer, "same", replay->same);
	writer_open(&writer, "reasons", '{');
	for (unsigned i = 0; i < TSEM_REASON_LIMIT; i++)
		if (replay->reasons[i])
			writer_number(&writer, tsem_reason_name(i), replay->reasons[i]);
	writer_close(&writer, '}');
	writer_number(&writer, "repeated", replay->line.repeated);
	writer_number(&writer, "skipped", replay->line.skipped);
	writer_number(&writer, "stray", replay->line.stray);
	write_digest(&writer, "state", replay->state, replay->state_size);
	write_digest(&writer, "measurement", replay->measurement, replay->measurement_size);
	writer_close(&writer, '}');
}

static void print_digest(const char *key, const tsem_u8 *digest, tsem_u32 size)
{
	char hex[2 * TSEM_HASH_SIZE_MAX + 1] = "not known";

	if (size)
		hex_format(digest, size, hex);
	printf("%-12s %s\n", key, hex);
}

static void print_replay(const struct replay *replay)
{
	printf("%llu events, %llu trusted, %llu untrusted.\n", replay->asked, replay->trusted, replay->untrusted);
	for (unsigned i = 0; i < TSEM_REASON_LIMIT; i++)
		if (replay->reasons[i])
			printf("%7llu because %s\n", replay->reasons[i], tsem_reason_text(i));
	if (replay->line.repeated || replay->line.skipped)
		printf("The line lost bytes: %llu requests were sent again, %llu bytes skipped.\n",
		       replay->line.repeated, replay->line.skipped);
	print_digest("state", replay->state, replay->state_size);
	print_digest("measurement", replay->measurement, replay->measurement_size);
}

/* ---- the command ---- */

static int replay_events(struct replay *replay, const struct events *events)
{
	unsigned long times = invocation_number(replay->invocation, OPTION_replay_times, 1);
	int r = prepare(replay);

	if (r)
		return r;
	tsem_tma_line(replay->tma, &replay->line);
	for (unsigned long i = 0; i < times; i++)
		for (size_t k = 0; k < events->count; k++)
			ask(replay, events->records[k]);
	while (replay->waiting)
		wait_turn(replay);
	ask_values(replay);
	if (invocation_given(replay->invocation, OPTION_replay_json))
		write_replay(replay);
	else
		print_replay(replay);
	return replay->untrusted ? STATUS_VIOLATIONS : 0;
}

int cmd_replay(const struct invocation *invocation)
{
	struct replay replay = {.invocation = invocation, .hash = TSEM_HASH_sha256};
	struct events events = {0};
	int r = read_events(invocation, invocation->operands[0], &events);

	if (invocation_given(invocation, OPTION_replay_hash))
		replay.hash = tsem_hash_number(invocation_value(invocation, OPTION_replay_hash));
	signal(SIGPIPE, SIG_IGN);
	if (!r)
		r = tsem_tma_connect(invocation_value(invocation, OPTION_replay_tma),
				     invocation_number(invocation, OPTION_replay_deadline, 1000), &replay.tma,
				     invocation->error);
	if (!r)
		r = replay_events(&replay, &events);
	tsem_tma_close(replay.tma);
	free_events(&events);
	return r;
}
