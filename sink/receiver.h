/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Somebody who is told or asked something by HTTP: the URL of the command line, and what the environment has for it. */
#ifndef TSEM_SINK_RECEIVER_H
#define TSEM_SINK_RECEIVER_H

#include "../lib/tsem.h"

#define RECEIVER_ENV "env" /* instead of a URL: a variable has it */

/* Of variables. */
struct receiver_names {
	const char *url; /* which may be a secret */
	const char *authorization; /* the value of the header Authorization, a secret */
	const char *ca; /* a file of certificates to trust instead of the system's */
};

/* The URL itself, or the one of the variable; NULL: there is none. */
const char *receiver_url(const char *given, const struct receiver_names *names);
/* Whether it is a URL that can be posted to, and its variables are usable. Plain HTTP only goes to this machine. */
int receiver_check(const char *given, const struct receiver_names *names, struct tsem_error *error);
/* Of a URL that can be: not by a proxy. */
bool receiver_is_here(const char *url);
/* Whether what this status says may be otherwise soon. */
bool receiver_will_pass(unsigned status);
/* Whether there is something to read before that time (ticks_now()), whatever signals come. */
bool receiver_wait(int fd, tsem_u64 until);
/* NULL: it is not there, or empty. */
const char *receiver_setting(const char *name);
/*
 * In the process that talks to it, before it does: memory, the file of authorities (NULL: those of the system), and all
 * that such a process gives up.
 */
int receiver_confine(char **authorities, struct tsem_error *error);

#endif
