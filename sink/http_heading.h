/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lines before the body of an answer, which somebody else chooses: what tsem keeps of them. */
#ifndef TSEM_SINK_HTTP_HEADING_H
#define TSEM_SINK_HTTP_HEADING_H

#include "http.h"

struct http_heading {
	bool interim; /* of a status 1xx: the answer is still to come */
	bool over; /* what follows is behind the body */
};

/* One line, with its end. */
void http_heading_take(struct http_heading *heading, const char *line, size_t size, struct http_answer *answer);
/* The value of name="value" in a WWW-Authenticate. False: there is none, or no room for it. */
bool http_parameter(const char *challenge, const char *name, char *ret_value, size_t room);

#endif
