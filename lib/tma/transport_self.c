/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * self:engine - no line at all: the agent is the engine in this process. It speaks the same protocol by function calls,
 * so a verdict costs no switch to another process. It does not protect from a corrupted orchestrator, as a separate
 * process would.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../engine/server.h"
#include "hashes.h"
#include "transport.h"

#define NAMESPACES 64u
#define POINTS 32768u
#define RECORDS (4ull << 20)
#define MEMORY (1ull << 30)

struct self {
	struct transport_peer peer; /* the first member */
	struct server server;
	struct server_session session;
	tsem_u64 left; /* bytes for namespaces */
	tsem_u64 scratch[(SERVER_SCRATCH + 7) / 8];
};

static tsem_u32 exchange_self(struct transport_peer *peer, const tsem_u8 *bytes, tsem_u32 size, tsem_u8 *answer,
			      tsem_u32 *ret_answer)
{
	struct self *self = (struct self *)peer;

	return server_take(&self->server, &self->session, bytes, size, 0, answer, ret_answer);
}

static void close_self(struct transport_peer *peer)
{
	struct self *self = (struct self *)peer;

	server_session_deinit(&self->server, &self->session);
	free(self);
}

static int connect_self(const char *rest, unsigned deadline_ms, struct transport_link *ret_link,
			struct tsem_error *error)
{
	struct self *self;
	int r;

	(void)deadline_ms;
	if (strcmp(rest, "engine") != 0)
		return tsem_error_set(error, EINVAL, "'self:%s' should be self:engine", rest);
	self = calloc(1, sizeof(*self));
	if (!self)
		return tsem_error_set(error, ENOMEM, "out of memory");
	self->peer = (struct transport_peer){exchange_self, close_self};
	self->left = MEMORY;
	self->server = (struct server){
		.namespaces = NAMESPACES,
		.points = POINTS,
		.points_max = AGENT_POINTS_MAX,
		.records = RECORDS,
		.records_max = MEMORY,
		.context = &self->left,
		.allocate = space_allocate,
		.release = space_release,
		.random = space_random,
		.name = "tsem itself",
		.scratch = self->scratch,
	};
	r = hashes_create(&self->server.hashes, error);
	if (r) {
		free(self);
		return r;
	}
	server_session_init(&self->session, 0);
	*ret_link = (struct transport_link){-1, -1, &self->peer};
	return 0;
}

const struct transport transport_self = {"self", "self:engine", false, connect_self, NULL, NULL};
