/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by syslog: and journal:: one datagram for each message, to a socket of this machine. */
#ifndef TSEM_SINK_DATAGRAM_H
#define TSEM_SINK_DATAGRAM_H

#include <sys/un.h>

#include "sink.h"

struct datagram {
	struct sink sink;
	const char *scheme;
	struct sockaddr_un address;
	struct tsem_buffer text; /* of the present datagram */
};

int datagram_open(const char *scheme, const struct sink_url *url, const char *otherwise, struct sink **ret_sink,
		  struct tsem_error *error);
int datagram_connect(struct sink *sink, const struct sink_message *hello, struct tsem_error *error);
/* Sends datagram->text, which is that of the message. */
int datagram_send(struct datagram *datagram, const struct sink_message *message, struct tsem_error *error);
int datagram_serve(struct sink *sink, short revents, bool idle, struct tsem_error *error);
int datagram_finish(struct sink *sink, struct tsem_error *error);
void datagram_disconnect(struct sink *sink);
void datagram_close(struct sink *sink);

#endif
