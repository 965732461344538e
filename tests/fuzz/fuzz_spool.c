/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A segment that was left behind: any bytes; and its first line as a URL. */
#include <string.h>

#include "../../sink/spool.h"
#include "fuzz.h"

static void try_url(const uint8_t *bytes, size_t size)
{
	struct sink_topic topic;
	struct sink_url url;
	char text[256];

	size = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
	memcpy(text, bytes, size);
	text[size] = 0;
	if (sink_url_parse(text, &url, NULL))
		return;
	if (!sink_topic_init(url.path, &topic, NULL)) {
		struct tsem_buffer buffer = {0};

		sink_topic_expand(&topic, "host", "name", "file", "status", &buffer);
		sink_topic_expand(&topic, "host", "name", "file", NULL, &buffer);
		tsem_buffer_deinit(&buffer);
		sink_topic_deinit(&topic);
	}
	sink_url_deinit(&url);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	tsem_u64 events = 0, damaged = 0;
	struct sink_message last = {0};
	/* As it is mapped: aligned. */
	char *copy = aligned_alloc(8, (size + 15) & ~(size_t)7);

	memset(copy, 0, (size + 15) & ~(size_t)7);
	memcpy(copy, bytes, size);
	MUST(spool_walk(copy, size, 0, &events, &damaged, &last) <= (size > SEGMENT_HEAD ? size : SEGMENT_HEAD));
	MUST(!events || (strlen(last.host) < SINK_HOST_MAX && strlen(last.boot) < SINK_BOOT_MAX &&
			 strlen(last.name) < TSEM_NAME_MAX));
	free(copy);
	try_url(bytes, size);
	return 0;
}
