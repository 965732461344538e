/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Signed models: docs/signing.md. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"
#include "../base/given.h"
#include "../event/digest.h"
#include "../json/dsse.h"
#include "key.h"
#include "../model/model.h"
#include "statement.h"

int tsem_subject_parse(const char *text, struct tsem_subject *ret_subject, struct tsem_error *error)
{
	static const char function[] = "=sha256:";
	struct tsem_subject subject = {.name = ""};
	size_t tail = strlen(function) + 2 * TSEM_DIGEST_SIZE, size = strlen(text);
	const char *end = text + size - tail;

	if (size <= tail || strncmp(end, function, strlen(function)) != 0 ||
	    !digest_parse(end + strlen(function), subject.sha256))
		return tsem_error_set(
			error, EINVAL,
			"\"%s\" is no subject: it is NAME=sha256:HEX, with 64 lower-case hexadecimal digits", text);
	if (size - tail >= sizeof(subject.name))
		return tsem_error_set(error, EINVAL, "the name of a subject is longer than %zu bytes",
				      sizeof(subject.name) - 1);
	memcpy(subject.name, text, size - tail);
	*ret_subject = subject;
	return 0;
}

void tsem_signed_destroy(struct tsem_signed *signed_model)
{
	if (!signed_model)
		return;
	free(signed_model->subjects);
	free(signed_model->signatures);
	free(signed_model);
}

/* ---- verifying ---- */

/* The key that has made the signature. It ignores the keyid, which anyone who can change the file can change. */
static void match_signature(const struct dsse_signature *from, const struct tsem_buffer *text,
			    const struct tsem_keyring *keyring, struct tsem_signature *signature)
{
	for (size_t i = 0; i < keyring->count && !signature->key; i++)
		if (key_verify(keyring->keys[i], text->data, text->size, from->bytes, from->size)) {
			signature->key = keyring->keys[i];
			signature->path = keyring->paths[i];
		}
}

/* The first signature whose keyid names a key of the keyring. */
static const struct tsem_key *find_named(const struct tsem_signed *info, const struct tsem_keyring *keyring,
					 const char **ret_path)
{
	for (size_t i = 0; i < info->signature_count; i++)
		for (size_t k = 0; k < keyring->count; k++)
			if (!strcmp(info->signatures[i].keyid, tsem_key_id(keyring->keys[k]))) {
				*ret_path = keyring->paths[k];
				return keyring->keys[k];
			}
	return NULL;
}

static int refuse_signatures(const struct tsem_signed *info, const struct tsem_keyring *keyring, const char *path,
			     struct tsem_error *error)
{
	const char *key_path, *keyid = info->signatures[0].keyid;

	if (find_named(info, keyring, &key_path))
		return tsem_error_set(
			error, ENOKEY,
			"model %s is refused: it says that it is signed with %s, but the model or its signature "
			"was changed since",
			path, key_path);
	return tsem_error_set(
		error, ENOKEY,
		"model %s is refused: none of its signatures is by %s; the first claims to be by the key %s", path,
		keyring->count == 1 ? keyring->paths[0] : "one of the given keys", *keyid ? keyid : "without an id");
}

/*
 * Decides whether to trust a file. It fails closed: the only way out without an error is a signature over type and
 * payload that a key of the keyring verifies. The model is then made from the verified payload, not from the file.
 */
static int verify(const struct dsse *dsse, const struct tsem_keyring *keyring, const char *path,
		  struct tsem_signed *info, struct tsem_error *error)
{
	struct tsem_buffer text = {0};
	size_t valid = 0;

	dsse_encode(DSSE_TYPE, dsse->payload, dsse->payload_size, &text);
	for (size_t i = 0; i < dsse->count && !text.failed; i++) {
		match_signature(&dsse->signatures[i], &text, keyring, &info->signatures[i]);
		valid += info->signatures[i].key != NULL;
	}
	if (text.failed)
		tsem_error_set(error, ENOMEM, "model %s cannot be verified: out of memory", path);
	else if (!valid)
		refuse_signatures(info, keyring, path, error);
	tsem_buffer_deinit(&text);
	return valid ? 0 : -ENOKEY;
}

static struct tsem_signed *create_signed(const struct dsse *dsse)
{
	struct tsem_signed *info = calloc(1, sizeof(*info));

	if (!info)
		return NULL;
	info->signatures = calloc(dsse->count, sizeof(*info->signatures));
	if (!info->signatures) {
		free(info);
		return NULL;
	}
	info->signature_count = dsse->count;
	for (size_t i = 0; i < dsse->count; i++)
		snprintf(info->signatures[i].keyid, sizeof(info->signatures[i].keyid), "%s", dsse->signatures[i].keyid);
	return info;
}

/* Without a key nobody can verify, but the form of the signature can be checked. */
static int check_forms(const struct dsse *dsse, const char *path, struct tsem_error *error)
{
	for (size_t i = 0; i < dsse->count; i++)
		if (!key_signature_possible(dsse->signatures[i].bytes, dsse->signatures[i].size))
			return tsem_error_set(
				error, EBADMSG,
				"model %s is refused: its signature %zu is malformed, so no key can have made "
				"it; with --keys, another valid signature is enough",
				path, i + 1);
	return 0;
}

/* Nothing reads the payload before it is verified. */
static int read_payload(const struct dsse *dsse, const char *path, const struct tsem_keyring *keyring,
			struct tsem_model **ret_model, struct tsem_signed **ret_signed, struct tsem_error *error)
{
	struct tsem_signed *info = create_signed(dsse);
	int result;

	if (!info)
		return tsem_error_set(error, ENOMEM, "model %s cannot be read: out of memory", path);
	result = keyring ? verify(dsse, keyring, path, info, error) : check_forms(dsse, path, error);
	if (!result)
		result = statement_parse(dsse->payload, dsse->payload_size, path, ret_model, info, error);
	if (result || !ret_signed)
		tsem_signed_destroy(info);
	else
		*ret_signed = info;
	return result;
}

static int read_bytes(const struct tsem_buffer *bytes, const char *path, const struct tsem_keyring *keyring,
		      struct tsem_model **ret_model, struct tsem_signed **ret_signed, struct tsem_error *error)
{
	struct dsse dsse;
	int result;

	if (!dsse_begins(bytes->data, bytes->size)) {
		if (keyring)
			return tsem_error_set(error, ENODATA,
					      "model %s is refused: it is not signed; sign it with `tsem model sign`",
					      path);
		result = model_parse(bytes->data, bytes->size, path, ret_model, error);
		if (!result && ret_signed)
			*ret_signed = NULL;
		return result;
	}
	result = dsse_parse(bytes->data, bytes->size, path, &dsse, error);
	if (result)
		return result;
	result = read_payload(&dsse, path, keyring, ret_model, ret_signed, error);
	dsse_deinit(&dsse);
	return result;
}

int tsem_model_parse_signed(const void *bytes, size_t size, const char *name, const struct tsem_keyring *keyring,
			    struct tsem_model **ret_model, struct tsem_signed **ret_signed, struct tsem_error *error)
{
	/* Nothing writes to it. */
	const struct tsem_buffer all = {.data = (char *)bytes, .size = size};

	if (size > MODEL_SIZE_MAX)
		return tsem_error_set(error, EFBIG, "model %s cannot be read: it is larger than 1 GiB", name);
	return read_bytes(&all, name, keyring, ret_model, ret_signed, error);
}

int tsem_model_read_signed(const char *path, const struct tsem_keyring *keyring, struct tsem_model **ret_model,
			   struct tsem_signed **ret_signed, struct tsem_error *error)
{
	struct tsem_buffer bytes = {0};
	int result = model_load(path, &bytes, error);

	if (result)
		return result;
	result = read_bytes(&bytes, path, keyring, ret_model, ret_signed, error);
	tsem_buffer_deinit(&bytes);
	return result;
}

int tsem_model_read(const char *path, struct tsem_model **ret_model, struct tsem_error *error)
{
	return tsem_model_read_signed(path, NULL, ret_model, NULL, error);
}

/* ---- signing ---- */

/* Signs the content of the envelope. */
static int add_signature(struct dsse *dsse, const struct tsem_key *key, const char *path, struct tsem_error *error)
{
	struct tsem_buffer text = {0}, signature = {0};
	int result;

	dsse_encode(DSSE_TYPE, dsse->payload, dsse->payload_size, &text);
	result = text.failed ? -ENOMEM : 0;
	for (size_t i = 0; i < dsse->count && !result; i++)
		if (key_verify(key, text.data, text.size, dsse->signatures[i].bytes, dsse->signatures[i].size))
			result = -EEXIST;
		else if (!strcmp(dsse->signatures[i].keyid, tsem_key_id(key)))
			result = -EBADMSG;
	if (result == -EBADMSG)
		tsem_error_set(error, EBADMSG,
			       "model %s is refused: it says that it is signed with this key, but the model or its "
			       "signature was changed since",
			       path);
	if (result == -EEXIST)
		tsem_error_set(error, EEXIST, "model %s is already signed with this key", path);
	else if (!result)
		result = key_sign(key, text.data, text.size, &signature, error);
	if (!result) {
		result = dsse_add(dsse, tsem_key_id(key), (tsem_u8 *)signature.data, signature.size);
		if (result)
			tsem_error_set(error, -result, "model %s cannot be signed: %s", path,
				       result == -ENOSPC ? "it has 16 signatures already" : "out of memory");
	} else if (result == -ENOMEM) {
		tsem_error_set(error, ENOMEM, "model %s cannot be signed: out of memory", path);
	}
	tsem_buffer_deinit(&text);
	tsem_buffer_deinit(&signature);
	return result;
}

static void drop_trajectory(struct tsem_model *model)
{
	for (size_t i = 0; i < model->set.count; i++) {
		free(model->set.entries[i].record);
		model->set.entries[i].record = NULL;
	}
}

static void name_itself(const struct tsem_model *model, const struct tsem_buffer *text,
			struct tsem_subject *ret_subject)
{
	memset(ret_subject, 0, sizeof(*ret_subject));
	snprintf(ret_subject->name, sizeof(ret_subject->name), "%s", model->name);
	digest_bytes(text->data, text->size, ret_subject->sha256);
}

struct signing {
	const char *path;
	const struct tsem_signing *how;
	bool again; /* it was signed already */
};

/* The payload of a new envelope, from the bytes of a model file. */
static int make_payload(const struct signing *signing, const struct tsem_buffer *bytes, struct tsem_buffer *payload,
			struct tsem_error *error)
{
	struct tsem_model *model = NULL;
	struct tsem_buffer sealed = {0};
	const struct tsem_signing *how = signing->how;
	const struct tsem_buffer *text = how->sealed ? &sealed : bytes;
	struct tsem_subject itself;
	int result = model_parse(bytes->data, bytes->size, signing->path, &model, error);

	if (!result && how->sealed) {
		drop_trajectory(model);
		result = model_format(model, &sealed, error);
	}
	if (!result && !how->subject_count)
		name_itself(model, text, &itself);
	if (!result)
		result = statement_format(model, text, how->subject_count ? how->subjects : &itself,
					  how->subject_count ? how->subject_count : 1, &how->validity, payload, error);
	tsem_buffer_deinit(&sealed);
	tsem_model_destroy(model);
	return result;
}

/* From a model, or from one that is signed already. */
static int make_envelope(struct signing *signing, const struct tsem_buffer *bytes, struct dsse *ret_dsse,
			 struct tsem_error *error)
{
	struct tsem_buffer payload = {0};
	const struct tsem_validity *validity = &signing->how->validity;
	struct tsem_model *model = NULL;
	int result;

	signing->again = dsse_begins(bytes->data, bytes->size);
	if (signing->again) {
		if (signing->how->subject_count || signing->how->sealed || validity->serial || validity->not_before ||
		    validity->not_after)
			return tsem_error_set(
				error, EINVAL,
				"model %s is signed already: another signature is of what it holds, and changes neither "
				"its subjects nor its trajectory, dates or serial",
				signing->path);
		/* Refuses to sign anything that is no model. */
		result = read_bytes(bytes, signing->path, signing->how->keyring, &model, NULL, error);
		tsem_model_destroy(model);
		return result ? result : dsse_parse(bytes->data, bytes->size, signing->path, ret_dsse, error);
	}
	if (signing->how->keyring)
		return tsem_error_set(error, ENODATA,
				      "model %s is refused: it is not signed, so there is nothing to verify",
				      signing->path);
	result = make_payload(signing, bytes, &payload, error);
	if (result) {
		tsem_buffer_deinit(&payload);
		return result;
	}
	*ret_dsse = (struct dsse){.payload = (tsem_u8 *)payload.data, .payload_size = payload.size};
	return 0;
}

static int sign_bytes(struct signing *signing, const struct tsem_buffer *bytes, const struct tsem_key *key,
		      struct tsem_buffer *buffer, struct tsem_error *error)
{
	struct dsse dsse;
	int result = make_envelope(signing, bytes, &dsse, error);

	if (result)
		return result;
	result = add_signature(&dsse, key, signing->path, error);
	if (!result)
		dsse_format(&dsse, buffer);
	dsse_deinit(&dsse);
	if (!result && buffer->failed)
		return tsem_error_set(error, ENOMEM, "model %s cannot be signed: out of memory", signing->path);
	if (!result && buffer->size > MODEL_SIZE_MAX)
		return tsem_error_set(error, EFBIG, "model %s cannot be signed: that would be more than 1 GiB%s",
				      signing->path,
				      signing->how->sealed ? "" : "; --sealed leaves out the trajectory");
	return result;
}

int tsem_model_sign(const char *path, const struct tsem_key *key, const struct tsem_signing *how,
		    struct tsem_buffer *buffer, bool *ret_again, struct tsem_error *error)
{
	struct tsem_signing known;
	struct signing signing = {.path = path, .how = &known};
	struct tsem_buffer bytes = {0};
	int result = given_copy(how, "tsem_signing", &known, sizeof(known), error);

	if (!result)
		result = model_load(path, &bytes, error);
	if (result)
		return result;
	result = sign_bytes(&signing, &bytes, key, buffer, error);
	tsem_buffer_deinit(&bytes);
	if (!result && ret_again)
		*ret_again = signing.again;
	return result;
}

int tsem_signed_check_dates(const struct tsem_signed *info, const char *path, tsem_u64 now, struct tsem_error *error)
{
	char text[TSEM_TIME_SIZE];

	tsem_time_format(info->validity.not_before, text);
	if (info->validity.not_before && now < info->validity.not_before)
		return tsem_error_set(error, EKEYEXPIRED, "model %s is refused: it may not be used before %s", path,
				      text);
	tsem_time_format(info->validity.not_after, text);
	if (info->validity.not_after && now > info->validity.not_after)
		return tsem_error_set(error, EKEYEXPIRED, "model %s is refused: it may not be used after %s", path,
				      text);
	return 0;
}
