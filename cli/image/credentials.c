/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "credentials.h"
#include "file.h"
#include "../../lib/json/dsse.h"
#include "../../lib/json/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (1u << 20)
#define HUB "index.docker.io"

struct looking {
	const struct reference *reference;
	struct credentials *credentials;
	size_t best; /* length of the name that fits best so far */
};

/*
 * How well the name in a file fits the image: HOST, or HOST/PATH with the beginning of its name; older files have URLs.
 * 0: not at all.
 */
static size_t fits(const char *name, const struct reference *reference)
{
	static const char secure[] = "https://", hub[] = "registry-1.docker.io";
	const char *host = reference->host;
	bool url = !strncmp(name, secure, strlen(secure));
	size_t size, rest;

	name += url ? strlen(secure) : 0;
	size = strcspn(name, "/");
	if (!strcmp(host, hub) && ((size == strlen(HUB) && !strncmp(name, HUB, size)) || !strcmp(name, "docker.io")))
		return 1;
	if (size != strlen(host) || strncmp(name, host, size) != 0)
		return 0;
	if (url || !name[size] || !name[size + 1])
		return size;
	rest = strlen(name + size + 1);
	if (strncmp(reference->name, name + size + 1, rest) != 0 ||
	    (reference->name[rest] && reference->name[rest] != '/'))
		return 0;
	return size + 1 + rest;
}

static bool read_auth(struct scanner *s, void *context)
{
	struct looking *looking = context;
	size_t size;

	scan_space(s);
	if (!scan_string(s, (tsem_u8 *)looking->credentials->pair, CREDENTIALS_MAX - 1, true, &size))
		return false;
	looking->credentials->pair[size] = 0;
	looking->credentials->known = size;
	return true;
}

static bool read_entry(struct scanner *s, const char *name, void *context)
{
	static const struct json_member members[] = {{"auth", read_auth, false}, {}};
	struct looking *looking = context;
	size_t fit = fits(name, looking->reference);

	if (fit <= looking->best)
		return scan_skip(s);
	looking->best = fit;
	return json_members(s, members, looking);
}

static bool read_entries(struct scanner *s, void *context)
{
	return json_each(s, read_entry, context);
}

/* It goes into a header as it is. */
static bool is_base64(const char *text)
{
	size_t size = strlen(text);
	char *copy = strdup(text);
	bool good = copy && base64_decode(copy, &size);

	if (copy)
		explicit_bzero(copy, strlen(text));
	free(copy);
	return good;
}

int credentials_parse(const char *text, size_t size, const struct reference *reference, struct credentials *credentials,
		      struct tsem_error *error)
{
	static const struct json_member members[] = {{"auths", read_entries, false}, {}};
	struct scanner s = {.start = text, .at = text, .end = text + size};
	struct looking looking = {.reference = reference, .credentials = credentials};

	scan_space(&s);
	if (json_members(&s, members, &looking) && json_end(&s) &&
	    (!credentials->known || is_base64(credentials->pair) || scan_fail(&s, "auth", "this is not base64")))
		return 0;
	credentials->known = false;
	return json_refuse(credentials->path, &s, error);
}

static int look(const struct reference *reference, struct credentials *credentials, struct tsem_error *error)
{
	struct tsem_buffer text = {};
	int r = image_file_read(credentials->path, FILE_MAX, &text, error);

	if (!r)
		r = credentials_parse(text.data ? text.data : "", text.size, reference, credentials, error);
	if (text.data)
		explicit_bzero(text.data, text.size);
	tsem_buffer_deinit(&text);
	return r;
}

int credentials_find(const struct reference *reference, struct credentials *ret_credentials, struct tsem_error *error)
{
	const char *given = getenv("REGISTRY_AUTH_FILE"), *runtime = getenv("XDG_RUNTIME_DIR"), *home = getenv("HOME");
	const char *const directories[] = {runtime, home}, *const files[] = {"containers/auth.json",
									     ".docker/config.json"};
	int r = 0;

	*ret_credentials = (struct credentials){};
	if (given && *given) {
		snprintf(ret_credentials->path, PATH_MAX, "%s", given);
		return look(reference, ret_credentials, error);
	}
	for (size_t i = 0; i < 2 && !r && !ret_credentials->known; i++) {
		char path[PATH_MAX];

		if (!directories[i] || snprintf(path, PATH_MAX, "%s/%s", directories[i], files[i]) >= PATH_MAX ||
		    access(path, F_OK))
			continue;
		strcpy(ret_credentials->path, path);
		r = look(reference, ret_credentials, error);
	}
	return r;
}
