/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every event as OCSF 1.3.0, against what that version says as data: no
 * attribute that it does not have, of its type, all that are required, of some
 * objects at least one of several, and the word for each number.
 */
#include <stdlib.h>
#include <string.h>

#include "../../lib/json/scan.h"
#include "../../sink/format.h"
#include "../../sink/ocsf_rows.h"
#include "generate.h"
#include "unit.h"

#define DEPTH 8

/* One attribute of a line: "actor.process.pid", "number" or "string" and so on. */
struct attribute {
	char path[160];
	char type; /* n s o a b */
	long long number;
	char text[64]; /* of a string, its beginning */
};

struct line {
	struct attribute attributes[600];
	size_t count;
	char path[160];
};

static void note(struct line *line, char type, const char *text)
{
	struct attribute *attribute = &line->attributes[line->count];

	if (line->count == sizeof(line->attributes) / sizeof(*line->attributes))
		return;
	snprintf(attribute->path, sizeof(attribute->path), "%s", line->path);
	attribute->type = type;
	attribute->number = type == 'n' ? strtoll(text, NULL, 10) : 0;
	snprintf(attribute->text, sizeof(attribute->text), "%.*s", type == 's' ? (int)strcspn(text + 1, "\"") : 0,
		 text + 1);
	line->count++;
}

static bool read_value(struct scanner *scanner, struct line *line, unsigned depth);

/* Elements of an array have the path of the array: what is required of one must be found. */
static bool read_inside(struct scanner *scanner, struct line *line, unsigned depth, char close)
{
	size_t size = strlen(line->path), length;
	tsem_u8 key[64];

	if (scan_accept(scanner, close))
		return true;
	do {
		if (close == '}') {
			if (!scan_string(scanner, key, sizeof(key) - 1, true, &length) || !scan_expect(scanner, ':'))
				return false;
			key[length] = 0;
			snprintf(line->path + size, sizeof(line->path) - size, "%s%s", size ? "." : "", (char *)key);
		}
		scan_space(scanner);
		if (close == ']' && *scanner->at != '{' ? !scan_skip(scanner) : !read_value(scanner, line, depth + 1))
			return false;
		line->path[size] = 0;
	} while (scan_accept(scanner, ','));
	return scan_accept(scanner, close);
}

static bool read_value(struct scanner *scanner, struct line *line, unsigned depth)
{
	const char *at = scanner->at;

	if (depth > DEPTH || at == scanner->end)
		return false;
	if (*at != '{' && *at != '[') {
		note(line, *at == '"' ? 's' : *at == 't' || *at == 'f' ? 'b' : 'n', at);
		return scan_skip(scanner);
	}
	note(line, *at == '{' ? 'o' : 'a', at);
	scanner->at++;
	return read_inside(scanner, line, depth, *at == '{' ? '}' : ']');
}

static const struct attribute *find(const struct line *line, const char *path)
{
	for (size_t i = 0; i < line->count; i++)
		if (!strcmp(line->attributes[i].path, path))
			return &line->attributes[i];
	return NULL;
}

/* ---- what 1.3.0 says ---- */

struct schema_attribute {
	const char *object, *name, *type;
	bool required;
};

struct schema_word {
	const char *number, *word;
	long long value;
	const char *text;
};

struct schema_pair {
	const char *object, *other;
};

#define CATEGORY(uid, text) {"category_uid", "category_name", uid, text},
#define CLASS(uid, text) {"class_uid", "class_name", uid, text},
#define VALUE(number, word, value, text) {number, word, value, text},
#define ACTIVITY(class, activity, text)
#define EXTENDS(object, other)
#define ATTRIBUTE(object, name, type, required)
#define ONE_OF(object, names)
static const struct schema_word words[] = {
#include "../data/ocsf-1.3.0.def"
};
#undef CATEGORY
#undef CLASS
#undef VALUE
#undef ACTIVITY
#define CATEGORY(uid, text)
#define CLASS(uid, text)
#define VALUE(number, word, value, text)
#define ACTIVITY(class, activity, text) {NULL, NULL, class * 100 + activity, text},
static const struct schema_word activities[] = {
#include "../data/ocsf-1.3.0.def"
};
#undef ACTIVITY
#undef EXTENDS
#define ACTIVITY(class, activity, text)
#define EXTENDS(object, other) {object, other},
static const struct schema_pair extends[] = {
#include "../data/ocsf-1.3.0.def"
};
#undef EXTENDS
#undef ATTRIBUTE
#define EXTENDS(object, other)
#define ATTRIBUTE(object, name, type, required) {object, name, type, required},
static const struct schema_attribute attributes[] = {
#include "../data/ocsf-1.3.0.def"
};
#undef ATTRIBUTE
#undef ONE_OF
#define ATTRIBUTE(object, name, type, required)
#define ONE_OF(object, names) {object, names},
static const struct schema_pair one_of[] = {
#include "../data/ocsf-1.3.0.def"
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool belongs(const char *object, const char *owner)
{
	for (size_t i = 0; i < COUNT(extends); i++)
		if (!strcmp(extends[i].object, object) && !strcmp(extends[i].other, owner))
			return true;
	return !strcmp(object, owner);
}

static const struct schema_attribute *find_attribute(const char *object, const char *name, size_t size)
{
	for (size_t i = 0; i < COUNT(attributes); i++)
		if (strlen(attributes[i].name) == size && !memcmp(attributes[i].name, name, size) &&
		    belongs(object, attributes[i].object))
			return &attributes[i];
	return NULL;
}

/* The name of an object: its type, without what says that it is one of an array. */
static void object_of(const char *type, char ret_object[64])
{
	snprintf(ret_object, 64, "%.*s", (int)strcspn(type, "["), type);
}

/* Follows the path from the class; NULL: the schema has no such attribute. "": nothing is said about what is below. */
static const char *type_of(const char *class, const char *path)
{
	const struct schema_attribute *attribute;
	char object[64];
	size_t size;

	snprintf(object, sizeof(object), "%s", class);
	for (;; path += size + 1) {
		size = strcspn(path, ".");
		attribute = find_attribute(object, path, size);
		if (!attribute)
			return NULL;
		if (!path[size] || !strcmp(attribute->type, "j"))
			return path[size] ? "" : attribute->type;
		object_of(attribute->type, object);
	}
}

static bool has(const struct line *line, const char *object, const char *name, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), "%s%s%.*s", object, *object ? "." : "", (int)size, name);
	return find(line, path);
}

static bool has_one_of(const struct line *line, const char *path, const char *names)
{
	size_t size;

	for (; *names; names += size + (names[size] == ' ')) {
		size = strcspn(names, " ");
		if (has(line, path, names, size))
			return true;
	}
	return false;
}

static bool check_object(const struct line *line, const char *path, const char *object)
{
	bool good = true;

	for (size_t i = 0; i < COUNT(attributes); i++)
		if (attributes[i].required && belongs(object, attributes[i].object) &&
		    !has(line, path, attributes[i].name, strlen(attributes[i].name)))
			good = unit_fail(__FILE__, __LINE__, "%s, which is a %s, has no %s", path, object,
					 attributes[i].name);
	for (size_t i = 0; i < COUNT(one_of); i++)
		if (!strcmp(one_of[i].object, object) && !has_one_of(line, path, one_of[i].other))
			good = unit_fail(__FILE__, __LINE__, "%s, which is a %s, has none of %s", path, object,
					 one_of[i].other);
	return good;
}

/* s n b: themselves. S, and with [] behind: an array. Else an object. */
static bool is_of_type(char found, const char *type)
{
	if (!*type || !strcmp(type, "j"))
		return true;
	if (strchr(type, '[') || !strcmp(type, "S"))
		return found == 'a' || (found == 'o' && strchr(type, '['));
	return type[1] ? found == 'o' : found == type[0];
}

static bool check_attributes(const struct line *line, const char *class)
{
	bool good = check_object(line, "", class);

	for (size_t i = 0; i < line->count; i++) {
		const struct attribute *attribute = &line->attributes[i];
		const char *type = *attribute->path ? type_of(class, attribute->path) : "";
		char object[64];

		if (!type)
			good = unit_fail(__FILE__, __LINE__, "class %s has no %s", class, attribute->path);
		else if (!is_of_type(attribute->type, type))
			good = unit_fail(__FILE__, __LINE__, "%s is of type %c", attribute->path, attribute->type);
		if (!type || attribute->type != 'o' || strlen(type) < 2)
			continue;
		object_of(type, object);
		good &= check_object(line, attribute->path, object);
	}
	return good;
}

static long long number(const struct line *line, const char *path)
{
	const struct attribute *attribute = find(line, path);

	return attribute ? attribute->number : -1;
}

/* Whoever reads finds the words too: each number that has one. */
static bool check_words(const struct line *line)
{
	bool good = true;

	for (size_t i = 0; i < COUNT(words); i++) {
		const struct attribute *word = find(line, words[i].word);

		if (number(line, words[i].number) != words[i].value)
			continue;
		good &= word ? CHECK_TEXT(word->text, words[i].text) :
			       unit_fail(__FILE__, __LINE__, "%s has no %s", words[i].number, words[i].word);
	}
	return good;
}

static bool check_class(const struct line *line)
{
	long long class = number(line, "class_uid"), type = number(line, "type_uid");
	const struct attribute *name = find(line, "activity_name");
	bool good = CHECK(type == class * 100 + number(line, "activity_id")) &&
		    CHECK(number(line, "category_uid") == class / 1000);
	char object[32];

	snprintf(object, sizeof(object), "%lld", class);
	for (size_t i = 0; i < COUNT(activities); i++)
		if (activities[i].value == type)
			return good && CHECK(name && *name->text) &&
			       (!activities[i].text || CHECK_TEXT(name->text, activities[i].text)) &&
			       check_words(line) && check_attributes(line, object);
	return unit_fail(__FILE__, __LINE__, "there is no activity %lld", type);
}

/* text is freed. */
static bool check_line(const struct tsem_record *record, struct tsem_buffer text)
{
	struct scanner scanner = {.start = text.data, .at = text.data, .end = text.data + text.size};
	struct line *line = calloc(1, sizeof(*line));
	bool good;

	good = CHECK(read_value(&scanner, line, 0)) && CHECK(scanner.at == scanner.end) && check_class(line);
	good &= CHECK(number(line, "metadata.sequence") == (long long)(record->number & 0x7fffffffffffffff) ||
		      record->number >> 63);
	if (!good)
		unit_fail(__FILE__, __LINE__, "%s: %s", tsem_event_name(record->event), text.data);
	tsem_buffer_deinit(&text);
	free(line);
	return good;
}

static bool check_record(const struct sink_format *format, struct tsem_record *record)
{
	struct tsem_buffer text = {};

	sink_format_record(format, record, &text);
	return check_line(record, text);
}

static void know_program(void *context, const struct tsem_record *record, struct tsem_buffer *ret_path)
{
	CHECK(context && record);
	tsem_buffer_printf(ret_path, "/usr/bin/shell");
}

static void know_line(void *context, const struct tsem_record *record, struct tsem_buffer *ret_line)
{
	CHECK(context && record);
	tsem_buffer_printf(ret_line, "a \"b\"");
}

static void know_nearest(void *context, const struct tsem_record *record, struct tsem_buffer *ret_nearest,
			 struct tsem_buffer *ret_difference)
{
	CHECK(context && record);
	tsem_buffer_printf(ret_nearest, "it there");
	tsem_buffer_printf(ret_difference, "this");
}

static const struct sink_knowledge all = {(void *)&all, know_program, know_line, know_nearest};
static const struct sink_knowledge *known; /* of the test that runs */

void test_ocsf_required(void)
{
	struct generator generator = {.seed = 11};
	struct sink_identity identity;
	struct sink_format format;

	sink_identity_here("unit", &identity);
	sink_format_init(&format, FORMAT_OCSF, true, &identity);
	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++)
		for (unsigned round = 0; tsem_event_name(event) && round < 24; round++) {
			struct tsem_record *record;
			bool good;

			generator.mode = round == 0 ? GENERATE_ABSENT : round == 1 ? GENERATE_PRESENT : GENERATE_ANY;
			record = generate_record(&generator, event);
			record->ts = 1;
			if (round % 3 == 1)
				record->flags |= TSEM_RECORD_VIOLATION;
			else
				record->flags &= ~TSEM_RECORD_VIOLATION;
			format.knowledge = round & 1 ? &all : NULL;
			good = check_record(&format, record);
			free(record);
			if (!good)
				return;
		}
	sink_format_deinit(&format);
}

/* What an event becomes that ocsf.def says nothing of: as valid, with its own name, and its subject is a field of it. */
void test_ocsf_by_class(void)
{
	struct generator generator = {.seed = 17, .mode = GENERATE_PRESENT};
	struct sink_identity identity;
	struct sink_format format;

	sink_identity_here("unit", &identity);
	sink_format_init(&format, FORMAT_OCSF, true, &identity);
	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++) {
		struct ocsf_row row = ocsf_row_by_class(event);
		struct tsem_record *record = tsem_event_name(event) ? generate_record(&generator, event) : NULL;
		struct tsem_buffer text = {};

		if (!record)
			continue;
		record->ts = 1;
		record->flags &= ~TSEM_RECORD_VIOLATION;
		CHECK(row.class && row.activity == OCSF_OTHER && (row.class != FILES || row.subject));
		ocsf_record_as(&format, record, row, &text);
		/* An exec is a launch, whatever its row. */
		CHECK(event == TSEM_EVENT_bprm_committed_creds || strstr(text.data, tsem_event_name(event)));
		CHECK(check_line(record, text));
		free(record);
	}
	CHECK(!ocsf_row_by_class(0).class);
	sink_format_deinit(&format);
}

/* Cut anywhere: what is required is there all the same. */
void test_ocsf_cut(void)
{
	struct generator generator = {.seed = 3, .mode = GENERATE_PRESENT};
	struct sink_identity identity;
	struct sink_format format;

	sink_identity_here("unit", &identity);
	sink_format_init(&format, FORMAT_OCSF, true, &identity);
	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++) {
		struct tsem_record *record = tsem_event_name(event) ? generate_record(&generator, event) : NULL;

		if (!record)
			continue;
		record->ts = 1;
		record->flags = TSEM_RECORD_FAILED;
		record->failure = TSEM_FAILURE_path;
		for (tsem_u32 size = record->cell_size;; size /= 2) {
			record->size -= record->cell_size - size;
			record->cell_size = size;
			if (!check_record(&format, record) || !size)
				break;
		}
		free(record);
	}
	sink_format_deinit(&format);
}

static bool holds(struct tsem_record *record, const char *part)
{
	struct sink_identity identity = {.host = "web1", .boot = "b", .name = "n", .epoch = 1000000000000000000ull};
	struct tsem_buffer text = {};
	struct sink_format format;
	bool good;

	sink_format_init(&format, FORMAT_OCSF, true, &identity);
	format.knowledge = known;
	sink_format_record(&format, record, &text);
	good = CHECK_HOLDS(text.data, part);
	sink_format_deinit(&format);
	tsem_buffer_deinit(&text);
	return good;
}

void test_ocsf_values(void)
{
	static const char event[] =
		"{\"export\":{\"type\":\"event\"},\"event\":{\"pid\":\"5\",\"tid\":\"6\",\"ppid\":\"4\",\"context\":\"2\",\"number\":\"9\","
		"\"process\":\"nc\",\"type\":\"socket_connect\",\"ttd\":\"1\",\"p_ttd\":\"0\",\"task_id\":\"%064d\",\"p_task_id\":\"%064d\","
		"\"ts\":\"2000000\",\"flags\":\"0x%x\"},\"COE\":{\"uid\":\"3\",\"euid\":\"3\",\"suid\":\"3\",\"gid\":\"3\",\"egid\":\"3\","
		"\"sgid\":\"3\",\"fsuid\":\"3\",\"fsgid\":\"3\",\"capeff\":\"0x0\"},\"socket_connect\":{\"sock\":{\"family\":\"2\",\"type\":\"1\","
		"\"protocol\":\"6\",\"owner\":\"%064d\"},\"addr\":{\"af_inet\":{\"port\":\"443\",\"address\":\"10.0.0.9\"}}}}";
	struct tsem_error error = {};
	struct tsem_record *record;
	char text[2048];

	snprintf(text, sizeof(text), event, 1, 2, TSEM_RECORD_BARE, 0);
	if (!CHECK(!tsem_record_from_json(text, strlen(text), &record, &error)))
		return;
	holds(record,
	      "\"class_uid\":4001,\"activity_id\":1,\"type_uid\":400101,\"severity_id\":1,\"time\":1000000000002,");
	holds(record, "\"dst_endpoint\":{\"ip\":\"10.0.0.9\",\"port\":443}");
	holds(record, "\"connection_info\":{\"direction_id\":2,\"protocol_num\":6}");
	holds(record, "\"unmapped\":{\"type\":\"socket_connect\",\"context\":\"2\"");
	record->flags |= TSEM_RECORD_VIOLATION | TSEM_RECORD_REFUSED;
	holds(record, "\"class_uid\":2004,\"activity_id\":1,\"type_uid\":200401,\"severity_id\":4,");
	holds(record, "\"action_id\":2,\"action\":\"Denied\",\"disposition_id\":2,\"disposition\":\"Blocked\"");
	holds(record, "\"title\":\"nc connects to 10.0.0.9 port 443\",\"uid\":\"b-2-9\"");
	free(record);
}

/* Who executes and what is executed are two, each with its own name. */
void test_ocsf_exec(void)
{
	struct generator generator = {.seed = 5, .mode = GENERATE_PRESENT};
	struct tsem_record *record = generate_record(&generator, TSEM_EVENT_bprm_committed_creds);

	record->flags = 0;
	memset(record->comm, 0, sizeof(record->comm));
	memcpy(record->comm, "old", 3);
	known = &all;
	holds(record, "\"name\":\"old\",\"file\":{\"name\":\"shell\",\"path\":\"/usr/bin/shell\",\"type_id\":1}");
	holds(record, "\"cmd_line\":\"a \\\"b\\\"\"");
	holds(record, "\"activity_name\":\"Launch\"");
	holds(record, "\"hashes\":[{\"algorithm\":\"SHA-256\",\"algorithm_id\":3,\"value\":");
	record->flags = TSEM_RECORD_VIOLATION;
	holds(record, "\"data\":{\"nearest\":\"it there\",\"difference\":\"this\"}");
	known = NULL;
	free(record);
}
