/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "store.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

int store_open(const char *text, const char *authorities, unsigned seconds, struct store *ret_store,
	       struct tsem_error *error)
{
	struct store *store = ret_store;
	struct reference *reference = &store->reference;
	int r;

	*store = (struct store){};
	r = reference_parse(text, reference, error);
	if (r)
		return r;
	if (reference->layout) {
		snprintf(store->name, sizeof(store->name), "%.512s", reference->directory);
		return layout_open(reference->directory, &store->layout, error);
	}
	snprintf(store->name, sizeof(store->name), "%s/%s", reference->host, reference->name);
	registry_open(reference, authorities, seconds, &store->registry);
	return 0;
}

int store_open_directory(const char *directory, struct store *ret_store, struct tsem_error *error)
{
	struct reference *reference = &ret_store->reference;

	*ret_store = (struct store){.reference.layout = true};
	snprintf(ret_store->name, sizeof(ret_store->name), "%.512s", directory);
	snprintf(reference->directory, sizeof(reference->directory), "%s", directory);
	return layout_open(directory, &ret_store->layout, error);
}

void store_close(struct store *store)
{
	if (store->reference.layout)
		layout_close(&store->layout);
	else
		registry_close(&store->registry);
}

int store_manifest(struct store *store, const struct descriptor *manifest, struct tsem_buffer *buffer,
		   struct descriptor *ret_found, struct tsem_error *error)
{
	struct descriptor found = *manifest;
	int r = store->reference.layout ? layout_read(&store->layout, manifest, DOCUMENT_MAX, buffer, error) :
					  registry_manifest(&store->registry, manifest->digest, buffer, &found, error);

	if (!r && ret_found)
		*ret_found = found;
	return r;
}

int store_blob(struct store *store, const struct descriptor *blob, struct tsem_buffer *buffer, struct tsem_error *error)
{
	return store->reference.layout ? layout_read(&store->layout, blob, blob->size, buffer, error) :
					 registry_blob(&store->registry, blob, buffer, error);
}

int store_referrers(struct store *store, const struct descriptor *image, struct document *list,
		    struct tsem_error *error)
{
	return store->reference.layout ? layout_referrers(&store->layout, image->digest, list, error) :
					 registry_referrers(&store->registry, image->digest, list, error);
}

int store_add(struct store *store, const struct artifact *artifact, struct tsem_error *error)
{
	return store->reference.layout ? layout_add(store->layout.directory, false, artifact, error) :
					 registry_add(&store->registry, artifact, error);
}

/* ---- which manifest ---- */

/* As images name processors. */
static const char *own_architecture(const struct utsname *machine)
{
	static const struct {
		const char *kernel, *image;
	} names[] = {{"x86_64", "amd64"}, {"aarch64", "arm64"}, {"armv7l", "arm"}, {"i686", "386"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(machine->machine, names[i].kernel))
			return names[i].image;
	return machine->machine;
}

static bool is_platform(const struct descriptor *item, const char *platform)
{
	char whole[sizeof(item->os) + sizeof(item->architecture) + sizeof(item->variant) + 2];
	size_t size = strlen(platform);

	snprintf(whole, sizeof(whole), "%s/%s/%s", item->os, item->architecture, item->variant);
	return !strncmp(whole, platform, size) && (!whole[size] || whole[size] == '/');
}

static int choose_platform(const struct store *store, const struct document *index, const char *platform,
			   struct descriptor *ret_image, struct tsem_error *error)
{
	char own[128];
	struct utsname machine;

	uname(&machine);
	snprintf(own, sizeof(own), "linux/%s", own_architecture(&machine));
	for (size_t i = 0; i < index->count; i++)
		if (index->items[i].known && is_platform(&index->items[i], platform ? platform : own)) {
			*ret_image = index->items[i];
			return 0;
		}
	return tsem_error_set(error, ENOENT, "the image in %s is for several platforms, and not for %s", store->name,
			      platform ? platform : own);
}

/* What the reference names. */
static int get_named(struct store *store, struct tsem_buffer *text, struct descriptor *ret_found,
		     struct tsem_error *error)
{
	int r;

	if (!store->reference.layout)
		return registry_manifest(&store->registry, NULL, text, ret_found, error);
	r = layout_find(&store->layout, &store->reference, ret_found, error);
	return r ? r : layout_read(&store->layout, ret_found, DOCUMENT_MAX, text, error);
}

static void take_type(const struct document *document, struct descriptor *image)
{
	if (document->media_type[0])
		strcpy(image->media_type, document->media_type);
	if (!image->media_type[0])
		strcpy(image->media_type, OCI_MANIFEST);
}

static int get_platform(struct store *store, const struct document *index, const char *platform,
			struct descriptor *ret_image, struct tsem_error *error)
{
	struct tsem_buffer text = {};
	struct document document = {};
	struct descriptor wanted;
	int r = choose_platform(store, index, platform, &wanted, error);

	if (!r)
		r = store_manifest(store, &wanted, &text, ret_image, error);
	if (!r)
		r = document_parse(text.data, text.size, store->name, &document, error);
	if (!r && document.index)
		r = tsem_error_set(error, EBADMSG, "%s is refused: it has an index in an index", store->name);
	if (!r)
		take_type(&document, ret_image);
	document_deinit(&document);
	tsem_buffer_deinit(&text);
	return r;
}

int store_find(struct store *store, const char *platform, struct descriptor *ret_image, struct tsem_error *error)
{
	struct tsem_buffer text = {};
	struct document document = {};
	int r = get_named(store, &text, ret_image, error);

	if (!r)
		r = document_parse(text.data ? text.data : "", text.size, store->name, &document, error);
	if (!r && document.index)
		r = get_platform(store, &document, platform, ret_image, error);
	else if (!r)
		take_type(&document, ret_image);
	document_deinit(&document);
	tsem_buffer_deinit(&text);
	return r;
}
