/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Any text is refused, or is an event whose own JSON says the same. */
#include <string.h>

#include "../../lib/tsem.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct tsem_record *record, *again = NULL;
	struct tsem_buffer line = {0}, copy = {0};
	struct tsem_error error = {0};

	if (tsem_record_from_json((const char *)bytes, size, &record, &error) < 0) {
		MUST(error.code && error.text[0]);
		return 0;
	}
	MUST(!tsem_record_check(record, record->size, NULL));
	tsem_record_to_json(record, &line);
	MUST(!tsem_record_from_json(line.data, line.size, &again, &error));
	MUST(again->size == record->size && !memcmp(again, record, record->size));
	tsem_record_to_json(again, &copy);
	MUST(copy.size == line.size && !memcmp(copy.data, line.data, line.size));
	tsem_buffer_deinit(&copy);
	tsem_buffer_deinit(&line);
	free(again);
	free(record);
	return 0;
}
