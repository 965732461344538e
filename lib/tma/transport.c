/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "transport.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define T(name) extern const struct transport transport_##name;
#include "transports.h"
#undef T

static const struct transport *const transports[] = {
#define T(name) &transport_##name,
#include "transports.h"
#undef T
};

#define COUNT (sizeof(transports) / sizeof(*transports))

const struct transport *transport_find(const char *address, const char **ret_rest, struct tsem_error *error)
{
	struct tsem_buffer forms = {0};

	for (size_t i = 0; i < COUNT; i++) {
		size_t size = strlen(transports[i]->scheme);

		if (!strncmp(address, transports[i]->scheme, size) && address[size] == ':' && address[size + 1]) {
			*ret_rest = address + size + 1;
			tsem_buffer_deinit(&forms);
			return transports[i];
		}
		tsem_buffer_printf(&forms, "%s%s", i ? ", " : "", transports[i]->form);
	}
	tsem_error_set(error, EINVAL, "'%s' is not the address of a modeling agent; it would be one of %s", address,
		       forms.data ? forms.data : "none");
	tsem_buffer_deinit(&forms);
	return NULL;
}

int transport_connect(const char *address, unsigned deadline_ms, struct transport_link *ret_link,
		      struct tsem_error *error)
{
	const char *rest;
	const struct transport *transport = transport_find(address, &rest, error);

	return transport ? transport->connect(rest, deadline_ms, ret_link, error) : -EINVAL;
}

void transport_close(struct transport_link *link)
{
	if (link->out >= 0 && link->out != link->in)
		close(link->out);
	if (link->in >= 0)
		close(link->in);
	if (link->peer)
		link->peer->close(link->peer);
	*link = TRANSPORT_LINK_NONE;
}

int transport_unblock(int fd, const char *what, struct tsem_error *error)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return tsem_error_set(error, errno, "cannot use %s as a line to a modeling agent: %s", what,
				      strerror(errno));
	return 0;
}

int transport_fail(int fd, int code, const char *verb, const char *what, struct tsem_error *error)
{
	if (fd >= 0)
		close(fd);
	return tsem_error_set(error, code, "cannot %s %s: %s", verb, what, strerror(code));
}
