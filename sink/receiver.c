/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "receiver.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "../lib/base/environment.h"
#include "confine.h"
#include "../lib/base/ticks.h"
#include "http.h"

#define MEMORY_MIB 1024 /* of address space, most of which is never touched */
#define URL_MAX 4096
#define NAME_MAX_HERE 256

/* Where the host begins; NULL: it is another kind of URL. */
static const char *host_of(const char *url)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++)
		if (!strncmp(url, schemes[i], strlen(schemes[i])))
			return url + strlen(schemes[i]);
	return NULL;
}

static size_t host_size(const char *host)
{
	return strcspn(host, "/?#");
}

static bool is_printable(const char *text)
{
	while (*text && isprint((unsigned char)*text))
		text++;
	return !*text;
}

const char *receiver_setting(const char *name)
{
	const char *value = environment_variable(name);

	return value && *value ? value : NULL;
}

static int check_settings(const char *url, const struct receiver_names *names, struct tsem_error *error)
{
	const char *authorization = receiver_setting(names->authorization), *ca = receiver_setting(names->ca);

	if (authorization && strncmp(url, "https:", 6) != 0)
		return tsem_error_set(error, EINVAL, "%s is a secret, and is sent to an https:// URL only",
				      names->authorization);
	if (authorization && !is_printable(authorization))
		return tsem_error_set(error, EINVAL, "%s has a character in it that is not printable ASCII",
				      names->authorization);
	if (ca && access(ca, R_OK))
		return tsem_error_set(error, errno, "cannot read the file that %s names: %s", names->ca,
				      strerror(errno));
	return 0;
}

const char *receiver_url(const char *given, const struct receiver_names *names)
{
	return strcmp(given, RECEIVER_ENV) != 0 ? given : receiver_setting(names->url);
}

bool receiver_is_here(const char *url)
{
	const char *host = host_of(url);

	return http_is_here(host, host_size(host));
}

bool receiver_will_pass(unsigned status)
{
	return status == 408 || status == 429 || status >= 500;
}

bool receiver_wait(int fd, tsem_u64 until)
{
	struct pollfd waited = {.fd = fd, .events = POLLIN};
	tsem_u64 now;
	int r;

	do {
		now = ticks_now();
		r = poll(&waited, 1, now < until ? (until - now) / 1000000 + 1 : 0);
	} while (r < 0 && errno == EINTR);
	return r > 0;
}

static int check_url(const char *url, const struct receiver_names *names, struct tsem_error *error)
{
	const char *host = host_of(url);
	size_t size = host ? host_size(host) : 0;

	if (!size)
		return tsem_error_set(error, EINVAL, "it needs http://HOST... or https://HOST...");
	if (memchr(host, '@', size))
		return tsem_error_set(error, EINVAL,
				      "user and password do not belong into a URL, where every process can read them; "
				      "set %s",
				      names->authorization);
	if (!is_printable(url) || strchr(url, ' ') || strlen(url) >= URL_MAX || size >= NAME_MAX_HERE)
		return tsem_error_set(error, EINVAL, "the URL is too long, or not of printable ASCII without blanks");
	if (strncmp(url, "https:", 6) != 0 && !receiver_is_here(url))
		return tsem_error_set(error, EINVAL,
				      "plain http:// is for this machine only (127.0.0.0/8, [::1], localhost), because "
				      "others could read it and answer; use https://");
	return 0;
}

int receiver_check(const char *given, const struct receiver_names *names, struct tsem_error *error)
{
	const char *url = receiver_url(given, names);
	int r = url ? check_url(url, names, error) :
		      tsem_error_set(error, EINVAL, "%s, which has the URL, is not set", names->url);

	return r ? r : check_settings(url, names, error);
}

int receiver_confine(char **authorities, struct tsem_error *error)
{
	int copy, r = confine_memory(MEMORY_MIB, error);

	if (!r)
		r = http_load(error);
	if (!r && *authorities)
		r = confine_copy(authorities, &copy, error); /* stays open: each connection reads it */
	return r ? r : confine_privileges(true, error);
}
