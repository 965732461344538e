/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Any bytes are refused, or are a record that survives JSON and that can be described and compared. */
#include <string.h>

#include "../../lib/tsem.h"
#include "fuzz.h"

/* Fuzzers find the sizes that a head states only by luck: they are made right, except in every eighth input.
 */
static struct tsem_record *copy_record(const uint8_t *bytes, size_t size)
{
	struct tsem_record *record = malloc(size + sizeof(*record));

	MUST(record);
	memcpy(record, bytes, size);
	if (size >= sizeof(*record) && size % 8) {
		record->size = size;
		record->cell_size = size - sizeof(*record);
		record->version = TSEM_RECORD_VERSION;
		memset(record->comm, 0, sizeof(record->comm));
		record->flags &= 0xf;
		record->failure = record->flags & TSEM_RECORD_FAILED ? TSEM_FAILURE_field : 0;
	}
	return record;
}

static void use_record(const struct tsem_record *record)
{
	struct tsem_buffer line = {0}, words = {0};
	struct tsem_record *again = NULL;

	tsem_record_to_json(record, &line);
	MUST(!tsem_record_from_json(line.data, line.size, &again, NULL));
	MUST(again->size == record->size && !memcmp(again, record, record->size));
	again->coe.uid ^= 1;
	MUST(tsem_record_distance(record, record) == 0 && tsem_record_distance(record, again) > 0);
	tsem_record_describe(record, &words);
	tsem_record_object(record, &words);
	tsem_record_difference(record, again, &words);
	for (size_t i = 0; i < words.size; i++)
		MUST((unsigned char)words.data[i] >= 0x20);
	tsem_buffer_deinit(&words);
	tsem_buffer_deinit(&line);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct tsem_record *record = copy_record(bytes, size);
	struct tsem_error error = {0};

	if (!tsem_record_check(record, size, &error))
		use_record(record);
	else
		MUST(error.code && error.text[0]);
	free(record);
	return 0;
}
