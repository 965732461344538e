/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rules for names: what is proposed, what is not, and that a rule is what the kernel side does with it. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/explain/likeness.h"
#include "../../lib/learn/local.h"
#include "../../lib/learn/propose.h"
#include "../../lib/base/rate.h"
#include "generate.h"
#include "unit.h"

#define ID0 "0000000000000000000000000000000000000000000000000000000000000000"
#define ID1 "1111111111111111111111111111111111111111111111111111111111111111"
#define INODE \
	"{\"uid\":\"0\",\"gid\":\"0\",\"mode\":\"0100644\",\"s_magic\":\"0x0\",\"s_id\":\"\",\"s_uuid\":" \
	"\"00000000000000000000000000000000\"}"

/* Names and the run in which each was first seen; the patterns that are wanted, with a blank between them. */
static const struct {
	const char *directory;
	const char *names;
	const char *patterns;
} cases[] = {
	{"/tmp", "1:tmp.XvLSDLb71i 2:tmp.UL32fs0PA7", "/tmp/tmp.{alnum-10}"},
	{"/tmp", "1:build-CzS96X.d 2:build-1DOlTK.d", "/tmp/build-{alnum-6}.d"},
	{"/tmp", "1:pid.145 2:pid.153 3:pid.1161", "/tmp/pid.{digit}"},
	{"/tmp", "1:pid.1451 2:pid.1453", "/tmp/pid.{digit}"},
	{"/tmp", "1:cache-3f9a2c01 2:cache-77b0e4d2", "/tmp/cache-{hex-8}"},
	{"/tmp", "1:cache-3F9A2C01 2:cache-77B0E4D2", "/tmp/cache-{hex-8}"},
	{"/tmp", "1:20231122T101500 2:20231122T101733", "/tmp/20231122T{digit}"},
	{"/tmp", "1:1700000001.log 2:1700000333.log", "/tmp/{digit-10}.log"},
	{"/var/lib/x", "1:ccA8kQz2.o 2:cc9Lm3Tt.o 3:ccPq7Zx1.o 4:ccBB4u0a.o", "/var/lib/x/cc{alnum-6}.o"},
	{"/", "1:tmp.XvLSDLb71i 2:tmp.UL32fs0PA7", "/tmp.{alnum-10}"},
	/* several parts */
	{"/t", "1:conf.json.tmp.1234.5678 2:conf.json.tmp.1300.999 3:conf.json.tmp.77.12345",
	 "/t/conf.json.tmp.{digit}.{digit}"},
	{"/t", "1:conf.json.tmp.1234.5678 2:conf.json.tmp.1300.999", "/t/conf.json.tmp.{digit}.{digit}"},
	{"/new",
	 "1:1701234567.M12345P678.host,S=123:2,S 2:1701234599.M977P12678.host,S=123:2,S 3:1701239599.M71977P2678.host,S=123:2,S",
	 "/new/{digit-10}.M{digit}P{digit}.host,S=123:2,S"},
	{"/t",
	 "1:systemd-private-550e8400e29b41d4a716446655440000-web.service-Xv4SDL "
	 "2:systemd-private-123e4567e89b12d3a456426614174000-web.service-71iUL3",
	 "/t/systemd-private-{hex-32}-web.service-{alnum-6}"},
	{"/t", "1:ab12cd.34.Xv4SDL.o 2:cc98ff.71.71iUL3.o 3:d0d0aa.5.2fs0PA.o", "/t/{hex-6}.{digit}.{alnum-6}.o"},
	/* several files of one made-up name, told apart by their endings */
	{"/tmp",
	 "1:#sql-temptable-d67-1-1.MAI 1:#sql-temptable-d67-1-1.MAD 1:#sql-temptable-d67-1-1c.MAI 1:#sql-temptable-d67-1-1c.MAD "
	 "2:#sql-temptable-75d-1-1.MAI 2:#sql-temptable-75d-1-1.MAD 2:#sql-temptable-75d-1-1c.MAI 2:#sql-temptable-75d-1-1c.MAD "
	 "3:#sql-temptable-e51-1-1.MAI 3:#sql-temptable-e51-1-1.MAD 3:#sql-temptable-e51-1-1c.MAI 3:#sql-temptable-e51-1-1c.MAD",
	 "/tmp/#sql-temptable-{hex}-1-{hex}.MAD /tmp/#sql-temptable-{hex}-1-{hex}.MAI"},
	{"/tmp",
	 "1:#sql-2d2e-1-1.MAI 1:#sql-2d2e-1-1.MAD 1:#sql-2d2e-1-1c.MAI 1:#sql-2d2e-1-1c.MAD "
	 "2:#sql-2da9-1-1.MAI 2:#sql-2da9-1-1.MAD 2:#sql-2da9-1-1c.MAI 2:#sql-2da9-1-1c.MAD "
	 "3:#sql-3174-1-1.MAI 3:#sql-3174-1-1.MAD 3:#sql-3174-1-1c.MAI 3:#sql-3174-1-1c.MAD "
	 "4:#sql-31f0-1-1.MAI 4:#sql-31f0-1-1.MAD 4:#sql-31f0-1-1c.MAI 4:#sql-31f0-1-1c.MAD",
	 "/tmp/#sql-{hex}-1-{hex}.MAD /tmp/#sql-{hex}-1-{hex}.MAI"},
	{"/t", "1:Xv4SDL.c 1:Xv4SDL.ld 2:71iUL3.c 2:71iUL3.ld 3:8sKd92.c 3:8sKd92.ld",
	 "/t/{alnum-6}.c /t/{alnum-6}.ld"},
	{"/t", "1:main.c 1:main.h 2:list.c 2:list.h", ""},
	/* numbers of processes in hexadecimal, which will be longer one day */
	{"/t", "1:#sql-alter-d67-a.frm 1:#sql-alter-d67-a.ibd 2:#sql-alter-75d-a.frm 2:#sql-alter-75d-a.ibd",
	 "/t/#sql-alter-{hex}-a.frm /t/#sql-alter-{hex}-a.ibd"},
	{"/t", "1:x-d67 2:x-75d", "/t/x-{hex}"},
	{"/t", "1:x-2d1f 2:x-2d2e 3:x-2d4a 4:x-2d5b 5:x-2d6c 6:x-2d7f", "/t/x-{hex}"},
	{"/t", "1:bad-face 2:dead-beef 3:fed-cab", ""},
	/* two names can have letters in one place by chance */
	{"/t", "1:3f91 2:5f82", ""},
	/* beside a name that comes again */
	{"/s", "1:.a.txt.Xv4SDL 1:.b.txt.71iUL3 1:.ab.txt.8sKd92 2:.a.txt.2fs0PA 2:.b.txt.OJArC7 2:.ab.txt.q7Rs0T",
	 "/s/.{name}.{alnum-6}"},
	{"/s", "1:a.1234 1:b.1235 1:c.1236 2:a.71 2:b.72 2:c.74", "/s/{name}.{digit}"},
	{"/s", "1:Xv4SDL-a.txt 1:71iUL3-b.txt 1:8sKd92-c.txt 2:2fs0PA-a.txt 2:OJArC7-b.txt 2:q7Rs0T-c.txt",
	 "/s/{alnum-6}-{name}"},
	{"/s", "1:.a.txt 1:.b.txt 1:.c.txt 2:.a.jpg 2:.b.jpg 2:.c.jpg", ""},
	/* what is no file */
	{".", "1:job-145.sock 2:job-1531.sock", "./job-{digit}.sock"},
	{"@", "1:job-145 2:job-1531", "@job-{digit}"},
	/* two families that one program makes */
	{"/tmp", "1:a.Xv4SDL 1:b.71iUL3 2:a.2fs0PA 2:b.OJArC7", "/tmp/a.{alnum-6} /tmp/b.{alnum-6}"},
	{"/tmp", "1:tmp.Xv4SDL 1:test.71iUL3 2:tmp.2fs0PA 2:test.OJArC7", "/tmp/test.{alnum-6} /tmp/tmp.{alnum-6}"},
	/* alone: long enough not to be a word */
	{"/run", "1:550e8400-e29b-41d4-a716-446655440000 2:123e4567-e89b-12d3-a456-426614174000", "/run/{alnum-36}"},
	/* one run: more than eight */
	{"/tmp", "1:t.a1B2c3 1:t.b2C3d4 1:t.c3D4e5 1:t.d4E5f6 1:t.e5F6g7 1:t.f6G7h8 1:t.g7H8i9 1:t.h8I9j0 1:t.i9J0k1",
	 "/tmp/t.{alnum-6}"},
	{"/tmp", "1:t.a1B2c3 1:t.b2C3d4 1:t.c3D4e5 1:t.d4E5f6 1:t.e5F6g7 1:t.f6G7h8 1:t.g7H8i9 1:t.h8I9j0", ""},
	/* random names, of which some begin alike by chance */
	{"/tmp/t", "1:4kD82xQa 2:p0Zr7Lm3 3:4Tn1vB9e 4:Wq5jX2cY 5:u8Gh3sKd", ""},
	{"/tmp/t", "1:4kD82xQa 2:pZr07Lm3 3:4Tn1vB9e 4:pWq5jX2c 5:u8Gh3sKd", ""},
	/* words are not made up */
	{"/etc", "1:passwd 2:group", ""},
	{"/etc", "1:rc.local 2:rc.conf", ""},
	{"/usr/lib/locale",
	 "1:LC_ADDRESS 1:LC_COLLATE 1:LC_CTYPE 1:LC_MEASUREMENT 1:LC_MONETARY 1:LC_NAME 1:LC_NUMERIC 1:LC_PAPER 1:LC_TIME",
	 ""},
	{"/lib",
	 "1:liba.so 1:libb.so 1:libcc.so 1:libd2.so 1:libe.so 1:libf.so 1:libg.so 1:libh.so 1:libi.so 1:libj.so", ""},
	/* one run only, two names */
	{"/tmp", "1:tmp.XvLSDLb71i 1:tmp.UL32fs0PA7", ""},
	/* what cannot stand in a pattern */
	{"/tmp/a\nb", "1:tmp.XvLSDLb71i 2:tmp.UL32fs0PA7", ""},
	{"/tmp/{x}", "1:tmp.XvLSDLb71i 2:tmp.UL32fs0PA7", ""},
	{"/tmp/\xff", "1:tmp.XvLSDLb71i 2:tmp.UL32fs0PA7", ""},
	{"/tmp", "1:t\033mp.XvLSDLb71i 2:t\033mp.UL32fs0PA7", ""},
};

static int compare_names(const void *a, const void *b)
{
	const struct varying_name *x = a, *y = b;
	size_t least = x->size < y->size ? x->size : y->size;
	int order = memcmp(x->text, y->text, least);

	return order ? order : (x->size > y->size) - (x->size < y->size);
}

static size_t split(const char *text, struct varying_name *names)
{
	size_t count = 0;

	for (; *text; text += strspn(text, " ")) {
		size_t size = strcspn(text + 2, " ");

		names[count++] = (struct varying_name){text + 2, size, *text - '0'};
		text += 2 + size;
	}
	qsort(names, count, sizeof(*names), compare_names);
	return count;
}

/* What comes before the names. */
static const char *head_of(const char *directory, size_t *ret_size)
{
	static char head[256];

	*ret_size = snprintf(head, sizeof(head), "%s/", directory);
	if (directory[1])
		return head;
	*ret_size = *directory != '.';
	return *directory == '@' ? "" : directory;
}

/* The blank of a pattern as a dash, so that blanks can stand between them. */
static void add_pattern(const struct tsem_name_rule *rule, struct tsem_buffer *buffer)
{
	size_t from = buffer->size + 1;

	tsem_buffer_printf(buffer, buffer->size ? " " : "");
	tsem_pattern_format(rule, buffer);
	for (size_t i = from; i < buffer->size; i++)
		if (buffer->data[i] == ' ')
			buffer->data[i] = '-';
}

void test_propose_forms(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tsem_name_rule rules[4], again;
		struct varying_name names[16];
		struct tsem_buffer patterns = {0}, one = {0};
		size_t count = split(cases[i].names, names), size;
		const char *head = head_of(cases[i].directory, &size);
		size_t found = name_rules_guess(head, size, names, count, rules, 4);

		for (size_t rule = 0; rule < found; rule++) {
			size_t matching = 0;

			add_pattern(&rules[rule], &patterns);
			one.size = 0;
			tsem_pattern_format(&rules[rule], &one);
			CHECK(!tsem_pattern_parse(one.data, one.size, &again, NULL));
			CHECK(!memcmp(&again, &rules[rule], sizeof(again)));
			for (size_t name = 0; name < count; name++)
				matching += name_rule_matches(&rules[rule], names[name].text, names[name].size);
			CHECK(matching >= 2 && (found > 1 || matching == count));
		}
		CHECK_TEXT(patterns.size ? patterns.data : "", cases[i].patterns);
		tsem_buffer_deinit(&patterns);
		tsem_buffer_deinit(&one);
	}
}

static const struct {
	const char *pattern, *path, *found;
} paths[] = {
	{"/tmp/tmp.{alnum 10}", "/tmp/tmp.UL32fs0PA7", "tmp.UL32fs0PA7"},
	{"/tmp/tmp.{alnum 10}", "/tmp/tmp.UL32fs0PA7/sub", "tmp.UL32fs0PA7"},
	{"/tmp/tmp.{alnum 10}", "/tmp/tmp.UL32fs0PA7///deleted", "tmp.UL32fs0PA7"},
	{"/tmp/tmp.{alnum 10}", "/tmp/tmp.UL32fs0PA", ""},
	{"/tmp/tmp.{alnum 10}", "/tmp/tmp.UL32fs0PA78", ""},
	{"/tmp/tmp.{alnum 10}", "/tmp/tmp.UL32fs0P/7", ""},
	{"/tmp/tmp.{alnum 10}", "/x/tmp/tmp.UL32fs0PA7", ""},
	{"/tmp/tmp.{alnum 10}", "/tmp/", ""},
	{"/{digit}", "/123/x", "123"},
	{"/a/{hex}.log", "/a/3Fe.log", "3Fe.log"},
	{"/a/{hex}.log", "/a/3ge.log", ""},
	{"/a/{hex}.log", "/a/.log", ""},
	{"/a/c.{digit}.{digit}", "/a/c.12.345", "c.12.345"},
	{"/a/c.{digit}.{digit}", "/a/c.12.345/x", "c.12.345"},
	{"/a/c.{digit}.{digit}", "/a/c.12.345.6", ""},
	{"/a/c.{digit}.{digit}", "/a/c.12.", ""},
	{"/a/c.{digit}.{digit}", "/a/c.12345", ""},
	{"/a/{hex 4}{digit 2}-{alnum}", "/a/beef12-x", "beef12-x"},
	{"/a/{hex 4}{digit 2}-{alnum}", "/a/beef1-x", ""},
	{"/a/.{name}.{alnum 6}", "/a/.b.c.Xv4SDL", ".b.c.Xv4SDL"},
	{"/a/.{name}.{alnum 6}", "/a/.b.Xv4SDL.Xv4SDL/y", ".b.Xv4SDL.Xv4SDL"},
	{"/a/.{name}.{alnum 6}", "/a/..Xv4SDL", ""},
	{"/a/.{name}.{alnum 6}", "/a/.b.c.Xv4SD", ""},
	{"/a/.{name}.{alnum 6}", "/a/.b/c.Xv4SDL", ""},
	{"/a/{alnum 2}-{name}", "/a/x1-y", "x1-y"},
	{"/a/{alnum 2}-{name}", "/a/x1-", ""},
	{"/a/{name}{digit}", "/a/x1y22", "x1y22"},
	{"/a/{name}.{digit}.o", "/a/x.1.2.3.o", "x.1.2.3.o"},
	{"./job-{digit}", "job-12", "job-12"},
	{"./run/job-{digit}", "run/job-12/x", "job-12"},
	{"./job-{digit}", "/job-12", ""},
	{"./{name}-{digit}", "/job-12", ""},
	{"./{digit}", "12", "12"},
};

void test_propose_paths(void)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct tsem_name_rule rule;
		size_t offset = 0, size;
		char found[64];

		if (!CHECK(!tsem_pattern_parse(paths[i].pattern, strlen(paths[i].pattern), &rule, NULL)))
			continue;
		size = name_rule_find(&rule, paths[i].path, strlen(paths[i].path), &offset);
		snprintf(found, sizeof(found), "%.*s", (int)size, paths[i].path + offset);
		CHECK_TEXT(found, paths[i].found);
	}
}

static bool is_within(const char *narrow, const char *wide)
{
	struct tsem_name_rule a, b;

	CHECK(!tsem_pattern_parse(narrow, strlen(narrow), &a, NULL) &&
	      !tsem_pattern_parse(wide, strlen(wide), &b, NULL));
	return name_rule_within(&a, &b);
}

void test_propose_within(void)
{
	CHECK(is_within("/t/a{digit 3}", "/t/a{digit 3}"));
	CHECK(is_within("/t/a{digit 3}", "/t/a{hex}"));
	CHECK(is_within("/t/ab{digit 3}", "/t/a{alnum 4}"));
	CHECK(!is_within("/t/ab{digit 3}", "/t/a{alnum 3}"));
	CHECK(!is_within("/t/a.{digit 3}", "/t/a{alnum 4}"));
	CHECK(!is_within("/t/a{hex 3}", "/t/a{digit 3}"));
	CHECK(!is_within("/u/a{digit 3}", "/t/a{digit 3}"));
	CHECK(!is_within("/t/u/a{digit 3}", "/t/{alnum}"));
	CHECK(is_within("/t/{digit 3}x.o", "/t/{alnum 4}.o"));
	CHECK(!is_within("/t/{digit}", "/t/{digit 3}"));
	CHECK(!is_within("/t/a{alnum}", "/t/{alnum}")); /* 65 characters are too many for the other */
	CHECK(is_within("/t/a{digit}.{digit 2}", "/t/a{hex}.{digit}"));
	CHECK(!is_within("/t/a{hex}.{digit}", "/t/a{digit}.{digit}"));
	CHECK(!is_within("/t/a{digit}.{digit}", "/t/a{digit}"));
	CHECK(is_within("/t/.x.txt.{alnum 6}", "/t/.{name}.{alnum 6}"));
	CHECK(is_within("/t/.x.txt.{hex 6}", "/t/.{name}.{alnum 6}"));
	CHECK(!is_within("/t/.x.txt.{alnum 5}", "/t/.{name}.{alnum 6}"));
	CHECK(!is_within("/t/..{alnum 6}", "/t/.{name}.{alnum 6}"));
	CHECK(!is_within("/t/.u/x.{alnum 6}", "/t/.{name}.{alnum 6}"));
	CHECK(is_within("/t/{alnum 6}-x", "/t/{alnum 6}-{name}"));
	CHECK(!is_within("/t/.{name}.{alnum 6}", "/t/.x.{alnum 6}"));
	CHECK(is_within("/t/a-{hex}-1-{hex}.M", "/t/a-{hex}-{hex}-{hex}.M"));
	CHECK(is_within("/t/{digit 3}x{digit 2}.o", "/t/{alnum 6}.o"));
	CHECK(is_within("/t/a1{digit 3}", "/t/a{digit}"));
	CHECK(!is_within("/t/a-{hex}-g-{hex}", "/t/a-{hex}-{hex}-{hex}"));
	CHECK(!is_within("/t/{digit}", "/t/{digit 8}"));
	CHECK(!is_within("/t/{digit 3}x", "/t/{alnum 3}x.o"));
	CHECK(is_within("/t/{name}.{digit 3}", "/t/{name}.{digit}"));
	CHECK(!is_within("/t/{name}.{digit}", "/t/{alnum}.{digit}"));
}

/* ---- whole models ---- */

static struct tsem_entry *add_event(struct tsem_model *model, const char *type, const char *cell, tsem_u32 run)
{
	struct tsem_buffer line = {0};
	struct tsem_record *record = NULL;
	struct tsem_error error = {0};
	struct tsem_entry *entry;

	tsem_buffer_printf(
		&line,
		"{\"export\":{\"type\":\"event\"},\"event\":{\"pid\":\"1\",\"tid\":\"1\",\"ppid\":\"1\",\"context\":"
		"\"1\",\"number\":\"1\",\"process\":\"sh\",\"type\":\"%s\",\"ttd\":\"1\",\"p_ttd\":\"0\",\"task_id\":\"" ID1
		"\",\"p_task_id\":\"" ID0 "\",\"ts\":\"1\",\"flags\":\"0x0\",\"coefficient\":\"" ID0 "\"},",
		type);
	tsem_buffer_printf(
		&line,
		"\"COE\":{\"uid\":\"0\",\"euid\":\"0\",\"suid\":\"0\",\"gid\":\"0\",\"egid\":\"0\",\"sgid\":\"0\","
		"\"fsuid\":\"0\",\"fsgid\":\"0\",\"capeff\":\"0x0\"},\"%s\":{%s}}",
		type, cell);
	if (tsem_record_from_json(line.data, line.size, &record, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	tsem_buffer_deinit(&line);
	if (!record)
		return NULL;
	tsem_record_coefficient(record, record->coefficient);
	entry = tsem_set_add(&model->set, record->coefficient, NULL);
	entry->record = record;
	entry->number = model->set.count;
	entry->count = 1;
	entry->run = entry->last = run;
	model->runs = run;
	return entry;
}

static void add_file(struct tsem_model *model, const char *type, const char *path, tsem_u32 run)
{
	bool open = !strcmp(type, "file_open");
	char cell[1024];

	snprintf(cell, sizeof(cell),
		 open ? "\"file\":{\"flags\":\"0x0\",\"inode\":" INODE
			",\"path\":{\"type\":\"root\",\"pathname\":\"%s\"},"
			"\"digest\":\"" ID0 "\"}" :
			"\"dir\":" INODE
			",\"dentry\":{\"path\":{\"type\":\"root\",\"pathname\":\"%s\"}},\"mode\":\"0600\"",
		 path);
	add_event(model, type, cell, run);
}

/* What a rule makes of a name: parts are two slashes, and the rest stays. */
void test_propose_written(void)
{
	static const char *const written[][3] = {
		{"/a/c.{digit}.{digit}.o", "c.12.345.o", "c.//.//.o"},
		{"/a/.{name}.{alnum 6}", ".b.c.Xv4SDL", ".b.c.//"},
		{"/a/{alnum 2}-{name}", "x1-y", "//-y"},
		{"./job-{digit}", "job-12", "job-//"},
		{"@job-{digit}", "job-12", "job-//"},
	};

	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++) {
		struct tsem_buffer text = {0};
		struct tsem_name_rule rule;

		CHECK(!tsem_pattern_parse(written[i][0], strlen(written[i][0]), &rule, NULL));
		name_rule_write(&rule, written[i][1], strlen(written[i][1]), &text);
		CHECK_TEXT(text.data, written[i][2]);
		tsem_buffer_deinit(&text);
	}
}

/* Whatever the order in the set, which is that of the coefficients in a model that was read. */
void test_propose_model(void)
{
	static const char *const files[][2] = {{"/tmp/job.Ab3dE6/in", "/tmp/job.Ab3dE6/out"},
					       {"/tmp/job.9xYz21/in", "/tmp/job.9xYz21/out"},
					       {"/tmp/job.q7Rs0T/in", "/tmp/job.q7Rs0T/other"}};
	struct tsem_model *model = tsem_model_create("test", 0), *read = NULL;
	struct tsem_proposals found;
	struct tsem_buffer pattern = {0};

	for (tsem_u32 run = 1; run <= 3; run++) {
		add_file(model, "inode_create", files[run - 1][0], run);
		add_file(model, "file_open", files[run - 1][1], run);
	}
	add_file(model, "file_open", "/proc/123/maps", 1);
	add_file(model, "file_open", "/proc/456/maps", 3);
	CHECK(!tsem_model_write(model, "/tmp/tsem-unit-propose", NULL) &&
	      !tsem_model_read("/tmp/tsem-unit-propose", &read, NULL));
	remove("/tmp/tsem-unit-propose");
	for (unsigned turn = 0; turn < 2 && read; turn++) {
		CHECK(!tsem_proposals_find(turn ? read : model, NULL, 2, &found));
		CHECK(found.count == 1 && found.changing == 5 && found.explained == 3);
		pattern.size = 0;
		if (found.count)
			tsem_pattern_format(&found.rules[0].rule, &pattern);
		CHECK_TEXT(pattern.size ? pattern.data : "", "/tmp/job.{alnum 6}");
		CHECK(found.count && found.rules[0].events == 6 && found.rules[0].explained == 3);
		tsem_proposals_deinit(&found);
	}
	tsem_buffer_deinit(&pattern);
	tsem_model_destroy(model);
	tsem_model_destroy(read);
}

/* What is known to come again is no name that varies, whatever it looks like. */
void test_propose_seen(void)
{
	struct tsem_model *model = tsem_model_create("test", 0);
	tsem_u32 again[] = {2, 2, 1}, once[] = {1, 1, 1};
	struct tsem_proposals found;

	add_file(model, "file_open", "/tmp/job.Ab3dE6", 1);
	add_file(model, "file_open", "/tmp/job.9xYz21", 2);
	add_file(model, "file_open", "/tmp/job.q7Rs0T", 3);
	CHECK(!tsem_proposals_find(model, once, 2, &found) && found.count == 1);
	tsem_proposals_deinit(&found);
	CHECK(!tsem_proposals_find(model, again, 2, &found) && found.count == 0 && found.explained == 0);
	tsem_proposals_deinit(&found);
	CHECK(!tsem_proposals_find(model, NULL, 2, &found) && found.count == 1);
	tsem_proposals_deinit(&found);
	model->set.entries[0].last = model->set.entries[1].last = 3;
	CHECK(!tsem_proposals_find(model, NULL, 2, &found) && found.count == 0);
	tsem_proposals_deinit(&found);
	tsem_model_destroy(model);
}

#define NOON 1795953600 /* 2026-11-29 12:00 UTC */

/* The patterns for a name that an event of two runs has, on a host of that name. */
static void check_local(const char *host, const char *type, const char *path, const char *known, const char *wanted)
{
	struct tsem_model *model = tsem_model_create("test", 0);
	struct tsem_buffer pattern = {0};
	struct tsem_proposals found;
	struct tsem_name_rule rule;
	struct local_words words;

	add_file(model, type, path, 1);
	model->set.entries[0].last = 2;
	if (known)
		CHECK(!tsem_pattern_parse(known, strlen(known), &rule, NULL) && !tsem_model_add_pattern(model, &rule));
	local_words_of(host, NOON, &words);
	CHECK(!proposals_find_local(model, NULL, &words, &found));
	for (size_t i = 0; i < found.count; i++) {
		tsem_buffer_printf(&pattern, "%s", i ? " " : "");
		tsem_pattern_format(&found.rules[i].rule, &pattern);
	}
	CHECK_TEXT(pattern.size ? pattern.data : "", wanted);
	tsem_proposals_deinit(&found);
	tsem_buffer_deinit(&pattern);
	tsem_model_destroy(model);
}

/* What is the same in all runs, and another one on another host or day. */
void test_propose_local(void)
{
	static const char *const names[][2] = {
		{"/l/a.log-20261129", "/l/a.log-{digit 8}"},
		{"/l/2026-11-29.tar", "/l/{digit 4}-{digit 2}-{digit 2}.tar"},
		{"/l/web-7.pid", "/l/{alnum}.pid"},
		{"/l/lock.web-7,S=2", "/l/lock.{alnum},S=2"},
		{"/l/backup-web-7", "/l/backup-{alnum}"},
		{"/l/web-7/20261129/x", "/l/{alnum} /l////{digit 8}"},
		{"/l/web-7.20261129", "/l/{alnum}.{digit 8}"},
		{"/l/web-7-old", ""}, /* a part of any length would take the rest, too */
		{"/l/web-77", ""},
		{"/l/myweb-7", ""},
		{"/l/120261129", ""},
		{"/l/20261128", ""},
		{"/proc/20261129", ""},
	};
	struct tsem_model *model = tsem_model_create("test", 0);
	tsem_u32 once[] = {1}, twice[] = {2};
	struct tsem_proposals found;
	struct local_words words;

	setenv("TZ", "UTC", 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		check_local("web-7.example.org", "inode_create", names[i][0], NULL, names[i][1]);
	check_local("web-7", "file_open", "/l/web-7.pid", NULL, ""); /* a name that somebody else gave */
	check_local("web-7", "inode_create", "/l/web-7.pid", "/l/{alnum}.pid", "");
	check_local("web", "inode_create", "/l/web.pid", NULL, "");
	check_local("localhost", "inode_create", "/l/localhost.pid", NULL, "");
	local_words_of("web-7", NOON, &words);
	add_file(model, "inode_create", "/l/web-7.pid", 1);
	CHECK(!proposals_find_local(model, once, &words, &found) && !found.count);
	CHECK(!proposals_find_local(model, twice, &words, &found) && found.count == 1);
	tsem_proposals_deinit(&found);
	tsem_model_destroy(model);
}

/* Beside what varies in each run. */
/* Another machine has its devices elsewhere. What a device is asked for has the same name everywhere. */
void test_propose_devices(void)
{
	static const char *const names[][2] = {
		{"/sys/devices/pci0000:00/0000:00:1f.2/virtio3/block/vdb/queue/rotational",
		 "/sys/devices/pci{hex}:{hex} /sys/devices/pci//:///{hex}:{hex}:{hex}.{hex} "
		 "/sys/devices/pci//://///://://.///virtio{digit} "
		 "/sys/devices/pci//://///://://.///virtio///block/vd{alnum}"},
		{"/sys/devices/x/host0/2:0:0:0/block/sda/sda1/start",
		 "/sys/devices/x/host{digit} /sys/devices/x/host///{hex}:{hex}:{hex}:{hex} "
		 "/sys/devices/x/host/////://://:///block/sd{alnum} "
		 "/sys/devices/x/host/////://://:///block/sd///sd{alnum}"},
		{"/sys/devices/x/nvme0/nvme0n1/size",
		 "/sys/devices/x/nvme{digit} /sys/devices/x/nvme///nvme{digit}n{digit}"},
		{"/sys/devices/x/1-1.2/1-1.2:1.0/bInterfaceClass",
		 "/sys/devices/x/{digit}-{digit}.{digit} /sys/devices/x///-//.///{digit}-{digit}.{digit}:{digit}.{digit}"},
		{"/sys/devices/x/hwmon/temp1_input", ""},
		{"/sys/devices/x/sdhci/sdio/size", ""}, /* no disks */
		{"/sys/devices/x/block/loop/size", ""},
		{"/sys/devices/system/cpu/online", ""},
		{"/sys/class/net/eth0/mtu", ""},
		{"/srv/sys/devices/host0/x", ""},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		check_local("web-7", "file_open", names[i][0], NULL, names[i][1]);
	check_local("web-7", "file_open", "/sys/devices/x/host0/x", "/sys/devices/x/host{digit}", "");
}

void test_propose_localised(void)
{
	static const char *const patterns[][2] = {
		{"/m/{digit}.M{digit}P{digit}.web-7,S={digit}", "/m/{digit}.M{digit}P{digit}.{alnum},S={digit}"},
		{"/m/lock.web-7.{digit}", "/m/lock.{alnum}.{digit}"},
		{"/m/{digit}.web-7", "/m/{digit}.{alnum}"},
		{"/web-7/{digit}.x", "/web-7/{digit}.x"}, /* its directory is a matter of another rule */
		{"/m/web-7{digit}", "/m/web-7{digit}"},
		{"/m/{digit}web-7", "/m/{digit}web-7"},
		{"./web-7-{digit}-{digit 10}.{digit 19}",
		 "./{alnum}.{digit 19}"}, /* nothing says where the host name ends */
		{"/m/x.web-7_y{hex 6}.o", "/m/x.{alnum}.o"},
		{"/m/web-7-{name}.{digit}", "/m/web-7-{name}.{digit}"},
	};
	struct local_words words;

	local_words_of("web-7", NOON, &words);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		struct tsem_buffer text = {0};
		struct tsem_name_rule rule;

		CHECK(!tsem_pattern_parse(patterns[i][0], strlen(patterns[i][0]), &rule, NULL));
		name_rule_localise(&words, &rule);
		tsem_pattern_format(&rule, &text);
		CHECK_TEXT(text.data, patterns[i][1]);
		tsem_buffer_deinit(&text);
	}
}

static void add_cell(struct tsem_model *model, const char *type, tsem_u32 run, const char *format, ...)
{
	char cell[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(cell, sizeof(cell), format, arguments);
	va_end(arguments);
	add_event(model, type, cell, run);
}

/* All of the patterns that are proposed, and whether they explain all that changes. */
static void check_proposed(struct tsem_model *model, const char *wanted)
{
	struct tsem_buffer patterns = {0};
	struct tsem_proposals found;

	CHECK(!tsem_proposals_find(model, NULL, 2, &found));
	for (size_t i = 0; i < found.count; i++)
		add_pattern(&found.rules[i].rule, &patterns);
	CHECK_TEXT(patterns.size ? patterns.data : "", wanted);
	CHECK(found.changing && found.explained == found.changing);
	tsem_buffer_deinit(&patterns);
	tsem_proposals_deinit(&found);
	tsem_model_destroy(model);
}

/* Directories by the first digits of a digest, one below the other, and made-up names in these. */
void test_propose_shards(void)
{
	static const char *const digests[] = {"7f0", "c1a", "d0b", "5e2", "a93"};
	static const char *const varying[][3] = {{"b", "4", "Ab3dE6"}, {"3", "9", "9xYz21"}, {"e", "6", "q7Rs0T"}};
	struct tsem_model *model = tsem_model_create("test", 0);
	struct tsem_proposals found;
	char path[64];

	for (tsem_u32 run = 1; run <= 3; run++) {
		for (size_t i = 0; i < sizeof(digests) / sizeof(*digests); i++) {
			const char *d = digests[i];

			if (run > 1) {
				model->set.entries[2 * i].last = model->set.entries[2 * i + 1].last = run;
			} else {
				snprintf(path, sizeof(path), "/c/%.1s", d);
				add_file(model, "inode_mkdir", path, run);
				snprintf(path, sizeof(path), "/c/%.1s/%.1s", d, d + 1);
				add_file(model, "inode_mkdir", path, run);
			}
		}
		for (size_t i = 0; i < sizeof(digests) / sizeof(*digests); i++) {
			const char *d = digests[i], *made_up = varying[run - 1][2];

			snprintf(path, sizeof(path), "/c/%.1s/%.1s/%s.tmp.%.5s%c.tmp", d, d + 1, d, made_up,
				 'a' + (int)i);
			add_file(model, "inode_create", path, run);
		}
		snprintf(path, sizeof(path), "/c/%s", varying[run - 1][0]);
		add_file(model, "inode_mkdir", path, run);
		snprintf(path, sizeof(path), "/c/%s/%s", varying[run - 1][0], varying[run - 1][1]);
		add_file(model, "inode_mkdir", path, run);
	}
	check_proposed(model, "/c/{hex-1} /c////{hex-1} /c///////{name}.{alnum-6}.tmp");
	/* Words that have no other letters than hexadecimal digits. */
	model = tsem_model_create("test", 0);
	add_file(model, "inode_mkdir", "/l/de", 1);
	add_file(model, "inode_mkdir", "/l/fa", 1);
	add_file(model, "inode_mkdir", "/l/be", 1);
	add_file(model, "inode_mkdir", "/l/ee", 2);
	add_file(model, "inode_mkdir", "/l/da", 3);
	add_file(model, "inode_mkdir", "/l/p5", 3);
	CHECK(!tsem_proposals_find(model, NULL, 2, &found) && !found.count);
	tsem_proposals_deinit(&found);
	tsem_model_destroy(model);
}

/* Names that are no paths of files, each in events of their kind. */
void test_propose_kinds(void)
{
	struct tsem_model *links = tsem_model_create("test", 0), *sockets = tsem_model_create("test", 0),
			  *memory = tsem_model_create("test", 0);

	for (tsem_u32 run = 1; run <= 3; run++) {
		add_cell(
			links, "inode_symlink", run,
			"\"dir\":" INODE
			",\"dentry\":{\"path\":{\"type\":\"root\",\"pathname\":\"/srv/lock\"}},\"old_name\":\"host-%u\"",
			run * 1234);
		add_cell(
			links, "inode_symlink", run,
			"\"dir\":" INODE
			",\"dentry\":{\"path\":{\"type\":\"root\",\"pathname\":\"/srv/now\"}},\"old_name\":\"/rel/%u/x\"",
			20260101 + run);
		add_cell(sockets, "socket_bind", run,
			 "\"sock\":{\"family\":\"1\",\"type\":\"1\",\"protocol\":\"0\",\"owner\":\"" ID1
			 "\"},\"addr\":{\"af_unix\":{\"address\":\"job-%u.sock\"}}",
			 run * 1234);
		add_cell(sockets, "socket_bind", run,
			 "\"sock\":{\"family\":\"1\",\"type\":\"1\",\"protocol\":\"0\",\"owner\":\"" ID1
			 "\"},\"addr\":{\"af_unix\":{\"address\":\"\\u0000job-%u\"}}",
			 run * 1234);
	}
	add_file(memory, "file_open", "/memfd:job-4711 (deleted)", 1);
	for (unsigned i = 0; i < 90; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/memfd:job-%u (deleted)", i * 7);
		add_file(memory, "file_open", path, 2 + i % 2);
	}
	check_proposed(links, "./host-{digit} /rel/{digit-8}");
	check_proposed(sockets, "./job-{digit}.sock @job-{digit}");
	check_proposed(memory, "/memfd:job-{digit}-(deleted)");
}

/* A copy of a tree: one pattern, and not one for each of its files, in whatever events they are. */
void test_propose_renames(void)
{
	struct tsem_model *model = tsem_model_create("test", 0);

	for (tsem_u32 run = 1; run <= 3; run++)
		for (unsigned file = 0; file < 70; file++) {
			char name[64];

			snprintf(name, sizeof(name), "/s/.file%u.txt.%c%c%cp%u%c", file, 'a' + (file * 5 + run) % 26,
				 'a' + file % 26, 'A' + run, run, 'a' + (file * 7 + run) % 26);
			add_file(model, "inode_create", name, run);
			add_cell(
				model, "inode_rename", run,
				"\"old_dir\":" INODE ",\"old_dentry\":{\"inode\":" INODE
				",\"path\":{\"type\":\"root\",\"pathname\":\"%s\"}},\"new_dir\":" INODE
				",\"new_dentry\":{\"path\":{\"type\":\"root\",\"pathname\":\"/s/file%u.txt\"}},\"flags\":\"0x0\"",
				name, file);
		}
	check_proposed(model, "/s/.{name}.{alnum-6}");
}

/* With those that the model has there are no more than a command line may have. */
void test_propose_limit(void)
{
	struct tsem_model *model = tsem_model_create("test", 0);
	struct tsem_name_rule rule;
	struct tsem_proposals found;
	char text[64];

	for (unsigned i = 0; i < 30; i++) {
		snprintf(text, sizeof(text), "/d%u/job.Ab3dE%c", i, 'a' + i % 26);
		add_file(model, "file_open", text, 1);
		snprintf(text, sizeof(text), "/d%u/job.9xYz2%c", i, 'A' + i % 26);
		add_file(model, "file_open", text, 2);
	}
	CHECK(!tsem_proposals_find(model, NULL, 2, &found) && found.count == 30);
	tsem_proposals_deinit(&found);
	for (unsigned i = 0; i < TSEM_NAME_RULES - 2; i++) {
		snprintf(text, sizeof(text), "/given/%u-{digit}", i);
		CHECK(!tsem_pattern_parse(text, strlen(text), &rule, NULL) && !tsem_model_add_pattern(model, &rule));
	}
	CHECK(!tsem_proposals_find(model, NULL, 2, &found) && found.count == 2);
	tsem_proposals_deinit(&found);
	tsem_model_destroy(model);
}

/* Any events at all: no crash, and every pattern is one that a model can have. */
void test_propose_hostile(void)
{
	struct tsem_model *model = tsem_model_create("test", 0);
	struct tsem_proposals found;

	for (unsigned turn = 0; turn < 128 * 12; turn++) {
		struct generator generator = {.seed = turn};
		struct tsem_record *record =
			tsem_event_name(turn % 128) ? generate_record(&generator, turn % 128) : NULL;
		struct tsem_entry *entry = record ? tsem_set_add(&model->set, record->coefficient, NULL) : NULL;

		if (!entry || entry->record) {
			free(record);
			continue;
		}
		*entry = (struct tsem_entry){
			.number = turn + 1, .count = 1, .run = 1 + turn % 4, .last = 1 + turn % 4, .record = record};
		memcpy(entry->coefficient, record->coefficient, TSEM_DIGEST_SIZE);
	}
	model->runs = 4;
	CHECK(!tsem_proposals_find(model, NULL, 3, &found));
	CHECK(found.explained <= found.changing && found.count <= TSEM_NAME_RULES);
	for (size_t i = 0; i < found.count; i++) {
		struct tsem_buffer pattern = {0};
		struct tsem_name_rule rule;

		tsem_pattern_format(&found.rules[i].rule, &pattern);
		CHECK(!tsem_pattern_parse(pattern.data, pattern.size, &rule, NULL));
		tsem_buffer_deinit(&pattern);
	}
	tsem_proposals_deinit(&found);
	tsem_model_destroy(model);
}

/* ---- likeness, rate ---- */

static bool alike(const struct tsem_model *model, size_t a, size_t b)
{
	tsem_u8 x[TSEM_DIGEST_SIZE], y[TSEM_DIGEST_SIZE];

	record_likeness(model->set.entries[a].record, "", 0, x);
	record_likeness(model->set.entries[b].record, "", 0, y);
	return !memcmp(x, y, sizeof(x));
}

void test_likeness(void)
{
	struct tsem_model *model = tsem_model_create("test", 0);

	add_file(model, "file_open", "/etc/passwd", 1);
	add_file(model, "file_open", "/etc/shadow/longer", 1);
	add_file(model, "inode_create", "/etc/passwd", 1);
	add_file(model, "file_open", "/a", 1);
	model->set.entries[3].record->flags = TSEM_RECORD_REFUSED;
	add_file(model, "file_open", "/b", 1);
	model->set.entries[4].record->coe.euid = 7;
	CHECK(alike(model, 0, 1));
	CHECK(!alike(model, 0, 2) && !alike(model, 0, 3) && !alike(model, 0, 4));
	tsem_model_destroy(model);
}

void test_rate(void)
{
	struct rate rate = {.burst = 20, .interval = 1000};
	unsigned taken = 0;

	for (unsigned i = 0; i < 50; i++)
		taken += rate_take(&rate, 5);
	CHECK(taken == 20 && rate_suppressed(&rate) == 30 && rate_suppressed(&rate) == 0);
	CHECK(!rate_take(&rate, 1004) && rate_take(&rate, 1005) && !rate_take(&rate, 1006));
	CHECK(rate_suppressed(&rate) == 2);
	CHECK(!rate_take(&rate, 900)); /* a clock that goes back gives nothing */
	taken = 0;
	for (unsigned i = 0; i < 50; i++)
		taken += rate_take(&rate, 1000000);
	CHECK(taken == 20);
}
