/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/event/codec.h"
#include "../../lib/json/scan.h"
#include "generate.h"
#include "unit.h"

/* The record comes back from its JSON to the last byte, and gives the same JSON again. */
static bool check_round_trip(const struct tsem_record *record)
{
	struct tsem_buffer line = {0}, again = {0};
	struct tsem_record *copy = NULL;
	struct tsem_error error = {0};
	bool good;

	tsem_record_to_json(record, &line);
	good = CHECK(!line.failed && line.data[line.size] == 0 && !memchr(line.data, '\n', line.size));
	if (tsem_record_from_json(line.data, line.size, &copy, &error) < 0) {
		good = unit_fail(__FILE__, __LINE__, "%s in %s", error.text, line.data);
	} else {
		good &= CHECK(copy->size == record->size && !memcmp(copy, record, record->size));
		tsem_record_to_json(copy, &again);
		good &= CHECK(again.size == line.size && !memcmp(again.data, line.data, line.size));
	}
	free(copy);
	tsem_buffer_deinit(&line);
	tsem_buffer_deinit(&again);
	return good;
}

static bool round_trip(unsigned event, tsem_u64 seed, enum generate_mode mode)
{
	struct generator generator = {.seed = seed, .mode = mode};
	struct tsem_record *record = generate_record(&generator, event);
	bool good = check_round_trip(record);

	free(record);
	return good || unit_fail(__FILE__, __LINE__, "event %s, seed %llu", tsem_event_name(event), seed);
}

void test_json_round_trip(void)
{
	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++)
		for (unsigned turn = 0; tsem_event_name(event) && turn < 500; turn++)
			if (!round_trip(event, turn * 131 + event, GENERATE_ANY))
				break;
}

void test_json_optionals(void)
{
	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++)
		for (unsigned seed = 0; tsem_event_name(event) && seed < 8; seed++) {
			round_trip(event, seed, GENERATE_ABSENT);
			round_trip(event, seed, GENERATE_PRESENT);
		}
}

/* ---- the same JSON, written otherwise ---- */

struct rewriting {
	struct scanner scan;
	struct tsem_buffer out;
	bool reverse; /* members backwards, with white space, escapes in the names, and unknown members
			  between */
	int drop; /* number of the member that is left out, -1: none */
	int twice; /* number of the member that is there twice, -1: none */
	int members; /* so far */
	char name[64]; /* of the member that was left out or doubled */
};

struct span {
	const char *key, *value; /* with its quotes */
	int number;
};

static void rewrite_value(struct rewriting *r);

static void rewrite_member(struct rewriting *r, const struct span *span)
{
	int size = span->value - span->key - 3; /* of the name, without quotes and colon */

	if (span->number == r->drop || span->number == r->twice)
		snprintf(r->name, sizeof(r->name), "%.*s", size, span->key + 1);
	for (int left = 1 + (span->number == r->twice) - (span->number == r->drop); left; left--) {
		if (r->reverse)
			tsem_buffer_printf(&r->out, "\t\"\\u%04x%.*s\" :\r\n ", span->key[1], size - 1, span->key + 2);
		else
			tsem_buffer_printf(&r->out, "\"%.*s\":", size, span->key + 1);
		r->scan.at = span->value;
		rewrite_value(r);
		tsem_buffer_printf(&r->out, ",");
		if (r->reverse)
			tsem_buffer_printf(&r->out, "\"?%d\" : [{\"a\\u20ac\\\\\":[1.5e-3,null,{}],\"b\":\"\"},[],-0],",
					   left);
	}
}

static void rewrite_object(struct rewriting *r)
{
	struct span spans[32];
	int count = 0;
	size_t size;

	for (r->scan.at++; *r->scan.at != '}'; count++) {
		if (*r->scan.at == ',')
			r->scan.at++;
		spans[count] = (struct span){.key = r->scan.at, .number = r->members++};
		scan_string(&r->scan, NULL, 0, false, &size);
		scan_expect(&r->scan, ':');
		spans[count].value = r->scan.at;
		scan_skip(&r->scan);
	}
	tsem_buffer_printf(&r->out, "{");
	for (int i = 0; i < count; i++)
		rewrite_member(r, &spans[r->reverse ? count - 1 - i : i]);
	if (r->out.data[r->out.size - 1] == ',')
		r->out.data[--r->out.size] = 0;
	tsem_buffer_printf(&r->out, "}");
}

static void rewrite_value(struct rewriting *r)
{
	const char *start = r->scan.at;

	if (*start == '{') {
		rewrite_object(r);
		return;
	}
	scan_skip(&r->scan);
	tsem_buffer_add(&r->out, start, r->scan.at - start);
}

static void rewrite(struct rewriting *r, const struct tsem_record *record)
{
	struct tsem_buffer line = {0};

	tsem_record_to_json(record, &line);
	r->scan = (struct scanner){.start = line.data, .at = line.data, .end = line.data + line.size};
	r->members = 0;
	r->out.size = 0;
	rewrite_value(r);
	tsem_buffer_deinit(&line);
}

void test_json_reordered(void)
{
	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++)
		for (unsigned turn = 0; tsem_event_name(event) && turn < 20; turn++) {
			struct generator generator = {.seed = turn + event * 99, .mode = turn < 3 ? turn : 0};
			struct rewriting r = {.reverse = true, .drop = -1, .twice = -1};
			struct tsem_record *record = generate_record(&generator, event), *copy = NULL;
			struct tsem_error error = {0};

			rewrite(&r, record);
			if (tsem_record_from_json(r.out.data, r.out.size, &copy, &error))
				unit_fail(__FILE__, __LINE__, "%s in %s", error.text, r.out.data);
			else
				CHECK(copy->size == record->size && !memcmp(copy, record, record->size));
			free(copy);
			free(record);
			tsem_buffer_deinit(&r.out);
		}
}

static bool has_optional(const struct shape *shape, const char *name)
{
	for (const struct field *field = shape->fields; field && field->type != FIELD_END; field++)
		if (field->optional && !strcmp(field->name, name))
			return true;
	return false;
}

/* Whether a member of that name may be absent somewhere in the event. */
static bool optional_name(unsigned event, const char *name)
{
	bool found = has_optional(&schema_head, name) || has_optional(&schema_events[event].shape, name);

	for (unsigned type = FIELD_FIRST_SHAPE; type < FIELD_LIMIT; type++)
		found = found || has_optional(&schema_shapes[type], name);
	return found;
}

/* Each member in turn is left out or doubled, in our order and in reverse. */
static void try_members(unsigned event, bool drop, bool reverse)
{
	struct generator generator = {.seed = event};
	struct tsem_record *record = generate_record(&generator, event), *copy;
	struct rewriting r = {.reverse = reverse, .drop = -1, .twice = -1};
	struct tsem_error error = {0};
	int count;

	rewrite(&r, record);
	count = r.members;
	for (int i = 0; i < count; i++) {
		*(drop ? &r.drop : &r.twice) = i;
		rewrite(&r, record);
		copy = NULL;
		if (!tsem_record_from_json(r.out.data, r.out.size, &copy, &error)) {
			if (!drop || !optional_name(event, r.name))
				unit_fail(__FILE__, __LINE__, "%s: %s %s", tsem_event_name(event), r.name,
					  drop ? "missing" : "twice");
		} else if (drop ? !strstr(error.text, "missing") && !strstr(error.text, "no member names") &&
					   !strstr(error.text, "excludes") :
				  !strstr(error.text, "twice")) {
			unit_fail(__FILE__, __LINE__, "%s: %s: %s", tsem_event_name(event), r.name, error.text);
		}
		free(copy);
	}
	tsem_buffer_deinit(&r.out);
	free(record);
}

void test_json_missing(void)
{
	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++)
		for (int reverse = 0; tsem_event_name(event) && reverse < 2; reverse++)
			try_members(event, true, reverse);
}

void test_json_twice(void)
{
	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++)
		for (int reverse = 0; tsem_event_name(event) && reverse < 2; reverse++)
			try_members(event, false, reverse);
}

/* ---- values that are refused ---- */

#define ID "0000000000000000000000000000000000000000000000000000000000000000"

static const char line_format[] =
	"{\"export\":{\"type\":\"event\"},\"event\":{\"pid\":%s,\"tid\":\"2\",\"ppid\":\"1\",\"context\":%s,"
	"\"number\":\"1\","
	"\"process\":%s,\"type\":%s,\"ttd\":\"1\",\"p_ttd\":\"0\",\"task_id\":%s,\"p_task_id\":\"" ID "\",\"ts\":\"5\","
	"\"flags\":%s,\"coefficient\":\"" ID "\"},\"COE\":{\"uid\":\"0\",\"euid\":\"0\",\"suid\":\"0\",\"gid\":\"0\","
	"\"egid\":\"0\",\"sgid\":\"0\",\"fsuid\":\"0\",\"fsgid\":\"0\",\"capeff\":\"0x0\"},\"inode_symlink\":"
	"{"
	"\"dir\":{\"uid\":\"0\",\"gid\":\"0\",\"mode\":%s,\"s_magic\":\"0xef53\",\"s_id\":\"\",\"s_uuid\":"
	"\"00000000000000000000000000000000\"},\"dentry\":{\"path\":{\"type\":%s,\"pathname\":\"/tmp/"
	"l\"}},\"old_name\":%s}}%s";

enum {
	VALUE_PID,
	VALUE_CONTEXT,
	VALUE_PROCESS,
	VALUE_TYPE,
	VALUE_ID,
	VALUE_FLAGS,
	VALUE_MODE,
	VALUE_PATH,
	VALUE_NAME,
	VALUE_TAIL,
	VALUE_COUNT
};

static int parse_with(int place, const char *value, struct tsem_record **ret_record, struct tsem_error *error)
{
	const char *v[VALUE_COUNT] = {"\"3\"",	 "\"1\"",      "\"sh\"",   "\"inode_symlink\"", "\"" ID "\"",
				      "\"0x1\"", "\"040755\"", "\"root\"", "\"/etc\"",		""};
	struct tsem_buffer line = {0};
	int result;

	v[place] = value;
	tsem_buffer_printf(&line, line_format, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9]);
	result = tsem_record_from_json(line.data, line.size, ret_record, error);
	tsem_buffer_deinit(&line);
	return result;
}

static const struct {
	int place;
	const char *value;
	const char *reason; /* NULL: accepted */
} values[] = {
	{VALUE_PID, "\"4294967295\"", NULL},
	{VALUE_PID, "\"4294967296\"", "too large"},
	{VALUE_PID, "\"99999999999999999999999\"", "too large"},
	{VALUE_PID, "3", "\" is expected"},
	{VALUE_PID, "\"\"", "digit is expected"},
	{VALUE_PID, "\"03\"", "leading zero"},
	{VALUE_PID, "\"-3\"", "digit is expected"},
	{VALUE_PID, "\"+3\"", "digit is expected"},
	{VALUE_PID, "\"3 \"", "nothing else"},
	{VALUE_PID, "\"0x3\"", "nothing else"},
	{VALUE_PID, "\"a\"", "digit is expected"},
	{VALUE_PID, "null", "\" is expected"},
	{VALUE_PID, "\"3", "nothing else"},
	{VALUE_CONTEXT, "\"18446744073709551615\"", NULL},
	{VALUE_CONTEXT, "\"18446744073709551616\"", "too large"},
	{VALUE_PROCESS, "\"fifteen bytes xy\"", "larger than"},
	{VALUE_PROCESS, "\"fifteen bytes x\"", NULL},
	{VALUE_PROCESS, "\"a\\u0000\"", "NUL"},
	{VALUE_TYPE, "\"inode_symlin\"", "no such event"},
	{VALUE_TYPE, "\"inode_link\"", "missing"},
	{VALUE_ID, "\"00\"", "hexadecimal"},
	{VALUE_ID, "\"" ID "0\"", "nothing else"},
	{VALUE_ID, "\"A000000000000000000000000000000000000000000000000000000000000000\"", "hexadecimal"},
	{VALUE_FLAGS, "\"1\"", "0x is expected"},
	{VALUE_FLAGS, "\"0X1\"", "0x is expected"},
	{VALUE_FLAGS, "\"0x\"", "digit"},
	{VALUE_FLAGS, "\"0x01\"", "zero"},
	{VALUE_FLAGS, "\"0x10\"", "flags"},
	{VALUE_FLAGS, "\"0x8\"", "failure"},
	{VALUE_MODE, "\"0\"", NULL},
	{VALUE_MODE, "\"0177777\"", NULL},
	{VALUE_MODE, "\"0200000\"", "too large"},
	{VALUE_MODE, "\"755\"", "octal"},
	{VALUE_MODE, "\"0800\"", "digit"},
	{VALUE_MODE, "\"00755\"", "zero"},
	{VALUE_PATH, "\"attic\"", "root, namespace, chroot or detached"},
	{VALUE_NAME, "\"\\\\\\\\\\u00e4\\ud83d\\ude00\\/\\b\\\\xff\"", NULL},
	{VALUE_NAME, "\"a\\\\b\"", "backslash"},
	{VALUE_NAME, "\"\\\\\"", "backslash"},
	{VALUE_NAME, "\"\\\\x4\"", "backslash"},
	{VALUE_NAME, "\"\\\\x00\"", "NUL"},
	{VALUE_NAME, "\"\\u0000\"", "NUL"},
	{VALUE_NAME, "\"\\ud83d\"", "surrogate"},
	{VALUE_NAME, "\"\\ude00\\ud83d\"", "surrogate"},
	{VALUE_NAME, "\"\\ud83d\\u0041\"", "surrogate"},
	{VALUE_NAME, "\"\\u00g0\"", "hexadecimal"},
	{VALUE_NAME, "\"\\q\"", "escape"},
	{VALUE_NAME, "\"\n\"", "control"},
	{VALUE_NAME, "\"\xff\"", "UTF-8"},
	{VALUE_NAME, "\"\xc0\x80\"", "UTF-8"},
	{VALUE_NAME, "\"\xed\xa0\x80\"", "UTF-8"},
	{VALUE_NAME, "[]", "\" is expected"},
	{VALUE_NAME, "\"a\",\"x\":tru", "value is expected"},
	{VALUE_NAME, "\"a\",\"x\":01", "} is expected"},
	{VALUE_NAME, "\"a\",\"x\":1.", "digit"},
	{VALUE_NAME, "\"a\",\"x\":-", "digit"},
	{VALUE_NAME, "\"a\",\"x\":[1,]", "value"},
	{VALUE_NAME, "\"a\",\"x\":{\"a\":1,}", "\" is expected"},
	{VALUE_NAME, "\"a\",\"x\":{\"a\" 1}", ": is expected"},
	{VALUE_NAME, "\"a\",\"x\":[1}", "comma"},
	{VALUE_NAME, "\"a\",", "\" is expected"},
	{VALUE_NAME, "\"a\",\"x\":{\"y\":[true,false,null,0,-1.5E+3,\"\\u0000\"]}", NULL},
	{VALUE_TAIL, " \r\n", NULL},
	{VALUE_TAIL, "x", "text after"},
	{VALUE_TAIL, "{}", "text after"},
};

static void check_nesting(void)
{
	struct tsem_record *record;
	struct tsem_error error;
	char value[256];

	for (int depth = 32; depth < 34; depth++) {
		snprintf(value, sizeof(value), "\"a\",\"x\":%.*s%.*s", depth,
			 "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", depth, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
		if (depth > 32) {
			CHECK(parse_with(VALUE_NAME, value, &record, &error) == -EBADMSG);
			CHECK_HOLDS(error.text, "too deeply");
		} else if (CHECK(!parse_with(VALUE_NAME, value, &record, &error))) {
			free(record);
		}
	}
}

void test_json_refused(void)
{
	struct tsem_record *record;
	struct tsem_error error;

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		int result = parse_with(values[i].place, values[i].value, &record, &error);

		if (values[i].reason) {
			CHECK(result == -EBADMSG);
			CHECK_HOLDS(error.text, values[i].reason);
			CHECK_HOLDS(error.text, "event");
		}
		if (!values[i].reason && result)
			unit_fail(__FILE__, __LINE__, "%s: %s", values[i].value, error.text);
		if (!result && !values[i].reason)
			check_round_trip(record);
		if (!result)
			free(record);
	}
	check_nesting();
	CHECK(tsem_record_from_json("", 0, &record, &error) == -EBADMSG);
	CHECK(tsem_record_from_json("{", 1, &record, NULL) == -EBADMSG);
}

/* One byte of a good line is changed, or its end is missing: whatever is accepted then is an event in good
 * order. */
void test_json_mutated(void)
{
	struct generator generator = {.seed = 11};
	struct tsem_buffer line = {0};

	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++) {
		struct tsem_record *record = tsem_event_name(event) ? generate_record(&generator, event) : NULL, *copy;

		if (!record)
			continue;
		line.size = 0;
		tsem_record_to_json(record, &line);
		for (size_t i = 0; i < line.size; i++) {
			char old = line.data[i];

			CHECK(tsem_record_from_json(line.data, i, &copy, NULL) == -EBADMSG);
			line.data[i] = generate_number(&generator) % 3 ?
					       "\"\\{}[]:,0x"[generate_number(&generator) % 10] :
					       (char)generate_number(&generator);
			if (!tsem_record_from_json(line.data, line.size, &copy, NULL)) {
				check_round_trip(copy);
				free(copy);
			}
			line.data[i] = old;
		}
		free(record);
	}
	tsem_buffer_deinit(&line);
}

/* A failed event may have a CELL that is cut anywhere. */
void test_json_failed(void)
{
	struct generator generator = {.seed = 12, .mode = GENERATE_PRESENT};

	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++) {
		struct tsem_record *record = tsem_event_name(event) ? generate_record(&generator, event) : NULL;

		for (int size = record ? (int)record->cell_size : -1; size >= 0; size -= 1 + size / 50) {
			record->flags |= TSEM_RECORD_FAILED;
			record->failure = TSEM_FAILURE_storage;
			record->cell_size = size;
			record->size = sizeof(*record) + size;
			check_round_trip(record);
		}
		free(record);
	}
}

/* An exported event has no coefficient, and says so; what says one thing and has the other is refused. */
void test_json_bare(void)
{
	struct generator generator = {.seed = 13, .mode = GENERATE_ANY};

	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++) {
		struct tsem_record *record = tsem_event_name(event) ? generate_record(&generator, event) : NULL;
		tsem_u8 coefficient[TSEM_DIGEST_SIZE];

		if (!record)
			continue;
		memcpy(coefficient, record->coefficient, sizeof(coefficient));
		record->flags |= TSEM_RECORD_BARE;
		CHECK(tsem_record_check(record, record->size, NULL) == -EBADMSG);
		memset(record->coefficient, 0, sizeof(record->coefficient));
		check_round_trip(record);
		record->flags &= ~TSEM_RECORD_BARE;
		tsem_record_coefficient(record, record->coefficient);
		CHECK(!memcmp(record->coefficient, coefficient, sizeof(coefficient)));
		free(record);
	}
}
