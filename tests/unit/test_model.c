/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/event/digest.h"
#include "../../lib/model/model.h"
#include "generate.h"
#include "unit.h"

static struct tsem_model *create_model(size_t count)
{
	struct generator generator = {.seed = 21};
	struct tsem_model *model = tsem_model_create("nginx", TSEM_OPTION_PORTABLE);
	unsigned event = 0;

	model->runs = 3;
	for (size_t i = 0; i < count; i++) {
		struct tsem_record *record;
		struct tsem_entry *entry;

		do
			event = (event + 1) % TSEM_EVENT_LIMIT;
		while (!tsem_event_name(event));
		record = generate_record(&generator, event);
		entry = tsem_set_add(&model->set, record->coefficient, NULL);
		entry->number = i + 1;
		entry->count = 1 + generate_number(&generator) % 1000;
		entry->run = i % 5 ? 1 + i % 3 : 0;
		entry->last = entry->run ? entry->run + generate_number(&generator) % (4 - entry->run) : 0;
		entry->record = record;
	}
	return model;
}

static void format_model(const struct tsem_model *model, struct tsem_buffer *ret_text)
{
	struct tsem_error error = {0};

	if (model_format(model, ret_text, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
}

static void check_again(const struct tsem_model *model)
{
	struct tsem_buffer text = {0}, again = {0};
	struct tsem_model *copy = NULL;
	struct tsem_error error = {0};

	format_model(model, &text);
	if (model_parse(text.data, text.size, "m", &copy, &error)) {
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	} else {
		CHECK_TEXT(copy->name, model->name);
		CHECK(copy->options == model->options && copy->runs == model->runs);
		CHECK(copy->set.count == model->set.count);
		for (size_t i = 0; i < model->set.count; i++) {
			const struct tsem_entry *entry = &model->set.entries[i];
			const struct tsem_entry *other = tsem_set_find(&copy->set, entry->coefficient);

			if (CHECK(other && !other->record == !entry->record) && entry->record)
				CHECK(other->number == entry->number && other->count == entry->count &&
				      other->run == entry->run && other->last == entry->last &&
				      other->record->size == entry->record->size &&
				      !memcmp(other->record, entry->record, entry->record->size));
		}
		format_model(copy, &again);
		CHECK(again.size == text.size && !memcmp(again.data, text.data, text.size));
	}
	tsem_model_destroy(copy);
	tsem_buffer_deinit(&text);
	tsem_buffer_deinit(&again);
}

/* Hostile names in the lists of the head come back as they were. */
static void check_lists(struct tsem_model *model)
{
	static const char *const paths[] = {"/usr/bin/x", "/a\nb\x01\x7f", "/\\x41\\", "/\xff\xc3\xa4", "/ ", "/a b"};
	static const char *const rights[] = {"r", "rw", "rx", "rwx"};
	char tree[32];
	struct tsem_source source = {.name = "a 7 b", .runs = 3};
	struct tsem_buffer text = {0};
	struct tsem_model *copy = NULL;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		CHECK(!tsem_model_add_pseudonym(model, paths[i], NULL));
		CHECK(tsem_model_add_pseudonym(model, paths[i], NULL) == -EEXIST);
		source.state[i] = i + 1;
		CHECK(model_add_source(model, &source));
		snprintf(tree, sizeof(tree), "%s:%s", paths[i], rights[i % 4]);
		CHECK(!tsem_model_add_tree(model, tree, NULL) && model->tree_count == i + 1);
	}
	model->has_action = true;
	model->action = TSEM_ACTION_FREEZE;
	check_again(model);
	format_model(model, &text);
	if (!CHECK(!model_parse(text.data, text.size, "m", &copy, NULL)))
		return;
	CHECK(copy->has_action && copy->action == TSEM_ACTION_FREEZE);
	CHECK(copy->pseudonym_count == 6 && copy->source_count == 6);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		CHECK(tsem_model_has_pseudonym(copy, paths[i]));
	CHECK(copy->tree_count == 6);
	for (size_t i = 0; i < copy->tree_count; i++) {
		CHECK_TEXT(copy->trees[i].path, model->trees[i].path);
		CHECK(copy->trees[i].rights == model->trees[i].rights);
	}
	for (size_t i = 0; i < copy->source_count; i++)
		CHECK(!memcmp(&copy->sources[i], &model->sources[i], sizeof(source)));
	tsem_buffer_deinit(&text);
	tsem_model_destroy(copy);
}

/* Of two of one directory the later one counts. There is a most of them. */
void test_model_trees(void)
{
	struct tsem_model *model = tsem_model_create("n", TSEM_OPTION_PORTABLE);
	struct tsem_error error = {0};
	struct tsem_buffer text = {0};
	char tree[32];

	for (int i = TSEM_TREES_MAX; i--;) {
		snprintf(tree, sizeof(tree), "/t%02d:r", i);
		CHECK(!tsem_model_add_tree(model, tree, &error));
	}
	CHECK(tsem_model_add_tree(model, "/u:r", &error) == -ENOSPC);
	CHECK_HOLDS(error.text, "at most 64 trees");
	CHECK(!tsem_model_add_tree(model, "/t07:rwx", &error) && model->tree_count == TSEM_TREES_MAX);
	CHECK(model->trees[7].rights == (TSEM_TREE_READ | TSEM_TREE_WRITE | TSEM_TREE_EXECUTE));
	CHECK(tsem_model_add_tree(model, "t:r", &error) == -EINVAL);
	tsem_model_settings(model, &text);
	CHECK_HOLDS(text.data, "\ntree /t06:r\ntree /t07:rwx\ntree /t08:r\n");
	check_again(model);
	tsem_buffer_deinit(&text);
	tsem_model_destroy(model);
}

void test_model_round_trip(void)
{
	for (size_t count = 0; count < 300; count = count * 2 + 1) {
		struct tsem_model *model = create_model(count);

		check_again(model);
		check_lists(model);
		model->options = TSEM_OPTION_DIGEST_ALL | TSEM_OPTION_BYPASS(TSEM_CLASS_IPC) |
				 TSEM_OPTION_BYPASS(TSEM_CLASS_FILE);
		for (size_t i = 0; i < count; i++) {
			free(model->set.entries[i].record);
			model->set.entries[i].record = NULL;
		}
		check_again(model); /* without a trajectory */
		tsem_model_destroy(model);
	}
}

void test_model_truncated(void)
{
	struct tsem_model *model = create_model(4), *copy;
	struct tsem_buffer text = {0};
	struct tsem_error error;

	format_model(model, &text);
	for (size_t size = 0; size < text.size; size++) {
		CHECK(model_parse(text.data, size, "m", &copy, &error) == -EBADMSG);
		if (!strstr(error.text, size ? "truncated" : "empty"))
			unit_fail(__FILE__, __LINE__, "%zu bytes: %s", size, error.text);
	}
	tsem_buffer_add(&text, "x", 1);
	CHECK(model_parse(text.data, text.size, "m", &copy, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "after the line \"end\"");
	text.data[text.size - 1] = '\n';
	CHECK(model_parse(text.data, text.size, "m", &copy, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "after the line \"end\"");
	tsem_buffer_deinit(&text);
	tsem_model_destroy(model);
}

void test_model_flipped(void)
{
	struct tsem_model *model = create_model(4), *copy;
	struct tsem_buffer text = {0};
	struct tsem_error error;

	format_model(model, &text);
	for (size_t i = 0; i < text.size; i++)
		for (int bit = 0; bit < 8; bit++) {
			text.data[i] ^= 1 << bit;
			if (!CHECK(model_parse(text.data, text.size, "m", &copy, &error) == -EBADMSG))
				tsem_model_destroy(copy);
			text.data[i] ^= 1 << bit;
		}
	tsem_buffer_deinit(&text);
	tsem_model_destroy(model);
}

/* The text with its right last line. */
static int parse_ended(const char *text, struct tsem_error *error)
{
	struct tsem_buffer file = {0};
	struct tsem_model *model = NULL;
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	int result;

	tsem_buffer_printf(&file, "%s", text);
	digest_bytes(file.data, file.size, digest);
	tsem_buffer_printf(&file, "end ");
	for (int i = 0; i < TSEM_DIGEST_SIZE; i++)
		tsem_buffer_printf(&file, "%02x", digest[i]);
	tsem_buffer_printf(&file, "\n");
	result = model_parse(file.data, file.size, "m", &model, error);
	tsem_model_destroy(model);
	tsem_buffer_deinit(&file);
	return result;
}

#define SETTINGS "tsem-model 1\nname n\ndigest sha256\nprofile portable\ncontents exec\n"
#define HEAD SETTINGS "runs 1\n"
#define A "0000000000000000000000000000000000000000000000000000000000000001\n"
#define B "0000000000000000000000000000000000000000000000000000000000000002\n"

static const struct {
	const char *text;
	const char *reason; /* NULL: accepted */
} files[] = {
	{HEAD "coefficients 0\n", NULL},
	{HEAD "coefficients 2\n" A B, NULL},
	{"\n", "not a model"},
	{"TSEM-MODEL 1\n", "not a model"},
	{"{\"coefficients\":[]}\n", "not a model"},
	{"tsem-model 2\nname n\n", "another version"},
	{"tsem-model 10\nname n\n", "another version"},
	{"tsem-model 1 \nname n\n", "another version"},
	{"tsem-model 1\r\nname n\n", "another version"},
	{"tsem-model 1\n", "line 2: \"name\" is expected"},
	{"tsem-model 1\nname \n", "line 2: the name is empty"},
	{"tsem-model 1\nname a\tb\n", "control character"},
	{"tsem-model 1\nname 0123456789012345678901234567890123456789012345678901234567890123\n", "longer than 63"},
	{"tsem-model 1\nname n\ndigest sha512\n", "line 3: digest is not sha256"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile none\n", "line 4: profile is not portable or exact"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents\n", "line 5: \"contents\" is expected"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nbypass files\nruns 1\n", "not known here"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nbypass ipc,file\nruns 1\n", "order"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nbypass ipc,ipc\nruns 1\n", "or twice"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nbypass \nruns 1\n", "not known here"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nnormalise process,size\npattern /t/a.{alnum 8}.b\nruns 1\ncoefficients 0\n",
	 NULL},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nbypass ipc\nids current\nnormalise port\npattern /{digit}\npattern /{hex}\nruns 1\ncoefficients 0\n",
	 NULL},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nnormalise size,process\nruns 1\n", "order"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nnormalise speed\nruns 1\n",
	 "not known here"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\npseudonym /a\non-violation deny\nruns 1\ncoefficients 0\n",
	 NULL},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\non-violation den\nruns 1\n",
	 "line 6: this is not an action"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\non-violation \nruns 1\n",
	 "line 6: this is not an action"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\non-violation deny\non-violation deny\nruns 1\n",
	 "line 7: \"runs\" is expected"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nids initial\nruns 1\n",
	 "line 6: ids is not current"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nnormalise port\nids current\nruns 1\n",
	 "line 7: \"runs\" is expected"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\npattern /{digit}\npattern /{digit}\nruns 1\n",
	 "line 7: this pattern is there twice"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\npattern {digit}\nruns 1\n",
	 "line 6: \"{digit}\" is not a pattern"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\npattern /{digit 08}\nruns 1\n",
	 "line 6: \"/{digit 08}\" is not a pattern"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\npattern /{digit}\x01\nruns 1\n",
	 "not a pattern"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nruns x\n", "line 6: this is not a decimal"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nruns 01\n",
	 "line 6: this is not a decimal"},
	{"tsem-model 1\nname n\ndigest sha256\nprofile exact\ncontents all\nruns 4294967296\n", "more than"},
	{HEAD, "line 7: \"coefficients\" is expected"},
	{HEAD "coefficients 99999999999999999999\n", "not a decimal"},
	{HEAD "coefficients 1000000000\n" A, "more than the file can hold"},
	{HEAD "coefficients 3\n" A B, "more than the file can hold"},
	{HEAD "coefficients 2\n" A "trajectory 1\n1 1 " A, "line 9: this is not a coefficient"},
	{HEAD "coefficients 1\n" A B, "line 9: \"trajectory\" is expected"},
	{HEAD "coefficients 2\n" B A, "line 9: the coefficients are not in ascending order"},
	{HEAD "coefficients 2\n" A A, "line 9: this coefficient is there twice"},
	{HEAD "coefficients 1\n000000000000000000000000000000000000000000000000000000000000000G\n",
	 "line 8: this is not"},
	{HEAD "coefficients 1\n000000000000000000000000000000000000000000000000000000000000000A\n",
	 "line 8: this is not"},
	{HEAD "coefficients 1\n" A "trajectory 0\n", "line 9: an empty trajectory"},
	{HEAD "coefficients 1\n" A "trajectory 2\n", "line 9: this is more"},
	{HEAD "coefficients 1\n" A "trajectory 1\n", "line 10: there are fewer events"},
	{HEAD "coefficients 1\n" A "trajectory 1\nx 1 {}\n", "line 10: the number of times"},
	{HEAD "coefficients 1\n" A "trajectory 1\n1 2 2 {}\n", "line 10: the run in which the event was first seen"},
	{HEAD "coefficients 1\n" A "trajectory 1\n1 1 {}\n", "line 10: the run in which the event was last seen"},
	{HEAD "coefficients 1\n" A "trajectory 1\n1 1 2 {}\n", "line 10: the run in which the event was last seen"},
	{HEAD "coefficients 1\n" A "trajectory 1\n1 1 0 {}\n", "line 10: the run in which the event was last seen"},
	{HEAD "coefficients 1\n" A "trajectory 1\n1 0 1 {}\n", "line 10: the run in which the event was last seen"},
	{HEAD "coefficients 1\n" A "trajectory 1\n1 1 01 {}\n", "line 10: the run in which the event was last seen"},
	{HEAD "coefficients 1\n" A "trajectory 1\n1 1 1\n", "line 10: the run in which the event was last seen"},
	{HEAD "coefficients 1\n" A "trajectory 1\n1 1 1 {}\n", "line 10: event, byte 2: event: this member is missing"},
	{HEAD "coefficients 0\n\n", "line 8: \"trajectory\" is expected"},
	{SETTINGS "pseudonym /a\npseudonym /a/b\\x20\\xc3\\xa4\\x5c\\x0a\nruns 1\ncoefficients 0\n", NULL},
	{SETTINGS "pseudonym /b\npseudonym /a\nruns 1\ncoefficients 0\n",
	 "line 7: the pseudonyms are not in ascending"},
	{SETTINGS "pseudonym /a\npseudonym /a\nruns 1\ncoefficients 0\n",
	 "line 7: the pseudonyms are not in ascending"},
	{SETTINGS "pseudonym a\nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "pseudonym /\nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "pseudonym /a/\nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "pseudonym \nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "pseudonym /a b\nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "pseudonym /a\xc3\xa4\nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "pseudonym /a\\\nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "pseudonym /a\\x0\nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "pseudonym /a\\x00\nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "pseudonym /a\\x0A\nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "pseudonym /a\\x41\nruns 1\n", "line 6: this is not the path"},
	{SETTINGS "runs 1\npseudonym /a\n", "line 7: \"coefficients\" is expected"},
	{SETTINGS
	 "pseudonym /b\ntree /a:rwx\ntree /a/b\\x20\\x0ac:d:r\ntree /ab:rx\non-violation deny\nruns 1\ncoefficients 0\n",
	 NULL},
	{SETTINGS "tree /b:r\ntree /a:r\nruns 1\ncoefficients 0\n", "line 7: the trees are not in ascending order"},
	{SETTINGS "tree /a:r\ntree /a:r\nruns 1\ncoefficients 0\n", "line 7: the trees are not in ascending order"},
	{SETTINGS "tree /a:r\ntree /a:rw\nruns 1\ncoefficients 0\n", "line 7: the trees are not in ascending order"},
	{SETTINGS "tree /a\nruns 1\n", "line 6: \"/a\" is no tree"},
	{SETTINGS "tree :r\nruns 1\n", "line 6: \":r\" is no tree"},
	{SETTINGS "tree /a:\nruns 1\n", "line 6: \"/a:\" is no tree"},
	{SETTINGS "tree /a:wr\nruns 1\n", "line 6: \"/a:wr\" is no tree"},
	{SETTINGS "tree /a:w\nruns 1\n", "line 6: \"/a:w\" is no tree"},
	{SETTINGS "tree a:r\nruns 1\n", "line 6: the directory of the tree a:r does not begin with a slash"},
	{SETTINGS "tree /:r\nruns 1\n", "is the whole file system"},
	{SETTINGS "tree /a/:r\nruns 1\n", "is not in its shortest form"},
	{SETTINGS "tree //a:r\nruns 1\n", "is not in its shortest form"},
	{SETTINGS "tree /a//b:r\nruns 1\n", "is not in its shortest form"},
	{SETTINGS "tree /a/.:r\nruns 1\n", "is not in its shortest form"},
	{SETTINGS "tree /a/../b:r\nruns 1\n", "is not in its shortest form"},
	{SETTINGS "tree /a/...:r\nruns 1\ncoefficients 0\n", NULL},
	{SETTINGS "tree /a b:r\nruns 1\n", "line 6: this is not the path of a tree"},
	{SETTINGS "tree /a\\x41:r\nruns 1\n", "line 6: this is not the path of a tree"},
	{SETTINGS "tree /a\\x3ar\nruns 1\n", "line 6: this is not the path of a tree"},
	{SETTINGS "tree \nruns 1\n", "line 6: \"\" is no tree"},
	{SETTINGS "on-violation deny\ntree /a:r\nruns 1\n", "line 7: \"runs\" is expected"},
	{SETTINGS "tree /a:r\npseudonym /a\nruns 1\n", "line 7: \"runs\" is expected"},
	{HEAD "source web server 1 " A "source n 4294967295 " A "coefficients 0\n", NULL},
	{HEAD "source n 1 " A "source n 1 " A "coefficients 0\n", NULL},
	{HEAD "source n 1 000000000000000000000000000000000000000000000000000000000000000G\n",
	 "line 7: a source ends in"},
	{HEAD "source n 1\n", "line 7: a source ends in"},
	{HEAD "source n  " A, "line 7: the runs of the source are expected"},
	{SETTINGS "runs \n", "line 6: this is not a decimal number"},
	{HEAD "source \n", "line 7: a source ends in"},
	{HEAD "source 1 " A, "line 7: the runs of the source"},
	{HEAD "source nn " A, "line 7: the runs of the source"},
	{HEAD "source n 01 " A, "line 7: the runs of the source"},
	{HEAD "source n 4294967296 " A, "line 7: the runs of the source"},
	{HEAD "source n  " A, "line 7: the runs of the source"},
	{HEAD "source  1 " A, "line 7: this is not the name"},
	{HEAD "source a\tb 1 " A, "line 7: this is not the name"},
	{HEAD "source 0123456789012345678901234567890123456789012345678901234567890123 1 " A,
	 "line 7: this is not the name"},
};

static void check_trajectory_refused(void)
{
	struct tsem_model *model = create_model(2);
	struct tsem_record *record = model->set.entries[0].record;
	struct tsem_buffer text = {0}, line = {0};
	struct tsem_error error = {0};

	tsem_record_to_json(record, &line);
	tsem_buffer_printf(&text, HEAD "coefficients 1\n" A "trajectory 1\n1 1 1 %s\n", line.data);
	CHECK(parse_ended(text.data, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "line 10: the event's coefficient is not in the model");
	record->coe.uid ^= 1;
	text.size = line.size = 0;
	tsem_record_to_json(record, &line);
	tsem_buffer_printf(&text, HEAD "coefficients 1\n" A "trajectory 1\n1 1 1 %s\n", line.data);
	CHECK(parse_ended(text.data, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "line 10: the event does not have the coefficient that it states");
	text.size = 0;
	CHECK(model_format(model, &text, &error) == -EINVAL);
	CHECK_HOLDS(error.text, "coefficient that it states");
	tsem_buffer_deinit(&line);
	tsem_buffer_deinit(&text);
	tsem_model_destroy(model);
}

static void check_event_twice(void)
{
	struct tsem_model *model = create_model(2);
	struct tsem_entry *entries = model->set.entries;
	struct tsem_buffer text = {0}, line = {0};
	struct tsem_error error = {0};
	int first = memcmp(entries[0].coefficient, entries[1].coefficient, TSEM_DIGEST_SIZE) > 0;

	tsem_record_to_json(entries[0].record, &line);
	tsem_buffer_printf(&text, HEAD "coefficients 2\n");
	for (int turn = 0; turn < 2; turn++, first ^= 1) {
		for (int i = 0; i < TSEM_DIGEST_SIZE; i++)
			tsem_buffer_printf(&text, "%02x", entries[first].coefficient[i]);
		tsem_buffer_printf(&text, "\n");
	}
	tsem_buffer_printf(&text, "trajectory 2\n1 1 1 %s\n1 1 1 %s\n", line.data, line.data);
	CHECK(parse_ended(text.data, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "line 12: this event is there twice");
	tsem_buffer_deinit(&line);
	tsem_buffer_deinit(&text);
	tsem_model_destroy(model);
}

static void check_bytes_refused(void)
{
	static const char nul[] = HEAD "coefficients 0\n\0";
	struct tsem_buffer text = {0};
	struct tsem_model *model;
	struct tsem_error error = {0};

	CHECK(model_parse(nul, sizeof(nul), "m", &model, &error) == -EBADMSG);
	tsem_buffer_add(&text, nul, sizeof(nul));
	tsem_buffer_printf(&text, "\n");
	CHECK(model_parse(text.data, text.size, "m", &model, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "line 8: there is a NUL");
	text.size = 0;
	tsem_buffer_printf(&text, HEAD);
	for (unsigned i = 0; i < MODEL_LINE_MAX / 64 + 1; i++)
		tsem_buffer_add(&text, A, 64);
	tsem_buffer_printf(&text, "\n");
	CHECK(model_parse(text.data, text.size, "m", &model, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "line 7: the line is longer");
	tsem_buffer_deinit(&text);
}

void test_model_refused(void)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct tsem_error error = {0};
		int result = parse_ended(files[i].text, &error);

		CHECK(result == (files[i].reason ? -EBADMSG : 0));
		if (files[i].reason)
			CHECK_HOLDS(error.text, files[i].reason);
	}
	check_trajectory_refused();
	check_event_twice();
	check_bytes_refused();
}

/* ---- files ---- */

static bool enter_directory(char *directory)
{
	strcpy(directory, "/tmp/tsem-unit-XXXXXX");
	return CHECK(mkdtemp(directory) && !chdir(directory));
}

/* Names in the present directory. */
static int count_names(void)
{
	DIR *directory = opendir(".");
	int count = -2;

	while (directory && readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static void check_unreadable(const char *path, int code, const char *reason)
{
	struct tsem_model *model;
	struct tsem_error error = {0};

	CHECK(tsem_model_read(path, &model, &error) == -code);
	CHECK_HOLDS(error.text, reason);
	CHECK_HOLDS(error.text, path);
}

static void check_unwritten(const struct tsem_model *model, const char *path, int code, const char *reason)
{
	struct tsem_error error = {0};

	CHECK(tsem_model_write(model, path, &error) == -code);
	CHECK_HOLDS(error.text, reason);
}

void test_model_files(void)
{
	struct tsem_model *model = create_model(10), *copy = NULL;
	char directory[64];
	struct stat status;
	int fd;

	if (!enter_directory(directory))
		return;
	umask(022);
	check_unreadable("missing", ENOENT, "No such file");
	check_unreadable(".", EISDIR, "is a directory");
	CHECK(!mkfifo("fifo", 0600));
	check_unreadable("fifo", EINVAL, "not a regular file");
	check_unwritten(model, "fifo", ENOTSUP, "not a file");
	check_unwritten(model, ".", EISDIR, "directory");
	check_unwritten(model, "none/m", ENOENT, "No such file");
	fd = open("huge", O_CREAT | O_WRONLY, 0600);
	CHECK(!ftruncate(fd, (off_t)MODEL_SIZE_MAX));
	check_unreadable("huge", EBADMSG, "not a model");
	CHECK(!ftruncate(fd, (off_t)MODEL_SIZE_MAX + 1));
	check_unreadable("huge", EFBIG, "larger than 1 GiB");
	close(fd);
	CHECK(!tsem_model_write(model, "m", NULL) && !tsem_model_write(model, "./m", NULL));
	CHECK(!stat("m", &status) && (status.st_mode & 07777) == 0644);
	CHECK(!tsem_model_read("m", &copy, NULL) && copy->set.count == 10);
	tsem_model_destroy(copy);
	CHECK(count_names() == 3);
	CHECK(!unlink("m") && !unlink("fifo") && !unlink("huge") && !chdir("/") && !rmdir(directory));
	tsem_model_destroy(model);
}

/* The disk is full, in the form of a limit: the old file is as it was, nothing else is left. */
void test_model_write_fails(void)
{
	struct rlimit old, limit = {.rlim_cur = 6000};
	struct tsem_model *model = create_model(10), *copy = NULL;
	void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
	char directory[64];

	if (!enter_directory(directory))
		return;
	CHECK(!tsem_model_write(model, "m", NULL));
	model->runs = 77;
	getrlimit(RLIMIT_FSIZE, &old);
	limit.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	check_unwritten(model, "m", EFBIG, "was not written: File too large");
	setrlimit(RLIMIT_FSIZE, &old);
	signal(SIGXFSZ, handler);
	CHECK(count_names() == 1);
	CHECK(!tsem_model_read("m", &copy, NULL) && copy->runs == 3);
	tsem_model_destroy(copy);
	snprintf(model->name, sizeof(model->name), "a\nb");
	check_unwritten(model, "m", EINVAL, "control character");
	CHECK(!unlink("m") && !chdir("/") && !rmdir(directory));
	tsem_model_destroy(model);
}

void test_model_large(void)
{
	struct generator generator = {.seed = 22};
	struct tsem_model *model = tsem_model_create("large", 0), *copy = NULL;
	struct tsem_buffer text = {0};
	tsem_u64 coefficient[4];

	for (size_t i = 0; i < 200000; i++) {
		for (int k = 0; k < 4; k++)
			coefficient[k] = generate_number(&generator);
		tsem_set_add(&model->set, (tsem_u8 *)coefficient, NULL);
	}
	format_model(model, &text);
	CHECK(!model_parse(text.data, text.size, "m", &copy, NULL) && copy->set.count == 200000);
	tsem_model_destroy(copy);
	tsem_model_destroy(model);
	tsem_buffer_deinit(&text);
}

static unsigned count_events(const struct tsem_model *model, unsigned event)
{
	unsigned count = 0;

	for (size_t i = 0; i < model->set.count; i++)
		count += model->set.entries[i].record && model->set.entries[i].record->event == event;
	return count;
}

/*
 * Written once and kept: an encoding that has changed is found here, and by
 * coefficient.py. New rows of events.def need new vectors, see golden.h.
 */
void test_coefficient_golden(void)
{
	static const char path[] = "tests/golden/events.model";
	struct tsem_model *model = NULL;
	struct tsem_error error = {0};

	if (access(path, R_OK)) {
		unit_skip("tests/golden/events.model is not below the present directory");
		return;
	}
	if (tsem_model_read(path, &model, &error)) {
		unit_fail(__FILE__, __LINE__, "%s", error.text);
		return;
	}
	for (unsigned event = 0; event < TSEM_EVENT_LIMIT; event++)
		if (tsem_event_name(event) && count_events(model, event) < 3)
			unit_fail(__FILE__, __LINE__, "fewer than 3 events %s in %s", tsem_event_name(event), path);
	check_again(model);
	tsem_model_destroy(model);
}
