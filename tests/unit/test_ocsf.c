/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every event as OCSF 1.3.0, against a table of what that version requires of
 * the classes and objects that we write: attributes that must be there, their
 * types, and of some objects at least one of several.
 */
#include <stdlib.h>
#include <string.h>

#include "../../lib/json/scan.h"
#include "../../sink/format.h"
#include "generate.h"
#include "unit.h"

#define DEPTH 8

/* One attribute of a line: "actor.process.pid", "number" or "string" and so on. */
struct attribute {
	char path[160];
	char type; /* n s o a b */
	long long number;
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

/* ---- what 1.3.0 requires ---- */

/* Of a class, by class_uid; 0: of all. types: as in struct attribute. */
static const struct {
	unsigned class;
	const char *path;
	char type;
} required[] = {
	{0, "category_uid", 'n'}, {0, "class_uid", 'n'}, {0, "activity_id", 'n'}, {0, "type_uid", 'n'},
	{0, "severity_id", 'n'}, {0, "time", 'n'}, {0, "metadata", 'o'}, {0, "action_id", 'n'}, {0, "device", 'o'},
	{1001, "actor", 'o'}, {1001, "file", 'o'},
	{1002, "actor", 'o'}, {1002, "driver", 'o'},
	{1003, "actor", 'o'}, {1003, "kernel", 'o'},
	{1004, "actor", 'o'}, {1004, "process", 'o'},
	{1007, "actor", 'o'}, {1007, "process", 'o'},
	{2004, "finding_info", 'o'}, {2004, "evidences", 'a'},
	{4001, "dst_endpoint", 'o'},
};

/* Of an object that is there, wherever it is: by the last part of its path. */
static const struct {
	const char *object, *attribute;
	char type;
} members[] = {
	{"metadata", "version", 's'}, {"metadata", "product", 'o'}, {"metadata", "sequence", 'n'},
	{"product", "vendor_name", 's'}, {"product", "name", 's'},
	{"device", "type_id", 'n'}, {"os", "name", 's'}, {"os", "type_id", 'n'},
	{"file", "name", 's'}, {"file", "type_id", 'n'}, {"file_result", "name", 's'}, {"file_result", "type_id", 'n'},
	{"fingerprints", "algorithm_id", 'n'}, {"fingerprints", "value", 's'},
	{"driver", "file", 'o'}, {"kernel", "name", 's'}, {"kernel", "type_id", 'n'},
	{"connection_info", "direction_id", 'n'}, {"finding_info", "title", 's'}, {"finding_info", "uid", 's'},
	{"api", "operation", 's'},
};

static const struct {
	const char *object, *one_of[6];
} choices[] = {
	{"process", {"pid", "uid"}},
	{"parent_process", {"pid", "uid"}},
	{"actor", {"process", "user"}},
	{"user", {"uid", "name"}},
	{"owner", {"uid", "name"}},
	{"device", {"hostname", "uid"}},
	{"dst_endpoint", {"ip", "uid", "name", "hostname"}},
	{"src_endpoint", {"ip", "uid", "name", "hostname"}},
	{"evidences", {"actor", "file", "process", "api", "dst_endpoint"}},
};

/* Types of attributes, wherever they are but in unmapped. */
static const struct {
	const char *name;
	char type;
} types[] = {{"pid", 'n'},  {"tid", 'n'},      {"uid", 's'},	   {"port", 'n'}, {"ip", 's'},	      {"path", 's'},
	     {"name", 's'}, {"hostname", 's'}, {"original_time", 's'}, {"profiles", 'a'}, {"types", 'a'}, {"protocol_num", 'n'},
	     {"requested_permissions", 'n'}, {"activity_name", 's'}, {"disposition_id", 'n'}};

static const char *last_part(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

static bool has(const struct line *line, const char *object, const char *name, char type)
{
	const struct attribute *attribute;
	char path[256];

	snprintf(path, sizeof(path), "%s.%s", object, name);
	attribute = find(line, path);
	return attribute && (!type || attribute->type == type);
}

static bool check_object(const struct line *line, const char *path)
{
	const char *name = last_part(path);
	bool good = true;

	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		if (!strcmp(members[i].object, name) && !has(line, path, members[i].attribute, members[i].type))
			good = unit_fail(__FILE__, __LINE__, "%s has no %s", path, members[i].attribute);
	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
		bool one = false;

		for (size_t j = 0; j < 6 && choices[i].one_of[j]; j++)
			one |= has(line, path, choices[i].one_of[j], 0);
		if (!strcmp(choices[i].object, name) && !one)
			good = unit_fail(__FILE__, __LINE__, "%s has none of what it needs one of", path);
	}
	return good;
}

static bool check_attributes(const struct line *line)
{
	bool good = true;

	for (size_t i = 0; i < line->count; i++) {
		const struct attribute *attribute = &line->attributes[i];

		if (!strncmp(attribute->path, "unmapped", 8))
			continue;
		if (attribute->type == 'o' || attribute->type == 'a')
			good &= check_object(line, attribute->path);
		for (size_t j = 0; j < sizeof(types) / sizeof(*types); j++)
			if (!strcmp(types[j].name, last_part(attribute->path)) && types[j].type != attribute->type)
				good = unit_fail(__FILE__, __LINE__, "%s is of type %c", attribute->path, attribute->type);
	}
	return good;
}

static long long number(const struct line *line, const char *path)
{
	const struct attribute *attribute = find(line, path);

	return attribute ? attribute->number : -1;
}

static bool check_class(const struct line *line)
{
	static const struct {
		unsigned class, activities;
	} classes[] = {{1001, 14}, {1002, 2}, {1003, 4}, {1004, 9}, {1007, 5}, {2004, 3}, {4001, 7}};
	unsigned class = number(line, "class_uid"), activity = number(line, "activity_id"), most = 0;
	bool good = true;

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (classes[i].class == class)
			most = classes[i].activities;
	good &= CHECK(most > 0) && CHECK(activity == 99 || (activity > 0 && activity <= most));
	good &= CHECK(activity != 99 || find(line, "activity_name"));
	good &= CHECK(number(line, "type_uid") == class * 100 + activity);
	good &= CHECK(number(line, "category_uid") == class / 1000);
	for (size_t i = 0; i < sizeof(required) / sizeof(*required); i++) {
		const struct attribute *attribute = find(line, required[i].path);

		if ((!required[i].class || required[i].class == class) && (!attribute || attribute->type != required[i].type))
			good = unit_fail(__FILE__, __LINE__, "class %u has no %s", class, required[i].path);
	}
	return good;
}

static bool check_record(const struct sink_format *format, struct tsem_record *record)
{
	struct line *line = calloc(1, sizeof(*line));
	struct tsem_buffer text = {};
	struct scanner scanner;
	bool good;

	sink_format_record(format, record, &text);
	scanner = (struct scanner){.start = text.data, .at = text.data, .end = text.data + text.size};
	good = CHECK(read_value(&scanner, line, 0)) && CHECK(scanner.at == scanner.end) && check_class(line) && check_attributes(line);
	good &= CHECK(number(line, "metadata.sequence") == (long long)(record->number & 0x7fffffffffffffff) || record->number >> 63);
	if (!good)
		unit_fail(__FILE__, __LINE__, "%s: %s", tsem_event_name(record->event), text.data);
	tsem_buffer_deinit(&text);
	free(line);
	return good;
}

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
			good = check_record(&format, record);
			free(record);
			if (!good)
				return;
		}
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
		for (tsem_u32 size = record->cell_size; ; size /= 2) {
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
	holds(record, "\"class_uid\":4001,\"activity_id\":1,\"type_uid\":400101,\"severity_id\":1,\"time\":1000000000002,");
	holds(record, "\"dst_endpoint\":{\"ip\":\"10.0.0.9\",\"port\":443}");
	holds(record, "\"connection_info\":{\"direction_id\":2,\"protocol_num\":6}");
	holds(record, "\"unmapped\":{\"type\":\"socket_connect\",\"context\":\"2\"");
	record->flags |= TSEM_RECORD_VIOLATION | TSEM_RECORD_REFUSED;
	holds(record, "\"class_uid\":2004,\"activity_id\":1,\"type_uid\":200401,\"severity_id\":4,");
	holds(record, "\"action_id\":2,\"disposition_id\":2");
	holds(record, "\"title\":\"nc connects to 10.0.0.9 port 443\",\"uid\":\"b-2-9\"");
	free(record);
}
