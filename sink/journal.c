/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* journal:[SOCKET]: the native protocol of the journal: FIELD=value lines, so that events can be searched by them. */
#include "datagram.h"

static int journal_open(const struct sink_url *url, const struct sink_identity *identity, struct sink **ret_sink,
			struct tsem_error *error)
{
	(void)identity;
	return datagram_open("journal", url, "/run/systemd/journal/socket", ret_sink, error);
}

/* A name may hold a newline, which would begin another field. */
static void put_field(struct tsem_buffer *buffer, const char *field, const char *text)
{
	tsem_buffer_printf(buffer, "%s=", field);
	for (; *text; text++)
		tsem_buffer_add(buffer, (unsigned char)*text < 0x20 ? "?" : text, 1);
	tsem_buffer_add(buffer, "\n", 1);
}

static int journal_put(struct sink *sink, const struct sink_message *message, struct tsem_error *error)
{
	struct datagram *datagram = (struct datagram *)sink;
	struct tsem_buffer *text = &datagram->text;

	text->size = 0;
	tsem_buffer_printf(text, "PRIORITY=6\nSYSLOG_IDENTIFIER=tsem\nTSEM_CONTEXT=%llu\nTSEM_NUMBER=%llu\n",
			   message->context, message->number);
	put_field(text, "TSEM_NAMESPACE", message->name);
	put_field(text, "TSEM_CLASS",
		  message->kind == SINK_EVENT ? sink_class_name(message->class) :
		  message->kind == SINK_END   ? "end" :
						"stream");
	tsem_buffer_printf(text, "MESSAGE=");
	tsem_buffer_add(text, message->text, message->size);
	tsem_buffer_add(text, "\n", 1);
	return datagram_send(datagram, message, error);
}

const struct sink_ops sink_journal = {journal_open,    datagram_connect,    journal_put,   datagram_serve,
				      datagram_finish, datagram_disconnect, datagram_close};
