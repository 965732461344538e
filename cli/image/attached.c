/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "attached.h"
#include "../../lib/sign/demand.h"

#include <errno.h>
#include <string.h>
#include <time.h>

void attached_deinit(struct attached *attached)
{
	tsem_buffer_deinit(&attached->manifest_bytes);
	tsem_buffer_deinit(&attached->envelope_bytes);
	tsem_model_destroy(attached->model);
	tsem_signed_destroy(attached->info);
	*attached = (struct attached){};
}

/* ---- one ---- */

struct looking {
	struct store *store;
	const struct descriptor *image;
	const struct tsem_keyring *keyring;
	char about[DIGEST_TEXT_SIZE]; /* of the image */
};

/* Refused for what it is; anything else, as a registry that does not answer, says nothing about the model. */
static bool is_refusal(int r)
{
	return r == -EBADMSG || r == -EFBIG || r == -ENOENT;
}

/* *ret_other: it is something else that refers to the image. */
static int read_bytes(const struct looking *looking, struct attached *attached, bool *ret_other,
		      struct tsem_error *error)
{
	bool said = attached->manifest.artifact_type[0];
	struct document document = {};
	char digest[DIGEST_TEXT_SIZE];
	int r = store_manifest(looking->store, &attached->manifest, &attached->manifest_bytes, &attached->manifest,
			       error);

	digest_text(attached->manifest.digest, digest);
	if (!r && !said &&
	    !document_parse(attached->manifest_bytes.data, attached->manifest_bytes.size, digest, &document, error))
		*ret_other = strcmp(document.artifact_type, MODEL_ARTIFACT) != 0;
	document_deinit(&document);
	if (!r && !*ret_other)
		r = artifact_parse(&attached->manifest_bytes, digest, looking->image->digest, &attached->envelope,
				   error);
	if (!r && !*ret_other)
		r = store_blob(looking->store, &attached->envelope, &attached->envelope_bytes, error);
	return r;
}

static int verify(const struct looking *looking, struct attached *attached, struct tsem_error *error)
{
	const char *const about[] = {looking->about};
	const struct demand demand = {.about = about, .about_count = 1, .now = time(NULL)};
	char digest[DIGEST_TEXT_SIZE], name[sizeof(looking->store->name) + DIGEST_TEXT_SIZE + 8];
	int r;

	digest_text(attached->manifest.digest, digest);
	snprintf(name, sizeof(name), "%s of %s", digest, looking->store->name);
	r = tsem_model_parse_signed(attached->envelope_bytes.data ? attached->envelope_bytes.data : "",
				    attached->envelope_bytes.size, name, looking->keyring, &attached->model,
				    &attached->info, error);
	if (!r && !attached->info)
		return tsem_error_set(error, ENODATA, "model %s is refused: it is not signed", name);
	return r ? r : demand_check(&demand, attached->info, name, error);
}

static int look_at(const struct looking *looking, struct attached *attached, bool *ret_other, struct tsem_error *error)
{
	int r = read_bytes(looking, attached, ret_other, &attached->refused);

	if (!r && !*ret_other)
		r = verify(looking, attached, &attached->refused) == -ENOMEM ? -ENOMEM : 0;
	else if (is_refusal(r))
		r = 0;
	if (r)
		*error = attached->refused;
	return r;
}

/* ---- all ---- */

/* An index may list one twice, and anything else. */
static bool is_candidate(const struct document *list, size_t i)
{
	const struct descriptor *item = &list->items[i];

	if (!artifact_possible(item))
		return false;
	while (i--)
		if (!memcmp(list->items[i].digest, item->digest, TSEM_DIGEST_SIZE))
			return false;
	return true;
}

static size_t count_candidates(const struct document *list)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += is_candidate(list, i);
	return count;
}

static int look_at_all(const struct looking *looking, const struct document *list, attached_fn fn, void *context,
		       struct tsem_error *error)
{
	int r = 0;

	if (count_candidates(list) > ATTACHED_MAX)
		return artifact_too_many(looking->image->digest, looking->store->name, error);
	for (size_t i = 0; !r && i < list->count; i++) {
		struct attached attached = {.manifest = list->items[i]};
		bool other = false;

		if (!is_candidate(list, i))
			continue;
		attached.manifest.tag[0] = 0;
		r = look_at(looking, &attached, &other, error);
		strcpy(attached.manifest.media_type, OCI_MANIFEST);
		strcpy(attached.manifest.artifact_type, MODEL_ARTIFACT);
		if (!r && !other)
			r = fn(context, &attached, error);
		attached_deinit(&attached);
	}
	return r;
}

int attached_each(struct store *store, const struct descriptor *image, const struct tsem_keyring *keyring,
		  attached_fn fn, void *context, struct tsem_error *error)
{
	struct looking looking = {.store = store, .image = image, .keyring = keyring};
	struct document list = {};
	int r = store_referrers(store, image, &list, error);

	digest_text(image->digest, looking.about);
	if (!r)
		r = look_at_all(&looking, &list, fn, context, error);
	document_deinit(&list);
	return r;
}

/* ---- the one ---- */

struct choice {
	const struct store *store;
	const char *name; /* NULL: any */
	struct attached best;
	bool found;
	tsem_u8 rival[TSEM_DIGEST_SIZE]; /* another of the same serial; the digest of its manifest */
	bool tied;
	size_t refused;
	struct tsem_error first; /* of those refused */
	struct tsem_buffer *told;
};

static void take(struct choice *choice, struct attached *attached)
{
	attached_deinit(&choice->best);
	choice->best = *attached;
	choice->found = true;
	choice->tied = false;
	*attached = (struct attached){};
}

static int consider(void *context, struct attached *attached, struct tsem_error *error)
{
	struct choice *choice = context;
	const struct attached *best = &choice->best;

	if (attached->refused.code) {
		if (!choice->refused++)
			choice->first = attached->refused;
		tsem_buffer_printf(choice->told, "%s\n", attached->refused.text);
		return 0;
	}
	if (choice->name && strcmp(attached->model->name, choice->name) != 0)
		return 0;
	if (!choice->found) {
		take(choice, attached);
		return 0;
	}
	if (strcmp(attached->model->name, best->model->name) != 0)
		return tsem_error_set(
			error, ENOTUNIQ,
			"models of two names are attached to the image in %s, %.255s and %.255s: choose one with --name",
			choice->store->name, best->model->name, attached->model->name);
	if (attached->info->validity.serial > best->info->validity.serial) {
		take(choice, attached);
	} else if (attached->info->validity.serial == best->info->validity.serial &&
		   memcmp(attached->info->sha256, best->info->sha256, TSEM_DIGEST_SIZE) != 0) {
		memcpy(choice->rival, attached->manifest.digest, TSEM_DIGEST_SIZE);
		choice->tied = true;
	}
	return 0;
}

static int refuse_tie(const struct choice *choice, struct tsem_error *error)
{
	char one[DIGEST_TEXT_SIZE], other[DIGEST_TEXT_SIZE];

	digest_text(choice->best.manifest.digest, one);
	digest_text(choice->rival, other);
	return tsem_error_set(error, ENOTUNIQ,
			      "%s and %s in %s are two models with the serial %llu: which is newer is not known", one,
			      other, choice->store->name, choice->best.info->validity.serial);
}

static int refuse_none(const struct choice *choice, const char *digest, struct tsem_error *error)
{
	if (choice->refused) {
		*error = choice->first;
		return -error->code == -ENOENT ? -EBADMSG : -error->code;
	}
	return tsem_error_set(error, ENOENT, "no model%s%s is attached to %s in %s",
			      choice->name ? " of the name " : "", choice->name ? choice->name : "", digest,
			      choice->store->name);
}

int attached_choose(struct store *store, const struct descriptor *image, const struct tsem_keyring *keyring,
		    const char *name, struct attached *ret_attached, struct tsem_buffer *told, struct tsem_error *error)
{
	struct choice choice = {.store = store, .name = name, .told = told};
	char digest[DIGEST_TEXT_SIZE];
	int r = attached_each(store, image, keyring, consider, &choice, error);

	digest_text(image->digest, digest);
	if (r == -ENOENT) /* what cannot be had is not what is not there */
		r = -EIO;
	if (!r && !choice.found)
		r = refuse_none(&choice, digest, error);
	else if (!r && choice.tied)
		r = refuse_tie(&choice, error);
	if (r)
		attached_deinit(&choice.best);
	else
		*ret_attached = choice.best;
	return r;
}

static int choose_path(struct store *store, const struct descriptor *image, const struct tsem_keyring *keyring,
		       char ret_path[PATH_MAX], struct tsem_error *error)
{
	struct attached attached = {};
	struct tsem_buffer told = {};
	int r = attached_choose(store, image, keyring, NULL, &attached, &told, error);

	if (!r)
		layout_path(store->layout.directory, attached.envelope.digest, ret_path, PATH_MAX);
	attached_deinit(&attached);
	tsem_buffer_deinit(&told);
	return r;
}

int attached_find(const char *directory, const char *keys, const char *image, char ret_path[PATH_MAX],
		  struct tsem_error *error)
{
	struct descriptor descriptor = {.known = true};
	struct tsem_keyring keyring = {};
	struct store store;
	int r;

	if (!reference_digest(image, strlen(image), descriptor.digest))
		return tsem_error_set(error, EBADMSG, "\"%s\" is no digest of a manifest", image);
	r = tsem_keyring_add_directory(&keyring, keys, error);
	if (!r)
		r = store_open_directory(directory, &store, error);
	if (r) {
		tsem_keyring_deinit(&keyring);
		return r == -ENOENT ? -EIO : r; /* no keys, no layout: not no model */
	}
	r = choose_path(&store, &descriptor, &keyring, ret_path, error);
	store_close(&store);
	tsem_keyring_deinit(&keyring);
	return r;
}
