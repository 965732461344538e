/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "reference.h"
#include "../../lib/event/digest.h"
#include "../../sink/http.h"

#include <errno.h>

#define FUNCTION "sha256:"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

bool reference_digest(const char *text, size_t size, tsem_u8 ret_digest[TSEM_DIGEST_SIZE])
{
	return size == strlen(FUNCTION) + 2 * TSEM_DIGEST_SIZE && !strncmp(text, FUNCTION, strlen(FUNCTION)) &&
	       digest_parse(text + strlen(FUNCTION), ret_digest);
}

void reference_referrers_tag(const tsem_u8 digest[TSEM_DIGEST_SIZE], char ret_tag[REFERRERS_TAG_MAX])
{
	memcpy(ret_tag, "sha256-", 7);
	digest_format(digest, ret_tag + 7);
}

bool reference_is_referrers_tag(const char *tag)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	return strlen(tag) == REFERRERS_TAG_MAX - 1 && !strncmp(tag, "sha256-", 7) && digest_parse(tag + 7, digest);
}

bool reference_loopback(const struct reference *reference)
{
	return http_is_here(reference->host, strlen(reference->host));
}

/* Whether the first part of a name can only be a host: what is in no directory of that name. */
static bool begins_with_host(const char *text)
{
	size_t size = strcspn(text, "/");

	return text[0] != '.' && text[size] && size &&
	       (memchr(text, '.', size) || memchr(text, ':', size) || !strncmp(text, "localhost/", 10));
}

static int refuse(const char *text, const char *reason, struct tsem_error *error)
{
	return tsem_error_set(error, EINVAL, "\"%.255s\" is no image: %s", text, reason);
}

/* Takes the digest off the end; *size is what is left. */
static int take_digest(const char *text, size_t *size, struct reference *reference, struct tsem_error *error)
{
	const char *at = strchr(text, '@');

	*size = at ? (size_t)(at - text) : strlen(text);
	if (!at)
		return 0;
	reference->by_digest = reference_digest(at + 1, strlen(at + 1), reference->digest);
	return reference->by_digest ?
		       0 :
		       refuse(text, "behind @ is sha256:HEX, with 64 lower-case hexadecimal digits", error);
}

/* Takes the tag off the end: what is behind a colon in the last part. */
static int take_tag(const char *text, size_t *size, struct reference *reference, struct tsem_error *error)
{
	size_t slash = *size, colon, length;

	while (slash && text[slash - 1] != '/')
		slash--;
	for (colon = slash; colon < *size && text[colon] != ':'; colon++)
		;
	if (colon == *size)
		return 0;
	length = *size - colon - 1;
	if (!length || length >= sizeof(reference->tag) || strspn(text + colon + 1, LOWER UPPER DIGITS "_.-") < length)
		return refuse(text, "a tag has from 1 to 128 letters, digits and _ . -", error);
	memcpy(reference->tag, text + colon + 1, length);
	*size = colon;
	return 0;
}

/* Docker Hub has other names for itself. */
static void name_hub(struct reference *reference)
{
	char name[IMAGE_NAME_MAX];

	if (strcmp(reference->host, "docker.io") != 0)
		return;
	strcpy(reference->host, "registry-1.docker.io");
	snprintf(name, sizeof(name), "%s", reference->name);
	if (!strchr(name, '/'))
		snprintf(reference->name, sizeof(reference->name), "library/%.*s", IMAGE_NAME_MAX - 9, name);
}

static int take_repository(const char *whole, const char *text, size_t size, struct reference *reference,
			   struct tsem_error *error)
{
	size_t host = strcspn(text, "/");

	if (!begins_with_host(text) || host >= size)
		return refuse(whole, "an image of a registry is HOST[:PORT]/NAME[:TAG]", error);
	if (host >= sizeof(reference->host) || strspn(text, LOWER UPPER DIGITS ".-:[]") < host ||
	    (text[0] == '[') != (memchr(text, ']', host) != NULL))
		return refuse(whole, "this is no name of a host", error);
	memcpy(reference->host, text, host);
	text += host + 1;
	size -= host + 1;
	if (!size || size >= sizeof(reference->name) - 8 || strspn(text, LOWER DIGITS "._-/") < size ||
	    text[0] == '/' || text[size - 1] == '/' || memmem(text, size, "..", 2) || memmem(text, size, "//", 2))
		return refuse(whole, "the name in a registry has lower-case letters, digits and . _ - /", error);
	memcpy(reference->name, text, size);
	name_hub(reference);
	return 0;
}

int reference_parse(const char *text, struct reference *ret_reference, struct tsem_error *error)
{
	static const char layout[] = "oci:", registry[] = "docker://";
	const char *rest = text;
	size_t size;
	int r;

	*ret_reference = (struct reference){};
	if (!strncmp(text, layout, strlen(layout)))
		rest += strlen(layout);
	else if (!strncmp(text, registry, strlen(registry)))
		rest += strlen(registry);
	r = take_digest(rest, &size, ret_reference, error);
	if (r)
		return r;
	ret_reference->layout = rest == text + strlen(layout) || (rest == text && !begins_with_host(text));
	r = take_tag(rest, &size, ret_reference, error);
	if (r)
		return r;
	if (!ret_reference->layout)
		return take_repository(text, rest, size, ret_reference, error);
	if (!size || size >= sizeof(ret_reference->directory))
		return refuse(text, "the path of the directory is empty or too long", error);
	memcpy(ret_reference->directory, rest, size);
	return 0;
}
