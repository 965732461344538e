/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A front end on a terminal, for the questions of a session; or a line of JSON in each direction. */
#ifndef TSEM_CLI_ASK_CLIENT_H
#define TSEM_CLI_ASK_CLIENT_H

#include "../../lib/tsem.h"

/* Returns at the end of the session, or of standard input. */
int ask_client(const char *session, bool json, struct tsem_error *error);

#endif
