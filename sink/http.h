/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One question over HTTP and its answer. The only place that knows libcurl, which it loads when it is first needed. */
#ifndef TSEM_SINK_HTTP_H
#define TSEM_SINK_HTTP_H

#include "../lib/tsem.h"

#define HTTP_HEADERS_MAX 4
#define HTTP_HEADER_MAX 4096
#define HTTP_BLOB_SECONDS 3600 /* longest time for a question or an answer that is long */

struct http_request {
	const char *method; /* GET, HEAD, POST, PUT */
	const char *url; /* http:// or https://, and no other */
	const char *headers[HTTP_HEADERS_MAX]; /* NULL are left out */
	const void *body;
	size_t body_size;
	size_t limit; /* of the answer, in bytes */
	unsigned seconds; /* longest time for the answer; of a long one the longest with less than 1,000 bytes a second */
	bool is_long;
	bool direct; /* never by a proxy */
	const char *shown; /* in errors, instead of the URL, which may have secrets in it */
	bool (*cancel)(
		void *context); /* asked about once a second: whether the answer is no longer wanted; may be NULL */
	void *context;
	const char *authorities; /* a file of certificates to trust, NULL: those of the system */
};

/* Headers that were not there, or too long, are empty. */
struct http_answer {
	unsigned status;
	struct tsem_buffer body;
	char type[128]; /* Content-Type, without its parameters */
	char location[HTTP_HEADER_MAX]; /* absolute, of a redirection; else as it was sent */
	char next[HTTP_HEADER_MAX]; /* Link, of the relation next */
	char challenge[HTTP_HEADER_MAX]; /* WWW-Authenticate */
	bool subject; /* OCI-Subject: the registry keeps the list of what refers to it */
};

#define HTTP_ORIGIN_MAX 300

/* HOST or HOST:PORT at the beginning of a text of this size: this machine by its loopback, 127.0.0.0/8, [::1] or localhost. */
bool http_is_here(const char *host, size_t size);
/* http://HOST[:PORT] or https://HOST[:PORT] of a URL, for people: the rest may be a secret. */
void http_origin(const char *url, char ret_origin[HTTP_ORIGIN_MAX]);
/* Loads libcurl, if that was not done. An error says what to install. */
int http_load(struct tsem_error *error);
/* Redirections are not followed. An answer of any status is one. -ECANCELED: as cancel said; -EACCES: its certificate is not trusted. To be ended by http_answer_deinit() in any case. */
int http_ask(const struct http_request *request, struct http_answer *ret_answer, struct tsem_error *error);
void http_answer_deinit(struct http_answer *answer);

#endif
