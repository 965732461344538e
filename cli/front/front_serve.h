/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_FRONT_SERVE_H
#define TSEM_CLI_FRONT_SERVE_H

#include "front.h"

#include <stddef.h>

/* Runs in the started process, up to its end; socket: to the orchestrator. */
void front_serve(const struct front_options *options, int socket) __attribute__((noreturn));

int front_send(int socket, const struct front_message *message, const int *descriptors, size_t count);
/* -EAGAIN: no message yet. When the other side is gone: FRONT_GONE. */
int front_receive(int socket, struct front_message *ret_message, int *ret_descriptors, size_t count, int flags);

#endif
