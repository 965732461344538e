/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "verbs.h"
#include "file.h"
#include "../model/file.h"
#include "../model/signing.h"
#include "../../lib/model/model.h"
#include "../../lib/sign/demand.h"

#include <errno.h>
#include <string.h>
#include <time.h>

/* Signed here, about the image. */
static int sign(const struct invocation *v, const struct store *store, const struct descriptor *image,
		struct tsem_buffer *envelope)
{
	struct tsem_subject subject = {};
	struct tsem_signing signing = {.size = sizeof(signing),
				       .subjects = &subject,
				       .subject_count = 1,
				       .sealed = invocation_given(v, OPTION_image_sealed)};
	struct tsem_key *key = NULL;
	int r = signing_validity_read(v, &signing.validity);

	snprintf(subject.name, sizeof(subject.name), "%.*s", (int)sizeof(subject.name) - 1,
		 !store->reference.layout ? store->name :
		 store->reference.tag[0]  ? store->reference.tag :
					    "image");
	memcpy(subject.sha256, image->digest, TSEM_DIGEST_SIZE);
	if (!r)
		r = signing_key_read(v, &key);
	if (!r)
		r = tsem_model_sign(v->operands[2], key, &signing, envelope, NULL, v->error);
	tsem_key_destroy(key);
	return r;
}

static int check_about(const struct invocation *v, const struct descriptor *image, const struct tsem_signed *info)
{
	char digest[DIGEST_TEXT_SIZE];
	const char *const about[] = {digest};
	const struct demand demand = {.about = about, .about_count = 1, .now = time(NULL)};

	digest_text(image->digest, digest);
	return demand_check(&demand, info, v->operands[2], v->error);
}

/* Signed elsewhere, about the image. */
static int take_signed(const struct invocation *v, const struct descriptor *image, struct tsem_buffer *envelope)
{
	bool keys = invocation_given(v, OPTION_image_keys);
	const char *path = v->operands[2];
	struct tsem_keyring keyring = {};
	struct tsem_model *model = NULL;
	struct tsem_signed *info = NULL;
	int r = keys ? image_keys(v, &keyring) : 0;

	if (!r)
		r = image_file_read(path, MODEL_SIZE_MAX, envelope, v->error);
	if (!r)
		r = tsem_model_parse_signed(envelope->data, envelope->size, path, keys ? &keyring : NULL, &model, &info,
					    v->error);
	if (!r && !info)
		r = usage_error(v, "model %s is not signed: give --key KEY.pem to sign it", path);
	if (!r)
		r = check_about(v, image, info);
	if (!r && !keys)
		model_file_tell(path, "--keys KEYDIR");
	tsem_signed_destroy(info);
	tsem_model_destroy(model);
	tsem_keyring_deinit(&keyring);
	return r;
}

static void tell(const struct invocation *v, const struct store *store, const struct artifact *artifact)
{
	char image[DIGEST_TEXT_SIZE], digest[DIGEST_TEXT_SIZE];
	struct writer writer;

	digest_text(artifact->image.digest, image);
	digest_text(artifact->manifest.digest, digest);
	if (!invocation_given(v, OPTION_image_json)) {
		printf("attached to %s in ", image);
		print_styled(stdout, STYLE_STRONG, store->name);
		printf(": %s\n", digest);
		return;
	}
	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_string(&writer, "in", store->name);
	writer_string(&writer, "image", image);
	writer_string(&writer, "artifact", digest);
	writer_close(&writer, '}');
}

int image_attach(const struct invocation *v)
{
	struct store store;
	struct descriptor image;
	struct artifact artifact = {};
	struct tsem_buffer envelope = {};
	int r;

	if (invocation_given(v, OPTION_image_key) && invocation_given(v, OPTION_image_keys))
		return usage_error(v, "--key signs, --keys verifies what is signed: give one of them");
	if (!invocation_given(v, OPTION_image_key) &&
	    (invocation_given(v, OPTION_image_serial) || invocation_given(v, OPTION_image_not_before) ||
	     invocation_given(v, OPTION_image_not_after) || invocation_given(v, OPTION_image_sealed)))
		return usage_error(
			v, "--serial, --not-before, --not-after and --sealed are for signing: give --key KEY.pem");
	r = image_open(v, &store, &image);
	if (r)
		return r;
	r = invocation_given(v, OPTION_image_key) ? sign(v, &store, &image, &envelope) :
						    take_signed(v, &image, &envelope);
	if (!r)
		r = artifact_make(&image, &envelope, &artifact, v->error);
	if (!r)
		r = store_add(&store, &artifact, v->error);
	if (!r)
		tell(v, &store, &artifact);
	artifact_deinit(&artifact);
	tsem_buffer_deinit(&envelope);
	store_close(&store);
	return r;
}
