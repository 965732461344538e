/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"

#define SOCKET_PATH "/dev/log"
#define MESSAGE_MAX 8000 /* maximum that daemons take without truncating */

static int connect_log(void)
{
	static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET_PATH};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

void journal_open(struct journal *journal)
{
	*journal = (struct journal){.socket = connect_log()};
	journal->present = journal->socket >= 0;
}

void journal_close(struct journal *journal)
{
	if (journal->socket >= 0)
		close(journal->socket);
	journal->socket = -1;
}

/* A newline and the indentation after it become one blank. */
static void add_line(struct tsem_buffer *message, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		tsem_buffer_add(message, text, length);
		text += length;
		if (*text)
			tsem_buffer_add(message, " ", 1);
		text += strspn(text, "\n ");
	}
}

/* Never in the middle of a character. */
static void cut(struct tsem_buffer *message)
{
	size_t size = MESSAGE_MAX;

	if (message->size <= MESSAGE_MAX)
		return;
	while (size && ((unsigned char)message->data[size] & 0xc0) == 0x80)
		size--;
	message->size = size;
	tsem_buffer_printf(message, "...");
}

/* As in RFC 3164. The facility is one that not every user may read. */
static void format(const char *text, struct tsem_buffer *message)
{
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t now = time(NULL);
	struct tm moment;

	localtime_r(&now, &moment);
	tsem_buffer_printf(message, "<%d>%s %2d %02d:%02d:%02d tsem[%ld]: ", LOG_AUTHPRIV | LOG_WARNING,
			   months[moment.tm_mon], moment.tm_mday, moment.tm_hour, moment.tm_min, moment.tm_sec,
			   (long)getpid());
	add_line(message, text);
	cut(message);
}

static bool deliver(const struct journal *journal, const struct tsem_buffer *message)
{
	return journal->socket >= 0 && !message->failed &&
	       send(journal->socket, message->data, message->size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

/* A restarted daemon has a new socket under the old name. */
static bool is_gone(int code)
{
	return code == ECONNREFUSED || code == ECONNRESET || code == ENOTCONN || code == EPIPE ||
	       code == EDESTADDRREQ || code == EBADF;
}

void journal_write(struct journal *journal, const char *text)
{
	struct tsem_buffer message = {0};
	bool good;

	if (!journal->present)
		return;
	format(text, &message);
	errno = EBADF; /* closed since the last attempt */
	good = deliver(journal, &message);
	if (!good && is_gone(errno)) {
		journal_close(journal);
		journal->socket = connect_log();
		good = deliver(journal, &message);
	}
	journal->lost += !good;
	tsem_buffer_deinit(&message);
}
