/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* fd:N, or fd:IN,OUT: descriptors that are open already, such as pipes or one end of a socket pair. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "transport.h"

/* Moves *at after the number; -1 when there is no number. */
static int take_number(const char **at)
{
	char *end;
	unsigned long number;

	if (!isdigit((unsigned char)**at))
		return -1;
	number = strtoul(*at, &end, 10);
	*at = end;
	return number <= 1 << 20 ? (int)number : -1;
}

static int connect_fd(const char *rest, unsigned deadline_ms, struct transport_link *ret_link, struct tsem_error *error)
{
	struct transport_link link = TRANSPORT_LINK_NONE;
	const char *at = rest;
	int r;

	(void)deadline_ms;
	link.in = link.out = take_number(&at);
	if (link.in >= 0 && *at == ',') {
		at++;
		link.out = take_number(&at);
	}
	if (link.in < 0 || link.out < 0 || *at)
		return tsem_error_set(error, EINVAL, "'fd:%s' should be fd:NUMBER or fd:IN,OUT", rest);
	r = transport_unblock(link.in, rest, error);
	if (!r)
		r = transport_unblock(link.out, rest, error);
	if (!r)
		*ret_link = link;
	return r;
}

const struct transport transport_fd = {"fd", "fd:IN,OUT", false, connect_fd, NULL, NULL};
