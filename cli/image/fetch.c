/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "verbs.h"
#include "attached.h"
#include "../text/output.h"

#include <errno.h>
#include <string.h>

/* Refused models beside the one that is good. */
static void tell_refused(const struct tsem_buffer *told)
{
	const char *line = told->data, *end = line + told->size;

	while (line < end) {
		size_t size = strcspn(line, "\n");
		char text[sizeof(((struct tsem_error *)NULL)->text)];

		snprintf(text, sizeof(text), "%.*s", (int)size, line);
		fputs("tsem: ", stderr);
		print_styled(stderr, STYLE_PLAIN, text);
		fputs("; it is passed over\n", stderr);
		line += size + 1;
	}
}

static const char *signer(const struct attached *attached)
{
	for (size_t i = 0; i < attached->info->signature_count; i++)
		if (attached->info->signatures[i].key)
			return attached->info->signatures[i].path;
	return "";
}

static void tell(const struct descriptor *image, const struct attached *attached)
{
	char digest[DIGEST_TEXT_SIZE];

	digest_text(image->digest, digest);
	fputs("model ", stderr);
	print_styled(stderr, STYLE_STRONG, attached->model->name);
	if (attached->info->validity.serial)
		fprintf(stderr, ", serial %llu,", attached->info->validity.serial);
	fputs(" is signed by ", stderr);
	print_styled(stderr, STYLE_PLAIN, signer(attached));
	fprintf(stderr, " and about %s\n", digest);
}

static int write_out(const struct invocation *v, const struct descriptor *image, const struct attached *attached)
{
	const char *path = invocation_value(v, OPTION_image_output), *into = invocation_value(v, OPTION_image_into);
	const struct artifact artifact = {.image = *image,
					  .manifest = attached->manifest,
					  .envelope = attached->envelope,
					  .manifest_bytes = attached->manifest_bytes,
					  .envelope_bytes = attached->envelope_bytes};
	int r = path ? tsem_buffer_write(&attached->envelope_bytes, path, v->error) : 0;

	return r || !into ? r : layout_add(into, true, &artifact, v->error);
}

int image_fetch(const struct invocation *v)
{
	struct store store;
	struct descriptor image;
	struct attached attached = {};
	struct tsem_buffer told = {};
	struct tsem_keyring keyring = {};
	int r;

	if (!invocation_given(v, OPTION_image_output) && !invocation_given(v, OPTION_image_into))
		return usage_error(v, "say where to: --output FILE, or --into DIR");
	r = image_keys(v, &keyring);
	if (!r)
		r = image_open(v, &store, &image);
	if (r) {
		tsem_keyring_deinit(&keyring);
		return r;
	}
	r = attached_choose(&store, &image, &keyring, invocation_value(v, OPTION_image_name), &attached, &told,
			    v->error);
	if (!r) {
		tell_refused(&told);
		r = write_out(v, &image, &attached);
	}
	if (!r)
		tell(&image, &attached);
	attached_deinit(&attached);
	tsem_buffer_deinit(&told);
	tsem_keyring_deinit(&keyring);
	store_close(&store);
	return r;
}
