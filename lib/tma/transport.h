/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines to a trusted modeling agent. A transport is one file, transport_NAME.c,
 * with a `const struct transport transport_NAME`; the table is made of the
 * names of these files.
 */
#ifndef TSEM_LIB_TRANSPORT_H
#define TSEM_LIB_TRANSPORT_H

#include <sys/socket.h>
#include <sys/types.h>

#include "../tsem.h"

/* A peer in this process: a function instead of a line. */
struct transport_peer {
	/*
	 * Takes the next frame of the bytes, as server_take() does. Returns the number of consumed bytes; 0: it needs
	 * more.
	 */
	tsem_u32 (*exchange)(struct transport_peer *peer, const tsem_u8 *bytes, tsem_u32 size, tsem_u8 *answer,
			     tsem_u32 *ret_answer);
	void (*close)(struct transport_peer *peer);
};

/* Two descriptors, perhaps the same one twice, that do not block; or a peer, and no descriptors. */
struct transport_link {
	int in, out;
	struct transport_peer *peer;
};
#define TRANSPORT_LINK_NONE ((struct transport_link){-1, -1, NULL})

struct transport {
	const char *scheme; /* "unix": its addresses begin with "unix:" */
	const char *form; /* "unix:PATH": for messages */
	bool lossy; /* bytes may get lost, and there are no connections: requests are repeated */
	/* rest: the address after the colon */
	int (*connect)(const char *rest, unsigned deadline_ms, struct transport_link *ret_link,
		       struct tsem_error *error);
	/* A descriptor for accept(2). NULL: there is one line, and both sides connect to it. */
	int (*listen)(const char *rest, struct tsem_error *error);
	/*
	 * Whether the peer that has connected may: address is that of accept(2), owner the user who created the
	 * listener. *ret_peer: the same number for all connections of one peer. Called where little besides reading and
	 * writing is allowed.
	 */
	bool (*admit)(int fd, const struct sockaddr_storage *address, uid_t owner, tsem_u64 *ret_peer);
};

/* Sets *ret_rest; NULL and the error when no transport has such addresses. */
const struct transport *transport_find(const char *address, const char **ret_rest, struct tsem_error *error);
int transport_connect(const char *address, unsigned deadline_ms, struct transport_link *ret_link,
		      struct tsem_error *error);
void transport_close(struct transport_link *link);

/* For the files of the transports. */
int transport_unblock(int fd, const char *what, struct tsem_error *error);
/* Closes fd and fills the error: "cannot VERB WHAT: reason". */
int transport_fail(int fd, int code, const char *verb, const char *what, struct tsem_error *error);

#endif
