/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "identity.h"
#include "../base/owned.h"
#include "../json/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX 1000000
#define SHA256 "sha256:"

static void add(char **all, size_t *count, const char *text)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(all[i], text))
			return;
	if (*text && *count < CONTAINER_IDENTITY_NAMES && (all[*count] = strdup(text)))
		++*count;
}

static void add_image(struct container_identity *identity, const char *name)
{
	add(identity->images, &identity->image_count, name);
}

static void add_digest(struct container_identity *identity, const char *digest)
{
	add(identity->digests, &identity->digest_count, digest);
}

static void set_name(struct container_identity *identity, const char *name)
{
	if (*name && !identity->name)
		identity->name = strdup(name);
}

void container_identity_deinit(struct container_identity *identity)
{
	free(identity->name);
	for (size_t i = 0; i < identity->image_count; i++)
		free(identity->images[i]);
	for (size_t i = 0; i < identity->digest_count; i++)
		free(identity->digests[i]);
	container_pairs_deinit(&identity->labels);
	*identity = (struct container_identity){};
}

/* ---- Kubernetes ---- */

/* What its engine has in its files comes first: podman also hands on annotations of the image, whose maker can write any. */
static void take_annotations(const struct container *container, struct container_identity *identity)
{
	bool known = identity->image_count;
	static const char *const names[] = {"io.kubernetes.cri.container-name", "io.kubernetes.container.name"},
				 *const images[] = {"io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName",
						    "io.kubernetes.cri-o.Image"};
	const char *text;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((text = container_pair(&container->annotations, names[i])))
			set_name(identity, text);
	for (size_t i = 0; i < sizeof(images) / sizeof(*images) && !known; i++)
		if ((text = container_pair(&container->annotations, images[i])))
			add_image(identity, text);
}

/* ---- lists of podman's storage ---- */

/* An item of containers.json or images.json. */
struct stored {
	const char *wanted; /* its id */
	bool found;
	char *id, *image, *digest;
	char *names[CONTAINER_IDENTITY_NAMES];
	size_t name_count;
	struct stored *ret_found;
};

static void free_stored(struct stored *item)
{
	free(item->id);
	free(item->image);
	free(item->digest);
	for (size_t i = 0; i < item->name_count; i++)
		free(item->names[i]);
	*item = (struct stored){};
}

static bool read_text(struct scanner *s, char **ret_text)
{
	size_t size;

	scan_space(s);
	return json_text(s, ret_text, &size);
}

static bool read_id(struct scanner *s, void *context)
{
	return read_text(s, &((struct stored *)context)->id);
}

static bool read_image(struct scanner *s, void *context)
{
	return read_text(s, &((struct stored *)context)->image);
}

static bool read_digest(struct scanner *s, void *context)
{
	return read_text(s, &((struct stored *)context)->digest);
}

static bool read_name(struct scanner *s, void *context)
{
	struct stored *item = context;

	if (item->name_count == CONTAINER_IDENTITY_NAMES)
		return scan_skip(s);
	return read_text(s, &item->names[item->name_count]) && ++item->name_count;
}

static bool read_names(struct scanner *s, void *context)
{
	return json_null(s) || json_list(s, LIST_MAX, read_name, context);
}

static bool read_stored(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"id", read_id, true},
						     {"image", read_image, false},
						     {"digest", read_digest, false},
						     {"names", read_names, false},
						     {}};
	struct stored *wanted = context, item = {};
	bool good = json_members(s, members, &item);

	if (good && !wanted->found && !strcmp(item.id, wanted->wanted)) {
		item.wanted = wanted->wanted;
		item.found = true;
		*wanted = item;
	} else {
		free_stored(&item);
	}
	return good;
}

static bool read_all_stored(struct scanner *s, void *context)
{
	return json_list(s, LIST_MAX, read_stored, context);
}

static int find_stored(const char *path, const char *id, struct stored *ret_item, struct tsem_error *error)
{
	int r;

	*ret_item = (struct stored){.wanted = id};
	r = container_read_json(path, read_all_stored, ret_item, error);
	if (r)
		free_stored(ret_item);
	return r;
}

/* BUNDLE is STORAGE/DRIVER-containers/ID/userdata; beside it is STORAGE/DRIVER-images. */
static bool find_storage(const char *bundle, const char *id, char *ret_containers, char *ret_images, size_t size)
{
	static const char kind[] = "-containers/", end[] = "/userdata";
	const char *at = strstr(bundle, kind), *next = at;
	size_t length;

	while (next && (next = strstr(next + 1, kind)))
		at = next;
	length = at ? at - bundle : 0;
	if (!at || strncmp(at + strlen(kind), id, strlen(id)) ||
	    strncmp(at + strlen(kind) + strlen(id), end, strlen(end)))
		return false;
	return snprintf(ret_containers, size, "%.*s-containers/containers.json", (int)length, bundle) < (int)size &&
	       snprintf(ret_images, size, "%.*s-images/images.json", (int)length, bundle) < (int)size &&
	       !access(ret_containers, F_OK);
}

static void take_stored_image(struct container_identity *identity, const struct stored *image, const char *id)
{
	char digest[PATH_MAX];

	for (size_t i = 0; i < image->name_count; i++)
		add_image(identity, image->names[i]);
	if (image->digest && !identity->digest_count) {
		add_digest(identity, image->digest);
		identity->manifest = identity->digest_count;
	}
	snprintf(digest, sizeof(digest), SHA256 "%s", id);
	add_digest(identity, digest);
}

static bool look_annotation(struct scanner *s, const char *name, void *context)
{
	struct container_identity *identity = context;

	identity->image_speaks |= !strncmp(name, CONTAINER_PREFIX, strlen(CONTAINER_PREFIX));
	return scan_skip(s);
}

static bool look_annotations(struct scanner *s, void *context)
{
	return json_each(s, look_annotation, context);
}

static bool look_members(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"annotations", look_annotations, false}, {}};

	return json_members(s, members, context);
}

/* Of the image: beside images.json is ID/manifest. */
static int look_manifest(const char *images, const char *id, struct container_identity *identity,
			 struct tsem_error *error)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%.*s/%s/manifest", (int)(strrchr(images, '/') - images), images, id) >=
	    (int)sizeof(path))
		return tsem_error_set(error, ENAMETOOLONG, "the name of the manifest of image %s is too long", id);
	if (access(path, F_OK) && errno == ENOENT)
		return 0; /* the engine wrote none, so it has no annotations from there */
	return container_read_json(path, look_members, identity, error);
}

static int take_storage(const char *containers, const char *images, const char *id, struct container_identity *identity,
			struct tsem_error *error)
{
	struct stored container, image;
	int r = find_stored(containers, id, &container, error);

	if (r)
		return r;
	for (size_t i = 0; i < container.name_count; i++)
		set_name(identity, container.names[i]);
	if (container.image && *container.image) {
		r = find_stored(images, container.image, &image, error);
		if (!r)
			take_stored_image(identity, &image, container.image);
		if (!r && image.found)
			r = look_manifest(images, container.image, identity, error);
		free_stored(&image);
	}
	free_stored(&container);
	return r;
}

/* ---- docker ---- */

static bool take_text(struct scanner *s, struct container_identity *identity,
		      void (*take)(struct container_identity *, const char *))
{
	char *text = NULL;
	bool good = read_text(s, &text);

	if (good)
		take(identity, text);
	free(text);
	return good;
}

static void set_docker_name(struct container_identity *identity, const char *name)
{
	set_name(identity, name + (*name == '/'));
}

static bool read_docker_name(struct scanner *s, void *context)
{
	return take_text(s, context, set_docker_name);
}

static bool read_docker_id(struct scanner *s, void *context)
{
	return take_text(s, context, add_digest);
}

static bool read_docker_image(struct scanner *s, void *context)
{
	return take_text(s, context, add_image);
}

static bool read_docker_labels(struct scanner *s, void *context)
{
	return container_take_pairs(s, &((struct container_identity *)context)->labels, false);
}

static bool read_docker_config(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"Image", read_docker_image, false},
						     {"Labels", read_docker_labels, false},
						     {}};

	return json_members(s, members, context);
}

static bool read_docker(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"Name", read_docker_name, false},
						     {"Image", read_docker_id, false},
						     {"Config", read_docker_config, false},
						     {}};

	return json_members(s, members, context);
}

/* Whoever starts a container may choose that mount, and with some engines the id. */
static int take_docker(const char *path, struct container_identity *identity, struct tsem_error *error)
{
	int r = owned_path(path, error);

	return r ? r : container_read_json(path, read_docker, identity, error);
}

/* The file of the host name is ROOT/containers/ID/hostname, or that of the container whose network this one shares. */
static bool find_docker(const struct container *container, const char *id, char *ret_path, size_t size)
{
	const char *file = container->hostname_file, *slash = strrchr(file, '/'),
		   *end = slash ? memrchr(file, '/', slash - file) : NULL;

	return end && *id && *id != '.' && !strchr(id, '/') &&
	       snprintf(ret_path, size, "%.*s/%s/config.v2.json", (int)(end - file), file, id) < (int)size &&
	       !access(ret_path, F_OK);
}

int container_identity_find(const struct container *container, const char *bundle, const char *id,
			    struct container_identity *ret_identity, struct tsem_error *error)
{
	char path[PATH_MAX], other[PATH_MAX];
	int r = 0;

	*ret_identity = (struct container_identity){};
	if (find_storage(bundle, id, path, other, sizeof(path)))
		r = take_storage(path, other, id, ret_identity, error);
	else if (find_docker(container, id, path, sizeof(path)))
		r = take_docker(path, ret_identity, error);
	if (r)
		container_identity_deinit(ret_identity);
	else
		take_annotations(container, ret_identity);
	return r;
}
