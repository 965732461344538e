/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "verbs.h"
#include "attached.h"
#include "../model/signing.h"

#include <errno.h>
#include <string.h>

struct listing {
	bool json;
	struct table table;
	struct writer writer;
	size_t count, refused;
};

static void add_state(struct table *table, const struct attached *attached)
{
	const struct tsem_signed *info = attached->info;

	for (size_t i = 0; i < info->signature_count; i++)
		if (info->signatures[i].key) {
			table_add(table, STYLE_GOOD, "signed by %s", info->signatures[i].path);
			return;
		}
	table_add(table, STYLE_WARN, "signature not verified");
}

static void add_row(struct table *table, const struct attached *attached)
{
	char digest[DIGEST_TEXT_SIZE], until[TSEM_TIME_SIZE] = "-";

	digest_text(attached->manifest.digest, digest);
	if (attached->refused.code) {
		for (int i = 0; i < 4; i++)
			table_add(table, STYLE_PLAIN, "-");
		table_add(table, STYLE_PLAIN, "%s", digest);
		table_add(table, STYLE_BAD, "%s", attached->refused.text);
		return;
	}
	if (attached->info->validity.not_after)
		tsem_time_format(attached->info->validity.not_after, until);
	table_add(table, STYLE_STRONG, "%s", attached->model->name);
	table_add(table, STYLE_PLAIN, attached->info->validity.serial ? "%llu" : "-", attached->info->validity.serial);
	table_add(table, STYLE_PLAIN, "%zu", attached->model->set.count);
	table_add(table, STYLE_PLAIN, "%s", until);
	table_add(table, STYLE_PLAIN, "%s", digest);
	add_state(table, attached);
}

static void write_one(struct writer *writer, const struct attached *attached)
{
	char digest[DIGEST_TEXT_SIZE];

	digest_text(attached->manifest.digest, digest);
	writer_open(writer, NULL, '{');
	writer_string(writer, "artifact", digest);
	if (attached->refused.code) {
		writer_string(writer, "refused", attached->refused.text);
	} else {
		writer_string(writer, "model", attached->model->name);
		writer_number(writer, "coefficients", attached->model->set.count);
		signing_write(writer, attached->info);
	}
	writer_close(writer, '}');
}

static int list_one(void *context, struct attached *attached, struct tsem_error *error)
{
	struct listing *listing = context;

	(void)error;
	listing->count++;
	listing->refused += attached->refused.code != 0;
	if (listing->json)
		write_one(&listing->writer, attached);
	else
		add_row(&listing->table, attached);
	return 0;
}

static void begin(struct listing *listing, const struct store *store, const char *digest)
{
	table_init(&listing->table, 6, 1u << 1 | 1u << 2);
	table_head(&listing->table, "MODEL SERIAL COEFFICIENTS NOT-AFTER ARTIFACT STATE");
	if (!listing->json)
		return;
	writer_init(&listing->writer, stdout);
	writer_open(&listing->writer, NULL, '{');
	writer_string(&listing->writer, "in", store->name);
	writer_string(&listing->writer, "image", digest);
	writer_open(&listing->writer, "models", '[');
}

static int end(struct listing *listing, const char *digest, struct tsem_error *error)
{
	if (listing->json) {
		writer_close(&listing->writer, ']');
		writer_close(&listing->writer, '}');
		return 0;
	}
	if (listing->count)
		return table_print(&listing->table, stdout, error);
	printf("no model is attached to %s\n", digest);
	return 0;
}

int image_list(const struct invocation *v)
{
	bool keys = invocation_given(v, OPTION_image_keys);
	struct listing listing = {.json = invocation_given(v, OPTION_image_json)};
	struct tsem_keyring keyring = {};
	struct descriptor image;
	struct store store;
	char digest[DIGEST_TEXT_SIZE];
	int r = keys ? image_keys(v, &keyring) : 0;

	if (!r)
		r = image_open(v, &store, &image);
	if (r) {
		tsem_keyring_deinit(&keyring);
		return r;
	}
	digest_text(image.digest, digest);
	begin(&listing, &store, digest);
	r = attached_each(&store, &image, keys ? &keyring : NULL, list_one, &listing, v->error);
	if (!r)
		r = end(&listing, digest, v->error);
	table_deinit(&listing.table);
	tsem_keyring_deinit(&keyring);
	store_close(&store);
	return r || !listing.refused ? r : STATUS_FAILED;
}
