/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "artifact.h"
#include "../../lib/event/digest.h"
#include "../../lib/model/model.h"

#include <errno.h>
#include <string.h>

int artifact_make(const struct descriptor *image, struct tsem_buffer *envelope, struct artifact *ret_artifact,
		  struct tsem_error *error)
{
	struct artifact *artifact = ret_artifact;

	*artifact = (struct artifact){.image = *image, .envelope_bytes = *envelope};
	*envelope = (struct tsem_buffer){};
	artifact->image.artifact_type[0] = artifact->image.tag[0] = 0;
	descriptor_of(artifact->envelope_bytes.data, artifact->envelope_bytes.size, MODEL_ENVELOPE,
		      &artifact->envelope);
	document_format_artifact(&artifact->envelope, &artifact->image, &artifact->manifest_bytes);
	if (artifact->manifest_bytes.failed) {
		artifact_deinit(artifact);
		return tsem_error_set(error, ENOMEM, "out of memory");
	}
	descriptor_of(artifact->manifest_bytes.data, artifact->manifest_bytes.size, OCI_MANIFEST, &artifact->manifest);
	strcpy(artifact->manifest.artifact_type, MODEL_ARTIFACT);
	return 0;
}

void artifact_deinit(struct artifact *artifact)
{
	tsem_buffer_deinit(&artifact->manifest_bytes);
	tsem_buffer_deinit(&artifact->envelope_bytes);
}

static const char *find_fault(const struct document *manifest, const tsem_u8 *image)
{
	const struct descriptor *envelope = manifest->items;

	if (manifest->index)
		return "it is an index";
	if (strcmp(manifest->artifact_type, MODEL_ARTIFACT) != 0)
		return "its artifactType is not " MODEL_ARTIFACT;
	if (!manifest->subject.known || memcmp(manifest->subject.digest, image, TSEM_DIGEST_SIZE) != 0)
		return "its subject is another image";
	if (manifest->count != 1)
		return "it has not one layer";
	if (strcmp(envelope->media_type, MODEL_ENVELOPE) != 0)
		return "its layer has another media type than " MODEL_ENVELOPE;
	if (!envelope->known)
		return "the digest of its layer is not of SHA-256";
	return envelope->size > MODEL_SIZE_MAX ? "its layer is larger than 1 GiB" : NULL;
}

int artifact_parse(const struct tsem_buffer *manifest, const char *name, const tsem_u8 image[TSEM_DIGEST_SIZE],
		   struct descriptor *ret_envelope, struct tsem_error *error)
{
	struct document document;
	const char *fault;
	int r = document_parse(manifest->data, manifest->size, name, &document, error);

	if (r)
		return r;
	fault = find_fault(&document, image);
	if (fault)
		r = tsem_error_set(error, EBADMSG, "%.512s is no model of this image: %s", name, fault);
	else
		*ret_envelope = document.items[0];
	document_deinit(&document);
	return r;
}

int content_check(const struct tsem_buffer *bytes, const struct descriptor *descriptor, const char *where,
		  struct tsem_error *error)
{
	char text[DIGEST_TEXT_SIZE];
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	digest_text(descriptor->digest, text);
	if (bytes->size != descriptor->size)
		return tsem_error_set(error, EBADMSG, "%s of %.512s is refused: it has %zu bytes instead of %llu", text,
				      where, bytes->size, descriptor->size);
	digest_bytes(bytes->data ? bytes->data : "", bytes->size, digest);
	if (memcmp(digest, descriptor->digest, TSEM_DIGEST_SIZE) != 0)
		return tsem_error_set(error, EBADMSG,
				      "%s of %.512s is refused: its content has another digest, so it was changed",
				      text, where);
	return 0;
}

bool artifact_possible(const struct descriptor *item)
{
	return item->known && !strcmp(item->media_type, OCI_MANIFEST) &&
	       (!item->artifact_type[0] || !strcmp(item->artifact_type, MODEL_ARTIFACT));
}

int artifact_too_many(const tsem_u8 image[TSEM_DIGEST_SIZE], const char *where, struct tsem_error *error)
{
	char digest[DIGEST_TEXT_SIZE];

	digest_text(image, digest);
	return tsem_error_set(error, E2BIG, "%.512s is refused: more than %d models are attached to %s", where,
			      ATTACHED_MAX, digest);
}
