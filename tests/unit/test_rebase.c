/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Models merged, and models whose files have changed. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/event/codec.h"
#include "../../lib/event/digest.h"
#include "../../lib/model/model.h"
#include "sample.h"
#include "unit.h"

struct workload {
	struct tsem_model *model;
	tsem_u8 shell[TSEM_DIGEST_SIZE], tool[TSEM_DIGEST_SIZE], made[TSEM_DIGEST_SIZE], other[TSEM_DIGEST_SIZE];
};

/*
 * A shell starts a tool, which makes a program that is run, and signals the
 * shell; another program has nothing to do with the tool. The tool maps a
 * library, and its contents are numbers here.
 */
static struct workload create_workload(tsem_u8 shell, tsem_u8 tool, tsem_u8 library, tsem_u8 other)
{
	struct workload w = {.model = tsem_model_create("w", TSEM_OPTION_PORTABLE)};
	struct sample_cell cell = {.size = 0};

	w.model->runs = 1;
	sample_exec(&w.model->set, NULL, "/bin/shell", shell, w.shell);
	sample_open(&w.model->set, NULL, w.shell, "/bin/tool", tool);
	sample_exec(&w.model->set, w.shell, "/bin/tool", tool, w.tool);
	sample_open(&w.model->set, w.shell, w.tool, "/lib/library", library);
	sample_open(&w.model->set, w.shell, w.tool, "/etc/passwd", 0);
	sample_put_created(&cell, w.tool);
	sample_add(&w.model->set, TSEM_EVENT_bprm_committed_creds, w.tool, w.made, &cell);
	cell.size = 0;
	sample_put(&cell, w.tool, TSEM_DIGEST_SIZE);
	sample_put_u32(&cell, 15);
	sample_put_u32(&cell, 0);
	sample_add(&w.model->set, TSEM_EVENT_task_kill, NULL, w.shell, &cell);
	sample_exec(&w.model->set, w.shell, "/bin/other", other, w.other);
	sample_open(&w.model->set, w.shell, w.other, "/lib/library", library);
	return w;
}

static bool same_sets(const struct tsem_set *a, const struct tsem_set *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (!tsem_set_find(b, a->entries[i].coefficient))
			return false;
	return a->count == b->count;
}

static struct tsem_content *find_content(struct tsem_contents *contents, const char *path)
{
	for (size_t i = 0; i < contents->count; i++)
		if (!strcmp(contents->items[i].path, path))
			return &contents->items[i];
	return NULL;
}

static void set_content(struct tsem_contents *contents, const char *path, tsem_u8 byte)
{
	struct tsem_content *content = find_content(contents, path);

	if (CHECK(content))
		memset(content->replacement, byte, TSEM_DIGEST_SIZE);
}

/* Of the events of model all have the coefficient of their fields, and programs the TASK_ID of theirs. */
static void check_sound(const struct tsem_model *model)
{
	struct tsem_buffer text = {0};
	struct tsem_error error = {0};
	tsem_u8 task_id[TSEM_DIGEST_SIZE];

	if (model_format(model, &text, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	tsem_buffer_deinit(&text);
	for (size_t i = 0; i < model->set.count; i++) {
		const struct tsem_record *record = model->set.entries[i].record;

		if (!record || record->event != TSEM_EVENT_bprm_committed_creds)
			continue;
		record_task_id(record, task_id);
		CHECK(!memcmp(task_id, record->task_id, TSEM_DIGEST_SIZE));
	}
}

static struct tsem_rebased rebase(struct tsem_model *model, struct tsem_contents *contents)
{
	struct tsem_rebased rebased = {0};
	struct tsem_error error = {0};

	if (tsem_model_rebase(model, contents, &rebased, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	check_sound(model);
	return rebased;
}

void test_rebase_contents(void)
{
	struct workload w = create_workload(1, 2, 3, 4);
	struct tsem_contents contents = {0};

	CHECK(!tsem_model_contents(w.model, &contents, NULL));
	CHECK(contents.count == 4); /* not /etc/passwd, which is zeros, nor what was created */
	if (contents.count == 4) {
		CHECK_TEXT(contents.items[0].path, "/bin/shell");
		CHECK_TEXT(contents.items[3].path, "/bin/other");
		CHECK_TEXT(contents.items[1].type, "root");
		CHECK(contents.items[2].digest[31] == 3 && contents.items[2].replacement[0] == 3);
	}
	tsem_contents_deinit(&contents);
	tsem_model_destroy(w.model);
}

/* What is computed is what would have been learned. */
void test_rebase_learned(void)
{
	for (unsigned change = 0; change < 16; change++) {
		tsem_u8 shell = change & 1 ? 11 : 1, tool = change & 2 ? 12 : 2;
		tsem_u8 library = change & 4 ? 13 : 3, other = change & 8 ? 14 : 4;
		struct workload old = create_workload(1, 2, 3, 4), new = create_workload(shell, tool, library, other);
		struct tsem_contents contents = {0};
		struct tsem_rebased rebased;

		CHECK(!tsem_model_contents(old.model, &contents, NULL));
		set_content(&contents, "/bin/shell", shell);
		set_content(&contents, "/bin/tool", tool);
		set_content(&contents, "/lib/library", library);
		set_content(&contents, "/bin/other", other);
		rebased = rebase(old.model, &contents);
		CHECK(same_sets(&old.model->set, &new.model->set));
		CHECK(rebased.merged == 0 && rebased.strangers == 0);
		CHECK(!change == !rebased.events);
		tsem_contents_deinit(&contents);
		tsem_model_destroy(old.model);
		tsem_model_destroy(new.model);
	}
}

void test_rebase_counts(void)
{
	struct workload w = create_workload(1, 2, 3, 4);
	struct tsem_contents contents = {0};
	struct tsem_rebased rebased;

	CHECK(!tsem_model_contents(w.model, &contents, NULL));
	set_content(&contents, "/bin/tool", 12);
	set_content(&contents, "/lib/library", 13);
	rebased = rebase(w.model, &contents);
	CHECK(rebased.programs == 2); /* the tool, and what it made */
	CHECK(rebased.events == 7);
	/* opened by the shell, its exec, its two openings, what it made, the signal to it */
	CHECK(find_content(&contents, "/bin/tool")->events == 6);
	CHECK(find_content(&contents, "/lib/library")->events == 2);
	CHECK(find_content(&contents, "/bin/shell")->events == 0);
	tsem_contents_deinit(&contents);
	tsem_model_destroy(w.model);
}

/* Two versions in one model become one: what was seen is added. */
void test_rebase_joins(void)
{
	struct workload a = create_workload(1, 2, 3, 4), b = create_workload(1, 12, 3, 4);
	struct tsem_contents contents = {0};
	struct tsem_rebased rebased;
	struct tsem_entry *entry;
	tsem_u64 sum = 0;

	CHECK(!tsem_model_merge(a.model, b.model, NULL));
	CHECK(a.model->set.count == 15);
	CHECK(!tsem_model_contents(a.model, &contents, NULL));
	CHECK(contents.count == 5);
	for (size_t i = 0; i < contents.count; i++)
		if (!strcmp(contents.items[i].path, "/bin/tool"))
			memset(contents.items[i].replacement, 12, TSEM_DIGEST_SIZE);
	rebased = rebase(a.model, &contents);
	CHECK(rebased.merged == 6 && rebased.events == 6);
	CHECK(same_sets(&a.model->set, &b.model->set));
	for (size_t i = 0; i < a.model->set.count; i++)
		sum += a.model->set.entries[i].count;
	CHECK(sum == 18);
	entry = tsem_set_find(&a.model->set, b.model->set.entries[2].coefficient);
	CHECK(entry && entry->run == 1 && entry->last == 2 && entry->number == 3);
	tsem_contents_deinit(&contents);
	tsem_model_destroy(a.model);
	tsem_model_destroy(b.model);
}

static void refuse_rebase(struct tsem_model *model, const char *reason)
{
	struct tsem_contents contents = {0};
	struct tsem_rebased rebased;
	struct tsem_error error = {0};
	size_t count = model->set.count;

	CHECK(!tsem_model_contents(model, &contents, NULL));
	CHECK(tsem_model_rebase(model, &contents, &rebased, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, reason);
	CHECK(model->set.count == count);
	tsem_contents_deinit(&contents);
}

/* A program whose TASK_ID is made up, as a model file can state it; coefficients and strangers are left alone. */
void test_rebase_strange(void)
{
	struct workload w = create_workload(1, 2, 3, 4);
	struct tsem_contents contents = {0};
	struct tsem_rebased rebased;
	tsem_u8 unknown[TSEM_DIGEST_SIZE] = {99};
	struct tsem_record *record;

	sample_open(&w.model->set, w.shell, unknown, "/bin/tool", 2);
	tsem_set_add(&w.model->set, unknown, NULL);
	CHECK(!tsem_model_contents(w.model, &contents, NULL));
	set_content(&contents, "/bin/tool", 12);
	rebased = rebase(w.model, &contents);
	CHECK(rebased.strangers == 1 && tsem_set_find(&w.model->set, unknown));
	tsem_contents_deinit(&contents);
	record = w.model->set.entries[0].record;
	record->task_id[0] ^= 1;
	refuse_rebase(w.model, "not the one of its fields");
	tsem_model_destroy(w.model);
}

/* A chain of programs, of which the last is looked at first: it waits for all others. */
void test_rebase_deep(void)
{
	enum { DEPTH = 3000, FILES = 100 };
	struct workload w = {.model = tsem_model_create("deep", 0)}, turned = {.model = tsem_model_create("deep", 0)};
	tsem_u8 parent[TSEM_DIGEST_SIZE] = {0}, task[TSEM_DIGEST_SIZE];
	struct tsem_contents contents = {0};
	char path[32];

	for (unsigned i = 0; i < DEPTH; i++) {
		snprintf(path, sizeof(path), "/bin/%u", i % FILES);
		sample_exec(&w.model->set, parent, path, i % FILES + 1, task);
		memcpy(parent, task, TSEM_DIGEST_SIZE);
	}
	for (size_t i = w.model->set.count; i-- > 0;) {
		struct tsem_entry *entry = &w.model->set.entries[i];

		tsem_set_add(&turned.model->set, entry->coefficient, NULL)->record = entry->record;
		entry->record = NULL;
	}
	CHECK(!tsem_model_contents(turned.model, &contents, NULL) && contents.count == FILES);
	set_content(&contents, "/bin/99", 200);
	CHECK(rebase(turned.model, &contents).programs == DEPTH - FILES + 1);
	CHECK(find_content(&contents, "/bin/99")->events == DEPTH - FILES + 1);
	tsem_contents_deinit(&contents);
	tsem_model_destroy(turned.model);
	tsem_model_destroy(w.model);
}

void test_rebase_pseudonym(void)
{
	static const char path[] = "/bin/tool";
	struct workload w = create_workload(1, 2, 3, 4);
	tsem_u8 bytes[4 + sizeof(path) - 1] = {sizeof(path) - 1}, expected[TSEM_DIGEST_SIZE], digest[TSEM_DIGEST_SIZE];
	struct tsem_error error = {0};
	char name[400];

	memcpy(bytes + 4, path, sizeof(path) - 1);
	SHA256(bytes, sizeof(bytes), expected);
	tsem_pseudonym_digest(path, digest);
	CHECK(!memcmp(digest, expected, TSEM_DIGEST_SIZE));
	memset(name, 'a', sizeof(name));
	name[0] = '/';
	name[255] = 0;
	CHECK(!tsem_pseudonym_fault(name));
	name[255] = 'a';
	name[256] = 0;
	CHECK_HOLDS(tsem_pseudonym_fault(name), "longer than 255");
	CHECK(tsem_model_add_pseudonym(w.model, "relative", &error) == -EINVAL);
	CHECK_HOLDS(error.text, "begin with a slash");
	tsem_model_destroy(w.model);
}

/* ---- merging ---- */

void test_merge_sources(void)
{
	struct workload a = create_workload(1, 2, 3, 4), b = create_workload(1, 12, 3, 4),
			c = create_workload(1, 2, 3, 4);
	struct tsem_model *model;
	tsem_u8 state[TSEM_DIGEST_SIZE];

	snprintf(b.model->name, sizeof(b.model->name), "b");
	b.model->runs = 2;
	CHECK(!tsem_model_merge(b.model, c.model, NULL)); /* 2 and 1 runs */
	CHECK(!tsem_model_merge(a.model, b.model, NULL));
	model = a.model;
	CHECK(model->runs == 4 && model->source_count == 3);
	if (model->source_count == 3) {
		CHECK_TEXT(model->sources[0].name, "w");
		CHECK_TEXT(model->sources[1].name, "b");
		CHECK(model->sources[0].runs == 1 && model->sources[1].runs == 2 && model->sources[2].runs == 1);
		CHECK(!tsem_set_state(&c.model->set, NULL, NULL, state));
		CHECK(!memcmp(model->sources[2].state, state, TSEM_DIGEST_SIZE));
	}
	for (size_t i = 0; i < model->set.count; i++) {
		const struct tsem_entry *entry = &model->set.entries[i];
		bool tool = !tsem_set_find(&c.model->set, entry->coefficient);
		bool both = !tool && i >= 9;

		CHECK(entry->record && (!i || entry->number > entry[-1].number));
		CHECK(!both && entry->run == (tool ? 2 : 1) && entry->last == (tool ? 2 : 4));
	}
	check_sound(model);
	tsem_model_destroy(a.model);
	tsem_model_destroy(b.model);
	tsem_model_destroy(c.model);
}

void test_merge_refused(void)
{
	static const tsem_u32 options[] = {
		0,
		TSEM_OPTION_PORTABLE | TSEM_OPTION_DIGEST_ALL,
		TSEM_OPTION_PORTABLE | TSEM_OPTION_ALL_EVENTS,
		TSEM_OPTION_PORTABLE | TSEM_OPTION_BYPASS(TSEM_CLASS_IPC),
		TSEM_OPTION_PORTABLE | TSEM_NORMALISE_port,
	};
	static const char *const reasons[] = {"one has \"profile portable\", the other \"profile exact\"",
					      "contents all", "events all", "only the second has \"bypass ipc\"",
					      "only the second has \"normalise port\""};
	static const char pattern[] = "/tmp/x{hex 8}";
	struct workload a = create_workload(1, 2, 3, 4), b = create_workload(1, 12, 3, 4);
	struct tsem_error error = {0};
	struct tsem_name_rule rule;

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		b.model->options = options[i];
		CHECK(tsem_model_merge(a.model, b.model, &error) == -EINVAL);
		CHECK_HOLDS(error.text, reasons[i]);
	}
	b.model->options = a.model->options;
	CHECK(!tsem_pattern_parse(pattern, strlen(pattern), &rule, NULL) && !tsem_model_add_pattern(b.model, &rule));
	CHECK(tsem_model_merge(a.model, b.model, &error) == -EINVAL);
	CHECK_HOLDS(error.text, pattern);
	CHECK(!tsem_model_add_pattern(a.model, &rule));
	CHECK(!tsem_model_add_pseudonym(b.model, "/bin/tool", NULL));
	CHECK(tsem_model_merge(a.model, b.model, &error) == -EINVAL);
	CHECK_HOLDS(error.text, "pseudonym /bin/tool");
	CHECK(!tsem_model_add_pseudonym(a.model, "/bin/tool", NULL));
	b.model->runs = 0xffffffff;
	CHECK(tsem_model_merge(a.model, b.model, &error) == -EOVERFLOW);
	CHECK(a.model->set.count == 9 && !a.model->source_count && a.model->runs == 1);
	tsem_model_destroy(a.model);
	tsem_model_destroy(b.model);
}

/* Of all sizes around those of blocks and of what is read at once. */
void test_digest_file(void)
{
	static const size_t sizes[] = {
		0, 1, 55, 56, 63, 64, 65, 119, 120, 65535, 65536, 65537, 65536 * 2 - 1, 65536 * 2, 300000};
	char path[] = "/tmp/tsem-unit-XXXXXX";
	tsem_u8 digest[TSEM_DIGEST_SIZE], expected[TSEM_DIGEST_SIZE], *bytes = malloc(300000);
	int fd = mkstemp(path);

	for (size_t i = 0; i < 300000; i++)
		bytes[i] = i * 7 + i / 251;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		CHECK(!ftruncate(fd, 0) && pwrite(fd, bytes, sizes[i], 0) == (ssize_t)sizes[i]);
		CHECK(!lseek(fd, 0, SEEK_SET) && !tsem_digest_file(fd, digest));
		SHA256(bytes, sizes[i], expected);
		if (memcmp(digest, expected, TSEM_DIGEST_SIZE) != 0)
			unit_fail(__FILE__, __LINE__, "%zu bytes", sizes[i]);
		CHECK(!lseek(fd, 0, SEEK_SET) && !digest_file_start(fd, sizes[i] / 2, digest));
		SHA256(bytes, sizes[i] / 2, expected);
		if (memcmp(digest, expected, TSEM_DIGEST_SIZE) != 0)
			unit_fail(__FILE__, __LINE__, "the first half of %zu bytes", sizes[i]);
	}
	close(fd);
	fd = open("/dev/zero", O_RDONLY); /* without an end */
	CHECK(!digest_file_start(fd, 300000, digest));
	close(fd);
	fd = open("/tmp", O_RDONLY);
	CHECK(tsem_digest_file(fd, digest) == -EISDIR);
	close(fd);
	unlink(path);
	free(bytes);
}
