/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The trust root that is a process: engine/server.h behind sockets or a line, without privileges. */
#ifndef TSEM_ROOTS_PROCESS_H
#define TSEM_ROOTS_PROCESS_H

#include "../../lib/tsem.h"

struct process_options {
	const char *address; /* as of tsem_tma_connect; for vsock: vsock:any:PORT */
	const char *user; /* the user to become, when started as root; NULL: an unused id */
	tsem_u64 memory; /* bytes for all namespaces */
	tsem_u32 points; /* coefficients of a namespace, when the client names no number */
	tsem_u32 connections; /* at one time; more are turned away */
	tsem_u32 per_peer; /* of these, of one process or machine */
	void (*ready)(void *context); /* called once, without privileges; may be NULL. No file can be opened there */
	void *context;
};

/* Serves until SIGTERM or SIGINT, or until the end of its only line. */
int process_run(const struct process_options *options, struct tsem_error *error);

/* ---- shared by the files of this room ---- */

/* Gives up everything that is not needed to read, write and compute. Nothing can be opened afterwards. */
int sandbox_enter(const char *user, struct tsem_error *error);

#endif
