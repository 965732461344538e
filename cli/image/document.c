/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "document.h"
#include "reference.h"
#include "../../lib/base/buffer.h"
#include "../../lib/event/digest.h"
#include "../../lib/json/members.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#define TAG "org.opencontainers.image.ref.name"

/* ---- reading ---- */

static bool read_word(struct scanner *s, char *word, size_t room)
{
	size_t size;

	scan_space(s);
	if (!scan_string(s, (tsem_u8 *)word, room - 1, false, &size))
		return false;
	word[size < room ? size : 0] = 0;
	return true;
}

#define READ_WORD(member, type) \
	static bool read_##type##_##member(struct scanner *s, void *context) \
	{ \
		struct type *all = context; \
\
		return read_word(s, all->member, sizeof(all->member)); \
	}
READ_WORD(media_type, descriptor)
READ_WORD(artifact_type, descriptor)
READ_WORD(tag, descriptor)
READ_WORD(os, descriptor)
READ_WORD(architecture, descriptor)
READ_WORD(variant, descriptor)
READ_WORD(media_type, document)
READ_WORD(artifact_type, document)

static bool read_digest(struct scanner *s, void *context)
{
	struct descriptor *descriptor = context;
	char text[DIGEST_TEXT_SIZE];

	if (!read_word(s, text, sizeof(text)))
		return false;
	descriptor->known = reference_digest(text, strlen(text), descriptor->digest);
	return true;
}

static bool read_size(struct scanner *s, void *context)
{
	struct descriptor *descriptor = context;
	const char *at;

	scan_space(s);
	for (at = s->at; at < s->end && isdigit((unsigned char)*at); at++) {
		if (descriptor->size > 1ull << 50)
			return scan_fail(s, NULL, "it is too large");
		descriptor->size = 10 * descriptor->size + (tsem_u64)(*at - '0');
	}
	return at > s->at ? scan_skip(s) : scan_fail(s, NULL, "a number is expected");
}

static bool read_object(struct scanner *s, const struct json_member *members, void *context)
{
	return json_null(s) || json_members(s, members, context);
}

static bool read_annotations(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{TAG, read_descriptor_tag, false}, {}};

	return read_object(s, members, context);
}

static bool read_platform(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"os", read_descriptor_os, false},
						     {"architecture", read_descriptor_architecture, false},
						     {"variant", read_descriptor_variant, false},
						     {}};

	return read_object(s, members, context);
}

static bool read_descriptor(struct scanner *s, struct descriptor *ret_descriptor)
{
	static const struct json_member members[] = {{"mediaType", read_descriptor_media_type, false},
						     {"artifactType", read_descriptor_artifact_type, false},
						     {"digest", read_digest, true},
						     {"size", read_size, true},
						     {"annotations", read_annotations, false},
						     {"platform", read_platform, false},
						     {}};
	bool good;

	*ret_descriptor = (struct descriptor){};
	scan_space(s);
	ret_descriptor->at = s->at - s->start;
	good = json_members(s, members, ret_descriptor);
	ret_descriptor->end = s->at - s->start;
	while (good && ret_descriptor->end && isspace((unsigned char)s->start[ret_descriptor->end - 1]))
		ret_descriptor->end--;
	return good;
}

static bool read_subject(struct scanner *s, void *context)
{
	return json_null(s) || read_descriptor(s, &((struct document *)context)->subject);
}

bool document_add(struct document *document, const struct descriptor *item)
{
	struct descriptor *grown = document->items;

	if (document->count == document->capacity) {
		document->capacity = 2 * document->capacity + 4;
		grown = reallocarray(grown, document->capacity, sizeof(*grown));
	}
	if (!grown)
		return false;
	document->items = grown;
	document->items[document->count++] = *item;
	return true;
}

static bool read_item(struct scanner *s, void *context)
{
	struct descriptor item;

	return read_descriptor(s, &item) && (document_add(context, &item) || scan_fail(s, NULL, "out of memory"));
}

static bool read_items(struct scanner *s, struct document *document)
{
	const char *end;

	if (document->items_end)
		return scan_fail(s, NULL, "it has both manifests and layers");
	if (json_null(s))
		return true;
	if (!json_list(s, DOCUMENT_ITEMS_MAX, read_item, document))
		return false;
	for (end = s->at - 1; *end != ']'; end--)
		;
	document->items_end = end - s->start;
	return true;
}

static bool read_layers(struct scanner *s, void *context)
{
	return read_items(s, context);
}

static bool read_manifests(struct scanner *s, void *context)
{
	struct document *document = context;

	document->index = true;
	return read_items(s, context);
}

static bool read_version(struct scanner *s, void *context)
{
	const char *start;

	(void)context;
	scan_space(s);
	start = s->at;
	return scan_skip(s) &&
	       ((s->at == start + 1 && *start == '2') || scan_fail(s, NULL, "only version 2 can be read"));
}

int document_parse(const void *bytes, size_t size, const char *name, struct document *ret_document,
		   struct tsem_error *error)
{
	static const struct json_member members[] = {{"schemaVersion", read_version, true},
						     {"mediaType", read_document_media_type, false},
						     {"artifactType", read_document_artifact_type, false},
						     {"subject", read_subject, false},
						     {"layers", read_layers, false},
						     {"manifests", read_manifests, false},
						     {}};
	struct scanner s = {.start = bytes, .at = bytes, .end = (const char *)bytes + size};
	struct document document = {};

	scan_space(&s);
	if (json_members(&s, members, &document) && json_end(&s) &&
	    (document.items_end || scan_fail(&s, NULL, "it has neither manifests nor layers"))) {
		*ret_document = document;
		return 0;
	}
	document_deinit(&document);
	return tsem_error_set(error, EBADMSG, "%.512s is neither a manifest nor an index, byte %td: %s%s%s", name,
			      (s.where ? s.where : s.at) - s.start, s.member ? s.member : "", s.member ? ": " : "",
			      s.reason ? s.reason : "it is no JSON");
}

void document_deinit(struct document *document)
{
	free(document->items);
	*document = (struct document){};
}

/* ---- writing ---- */

void digest_text(const tsem_u8 digest[TSEM_DIGEST_SIZE], char ret_text[DIGEST_TEXT_SIZE])
{
	memcpy(ret_text, "sha256:", 7);
	digest_format(digest, ret_text + 7);
}

void descriptor_of(const void *bytes, size_t size, const char *media_type, struct descriptor *ret_descriptor)
{
	*ret_descriptor = (struct descriptor){.known = true, .size = size};
	snprintf(ret_descriptor->media_type, sizeof(ret_descriptor->media_type), "%s", media_type);
	digest_bytes(bytes, size, ret_descriptor->digest);
}

/* Without the brace behind it. */
static void put_descriptor(const struct descriptor *descriptor, struct tsem_buffer *buffer)
{
	char digest[DIGEST_TEXT_SIZE];

	digest_text(descriptor->digest, digest);
	buffer_text(buffer, "{\"mediaType\":");
	json_put_text(buffer, descriptor->media_type, strlen(descriptor->media_type));
	tsem_buffer_printf(buffer, ",\"digest\":\"%s\",\"size\":%llu", digest, descriptor->size);
	if (descriptor->artifact_type[0])
		tsem_buffer_printf(buffer, ",\"artifactType\":\"%s\"", descriptor->artifact_type);
	if (descriptor->tag[0])
		tsem_buffer_printf(buffer, ",\"annotations\":{\"" TAG "\":\"%s\"}", descriptor->tag);
}

void document_format_artifact(const struct descriptor *model, const struct descriptor *image,
			      struct tsem_buffer *buffer)
{
	struct descriptor config;

	descriptor_of(EMPTY_CONFIG, strlen(EMPTY_CONFIG), "application/vnd.oci.empty.v1+json", &config);
	buffer_text(buffer, "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MANIFEST "\",\"artifactType\":\"" MODEL_ARTIFACT
			    "\",\"config\":");
	put_descriptor(&config, buffer);
	buffer_text(buffer, "},\"layers\":[");
	put_descriptor(model, buffer);
	buffer_text(buffer, ",\"annotations\":{\"org.opencontainers.image.title\":\"model.dsse\"}}],\"subject\":");
	put_descriptor(image, buffer);
	buffer_text(buffer, "}}");
}

void document_format_index(const char *text, size_t size, const struct document *document, const struct descriptor *old,
			   const struct descriptor *item, struct tsem_buffer *buffer)
{
	size_t at;

	if (!text) {
		buffer_text(buffer, "{\"schemaVersion\":2,\"mediaType\":\"" OCI_INDEX "\",\"manifests\":[");
		put_descriptor(item, buffer);
		buffer_text(buffer, "}]}");
		return;
	}
	at = old ? old->at : document->items_end;
	tsem_buffer_add(buffer, text, at);
	if (!old && document->count)
		buffer_text(buffer, ",");
	put_descriptor(item, buffer);
	buffer_text(buffer, "}");
	if (old)
		at = old->end;
	tsem_buffer_add(buffer, text + at, size - at);
}
