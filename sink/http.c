/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "http_heading.h"

#define CURL_DISABLE_TYPECHECK
#include <arpa/inet.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Loaded, not linked: libcurl brings thirty libraries with it, which every start of a workload would pay for.
 */
#define LIBRARY "libcurl.so.4"
#define FUNCTIONS(X) \
	X(global_init) \
	X(easy_init) \
	X(easy_setopt) \
	X(easy_perform) X(easy_getinfo) X(easy_cleanup) X(easy_strerror) X(slist_append) X(slist_free_all)
#define POINTER(name) typeof(&curl_##name) name;
#define LOAD(name) \
	calls.name = dlsym(library, "curl_" #name); \
	whole = whole && calls.name;

static struct {
	FUNCTIONS(POINTER)
} calls; /* written by http_load() alone */

int http_load(struct tsem_error *error)
{
	static void *library;
	bool whole = true;

	if (library)
		return 0;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return tsem_error_set(error, ENOENT,
				      LIBRARY
				      ", which asks over HTTP, is not here: install the Debian package libcurl4");
	FUNCTIONS(LOAD)
	if (whole && !calls.global_init(CURL_GLOBAL_DEFAULT))
		return 0;
	dlclose(library);
	library = NULL;
	return tsem_error_set(error, ENOTSUP, LIBRARY " is too old, or does not start");
}

void http_answer_deinit(struct http_answer *answer)
{
	tsem_buffer_deinit(&answer->body);
	*answer = (struct http_answer){};
}

/* ---- URLs ---- */

bool http_is_here(const char *host, size_t size)
{
	static const char *const others[] = {"localhost", "[::1]"};
	const char *end = memchr(host, host[0] == '[' ? ']' : ':', size);
	struct in_addr address;
	char text[INET_ADDRSTRLEN];

	if (end)
		size = end - host + (*end == ']');
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (size == strlen(others[i]) && !strncmp(host, others[i], size))
			return true;
	if (size >= sizeof(text))
		return false;
	memcpy(text, host, size);
	text[size] = 0;
	return inet_pton(AF_INET, text, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

void http_origin(const char *url, char ret_origin[HTTP_ORIGIN_MAX])
{
	const char *host = strstr(url, "://"), *at;
	size_t size;

	host = host && (!strncmp(url, "http://", 7) || !strncmp(url, "https://", 8)) ? host + 3 : NULL;
	if (!host) {
		strcpy(ret_origin, "another kind of URL");
		return;
	}
	size = strcspn(host, "/?#\\");
	at = memrchr(host, '@', size);
	size -= at ? at + 1 - host : 0;
	snprintf(ret_origin, HTTP_ORIGIN_MAX, "%.*s%.*s", (int)(host - url), url, (int)size, at ? at + 1 : host);
}

/* ---- what libcurl calls ---- */

struct exchange {
	const struct http_request *request;
	struct http_answer *answer;
	struct http_heading heading;
	bool too_long;
	char reason[CURL_ERROR_SIZE];
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;
	struct tsem_buffer *body = &exchange->answer->body;

	size *= count;
	exchange->too_long = size > exchange->request->limit - body->size;
	if (exchange->too_long)
		return 0;
	tsem_buffer_add(body, bytes, size);
	return body->failed ? 0 : size;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
	struct exchange *exchange = context;

	http_heading_take(&exchange->heading, bytes, size * count, exchange->answer);
	return size * count;
}

static int take_progress(void *context, curl_off_t all, curl_off_t got, curl_off_t whole, curl_off_t sent)
{
	const struct http_request *request = ((struct exchange *)context)->request;

	(void)all;
	(void)got;
	(void)whole;
	(void)sent;
	return request->cancel(request->context);
}

/* ---- asking ---- */

/* The handle, and what the first of its options that could not be set has failed with. */
struct setting {
	CURL *curl;
	CURLcode code;
};

/* libcurl tells by its answer alone that it does not know an option, such as one that limits what it asks. */
#define SET(setting, option, value) \
	((setting)->code = (setting)->code ? (setting)->code : calls.easy_setopt((setting)->curl, option, value))

#define KEEPALIVE_SECONDS 20l

static void set_times(struct setting *s, const struct http_request *request)
{
	long seconds = request->seconds;

	/* Whoever is on the way forgets a connection on which nothing happens. */
	SET(s, CURLOPT_TCP_KEEPALIVE, 1l);
	SET(s, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_SECONDS);
	SET(s, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_SECONDS);
	SET(s, CURLOPT_CONNECTTIMEOUT, seconds < 15 ? seconds : 15l);
	SET(s, CURLOPT_TIMEOUT, request->is_long ? (long)HTTP_BLOB_SECONDS : seconds);
	if (request->is_long) {
		SET(s, CURLOPT_LOW_SPEED_LIMIT, 1000l);
		SET(s, CURLOPT_LOW_SPEED_TIME, seconds);
	}
}

static void set_body(struct setting *s, const struct http_request *request)
{
	if (!strcmp(request->method, "HEAD")) {
		SET(s, CURLOPT_NOBODY, 1l);
		return;
	}
	if (!strcmp(request->method, "GET"))
		return;
	SET(s, CURLOPT_POST, 1l);
	SET(s, CURLOPT_CUSTOMREQUEST, request->method);
	SET(s, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_size);
	SET(s, CURLOPT_POSTFIELDS, request->body ? request->body : "");
}

/* libcurl looks at a file and a directory, and has a default for each: who gives the one means no other. */
static void set_authorities(struct setting *s, const char *file)
{
	if (!file)
		return;
	SET(s, CURLOPT_CAINFO, file);
	SET(s, CURLOPT_CAPATH, NULL);
}

/* Only the two protocols, whatever a URL says; a name and password that it has in it are not used. */
static CURLcode set_options(CURL *curl, const struct http_request *request, const struct curl_slist *headers,
			    struct exchange *exchange)
{
	struct setting setting = {.curl = curl}, *s = &setting;

	SET(s, CURLOPT_ERRORBUFFER, exchange->reason);
	SET(s, CURLOPT_URL, request->url);
	SET(s, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(s, CURLOPT_DISALLOW_USERNAME_IN_URL, 1l);
	SET(s, CURLOPT_FOLLOWLOCATION, 0l);
	SET(s, CURLOPT_NOSIGNAL, 1l);
	SET(s, CURLOPT_USERAGENT, "tsem");
	SET(s, CURLOPT_WRITEFUNCTION, take_body);
	SET(s, CURLOPT_WRITEDATA, exchange);
	SET(s, CURLOPT_HEADERFUNCTION, take_header);
	SET(s, CURLOPT_HEADERDATA, exchange);
	SET(s, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1l); /* what a proxy says is not what the registry says */
	SET(s, CURLOPT_HTTPHEADER, headers);
	if (request->cancel) {
		SET(s, CURLOPT_NOPROGRESS, 0l);
		SET(s, CURLOPT_XFERINFOFUNCTION, take_progress);
		SET(s, CURLOPT_XFERINFODATA, exchange);
	}
	if (request->direct)
		SET(s, CURLOPT_NOPROXY, "*");
	set_authorities(s, request->authorities);
	set_times(s, request);
	set_body(s, request);
	return setting.code;
}

static struct curl_slist *make_headers(const struct http_request *request)
{
	/* Else libcurl asks first whether it may send. */
	struct curl_slist *list = calls.slist_append(NULL, "Expect:"), *longer;

	for (size_t i = 0; list && i < HTTP_HEADERS_MAX; i++) {
		if (!request->headers[i])
			continue;
		longer = calls.slist_append(list, request->headers[i]);
		if (!longer)
			calls.slist_free_all(list);
		list = longer;
	}
	return list;
}

static int errno_of(CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return ETIMEDOUT;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return EACCES;
	default:
		return EIO;
	}
}

static int explain(CURLcode code, const struct exchange *exchange, struct tsem_error *error)
{
	const struct http_request *request = exchange->request;
	const char *url = request->shown;

	if (exchange->too_long)
		return tsem_error_set(error, EFBIG, "%.512s answers with more than %zu bytes", url, request->limit);
	if (exchange->answer->body.failed || code == CURLE_OUT_OF_MEMORY)
		return tsem_error_set(error, ENOMEM, "out of memory for the answer of %.512s", url);
	if (code == CURLE_UNKNOWN_OPTION || code == CURLE_NOT_BUILT_IN)
		return tsem_error_set(error, ENOTSUP, "%.512s is not asked: " LIBRARY " lacks an option of tsem's: %s",
				      url, calls.easy_strerror(code));
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return tsem_error_set(error, ECANCELED, "the answer of %.512s is no longer wanted", url);
	if (code == CURLE_PARTIAL_FILE)
		return tsem_error_set(error, EIO, "the answer of %.512s ends too early", url);
	return tsem_error_set(error, errno_of(code), "%.512s cannot be asked: %s", url,
			      exchange->reason[0] ? exchange->reason : calls.easy_strerror(code));
}

/* Location is made absolute by libcurl where it is a redirection. */
static void take_facts(CURL *curl, struct http_answer *answer)
{
	char *absolute = NULL;
	long status = 0;

	calls.easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	calls.easy_getinfo(curl, CURLINFO_REDIRECT_URL, &absolute);
	answer->status = status;
	if (absolute && strlen(absolute) < sizeof(answer->location))
		strcpy(answer->location, absolute);
}

int http_ask(const struct http_request *request, struct http_answer *ret_answer, struct tsem_error *error)
{
	struct exchange exchange = {.request = request, .answer = ret_answer};
	struct curl_slist *headers = NULL;
	CURLcode code = CURLE_OUT_OF_MEMORY;
	CURL *curl;
	int r = http_load(error);

	*ret_answer = (struct http_answer){};
	if (r)
		return r;
	curl = calls.easy_init();
	if (curl)
		headers = make_headers(request);
	if (headers) {
		code = set_options(curl, request, headers, &exchange);
		if (!code)
			code = calls.easy_perform(curl);
	}
	if (!code)
		take_facts(curl, ret_answer);
	else
		r = explain(code, &exchange, error);
	calls.slist_free_all(headers);
	if (curl)
		calls.easy_cleanup(curl);
	return r;
}
