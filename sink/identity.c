/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../lib/base/utf8.h"
#include "../lib/event/schema.h"
#include "sink.h"

#define STEP 1000000000ull /* of the clock, that is one */

static tsem_u64 clock_read(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static void read_boot(char *boot)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, SINK_BOOT_MAX - 1);

	if (n != SINK_BOOT_MAX - 1)
		memcpy(boot, "00000000-0000-0000-0000-000000000000", SINK_BOOT_MAX - 1);
	boot[SINK_BOOT_MAX - 1] = 0;
	if (fd >= 0)
		close(fd);
}

void sink_identity_here(const char *name, struct sink_identity *ret_identity)
{
	memset(ret_identity, 0, sizeof(*ret_identity));
	if (gethostname(ret_identity->host, sizeof(ret_identity->host) - 1) || !ret_identity->host[0])
		memcpy(ret_identity->host, "localhost", 10);
	read_boot(ret_identity->boot);
	snprintf(ret_identity->name, sizeof(ret_identity->name), "%s", name);
	ret_identity->epoch = clock_read(CLOCK_REALTIME) - clock_read(CLOCK_MONOTONIC);
}

/* The coarse clocks are a few milliseconds late, and that they are read one after the other costs as much. */
bool sink_identity_follow(struct sink_identity *identity)
{
	tsem_u64 epoch = clock_read(CLOCK_REALTIME_COARSE) - clock_read(CLOCK_MONOTONIC_COARSE);

	if (epoch - identity->epoch + STEP <= 2 * STEP)
		return false;
	identity->epoch = clock_read(CLOCK_REALTIME) - clock_read(CLOCK_MONOTONIC);
	return true;
}

void sink_json_text(struct tsem_buffer *buffer, const char *text, size_t size)
{
	const tsem_u8 *bytes = (const tsem_u8 *)text;

	for (size_t at = 0, step; at < size; at += step) {
		step = utf8_length(bytes + at, size - at);
		if (!step)
			tsem_buffer_printf(buffer, "\\\\x%02x", bytes[at]);
		else if (bytes[at] == '"')
			tsem_buffer_add(buffer, "\\\"", 2);
		else if (bytes[at] == '\\')
			tsem_buffer_add(buffer, "\\\\\\\\", 4);
		else if (bytes[at] < 0x20)
			tsem_buffer_printf(buffer, "\\u%04x", bytes[at]);
		else
			tsem_buffer_add(buffer, text + at, step);
		step = step ? step : 1;
	}
}

static void put_member(struct tsem_buffer *buffer, const char *key, const char *text)
{
	tsem_buffer_printf(buffer, ",\"%s\":\"", key);
	sink_json_text(buffer, text, strlen(text));
	tsem_buffer_add(buffer, "\"", 1);
}

void sink_identity_members(const struct sink_identity *identity, struct tsem_buffer *buffer)
{
	put_member(buffer, "host", identity->host);
	put_member(buffer, "boot", identity->boot);
	put_member(buffer, "namespace", identity->name);
}

void sink_identity_line(const struct sink_identity *identity, const char *format, struct tsem_buffer *buffer)
{
	tsem_buffer_printf(buffer, "{\"export\":{\"type\":\"stream\"");
	sink_identity_members(identity, buffer);
	tsem_buffer_printf(buffer, "},\"stream\":{\"tsem\":\"%s\",\"format\":\"%s\",\"epoch\":\"%llu\"}}", TSEM_VERSION,
			   format, identity->epoch);
}

const char *sink_class_name(unsigned class)
{
	const char *name = schema_class_name(class);

	return name ? name : "other";
}
