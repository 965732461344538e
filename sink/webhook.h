/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A front end of questions (docs/ask.md) that puts each to a receiver by HTTP, and takes the answer from there. It is a
 * process of its own, because the receiver, and whoever is on the way to it, chooses what libcurl and OpenSSL read.
 */
#ifndef TSEM_SINK_WEBHOOK_H
#define TSEM_SINK_WEBHOOK_H

#include <sys/types.h>

#include "http.h"
#include "receiver.h"

#define WEBHOOK_PROCESS_NAME "tsem-webhook"
#define WEBHOOK_WHY_MAX 256 /* with a NUL */
#define WEBHOOK_NOBODY "nobody" /* its answer, with the reason as "why", when there is none */

/* given: a URL, or env. */
int webhook_check(const char *given, struct tsem_error *error);
/* The file that its variable names; NULL: those of the system. */
const char *webhook_authorities(void);
/* For people. Of a receiver that is checked. */
void webhook_host(const char *given, char ret_host[HTTP_ORIGIN_MAX]);
/* The socket is that of a front end, and does not block. */
int webhook_start(const char *given, pid_t *ret_pid, int *ret_socket, struct tsem_error *error);
#define WEBHOOK_WORD_MAX 16

/* The word of an answer to this question, small letters. The receiver may leave out the number, but not name another one. */
bool webhook_parse(const char *text, size_t size, tsem_u64 question, char ret_word[WEBHOOK_WORD_MAX]);
/* The whole life of the process. Returns the status. */
int webhook_process(void);

#endif
