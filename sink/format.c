/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "format.h"

#include <string.h>

void sink_format_init(struct sink_format *format, enum format_kind kind, bool identified,
		      const struct sink_identity *identity)
{
	memset(format, 0, sizeof(*format));
	format->kind = kind;
	format->identified = identified;
	format->identity = *identity;
	if (identified)
		sink_identity_members(identity, &format->members);
	if (kind == FORMAT_OCSF)
		ocsf_prepare(format);
}

void sink_format_deinit(struct sink_format *format)
{
	tsem_buffer_deinit(&format->members);
	tsem_buffer_deinit(&format->head);
	tsem_buffer_deinit(&format->device);
}

void sink_format_record(const struct sink_format *format, const struct tsem_record *record, struct tsem_buffer *buffer)
{
	if (format->members.failed || format->head.failed || format->device.failed)
		buffer->failed = true;
	else if (format->kind == FORMAT_OCSF)
		ocsf_record(format, record, buffer);
	else
		tsem_record_to_json_of(record, format->members.data ? format->members.data : "", format->members.size,
				       buffer);
}

void sink_format_end(const struct sink_format *format, tsem_u64 context, tsem_u64 last, struct tsem_buffer *buffer)
{
	if (format->kind == FORMAT_OCSF)
		return;
	tsem_buffer_printf(buffer,
			   "{\"export\":{\"type\":\"end\"%s},\"event\":{\"context\":\"%llu\",\"number\":\"%llu\"}}",
			   format->members.data ? format->members.data : "", context, last);
}
