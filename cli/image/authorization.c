/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "authorization.h"
#include "credentials.h"
#include "../../sink/http_heading.h"
#include "../../lib/base/buffer.h"
#include "../../lib/json/members.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TOKEN_MAX (64u << 10)
#define BASIC "Authorization: Basic "

static void put_escaped(struct tsem_buffer *url, const char *text)
{
	for (; *text; text++)
		tsem_buffer_printf(url, isalnum((unsigned char)*text) || strchr("-._~/:", *text) ? "%c" : "%%%02X",
				   (unsigned char)*text);
}

static void put_parameter(struct tsem_buffer *url, const char *challenge, const char *name)
{
	char value[1024];

	if (!http_parameter(challenge, name, value, sizeof(value)))
		return;
	tsem_buffer_printf(url, "%c%s=", memchr(url->data, '?', url->size) ? '&' : '?', name);
	put_escaped(url, value);
}

/* Name and password go to the place that the registry names: never in the clear, but on this machine. */
static int make_url(const struct registry *registry, const char *challenge, struct tsem_buffer *url,
		    struct tsem_error *error)
{
	char realm[1024];

	if (!http_parameter(challenge, "realm", realm, sizeof(realm)))
		return tsem_error_set(error, EBADMSG, "%s does not say where it takes its tokens from", registry->base);
	if (strncmp(realm, "https://", 8) != 0 &&
	    (strncmp(realm, registry->base, strlen(registry->base)) != 0 || realm[strlen(registry->base)] != '/'))
		return tsem_error_set(error, EPERM, "%s takes its tokens from %s, which is refused: it is not HTTPS",
				      registry->base, realm);
	buffer_text(url, realm);
	put_parameter(url, challenge, "service");
	put_parameter(url, challenge, "scope");
	return url->failed ? tsem_error_set(error, ENOMEM, "out of memory") : 0;
}

static bool read_token(struct scanner *s, void *context)
{
	char **token = context, *text;
	size_t size;

	scan_space(s);
	if (*token)
		return scan_skip(s);
	if (!json_text(s, &text, &size))
		return false;
	if (size && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=") == size) {
		*token = text;
		return true;
	}
	free(text);
	return scan_fail(s, NULL, "this is no token");
}

static int take_token(struct registry *registry, const struct http_answer *answer, const char *url,
		      struct tsem_error *error)
{
	static const struct json_member members[] = {{"token", read_token, false},
						     {"access_token", read_token, false},
						     {}};
	struct scanner s = {.start = answer->body.data,
			    .at = answer->body.data,
			    .end = answer->body.data + answer->body.size};
	char *token = NULL;
	int r = 0;

	scan_space(&s);
	if (!json_members(&s, members, &token) || !token)
		r = tsem_error_set(error, EBADMSG, "%.512s answers without a token", url);
	else if (asprintf(&registry->authorization, "Authorization: Bearer %s", token) < 0)
		r = tsem_error_set(error, ENOMEM, "out of memory");
	free(token);
	return r;
}

static int ask_token(struct registry *registry, const char *challenge, const char *basic, struct tsem_error *error)
{
	struct tsem_buffer url = {};
	struct http_answer answer = {};
	int r = make_url(registry, challenge, &url, error);

	if (!r) {
		const struct http_request request = {.method = "GET",
						     .url = url.data,
						     .shown = url.data,
						     .headers = {basic},
						     .limit = TOKEN_MAX,
						     .seconds = registry->seconds,
						     .direct = reference_loopback(registry->reference),
						     .authorities = registry->authorities};

		r = http_ask(&request, &answer, error);
	}
	if (!r && (answer.status == 401 || answer.status == 403))
		r = tsem_error_set(error, EACCES, "%.512s gives no token: the name or the password is not accepted",
				   url.data);
	else if (!r && answer.status != 200)
		r = tsem_error_set(error, EIO, "%.512s gives no token: its answer has the status %u", url.data,
				   answer.status);
	if (!r)
		r = take_token(registry, &answer, url.data, error);
	http_answer_deinit(&answer);
	tsem_buffer_deinit(&url);
	return r;
}

static int refuse_unknown(const struct registry *registry, const struct credentials *credentials,
			  struct tsem_error *error)
{
	return tsem_error_set(error, EACCES, "%s wants a name and a password, and %.512s has none for it%s",
			      registry->base, credentials->path[0] ? credentials->path : "no file",
			      credentials->path[0] ? " (helpers for credentials are not asked)" : "");
}

int authorize(struct registry *registry, const char *challenge, struct tsem_error *error)
{
	struct credentials *credentials = malloc(sizeof(*credentials));
	char *basic = NULL;
	int r = credentials ? credentials_find(registry->reference, credentials, error) :
			      tsem_error_set(error, ENOMEM, "out of memory");

	free(registry->authorization);
	registry->authorization = NULL;
	if (!r && credentials->known && asprintf(&basic, BASIC "%s", credentials->pair) < 0)
		r = tsem_error_set(error, ENOMEM, "out of memory");
	if (!r && !strncasecmp(challenge, "Bearer ", 7))
		r = ask_token(registry, challenge, basic, error);
	else if (!r && strncasecmp(challenge, "Basic", 5) != 0)
		r = tsem_error_set(error, EACCES, "%s refuses, and asks for neither a token nor a name and a password",
				   registry->base);
	else if (!r && !basic)
		r = refuse_unknown(registry, credentials, error);
	else if (!r)
		registry->authorization = strdup(basic);
	if (basic)
		explicit_bzero(basic, strlen(basic));
	if (credentials)
		explicit_bzero(credentials, sizeof(*credentials));
	free(basic);
	free(credentials);
	return r;
}
