/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where exported events go, as far as it needs nobody at the other end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../sink/collect.h"
#include "../../sink/line.h"
#include "../../sink/spool.h"
#include "unit.h"

static bool url_refused(const char *text, const char *part)
{
	struct tsem_error error = {};
	struct sink_url url;

	if (!CHECK(sink_url_parse(text, &url, &error) < 0)) {
		sink_url_deinit(&url);
		return false;
	}
	return CHECK_HOLDS(error.text, part);
}

void test_sink_urls(void)
{
	struct tsem_error error = {};
	struct sink_url url;
	tsem_u64 number = 5;

	if (CHECK(!sink_url_parse("mqtt://[fe80::1]:1884/tsem/%h/%c?id=x&keepalive=9", &url, &error))) {
		CHECK_TEXT(url.scheme, "mqtt");
		CHECK_TEXT(url.host, "fe80::1");
		CHECK(url.port == 1884);
		CHECK_TEXT(url.path, "tsem/%h/%c");
		CHECK_TEXT(sink_url_query(&url, "id"), "x");
		CHECK(!sink_url_number(&url, "keepalive", false, 100, &number, &error) && number == 9);
		CHECK(sink_url_number(&url, "keepalive", false, 8, &number, &error) < 0);
		sink_url_deinit(&url);
	}
	if (CHECK(!sink_url_parse("file:/a/b?size=64M", &url, &error))) {
		CHECK(!url.host);
		CHECK_TEXT(url.path, "/a/b");
		CHECK(!sink_url_number(&url, "size", true, 1ull << 40, &number, &error) && number == 64u << 20);
		sink_url_deinit(&url);
	}
	url_refused("nothing", "no scheme");
	url_refused("mqtt://:1883/x", "no host");
	url_refused("mqtt://h:70000/x", "not a port");
	url_refused("mqtt://h:1x/x", "not a port");
	url_refused("mqtt://me:pw@h/x", "TSEM_MQTT_PASSWORD");
	url_refused("mqtt://[::1/x", "closing ]");
	url_refused("file:x?size", "key=value");
	url_refused("file:x?size=1&size=2", "twice");
	url_refused("file:x\n", "control");
}

void test_sink_sizes(void)
{
	static const struct {
		const char *text;
		tsem_u64 size;
	} cases[] = {{"1", 1}, {"4K", 4096}, {"64M", 64u << 20}, {"2G", 2ull << 30},	      {"0", 0},	      {"", 0},
		     {"M", 0}, {"-1", 0},    {"1MM", 0},	 {"99999999999999999999", 0}, {"9999999G", 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		tsem_u64 size = 0;
		bool good = sink_size_parse(cases[i].text, &size);

		if (!CHECK(good == (cases[i].size > 0) && size == cases[i].size))
			unit_fail(__FILE__, __LINE__, "%s: %llu", cases[i].text, size);
	}
}

static void check_topic(const char *template, const char *level, const char *wanted)
{
	struct tsem_buffer text = {};
	struct sink_topic topic;

	if (!CHECK(!sink_topic_init(template, &topic, NULL)))
		return;
	sink_topic_expand(&topic, "ho/st", "a+b", "file", level, &text);
	CHECK_TEXT(text.data, wanted);
	sink_topic_deinit(&topic);
	tsem_buffer_deinit(&text);
}

void test_sink_topics(void)
{
	struct sink_topic topic;

	check_topic("tsem/%h/%n/%c", NULL, "tsem/ho_st/a_b/file");
	check_topic("tsem/%h/%n/%c", "status", "tsem/ho_st/a_b/status");
	check_topic("tsem/%h/x-%c/%n", "status", "tsem/ho_st/status");
	check_topic("100%%", "status", "100%/status");
	check_topic("%c", "status", "status");
	CHECK(sink_topic_init("", &topic, NULL) < 0);
	CHECK(sink_topic_init("a/#", &topic, NULL) < 0);
	CHECK(sink_topic_init("a/%", &topic, NULL) < 0);
	CHECK(sink_topic_init("a/%x", &topic, NULL) < 0);
	CHECK(sink_topic_init("$SYS/a", &topic, NULL) < 0);
}

/* ---- spool ---- */

static struct sink_message message_of(tsem_u64 number, const char *text)
{
	return (struct sink_message){.context = 7,
				     .number = number,
				     .host = "h",
				     .boot = "b",
				     .name = "n",
				     .text = text,
				     .size = strlen(text)};
}

static bool append_numbers(struct spool *spool, tsem_u64 from, tsem_u64 count, const char *text)
{
	for (tsem_u64 number = from; number < from + count; number++) {
		struct sink_message message = message_of(number, text);

		if (!CHECK(!spool_append(spool, &message)))
			return false;
	}
	return true;
}

/* Sends and acknowledges count; they must have the numbers from on. */
static bool take_numbers(struct spool *spool, tsem_u64 from, tsem_u64 count)
{
	struct sink_message message;

	for (tsem_u64 number = from; number < from + count; number++) {
		if (!CHECK(spool_next(spool, &message, 1) == 1) || !CHECK(message.number == number))
			return false;
		spool_sent(spool, 1);
	}
	return CHECK(spool_acknowledge(spool, count, NULL) == count);
}

static char *spool_directory(void)
{
	static char path[64];

	snprintf(path, sizeof(path), "/tmp/tsem-unit-spool.XXXXXX");
	return CHECK(mkdtemp(path) != NULL) ? path : NULL;
}

static void remove_directory(const char *path)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r '%s'", path);
	CHECK(!system(command));
}

void test_spool_memory(void)
{
	struct spool_found found;
	struct spool *spool;
	struct sink_message message;
	unsigned count;
	char text[1000];

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	if (!CHECK(!spool_open(NULL, 4u << 20, &spool, &found, NULL)))
		return;
	for (unsigned round = 0; round < 5; round++) {
		append_numbers(spool, round * 2000 + 1, 2000, text);
		take_numbers(spool, round * 2000 + 1, 1500);
		spool_rewind(spool);
		take_numbers(spool, round * 2000 + 1501, 500);
		CHECK(spool_settled(spool));
	}
	message = message_of(1, text);
	for (count = 0; count < 10000 && !spool_append(spool, &message);)
		count++;
	CHECK(count > 3000 && count < 4096);
	CHECK(spool_append(spool, &message) == -ENOSPC);
	spool_close(spool);
}

/* Whether the stream line that is kept is this one. */
static bool keeps(const struct tsem_buffer *stream, const char *text)
{
	struct sink_message message;
	size_t room;

	return CHECK(!sink_entry_unpack(stream->data, stream->size, false, &message, &room)) &&
	       CHECK(message.kind == SINK_STREAM && message.size == strlen(text) &&
		     !memcmp(message.text, text, message.size));
}

/* A connection begins with the stream line that holds for the first event that nobody has acknowledged. */
void test_spool_stream(void)
{
	struct sink_message message = message_of(2, "the second"), first = message_of(0, "the first one");
	struct tsem_buffer stream = {};
	struct spool_found found;
	struct spool *spool;

	if (!CHECK(!spool_open(NULL, 4u << 20, &spool, &found, NULL)))
		return;
	message.kind = first.kind = SINK_STREAM;
	sink_entry_keep(&first, &stream);
	append_numbers(spool, 1, 1, "x");
	CHECK(!spool_append(spool, &message));
	append_numbers(spool, 2, 1, "x");
	for (unsigned each = 0; each < 3; each++) {
		CHECK(spool_next(spool, &message, 1) == 1);
		spool_sent(spool, 1);
	}
	CHECK(spool_acknowledge(spool, 1, &stream) == 1);
	keeps(&stream, "the first one");
	CHECK(spool_acknowledge(spool, 1, &stream) == 0);
	keeps(&stream, "the second");
	CHECK(spool_acknowledge(spool, 1, &stream) == 1);
	keeps(&stream, "the second");
	tsem_buffer_deinit(&stream);
	spool_close(spool);
}

void test_spool_survives(void)
{
	char *path = spool_directory();
	struct spool_saving saving;
	struct spool_found found;
	struct spool *spool;

	if (!path || !CHECK(!spool_open(path, 8u << 20, &spool, &found, NULL)))
		return;
	CHECK(!found.events && !found.number);
	append_numbers(spool, 1, 3000, "{\"some\":\"text\"}");
	take_numbers(spool, 1, 1000);
	spool_save_begin(spool, &saving);
	CHECK(!spool_save(&saving, NULL));
	CHECK(!spool_save_end(spool, &saving, true));
	CHECK(spool_open(path, 8u << 20, &spool, &found, NULL) == -EBUSY);
	take_numbers(spool, 1001, 500);
	spool_close(spool); /* the position of 1000 is what a crash leaves */
	if (CHECK(!spool_open(path, 8u << 20, &spool, &found, NULL))) {
		CHECK(found.events == 2000 && found.number == 3000 && found.context == 7 && !found.damaged &&
		      !found.missing);
		take_numbers(spool, 1001, 2000);
		spool_close(spool);
	}
	if (CHECK(!spool_open(path, 8u << 20, &spool, &found, NULL))) {
		CHECK(!found.events && found.number == 3000 && !found.missing);
		append_numbers(spool, 3001, 1, "x");
		spool_close(spool);
	}
	if (CHECK(!spool_open(path, 8u << 20, &spool, &found, NULL))) {
		CHECK(found.events == 1 && found.number == 3001 && !found.missing);
		spool_close(spool);
	}
	remove_directory(path);
}

static void damage(const char *path, unsigned sequence, long at, const char *bytes, size_t size)
{
	char name[128];
	FILE *file;

	snprintf(name, sizeof(name), "%s/%016x.spool", path, sequence);
	file = fopen(name, "r+");
	if (!CHECK(file != NULL))
		return;
	fseek(file, at, SEEK_SET);
	fwrite(bytes, 1, size, file);
	fclose(file);
}

void test_spool_damaged(void)
{
	const long room = (sizeof(struct sink_entry) + 8), third = SEGMENT_HEAD + 2 * room;
	char *path = spool_directory();
	struct sink_message message;
	struct spool_found found;
	struct spool *spool;

	if (!path || !CHECK(!spool_open(path, 8u << 20, &spool, &found, NULL)))
		return;
	append_numbers(spool, 1, 10, "12345678");
	spool_close(spool);
	damage(path, 1, third + sizeof(struct sink_entry), "9", 1); /* the text of 3 */
	damage(path, 1, SEGMENT_HEAD + 9 * room, "\xff\xff\xff\xff", 4); /* the size of 10: torn */
	if (CHECK(!spool_open(path, 8u << 20, &spool, &found, NULL))) {
		CHECK(found.events == 8 && found.damaged == 2 && found.number == 9);
		take_numbers(spool, 1, 2);
		take_numbers(spool, 4, 6);
		CHECK(!spool_next(spool, &message, 1));
		append_numbers(spool, 11, 1, "behind");
		take_numbers(spool, 11, 1);
		spool_close(spool);
	}
	remove_directory(path);
}

/* A spool that cannot be opened keeps what was not looked at. */
void test_spool_unopened(void)
{
	char *path = spool_directory(), second[128], other[128];
	struct spool_found found;
	struct spool *spool;

	if (!path)
		return;
	for (tsem_u64 number = 1; number <= 2; number++)
		if (CHECK(!spool_open(path, 8u << 20, &spool, &found, NULL))) {
			append_numbers(spool, number, 1, "12345678");
			spool_close(spool);
		}
	damage(path, 1, SEGMENT_HEAD + sizeof(struct sink_entry), "9", 1);
	snprintf(second, sizeof(second), "%s/%016x.spool", path, 2);
	snprintf(other, sizeof(other), "%s/other", path);
	CHECK(!link(second, other) && spool_open(path, 8u << 20, &spool, &found, NULL) == -EPERM);
	CHECK(!unlink(other));
	if (CHECK(!spool_open(path, 8u << 20, &spool, &found, NULL))) {
		CHECK(found.events == 1 && found.damaged == 1);
		take_numbers(spool, 2, 1);
		spool_close(spool);
	}
	remove_directory(path);
}

static bool segment_there(const char *path, unsigned sequence)
{
	char name[128];

	snprintf(name, sizeof(name), "%s/%016x.spool", path, sequence);
	return !access(name, F_OK);
}

/* As long as no position behind them can be written, segments stay, and are released afterwards. */
void test_spool_position(void)
{
	char *path = spool_directory(), position[128], text[1000];
	struct spool_saving saving;
	struct spool_found found;
	struct spool *spool;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	if (!path || !CHECK(!spool_open(path, 8u << 20, &spool, &found, NULL)))
		return;
	append_numbers(spool, 1, 5000, text);
	snprintf(position, sizeof(position), "%s/position", path);
	CHECK(!unlink(position) && !mkdir(position, 0700) && segment_there(path, 1));
	take_numbers(spool, 1, 4000);
	CHECK(segment_there(path, 1) && segment_there(path, 2));
	CHECK(!rmdir(position));
	spool_save_begin(spool, &saving);
	CHECK(!spool_save(&saving, NULL) && spool_save_end(spool, &saving, true));
	CHECK(!segment_there(path, 1) && !segment_there(path, 2));
	append_numbers(spool, 5001, 5000, text); /* for which there was no room until then */
	spool_close(spool);
	if (CHECK(!spool_open(path, 16u << 20, &spool, &found, NULL))) {
		CHECK(found.events == 6000 && !found.missing && !found.damaged);
		spool_close(spool);
	}
	remove_directory(path);
}

/* Three segments, of eight messages each. */
#define SMALL (3 * (512u << 10))

static const char *long_text(void)
{
	static char text[60001];

	memset(text, 'x', sizeof(text) - 1);
	return text;
}

/* While it is there, no position can be written. */
static bool position_blocked(const char *path, bool blocked)
{
	char name[128];

	snprintf(name, sizeof(name), "%s/position.new", path);
	return !(blocked ? mkdir(name, 0700) : rmdir(name));
}

/* What a save writes is not released meanwhile by who appends, however full the spool is. */
void test_spool_saving(void)
{
	char *path = spool_directory();
	const struct sink_message message = message_of(25, long_text());
	struct spool_saving saving;
	struct spool_found found;
	struct spool *spool;

	if (!path || !CHECK(!spool_open(path, SMALL, &spool, &found, NULL)))
		return;
	append_numbers(spool, 1, 12, long_text());
	CHECK(position_blocked(path, true));
	take_numbers(spool, 1, 10);
	spool_save_begin(spool, &saving);
	CHECK(saving.count == 2 && saving.position_changed);
	CHECK(position_blocked(path, false));
	append_numbers(spool, 13, 12, long_text());
	CHECK(spool_append(spool, &message) == -ENOSPC);
	CHECK(segment_there(path, 1));
	CHECK(!spool_save(&saving, NULL));
	CHECK(spool_save_end(spool, &saving, true) && !segment_there(path, 1));
	CHECK(!spool_append(spool, &message));
	spool_close(spool);
	if (CHECK(!spool_open(path, SMALL, &spool, &found, NULL))) {
		CHECK(found.events == 15 && !found.missing && !found.damaged);
		spool_close(spool);
	}
	remove_directory(path);
}

/* What could not be saved is saved by the next one, also when nothing is acknowledged in between. */
void test_spool_not_saved(void)
{
	char *path = spool_directory();
	struct spool_saving saving;
	struct spool_found found;
	struct spool *spool;

	if (!path || !CHECK(!spool_open(path, SMALL, &spool, &found, NULL)))
		return;
	append_numbers(spool, 1, 10, "text");
	take_numbers(spool, 1, 4);
	CHECK(position_blocked(path, true));
	spool_save_begin(spool, &saving);
	CHECK(spool_save(&saving, NULL) < 0 && !spool_save_end(spool, &saving, false));
	CHECK(position_blocked(path, false));
	spool_save_begin(spool, &saving);
	CHECK(saving.count == 1 && saving.position_changed);
	CHECK(!spool_save(&saving, NULL) && !spool_save_end(spool, &saving, true));
	spool_close(spool);
	if (CHECK(!spool_open(path, SMALL, &spool, &found, NULL))) {
		CHECK(found.events == 6 && found.number == 10 && !found.missing);
		spool_close(spool);
	}
	remove_directory(path);
}

/* The segments stay when the end cannot write a position behind them: everything is delivered once more. */
void test_spool_not_closed(void)
{
	char *path = spool_directory();
	struct spool_found found;
	struct spool *spool;

	if (!path || !CHECK(!spool_open(path, SMALL, &spool, &found, NULL)))
		return;
	append_numbers(spool, 1, 12, long_text());
	CHECK(position_blocked(path, true));
	take_numbers(spool, 1, 12);
	spool_close(spool);
	CHECK(position_blocked(path, false));
	if (CHECK(!spool_open(path, SMALL, &spool, &found, NULL))) {
		CHECK(found.events == 12 && !found.missing && !found.damaged);
		spool_close(spool);
	}
	remove_directory(path);
}

/* ---- collect ---- */

static enum collect_verdict collect_line(struct collector *collector, const char *host, const char *type,
					 tsem_u64 number, const char *text)
{
	char line[256];

	snprintf(
		line, sizeof(line),
		"{\"export\":{\"type\":\"%s\",\"host\":\"%s\",\"boot\":\"b\",\"namespace\":\"n\"},\"event\":{\"context\":\"1\",\"number\":\"%llu\"},\"x\":\"%s\"}",
		type, host, number, text);
	return collector_take(collector, NULL, line, strlen(line), NULL);
}

static enum collect_verdict collect_number(struct collector *collector, const char *type, tsem_u64 number)
{
	return collect_line(collector, "h", type, number, "");
}

static void note_gap(void *context, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to)
{
	(void)stream;
	tsem_buffer_printf(context, "%llu-%llu ", from, to);
}

static void note_conflict(void *context, const struct collect_stream *stream, tsem_u64 number, bool end)
{
	(void)stream;
	tsem_buffer_printf(context, "%s%llu ", end ? "end " : "!", number);
}

static void check_gaps(struct collector *collector, struct tsem_buffer *text, bool end, const char *wanted)
{
	collector_gaps(collector, end);
	tsem_buffer_add(text, "", 1);
	CHECK_TEXT(text->data, wanted);
	text->size = 0;
}

void test_collect_gaps(void)
{
	struct tsem_buffer text = {};
	const struct collect_listener listener = {&text, note_gap, note_conflict};
	struct collector *collector = collector_create(100, NULL, &listener);

	for (tsem_u64 number = 3; number <= 200; number++)
		if (number != 10 && number != 11 && number != 150)
			CHECK(collect_number(collector, "event", number) == COLLECT_NEW);
	CHECK(collect_number(collector, "event", 100) == COLLECT_DUPLICATE);
	check_gaps(collector, &text, false, "1-2 10-11 ");
	check_gaps(collector, &text, false, "");
	CHECK(collect_number(collector, "event", 10) == COLLECT_NEW);
	CHECK(collect_number(collector, "event", 10) == COLLECT_DUPLICATE);
	CHECK(collect_number(collector, "event", 150) == COLLECT_NEW);
	CHECK(collect_number(collector, "end", 205) == COLLECT_OTHER);
	check_gaps(collector, &text, true, "201-205 ");
	CHECK(collector_stream(collector, 0)->late == 1);
	CHECK(collect_missing(collector_stream(collector, 0), NULL, NULL) == 2 + 1 + 5);
	CHECK(collect_number(collector, "event", 18446744073709551615ull) == COLLECT_BAD);
	CHECK(collect_number(collector, "end", 18446744073709551615ull) == COLLECT_BAD);
	CHECK(collect_number(collector, "end", COLLECT_NUMBER_MAX + 1) == COLLECT_BAD);
	CHECK(collect_number(collector, "thing", 1) == COLLECT_BAD);
	CHECK(collect_number(collector, "event", 0) == COLLECT_BAD);
	CHECK(collect_missing(collector_stream(collector, 0), NULL, NULL) == 2 + 1 + 5);
	collector_destroy(collector);
	tsem_buffer_deinit(&text);
}

/* What contradicts what came is kept, told and counted; what is the same is not. */
void test_collect_conflicts(void)
{
	struct tsem_buffer text = {};
	const struct collect_listener listener = {&text, note_gap, note_conflict};
	struct collector *collector = collector_create(100, NULL, &listener);

	for (tsem_u64 number = 1; number <= 10; number++)
		CHECK(collect_line(collector, "h", "event", number, "true") == COLLECT_NEW);
	CHECK(collect_line(collector, "h", "event", 4, "forged") == COLLECT_CONFLICT);
	CHECK(collect_line(collector, "h", "event", 4, "true") == COLLECT_DUPLICATE);
	CHECK(collect_line(collector, "h", "event", 4, "forged") == COLLECT_DUPLICATE);
	CHECK(collect_line(collector, "h", "event", 4, "again") == COLLECT_CONFLICT);
	CHECK(collect_line(collector, "other", "event", 4, "again") == COLLECT_NEW);
	check_gaps(collector, &text, false, "!4 !4 ");
	CHECK(collect_number(collector, "end", 10) == COLLECT_OTHER);
	CHECK(collect_number(collector, "end", 10) == COLLECT_OTHER);
	CHECK(collect_number(collector, "end", 9) == COLLECT_CONFLICT);
	CHECK(collect_number(collector, "end", 12) == COLLECT_CONFLICT);
	CHECK(collect_number(collector, "event", 13) == COLLECT_CONFLICT);
	check_gaps(collector, &text, false, "end 9 end 12 end 13 ");
	CHECK(collector_stream(collector, 0)->conflicts == 5 && collector_stream(collector, 0)->duplicates == 2);
	collector_destroy(collector);
	tsem_buffer_deinit(&text);
}

/* What is known has bounds; what is beyond them is kept, and counted. */
void test_collect_bounds(void)
{
	struct tsem_buffer text = {};
	const struct collect_listener listener = {&text, note_gap, note_conflict};
	struct collector *collector = collector_create(1u << 30, NULL, &listener);
	const struct collect_stream *stream;
	tsem_u64 number, unfollowed = 0;
	char host[16];

	for (number = 2; number <= 4 * COLLECT_RANGES_MAX; number += 2)
		CHECK(collect_number(collector, "event", number) == COLLECT_NEW);
	stream = collector_stream(collector, 0);
	CHECK(stream->count <= COLLECT_RANGES_MAX && stream->forgotten > 0);
	CHECK(stream->events == 2 * COLLECT_RANGES_MAX);
	CHECK(collect_missing(stream, NULL, NULL) == 2 * COLLECT_RANGES_MAX);
	CHECK(collect_number(collector, "event", 3) == COLLECT_UNCOMPARED);
	CHECK(collect_number(collector, "event", 2) == COLLECT_DUPLICATE);
	CHECK(collect_number(collector, "event", 4 * COLLECT_RANGES_MAX - 1) == COLLECT_NEW);
	CHECK(stream->uncompared == 1 && strstr(text.data, "1-1 3-3 5-5 "));
	for (number = 1; number <= COLLECT_SEEN_MAX + 10; number++)
		if (collect_line(collector, "many", "event", number, "") != COLLECT_NEW)
			break;
	CHECK(number == COLLECT_SEEN_MAX + 11);
	CHECK(collect_line(collector, "many", "event", 5, "") == COLLECT_UNCOMPARED);
	CHECK(collect_line(collector, "many", "event", 20, "") == COLLECT_DUPLICATE);
	CHECK(collect_line(collector, "many", "event", 20, "forged") == COLLECT_CONFLICT);
	for (number = 0; number < COLLECT_STREAMS_OF_HOST + 7; number++) {
		char line[256];

		snprintf(
			line, sizeof(line),
			"{\"export\":{\"type\":\"event\",\"host\":\"hoarder\",\"boot\":\"b\",\"namespace\":\"n\"},\"event\":{\"context\":\"%llu\",\"number\":\"1\"}}",
			number);
		unfollowed += collector_take(collector, NULL, line, strlen(line), NULL) == COLLECT_UNFOLLOWED;
	}
	CHECK(unfollowed == 7);
	snprintf(host, sizeof(host), "next");
	CHECK(collect_line(collector, host, "event", 1, "") == COLLECT_NEW);
	collector_destroy(collector);
	tsem_buffer_deinit(&text);
}

static bool holds(const char *layout, const char *topic, const char *host, const char *name)
{
	struct sink_topic parsed;
	struct tsem_buffer filter = {};
	struct tsem_error error;
	bool result = CHECK(!sink_topic_listen(layout, &parsed, &filter, &error)) &&
		      sink_topic_holds(&parsed, topic, host, name);

	sink_topic_deinit(&parsed);
	tsem_buffer_deinit(&filter);
	return result;
}

static void check_filter(const char *layout, const char *wanted)
{
	struct tsem_buffer filter = {};
	struct sink_topic parsed = {};
	struct tsem_error error;

	if (sink_topic_listen(layout, &parsed, &filter, &error))
		CHECK_TEXT("", wanted);
	else
		CHECK_TEXT(filter.data, wanted);
	sink_topic_deinit(&parsed);
	tsem_buffer_deinit(&filter);
}

/* Who may write to a topic may write for one host only. */
void test_topic_layout(void)
{
	check_filter("tsem/#", "tsem/+/+/#");
	check_filter("#", "+/+/#");
	check_filter("a/+/%h/%n/%c", "a/+/+/+/#");
	check_filter("%n/x%%y/%h", "+/x%y/+/#");
	check_filter("tsem/%h/%n/%c/more", "tsem/+/+/#");
	for (const char *const *bad = (const char *const[]){"tsem", "tsem/+/#", "tsem/+/+/+", "tsem/%h/#",
							    "tsem/%h/%c/%n", "%h-%n/%c", "x%h/%n/%c", "tsem/%h/%n/%h",
							    "tsem/%q/%n", "$SYS/#", "tsem/#/%h/%n", "", NULL};
	     *bad; bad++)
		check_filter(*bad, "");
	CHECK(holds("tsem/#", "tsem/web1/job/file", "web1", "job"));
	CHECK(holds("tsem/#", "tsem/web1/job/stream", "web1", "job"));
	CHECK(!holds("tsem/#", "tsem/evil/job/file", "web1", "job"));
	CHECK(!holds("tsem/#", "tsem/evil/web1/job/file", "web1", "job"));
	CHECK(!holds("tsem/#", "tsem/web10/job/file", "web1", "job"));
	CHECK(!holds("tsem/#", "tsem/web1/job2/file", "web1", "job"));
	CHECK(!holds("tsem/#", "tsem/web/job/file", "web1", "job"));
	CHECK(!holds("tsem/#", "tsem/web1", "web1", "job"));
	CHECK(!holds("tsem/#", "other/web1/job/file", "web1", "job"));
	CHECK(!holds("tsem/#", "", "web1", "job"));
	CHECK(holds("a/+/%h/%n/%c", "a/site/web1/job/file", "web1", "job"));
	CHECK(!holds("a/+/%h/%n/%c", "a/site/x/web1/job/file", "web1", "job"));
	/* Names as docs/json.md writes them, and as levels of a topic are made of them. */
	CHECK(holds("tsem/#", "tsem/web1/a_b/file", "web1", "a/b"));
	CHECK(holds("tsem/#", "tsem/web1/a\\b/file", "web1", "a\\\\b"));
	CHECK(!holds("tsem/#", "tsem/web_1/job/file", "web/1", "job"));
	CHECK(holds("tsem/#", "tsem/web_1/job/file", "web_1", "job"));
}

/* Any order, any repetition: the same. */
void test_collect_orders(void)
{
	struct tsem_buffer text = {};
	const struct collect_listener listener = {&text, note_gap, note_conflict};
	struct collector *collector = collector_create(100, NULL, &listener);
	tsem_u64 seed = 1, fresh = 0;

	for (unsigned i = 0; i < 20000; i++) {
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		fresh += collect_number(collector, "event", (seed >> 33) % 1000 + 1) == COLLECT_NEW;
	}
	CHECK(fresh == 1000);
	CHECK(collector_stream(collector, 0)->count == 1);
	CHECK(collect_missing(collector_stream(collector, 0), NULL, NULL) == 0);
	collector_destroy(collector);
	tsem_buffer_deinit(&text);
}

/* The epoch follows a clock that was set, by a second or more, to either side; the line that says so can be read. */
void test_sink_epoch(void)
{
	static const struct {
		long long off; /* milliseconds */
		bool step;
	} rows[] = {{0, false}, {500, false}, {-500, false}, {1500, true}, {-1500, true}, {400000000, true}};
	struct sink_identity identity;
	struct tsem_error error = {};
	struct tsem_buffer text = {};
	struct sink_line line;

	sink_identity_here("unit", &identity);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct sink_identity later = identity;
		tsem_u64 off;

		later.epoch += rows[i].off * 1000000;
		off = later.epoch;
		CHECK(sink_identity_follow(&later) == rows[i].step);
		CHECK(rows[i].step ? later.epoch - identity.epoch + 250000000 <= 500000000 : later.epoch == off);
		CHECK(!sink_identity_follow(&later));
	}
	sink_identity_line(&identity, "tsem", &text);
	if (CHECK(!sink_line_parse(text.data, text.size, &line, &error)))
		CHECK(line.kind == LINE_STREAM && line.identified && line.identity.epoch == identity.epoch);
	tsem_buffer_deinit(&text);
}
