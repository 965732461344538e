/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tty:DEVICE or tty:DEVICE,BAUD: a serial line, raw, eight bits, no parity. The line is the connection. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "transport.h"

static const struct {
	const char *name;
	speed_t speed;
} speeds[] = {
	{"9600", B9600},     {"19200", B19200},	  {"38400", B38400},   {"57600", B57600},
	{"115200", B115200}, {"230400", B230400}, {"460800", B460800}, {"921600", B921600},
};

static bool find_speed(const char *name, speed_t *ret_speed)
{
	for (size_t i = 0; i < sizeof(speeds) / sizeof(*speeds); i++)
		if (!strcmp(speeds[i].name, name)) {
			*ret_speed = speeds[i].speed;
			return true;
		}
	return false;
}

/* Drops bytes that arrived before this end was ready. */
static int set_raw(int fd, speed_t speed)
{
	struct termios settings;

	if (tcgetattr(fd, &settings) < 0)
		return errno;
	cfmakeraw(&settings);
	settings.c_cflag |= CLOCAL | CREAD;
	settings.c_cflag &= ~(CRTSCTS | CSTOPB);
	settings.c_cc[VMIN] = 1;
	settings.c_cc[VTIME] = 0;
	if (cfsetspeed(&settings, speed) < 0 || tcsetattr(fd, TCSANOW, &settings) < 0)
		return errno;
	tcflush(fd, TCIFLUSH);
	return 0;
}

static int open_tty(char *device, struct transport_link *ret_link, struct tsem_error *error)
{
	char *comma = strrchr(device, ',');
	speed_t speed = B115200;
	int fd, r;

	if (comma) {
		*comma = 0;
		if (!find_speed(comma + 1, &speed))
			return tsem_error_set(error, EINVAL, "the speed '%s' of %s is not known; use 9600 to 921600",
					      comma + 1, device);
	}
	fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return transport_fail(fd, errno, "open the serial line", device, error);
	r = set_raw(fd, speed);
	if (r)
		return transport_fail(fd, r, "set up the serial line", device, error);
	*ret_link = (struct transport_link){fd, fd, NULL};
	return 0;
}

static int connect_tty(const char *rest, unsigned deadline_ms, struct transport_link *ret_link,
		       struct tsem_error *error)
{
	char *device = strdup(rest);
	int r;

	(void)deadline_ms;
	if (!device)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = open_tty(device, ret_link, error);
	free(device);
	return r;
}

const struct transport transport_tty = {"tty", "tty:DEVICE", true, connect_tty, NULL, NULL};
