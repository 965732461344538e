/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "dsse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"
#include "members.h"

#define SIGNATURE_MAX 65536 /* bytes: other tools may have signed with keys that tsem does not know */

bool dsse_begins(const char *bytes, size_t size)
{
	struct scanner scanner = {.at = bytes, .end = bytes + size};

	return scan_accept(&scanner, '{');
}

void dsse_deinit(struct dsse *dsse)
{
	for (size_t i = 0; i < dsse->count; i++)
		free(dsse->signatures[i].bytes);
	free(dsse->payload);
	memset(dsse, 0, sizeof(*dsse));
}

static bool read_base64(struct scanner *scanner, tsem_u8 **ret_bytes, size_t *ret_size)
{
	const char *start = scanner->at;
	size_t size;
	char *text;

	if (!json_text(scanner, &text, &size))
		return false;
	if (!base64_decode(text, &size)) {
		free(text);
		scanner->at = start;
		return scan_fail(scanner, NULL, "this is not base64");
	}
	*ret_bytes = (tsem_u8 *)text;
	*ret_size = size;
	return true;
}

static bool read_payload(struct scanner *scanner, void *context)
{
	struct dsse *dsse = context;

	return read_base64(scanner, &dsse->payload, &dsse->payload_size);
}

static bool read_type(struct scanner *scanner, void *context)
{
	tsem_u8 type[sizeof(DSSE_TYPE)];
	size_t size;

	(void)context;
	return scan_string(scanner, type, sizeof(type), false, &size) &&
	       ((size == sizeof(DSSE_TYPE) - 1 && !memcmp(type, DSSE_TYPE, size)) ||
		scan_fail(scanner, NULL, "only " DSSE_TYPE " can be read"));
}

static bool read_keyid(struct scanner *scanner, void *context)
{
	struct dsse_signature *signature = context;
	size_t size;

	if (!scan_string(scanner, (tsem_u8 *)signature->keyid, sizeof(signature->keyid) - 1, true, &size))
		return false;
	signature->keyid[size] = 0;
	return !memchr(signature->keyid, 0, size) || scan_fail(scanner, NULL, "there is a NUL in the string");
}

static bool read_bytes(struct scanner *scanner, void *context)
{
	struct dsse_signature *signature = context;

	return read_base64(scanner, &signature->bytes, &signature->size) &&
	       (signature->size <= SIGNATURE_MAX || scan_fail(scanner, NULL, "the signature is too long"));
}

static bool read_signature(struct scanner *scanner, void *context)
{
	static const struct json_member members[] = {
		{"keyid", read_keyid, false},
		{"sig", read_bytes, true},
		{.name = NULL},
	};
	struct dsse *dsse = context;

	/* Counted first, so that it is freed even if the rest of it cannot be read. */
	return json_members(scanner, members, &dsse->signatures[dsse->count++]);
}

static bool read_signatures(struct scanner *scanner, void *context)
{
	struct dsse *dsse = context;

	return json_list(scanner, DSSE_SIGNATURES_MAX, read_signature, context) &&
	       (dsse->count || scan_fail(scanner, NULL, "there is no signature"));
}

int dsse_parse(const char *bytes, size_t size, const char *name, struct dsse *ret_dsse, struct tsem_error *error)
{
	static const struct json_member members[] = {
		{"payload", read_payload, true},
		{"payloadType", read_type, true},
		{"signatures", read_signatures, true},
		{.name = NULL},
	};
	struct scanner scanner = {.start = bytes, .at = bytes, .end = bytes + size};
	struct dsse dsse = {.count = 0};

	if (json_members(&scanner, members, &dsse) && json_end(&scanner)) {
		*ret_dsse = dsse;
		return 0;
	}
	dsse_deinit(&dsse);
	return tsem_error_set(error, EBADMSG, "model %s is no signed model (DSSE envelope), byte %zu: %s%s%s", name,
			      (size_t)(scanner.where - bytes), scanner.member ? scanner.member : "",
			      scanner.member ? ": " : "", scanner.reason);
}

void dsse_format(const struct dsse *dsse, struct tsem_buffer *buffer)
{
	buffer_text(buffer, "{\"payload\":\"");
	base64_encode(dsse->payload, dsse->payload_size, buffer);
	buffer_text(buffer, "\",\"payloadType\":\"" DSSE_TYPE "\",\"signatures\":[");
	for (size_t i = 0; i < dsse->count; i++) {
		const struct dsse_signature *signature = &dsse->signatures[i];

		buffer_text(buffer, i ? ",{\"keyid\":" : "{\"keyid\":");
		json_put_text(buffer, signature->keyid, strlen(signature->keyid));
		buffer_text(buffer, ",\"sig\":\"");
		base64_encode(signature->bytes, signature->size, buffer);
		buffer_text(buffer, "\"}");
	}
	buffer_text(buffer, "]}\n");
}

int dsse_add(struct dsse *dsse, const char *keyid, const tsem_u8 *signature, size_t size)
{
	struct dsse_signature *added = &dsse->signatures[dsse->count];
	tsem_u8 *bytes;

	if (dsse->count == DSSE_SIGNATURES_MAX)
		return -ENOSPC;
	bytes = malloc(size + !size);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, signature, size);
	snprintf(added->keyid, sizeof(added->keyid), "%s", keyid);
	added->bytes = bytes;
	added->size = size;
	dsse->count++;
	return 0;
}

void dsse_encode(const char *type, const void *payload, size_t size, struct tsem_buffer *buffer)
{
	tsem_buffer_printf(buffer, "DSSEv1 %zu %s %zu ", strlen(type), type, size);
	tsem_buffer_add(buffer, payload, size);
}
