/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The file system through which tasks of an external namespace ask, and the
 * helper whose executable lies on it. It has one file with one attribute, and it
 * is mounted nowhere: only the helper has it.
 */
#ifndef TSEM_LIB_RENDEZVOUS_H
#define TSEM_LIB_RENDEZVOUS_H

#include "../../abi/external.h"
#include "../tsem.h"

extern const char rendezvous_helper[], rendezvous_helper_end[];

struct fuse_req;

/* A task asks; it waits until rendezvous_answer, rendezvous_reject or the end. */
typedef void (*rendezvous_fn)(void *context, struct fuse_req *request, int tid);

struct rendezvous {
	struct fuse_session *session;
	void *memory; /* for received requests */
	int device; /* of the file system, its server's end; poll it */
	int mount; /* until the helper runs */
	int signs; /* written to: this process lives */
	int helper; /* its process id, 0: none */
	tsem_u64 number; /* of the file system, as the kernel numbers devices */
	rendezvous_fn fn;
	void *context;
};

/* Mounts the file system that is served at the device, nowhere. 0 or a negative errno. */
int rendezvous_mount(int device, int *ret_mount);
int rendezvous_open(struct rendezvous *rendezvous, rendezvous_fn fn, void *context, struct tsem_error *error);
/* Serves a request that has come, without waiting for one. 0: there was none; negative: there will be none any more. */
int rendezvous_turn(struct rendezvous *rendezvous);
/* Needs a thread that serves meanwhile. Without a sign of life for this long the helper kills this process. */
int rendezvous_start(struct rendezvous *rendezvous, unsigned patience_ms, struct tsem_error *error);
void rendezvous_sign(const struct rendezvous *rendezvous);
void rendezvous_answer(struct fuse_req *request, const struct tsem_answer *answer);
void rendezvous_reject(struct fuse_req *request);
/* Every waiting task gets an error. Serving ends. */
void rendezvous_close(struct rendezvous *rendezvous);

#endif
