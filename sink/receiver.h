/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Somebody who is told or asked something by HTTP: the URL of the command line, and what the environment has for it. */
#ifndef TSEM_SINK_RECEIVER_H
#define TSEM_SINK_RECEIVER_H

#include "../lib/tsem.h"

#define RECEIVER_HOST_MAX 300

/* Of variables. */
struct receiver_names {
	const char *authorization; /* the value of the header Authorization, a secret */
	const char *ca; /* a file of certificates to trust instead of the system's */
};

/* Whether it is a URL that can be posted to, and its variables are usable. */
int receiver_check(const char *url, const struct receiver_names *names, struct tsem_error *error);
/* The scheme and the host of such a URL, for people: the rest may be a secret. */
void receiver_host(const char *url, char ret_host[RECEIVER_HOST_MAX]);
/* NULL: it is not there, or empty. */
const char *receiver_setting(const char *name);
/*
 * In the process that talks to it, before it does: memory, the file of authorities (NULL: those of the system), and all
 * that such a process gives up.
 */
int receiver_confine(char **authorities, struct tsem_error *error);

#endif
