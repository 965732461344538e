/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a broker may send: any text is refused, or counted, and the gaps stay ascending. */
#include <string.h>

#include "../../sink/collect.h"
#include "fuzz.h"

static void note(void *context, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to)
{
	tsem_u64 *last = context;

	MUST(from <= to && from > *last && stream->identity.host[0]);
	*last = to;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct collector *collector = collector_create();
	const char *at = (const char *)bytes, *end = at + size;
	const struct collect_stream *stream;

	while (at < end) {
		const char *newline = memchr(at, '\n', end - at), *stop = newline ? newline : end;
		struct tsem_error error = {0};

		if (collector_take(collector, at, stop - at, &error) == COLLECT_BAD)
			MUST(error.code && error.text[0]);
		at = stop + 1;
	}
	for (size_t i = 0; (stream = collector_stream(collector, i)); i++) {
		tsem_u64 last = 0;

		collect_missing(stream, note, &last);
	}
	collector_destroy(collector);
	return 0;
}
