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

static void hear_gap(void *context, const struct collect_stream *stream, tsem_u64 from, tsem_u64 to)
{
	(void)context;
	MUST(from <= to && from && stream->named < from);
}

static void hear_conflict(void *context, const struct collect_stream *stream, tsem_u64 number, bool end)
{
	(void)context;
	(void)end;
	MUST(number && number <= COLLECT_NUMBER_MAX && stream->conflicts);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	tsem_u64 told = 0;
	const struct collect_listener listener = {&told, hear_gap, hear_conflict};
	struct collector *collector = collector_create(4, NULL, &listener);
	const char *at = (const char *)bytes, *end = at + size;
	const struct collect_stream *stream;

	while (at < end) {
		const char *newline = memchr(at, '\n', end - at), *stop = newline ? newline : end;
		struct tsem_error error = {0};

		if (collector_take(collector, NULL, at, stop - at, &error) == COLLECT_BAD)
			MUST(error.code && error.text[0]);
		at = stop + 1;
		collector_gaps(collector, false);
	}
	collector_gaps(collector, true);
	for (size_t i = 0; (stream = collector_stream(collector, i)); i++) {
		tsem_u64 last = 0;

		collect_missing(stream, note, &last);
	}
	collector_destroy(collector);
	return 0;
}
