/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* syslog:[SOCKET]: the form that local daemons take on /dev/log; facility daemon, severity info. */
#include <time.h>
#include <unistd.h>

#include "datagram.h"

#define DAEMON_INFO (3 << 3 | 6)

static int syslog_open(const struct sink_url *url, const struct sink_identity *identity, struct sink **ret_sink,
		       struct tsem_error *error)
{
	(void)identity;
	return datagram_open("syslog", url, "/dev/log", ret_sink, error);
}

static int syslog_put(struct sink *sink, const struct sink_message *message, struct tsem_error *error)
{
	struct datagram *datagram = (struct datagram *)sink;
	time_t seconds = time(NULL);
	struct tm moment;
	char stamp[32];

	localtime_r(&seconds, &moment);
	strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", &moment);
	datagram->text.size = 0;
	tsem_buffer_printf(&datagram->text, "<%d>%s tsem[%d]: ", DAEMON_INFO, stamp, getpid());
	tsem_buffer_add(&datagram->text, message->text, message->size);
	return datagram_send(datagram, message, error);
}

const struct sink_ops sink_syslog = {syslog_open,     datagram_connect,	   syslog_put,	  datagram_serve,
				     datagram_finish, datagram_disconnect, datagram_close};
