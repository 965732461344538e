/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "../../engine/coefficient.h"
#include "../../lib/event/codec.h"
#include "../../lib/event/digest.h"
#include "generate.h"
#include "unit.h"

void test_schema_rows(void)
{
	unsigned count = 0;

	for (unsigned event = 0; event < TSEM_EVENT_LIMIT + 2; event++) {
		const char *name = tsem_event_name(event);

		if (!name) {
			CHECK(!tsem_event_class(event));
			continue;
		}
		count++;
		CHECK(event && tsem_event_number(name) == event);
		CHECK(strlen(name) < 64 && schema_events[event].cell.name_size == strlen(name));
		CHECK(tsem_event_class(event) != NULL);
	}
	CHECK(count >= 22);
	CHECK_TEXT(tsem_event_name(TSEM_EVENT_inode_rename), "inode_rename");
	CHECK_TEXT(tsem_event_class(TSEM_EVENT_task_kill), "process");
	CHECK(!tsem_event_number("") && !tsem_event_number("inode_renam") && !tsem_event_number("no_such"));
}

#define NO_BOUND 10000 /* a name of a file, or a text */
#define ADDRESS_MAX (1 + 4 + 127)

static size_t fields_size_max(const struct field *fields);

static size_t field_size_max(const struct field *field)
{
	static const size_t sizes[FIELD_LIMIT] = {
		[FIELD_U16] = 2,   [FIELD_U32] = 4,
		[FIELD_S32] = 4,   [FIELD_U64] = 8,
		[FIELD_X32] = 4,   [FIELD_X64] = 8,
		[FIELD_MODE] = 2,  [FIELD_DIGEST] = TSEM_DIGEST_SIZE,
		[FIELD_UUID] = 16, [FIELD_ADDR] = ADDRESS_MAX,
	};

	if (sizes[field->type])
		return sizes[field->type];
	if (field->type == FIELD_STR && !strcmp(field->name, "kind"))
		return 4 + 8; /* a word of ours */
	if (field->type < FIELD_FIRST_SHAPE || field->type == FIELD_PATH)
		return NO_BOUND;
	return fields_size_max(schema_shapes[field->type].fields);
}

static size_t fields_size_max(const struct field *fields)
{
	size_t size = 0;

	for (; fields->type != FIELD_END; fields++)
		size += fields->optional + field_size_max(fields);
	return size;
}

/* The kernel side clears behind the CELL what the key of such an event has there. */
void test_schema_long(void)
{
	unsigned count = 0;

	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++) {
		const struct event_row *row = schema_event(event);

		if (!row || TSEM_SEEN_IS_LONG(event, row->class))
			continue;
		count++;
		if (fields_size_max(row->shape.fields) > TSEM_SEEN_SHORT)
			unit_fail(__FILE__, __LINE__, "%s can be longer than a short key", row->name);
	}
	CHECK(count >= 20);
}

void test_codec_generated(void)
{
	struct tsem_error error = {0};
	struct codec codec;

	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++)
		for (unsigned turn = 0; tsem_event_name(event) && turn < 200; turn++) {
			struct generator generator = {.seed = event * 1000 + turn, .mode = turn < 3 ? turn : 0};
			struct tsem_record *record = generate_record(&generator, event);

			if (tsem_record_check(record, record->size, &error))
				unit_fail(__FILE__, __LINE__, "%s", error.text);
			CHECK(codec_decode_record(&codec, record) && codec.count < CODEC_ITEM_LIMIT);
			free(record);
		}
}

static struct tsem_record *resize_cell(const struct tsem_record *record, size_t size)
{
	struct tsem_record *copy = calloc(1, sizeof(*copy) + size);
	size_t kept = size < record->cell_size ? size : record->cell_size;

	memcpy(copy, record, sizeof(*copy) + kept);
	copy->cell_size = size;
	copy->size = sizeof(*copy) + size;
	return copy;
}

/* Less and more than the whole CELL is refused, unless the event failed. */
void test_codec_cut(void)
{
	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++) {
		struct generator generator = {.seed = event, .mode = GENERATE_PRESENT};
		struct tsem_record *record = tsem_event_name(event) ? generate_record(&generator, event) : NULL;

		for (size_t size = 0; record && size < record->cell_size + 2u; size++) {
			struct tsem_record *copy = resize_cell(record, size);

			CHECK(tsem_record_check(copy, copy->size, NULL) == (size == record->cell_size ? 0 : -EBADMSG));
			copy->flags |= TSEM_RECORD_FAILED;
			copy->failure = TSEM_FAILURE_path;
			CHECK(!tsem_record_check(copy, copy->size, NULL));
			free(copy);
		}
		free(record);
	}
}

static void check_refused(const struct tsem_record *good, size_t offset, tsem_u32 value, size_t width)
{
	struct tsem_record *copy = resize_cell(good, good->cell_size);
	struct tsem_error error = {0};

	memcpy((char *)copy + offset, &value, width);
	CHECK(tsem_record_check(copy, good->size, &error) == -EBADMSG && error.code == EBADMSG && error.text[0]);
	free(copy);
}

#define REFUSE(member, value) check_refused(record, offsetof(struct tsem_record, member), value, sizeof(record->member))

void test_codec_head(void)
{
	struct generator generator = {.seed = 5};
	struct tsem_record *record = generate_record(&generator, TSEM_EVENT_file_open);

	CHECK(!tsem_record_check(record, record->size, NULL));
	for (size_t size = 0; size < record->size; size++)
		CHECK(tsem_record_check(record, size, NULL) == -EBADMSG);
	REFUSE(size, record->size + 1);
	REFUSE(size, 0);
	REFUSE(version, 0);
	REFUSE(version, 2);
	REFUSE(event, 0);
	REFUSE(event, 127);
	REFUSE(event, 0xffff);
	REFUSE(cell_size, 0);
	REFUSE(cell_size, 0xffffffff);
	REFUSE(flags, 0x10);
	REFUSE(flags, TSEM_RECORD_FAILED);
	REFUSE(failure, TSEM_FAILURE_path);
	check_refused(record, offsetof(struct tsem_record, comm), 0x61006161, 4);
	check_refused(record, offsetof(struct tsem_record, comm) + 12, 0x61616161, 4);
	free(record);
}

void test_codec_failed(void)
{
	struct generator generator = {.seed = 6};
	struct tsem_record *record = generate_record(&generator, TSEM_EVENT_file_open);

	record->flags |= TSEM_RECORD_FAILED;
	record->failure = 15;
	CHECK(tsem_record_check(record, record->size, NULL) == -EBADMSG);
	record->failure = TSEM_FAILURE_digest;
	CHECK(!tsem_record_check(record, record->size, NULL));
	free(record);
}

static void openssl_fold(const struct tsem_record *record, const tsem_u8 *task_id, tsem_u8 *ret_digest)
{
	tsem_u8 fold[160];
	const char *name = tsem_event_name(record->event);

	SHA256((const tsem_u8 *)name, strlen(name), fold);
	memcpy(fold + 32, record->ptask_id, 32);
	memcpy(fold + 64, task_id, 32);
	SHA256((const tsem_u8 *)&record->coe, 40, fold + 96);
	SHA256((const tsem_u8 *)(record + 1), record->cell_size, fold + 128);
	SHA256(fold, sizeof(fold), ret_digest);
}

void test_coefficient_openssl(void)
{
	static const tsem_u8 zero[32];
	tsem_u8 digest[32];

	for (unsigned event = 1; event < TSEM_EVENT_LIMIT; event++)
		for (unsigned turn = 0; tsem_event_name(event) && turn < 20; turn++) {
			struct generator generator = {.seed = event * 77 + turn};
			struct tsem_record *record = generate_record(&generator, event);

			openssl_fold(record, record->task_id, digest);
			CHECK(!memcmp(digest, record->coefficient, 32));
			openssl_fold(record, zero, digest);
			CHECK(event != TSEM_EVENT_bprm_committed_creds || !memcmp(digest, record->task_id, 32));
			free(record);
		}
}

/* What the kernel side computes, in its own way: the whole event in place, padded in place. */
void test_coefficient_engine(void)
{
	struct tsem_event *e = calloc(1, sizeof(*e));
	tsem_u8 name[TSEM_DIGEST_SIZE];

	if (!CHECK(e))
		return;
	for (unsigned turn = 0; turn < TSEM_EVENT_LIMIT * 20; turn++) {
		struct generator generator = {.seed = turn, .mode = turn / TSEM_EVENT_LIMIT % 3};
		unsigned event = turn % TSEM_EVENT_LIMIT;
		struct tsem_record *record = tsem_event_name(event) ? generate_record(&generator, event) : NULL;

		if (!record)
			continue;
		digest_bytes(tsem_event_name(event), strlen(tsem_event_name(event)), name);
		memcpy(&e->record, record, record->size);
		memset(e->record.coefficient, 0xee, TSEM_DIGEST_SIZE);
		if (event == TSEM_EVENT_bprm_committed_creds)
			memset(e->record.task_id, 0xee, TSEM_DIGEST_SIZE);
		event_coefficient(e, name);
		CHECK(!memcmp(&e->record, record, sizeof(*record)));
		free(record);
	}
	free(e);
}

/* The worked example of docs/coefficients.md. */
static const char example[] =
	"{\"export\":{\"type\":\"event\"},\"event\":{\"pid\":\"412\",\"tid\":\"412\",\"ppid\":\"400\","
	"\"context\":\"1\","
	"\"number\":\"7\",\"process\":\"cat\",\"type\":\"file_open\",\"ttd\":\"1\",\"p_ttd\":\"0\",\"task_"
	"id\":"
	"\"1111111111111111111111111111111111111111111111111111111111111111\",\"p_task_id\":"
	"\"0000000000000000000000000000000000000000000000000000000000000000\",\"ts\":\"5000000000\","
	"\"flags\":\"0x0\","
	"\"coefficient\":\"6fe5c78b8e539e963d0629dc56f8594b3a37f706c52b98a9c74511b6451a04fb\"},\"COE\":{"
	"\"uid\":\"1000\","
	"\"euid\":\"1000\",\"suid\":\"1000\",\"gid\":\"1000\",\"egid\":\"1000\",\"sgid\":\"1000\",\"fsuid\":"
	"\"1000\","
	"\"fsgid\":\"1000\",\"capeff\":\"0x0\"},\"file_open\":{\"file\":{\"flags\":\"0x8000\",\"inode\":{"
	"\"uid\":\"0\","
	"\"gid\":\"0\",\"mode\":\"0100644\",\"s_magic\":\"0xef53\",\"s_id\":\"\",\"s_uuid\":"
	"\"00000000000000000000000000000000\"},\"path\":{\"type\":\"root\",\"pathname\":\"/etc/"
	"hostname\"},\"digest\":"
	"\"0000000000000000000000000000000000000000000000000000000000000000\"}}}";

static void check_hex(const void *bytes, size_t size, const char *expected)
{
	struct tsem_buffer hex = {0};

	for (size_t i = 0; i < size; i++)
		tsem_buffer_printf(&hex, "%02x", ((const tsem_u8 *)bytes)[i]);
	CHECK_TEXT(hex.data, expected);
	tsem_buffer_deinit(&hex);
}

void test_coefficient_documented(void)
{
	struct tsem_record *record = NULL;
	struct tsem_error error = {0};
	struct tsem_set set = {0};
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	if (tsem_record_from_json(example, sizeof(example) - 1, &record, &error)) {
		unit_fail(__FILE__, __LINE__, "%s", error.text);
		return;
	}
	check_hex(&record->coe, sizeof(record->coe),
		  "e8030000e8030000e8030000e8030000e8030000e8030000e8030000e80300000000000000000000");
	check_hex(record + 1, record->cell_size,
		  "008000000000000000000000a48153ef00000000000000000000000000000000000000000000"
		  "0004000000726f6f74000d0000002f6574632f686f73746e616d65"
		  "0000000000000000000000000000000000000000000000000000000000000000");
	tsem_record_coefficient(record, digest);
	check_hex(digest, sizeof(digest), "6fe5c78b8e539e963d0629dc56f8594b3a37f706c52b98a9c74511b6451a04fb");
	record_task_id(record, digest);
	tsem_set_add(&set, record->coefficient, NULL)->number = 1;
	tsem_set_state(&set, NULL, NULL, digest);
	check_hex(digest, sizeof(digest), "98011fa193e41590c476a525c9b36cd2a42addb8a19c6b3191805cba64b64d30");
	tsem_set_deinit(&set);
	free(record);
}
