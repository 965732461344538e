/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/event/digest.h"

struct output {
	struct generator *generator;
	tsem_u8 bytes[TSEM_CELL_MAX];
	size_t size;
};

/* splitmix64 */
tsem_u64 generate_number(struct generator *generator)
{
	tsem_u64 z = generator->seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool generate_chance(struct generator *generator, unsigned of)
{
	return generate_number(generator) % of == 0;
}

static void put_bytes(struct output *output, const void *bytes, size_t size)
{
	memcpy(output->bytes + output->size, bytes, size);
	output->size += size;
}

/* Numbers with few and with many digits, the least, the greatest. */
static tsem_u64 generate_value(struct generator *generator)
{
	if (generator->mode == GENERATE_ABSENT)
		return 0;
	if (generator->mode == GENERATE_MARKED)
		return 4;
	if (generator->mode == GENERATE_PRESENT || generate_chance(generator, 8))
		return ~0ull;
	if (generate_chance(generator, 8))
		return 0;
	return generate_number(generator) >> generate_number(generator) % 64;
}

static void put_random(struct output *output, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		tsem_u8 byte = generate_number(output->generator);

		put_bytes(output, &byte, 1);
	}
}

static const char *const pieces[] = {
	"/usr/lib/x86_64-linux-gnu/libc.so.6",
	"a",
	"/",
	"\\",
	"\\x41",
	"\\\\",
	"\"",
	"{\"}],",
	"\n\t\r\b\f",
	"\x01\x1f\x7f",
	"\xc3\xa4\xc3\xb6",
	"\xe2\x82\xac",
	"\xf0\x9f\x98\x80",
	"\xef\xbf\xbd",
	"\xff\xfe",
	"\xc0\xaf",
	"\xed\xa0\x80",
	"\xf4\x90\x80\x80",
	"\xe2\x82",
	"\xf0\x9f",
	"\xe2\x80\xae",
	"\\u0000",
	"\\xff",
	"%s%n",
	"</script>",
	"../..",
};

#define PIECES (sizeof(pieces) / sizeof(*pieces))

/* One to eight pieces, sometimes very many; for BYTES also NULs. */
static void put_text(struct output *output, bool nuls)
{
	struct generator *generator = output->generator;
	size_t mark = output->size, limit = mark + 4 + TSEM_PATH_MAX;
	unsigned count = generator->mode == GENERATE_ABSENT ? 0 : generate_number(generator) % 8;
	tsem_u32 size = 0;

	if (generator->mode == GENERATE_PRESENT)
		count = 60;
	else if (generate_chance(generator, 40))
		count = 100 + generate_number(generator) % 300;
	put_bytes(output, &size, 4);
	for (unsigned i = 0; i < count; i++) {
		const char *piece = pieces[generate_number(generator) % PIECES];

		if (output->size + strlen(piece) + 1 > limit || output->size + strlen(piece) + 1 > TSEM_CELL_MAX - 1600)
			break;
		put_bytes(output, piece, strlen(piece) + (nuls && generate_chance(generator, 4)));
	}
	size = output->size - mark - 4;
	memcpy(output->bytes + mark, &size, 4);
}

static void put_mark(struct output *output)
{
	char text[32];
	tsem_u32 size = snprintf(text, sizeof(text), "/mark/%ue", ++output->generator->marks);

	put_bytes(output, &size, 4);
	put_bytes(output, text, size);
}

static void put_word(struct output *output)
{
	static const char *const words[] = {
#define W(word) word,
		TSEM_PATH_TYPES(W)
#undef W
	};
	const char *word = words[generate_number(output->generator) % (sizeof(words) / sizeof(*words))];
	tsem_u32 size = strlen(word);

	put_bytes(output, &size, 4);
	put_bytes(output, word, size);
}

static void put_value(struct output *output, unsigned type)
{
	tsem_u64 value = generate_value(output->generator);

	switch (type) {
	case FIELD_U16:
	case FIELD_MODE:
	case FIELD_PORT:
		put_bytes(output, &value, 2);
		break;
	case FIELD_U32:
	case FIELD_S32:
	case FIELD_X32:
		put_bytes(output, &value, 4);
		break;
	case FIELD_U64:
	case FIELD_X64:
		put_bytes(output, &value, 8);
		break;
	case FIELD_STR:
	case FIELD_BYTES:
		if (output->generator->mode == GENERATE_MARKED)
			put_mark(output);
		else
			put_text(output, type == FIELD_BYTES);
		break;
	case FIELD_PATH_TYPE:
		put_word(output);
		break;
	case FIELD_DIGEST:
		put_random(output, TSEM_DIGEST_SIZE);
		break;
	case FIELD_IPV4:
		put_random(output, 4);
		break;
	default:
		put_random(output, 16);
	}
}

static void put_shape(struct output *output, const struct shape *shape);

static void put_fields(struct output *output, const struct field *field)
{
	enum generate_mode mode = output->generator->mode;

	for (; field->type != FIELD_END; field++) {
		tsem_u8 present =
			mode == GENERATE_PRESENT || (mode != GENERATE_ABSENT && generate_chance(output->generator, 2));

		if (field->optional)
			put_bytes(output, &present, 1);
		if (field->optional && !present)
			continue;
		if (field->type < FIELD_FIRST_SHAPE)
			put_value(output, field->type);
		else
			put_shape(output, &schema_shapes[field->type]);
	}
}

static void put_shape(struct output *output, const struct shape *shape)
{
	unsigned count = 0;

	put_fields(output, shape->fields);
	if (!shape->choices)
		return;
	while (shape->choices[count].fields)
		count++;
	count = generate_number(output->generator) % count;
	put_bytes(output, &shape->choices[count].tag, 1);
	put_fields(output, shape->choices[count].fields);
}

static void fill_head(struct generator *generator, struct tsem_record *record)
{
	tsem_u8 *ids[] = {record->task_id, record->ptask_id};

	record->context = generate_value(generator);
	record->number = generate_value(generator);
	record->ts = generate_value(generator);
	record->ttd = generate_value(generator);
	record->p_ttd = generate_value(generator);
	record->pid = generate_value(generator);
	record->tid = generate_value(generator);
	record->ppid = generate_value(generator);
	record->flags =
		generate_value(generator) & (TSEM_RECORD_VIOLATION | TSEM_RECORD_REFUSED | TSEM_RECORD_UNTRUSTED);
	for (tsem_u32 *id = &record->coe.uid; id <= &record->coe.fsgid; id++)
		*id = generate_value(generator);
	record->coe.capeff = generate_value(generator);
	for (size_t i = 0; i < 2 * TSEM_DIGEST_SIZE; i++)
		ids[i & 1][i / 2] = generate_value(generator);
	strncpy((char *)record->comm, pieces[generate_number(generator) % PIECES], TSEM_COMM_SIZE - 1);
}

struct tsem_record *generate_record(struct generator *generator, unsigned event)
{
	struct output output = {.generator = generator};
	struct tsem_record *record;

	put_shape(&output, &schema_events[event].shape);
	record = calloc(1, sizeof(*record) + output.size);
	if (!record)
		abort();
	fill_head(generator, record);
	record->size = sizeof(*record) + output.size;
	record->version = TSEM_RECORD_VERSION;
	record->event = event;
	record->cell_size = output.size;
	memcpy(record + 1, output.bytes, output.size);
	if (event == TSEM_EVENT_bprm_committed_creds)
		record_task_id(record, record->task_id);
	tsem_record_coefficient(record, record->coefficient);
	return record;
}
