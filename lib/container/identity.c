/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "identity.h"
#include "docker.h"
#include "../base/owned.h"
#include "../json/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIST_MAX 1000000
#define SHA256 "sha256:"
#define KUBERNETES_PREFIX "io.kubernetes."
#define RUN "/run/"

static void set_text(struct container_identity *identity, char **ret_text, const char *text)
{
	*ret_text = strdup(text);
	identity->lost |= !*ret_text;
}

static void add(struct container_identity *identity, struct container_names *names, const char *text)
{
	identity->lost |= !container_names_add(names, text);
}

static void add_image(struct container_identity *identity, const char *name)
{
	add(identity, &identity->images, name);
}

static void add_digest(struct container_identity *identity, const char *digest)
{
	add(identity, &identity->digests, digest);
}

static void set_name(struct container_identity *identity, const char *name)
{
	if (*name && !identity->name)
		set_text(identity, &identity->name, name);
}

void container_identity_deinit(struct container_identity *identity)
{
	free(identity->name);
	container_names_deinit(&identity->images);
	container_names_deinit(&identity->digests);
	container_pairs_deinit(&identity->labels);
	free(identity->pod.space);
	free(identity->pod.name);
	free(identity->pod.uid);
	*identity = (struct container_identity){};
}

/* ---- Kubernetes ---- */

/* More than one value is none: where an engine hands on any annotation, the keys of another engine are a pod's own. */
static const char *agreed(const struct container *container, const char *const keys[2])
{
	const char *first = container_pair(&container->annotations, keys[0]),
		   *second = container_pair(&container->annotations, keys[1]);

	return first && second && strcmp(first, second) ? NULL : first ?: second;
}

static void take_pod(struct container_identity *identity, const struct container *container, const char *const keys[2],
		     char **text)
{
	const char *value = agreed(container, keys);

	if (value && *value)
		set_text(identity, text, value);
}

static void take_annotations(const struct container *container, struct container_identity *identity)
{
	static const char *const images[] = {"io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName",
					     "io.kubernetes.cri-o.Image"},
				 *const name[] = {"io.kubernetes.cri.container-name", "io.kubernetes.container.name"},
				 *const space[] = {"io.kubernetes.cri.sandbox-namespace",
						   "io.kubernetes.pod.namespace"},
				 *const pod[] = {"io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"},
				 *const uid[] = {"io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"},
				 *const type[] = {"io.kubernetes.cri.container-type",
						  "io.kubernetes.cri-o.ContainerType"};
	const char *value = agreed(container, type);
	bool two = container_pair(&container->annotations, images[0]) &&
		   (container_pair(&container->annotations, images[1]) ||
		    container_pair(&container->annotations, images[2]));

	identity->sandbox = value && !strcmp(value, "sandbox");
	take_pod(identity, container, name, &identity->name);
	take_pod(identity, container, space, &identity->pod.space);
	take_pod(identity, container, pod, &identity->pod.name);
	take_pod(identity, container, uid, &identity->pod.uid);
	for (size_t i = 0; i < sizeof(images) / sizeof(*images) && !two; i++)
		if ((value = container_pair(&container->annotations, images[i])))
			add_image(identity, value);
	for (size_t i = 0; i < container->annotations.count && !identity->in_pod; i++)
		identity->in_pod =
			!strncmp(container->annotations.items[i].key, KUBERNETES_PREFIX, strlen(KUBERNETES_PREFIX));
}

/* ---- lists of podman's storage ---- */

/* An item of containers.json or images.json. */
struct stored {
	const char *wanted; /* its id */
	bool found;
	char *id, *image, *digest;
	struct container_names names;
};

static void free_stored(struct stored *item)
{
	free(item->id);
	free(item->image);
	free(item->digest);
	container_names_deinit(&item->names);
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
	char *name = NULL;
	bool kept;

	if (!read_text(s, &name))
		return false;
	kept = container_names_add(&item->names, name);
	free(name);
	return kept || scan_fail(s, "names", "out of memory");
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

static bool is_absent(const char *path)
{
	return access(path, F_OK) && errno == ENOENT;
}

/* Those that are not to outlive a reboot, as podman run --rm has them from 4.4 on, are in a list of their own. */
static const char *const container_lists[] = {"containers.json", "volatile-containers.json"};
#define CONTAINER_LISTS (sizeof(container_lists) / sizeof(*container_lists))

static bool has_list(const char *directory)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < CONTAINER_LISTS; i++)
		if (snprintf(path, sizeof(path), "%s/%s", directory, container_lists[i]) >= (int)sizeof(path) ||
		    !is_absent(path))
			return true;
	return false;
}

/*
 * CRI-O has its bundles in a directory for the time of a boot, without images, and without lists unless podman made them
 * there. podman has them beside its images; with transient_store its lists are elsewhere, and none knows the container.
 */
static bool is_of_boot(const char *containers, const char *images)
{
	char directory[PATH_MAX];

	snprintf(directory, sizeof(directory), "%.*s", (int)(strrchr(images, '/') - images), images);
	return !strncmp(containers, RUN, strlen(RUN)) && is_absent(directory) && !has_list(containers);
}

static int find_contained(const char *directory, const char *id, struct stored *ret_item, struct tsem_error *error)
{
	char path[PATH_MAX];
	int r = 0;

	*ret_item = (struct stored){};
	for (size_t i = 0; !r && !ret_item->found && i < CONTAINER_LISTS; i++) {
		if (snprintf(path, sizeof(path), "%s/%s", directory, container_lists[i]) >= (int)sizeof(path))
			return tsem_error_set(error, ENAMETOOLONG, "%.255s is too long a name", directory);
		if (!is_absent(path))
			r = find_stored(path, id, ret_item, error);
	}
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
	return snprintf(ret_containers, size, "%.*s-containers", (int)length, bundle) < (int)size &&
	       snprintf(ret_images, size, "%.*s-images/images.json", (int)length, bundle) < (int)size &&
	       !is_of_boot(ret_containers, ret_images);
}

static void take_stored_image(struct container_identity *identity, const struct stored *image, const char *id)
{
	char digest[PATH_MAX];

	for (size_t i = 0; i < image->names.count; i++)
		add_image(identity, image->names.items[i]);
	if (image->digest && !identity->digests.count) {
		add_digest(identity, image->digest);
		identity->manifest = identity->digests.count;
	}
	snprintf(digest, sizeof(digest), SHA256 "%s", id);
	add_digest(identity, digest);
}

static bool look_annotation(struct scanner *s, const char *name, void *context)
{
	struct container_identity *identity = context;

	if (!strncmp(name, CONTAINER_PREFIX, strlen(CONTAINER_PREFIX)))
		identity->image_says = IMAGE_SAYS_SETTINGS;
	return scan_skip(s);
}

/*
 * Engines find the annotations whatever the case of that name is, and may fold other letters, too. So those of any object
 * count: the others of a manifest have no such names.
 */
static bool look_member(struct scanner *s, const char *name, void *context)
{
	(void)name;
	return s->at < s->end && *s->at == '{' ? json_each(s, look_annotation, context) : scan_skip(s);
}

static bool look_members(struct scanner *s, void *context)
{
	return json_each(s, look_member, context);
}

/* Of the image: beside images.json is ID/manifest. */
static int look_manifest(const char *images, const char *id, struct container_identity *identity,
			 struct tsem_error *error)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%.*s/%s/manifest", (int)(strrchr(images, '/') - images), images, id) >=
	    (int)sizeof(path))
		return tsem_error_set(error, ENAMETOOLONG, "the name of the manifest of image %s is too long", id);
	if (is_absent(path))
		return 0; /* the engine wrote none, so it has no annotations from there */
	return container_read_json(path, look_members, identity, error);
}

static int take_image(const char *images, const char *id, struct container_identity *identity, struct tsem_error *error)
{
	struct stored image = {};
	int r = is_absent(images) ? 0 : find_stored(images, id, &image, error);

	if (image.found)
		identity->image_says = IMAGE_SAYS_NOTHING;
	if (!r)
		take_stored_image(identity, &image, id);
	if (!r && image.found)
		r = look_manifest(images, id, identity, error);
	free_stored(&image);
	return r;
}

static int take_storage(const char *containers, const char *images, const char *id, struct container_identity *identity,
			struct tsem_error *error)
{
	struct stored container;
	int r = find_contained(containers, id, &container, error);

	if (r)
		return r;
	for (size_t i = 0; i < container.names.count; i++)
		set_name(identity, container.names.items[i]);
	if (container.image && *container.image)
		r = take_image(images, container.image, identity, error);
	else if (container.found)
		identity->image_says = IMAGE_SAYS_NOTHING;
	free_stored(&container);
	return r;
}

/* ---- docker ---- */

struct docker {
	struct container_identity *identity;
	char *id, *driver; /* of the image, of its storage */
};

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
	return take_text(s, ((struct docker *)context)->identity, set_docker_name);
}

static bool read_docker_id(struct scanner *s, void *context)
{
	return read_text(s, &((struct docker *)context)->id);
}

static bool read_docker_driver(struct scanner *s, void *context)
{
	return read_text(s, &((struct docker *)context)->driver);
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

	return json_members(s, members, ((struct docker *)context)->identity);
}

static bool read_docker(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"Name", read_docker_name, false},
						     {"Image", read_docker_id, false},
						     {"Driver", read_docker_driver, false},
						     {"Config", read_docker_config, false},
						     {}};

	return json_members(s, members, context);
}

static void add_digests(struct container_identity *identity, const struct container_names *digests)
{
	for (size_t i = 0; i < digests->count; i++)
		add_digest(identity, digests->items[i]);
}

/* path: ROOT/containers/ID/config.v2.json. */
static int take_docker_digests(const char *path, const struct docker *docker, struct tsem_error *error)
{
	struct docker_digests digests;
	char root[PATH_MAX];
	int r;

	snprintf(root, sizeof(root), "%s", path);
	for (unsigned i = 0; i < 3 && strchr(root, '/'); i++)
		*strrchr(root, '/') = 0;
	r = docker_digests_find(root, docker->driver ? docker->driver : "", docker->id, &digests, error);
	if (r)
		return r;
	add_digests(docker->identity, &digests.manifests);
	docker->identity->manifest = digests.manifests.count;
	add_digest(docker->identity, docker->id);
	add_digests(docker->identity, &digests.others);
	docker_digests_deinit(&digests);
	return 0;
}

/* Whoever starts a container may choose that mount, and with some engines the id. */
static int take_docker(const char *path, struct container_identity *identity, struct tsem_error *error)
{
	struct docker docker = {.identity = identity};
	int r = owned_path(path, error);

	if (!r)
		r = container_read_json(path, read_docker, &docker, error);
	if (!r && docker.id)
		r = take_docker_digests(path, &docker, error);
	free(docker.id);
	free(docker.driver);
	return r;
}

#define DOCKER_CONTAINERS "/containers"

/*
 * Whoever starts a container can have a file of his own mounted there, also one that is root's, from a volume. So its
 * directory has to be the one above the container's root, which docker alone chooses.
 */
static bool is_docker_root(const char *root, size_t size, const struct container *container)
{
	return size && !strncmp(container->root, root, size) && container->root[size] == '/';
}

/* The file of the host name is ROOT/containers/ID/hostname, or that of the container whose network this one shares. */
static bool find_docker(const struct container *container, const char *id, char *ret_path, size_t size)
{
	const char *file = container->hostname_file, *slash = strrchr(file, '/'),
		   *end = slash ? memrchr(file, '/', slash - file) : NULL;
	size_t length = end ? end - file : 0, name = strlen(DOCKER_CONTAINERS);

	return length > name && !strncmp(end - name, DOCKER_CONTAINERS, name) &&
	       is_docker_root(file, length - name, container) && *id && *id != '.' && !strchr(id, '/') &&
	       snprintf(ret_path, size, "%.*s/%s/config.v2.json", (int)length, file, id) < (int)size &&
	       !access(ret_path, F_OK);
}

int container_identity_find(const struct container *container, const char *bundle, const char *id,
			    struct container_identity *ret_identity, struct tsem_error *error)
{
	char path[PATH_MAX], other[PATH_MAX];
	int r = 0;

	*ret_identity = (struct container_identity){};
	if (find_storage(bundle, id, path, other, sizeof(path))) {
		r = take_storage(path, other, id, ret_identity, error);
	} else {
		ret_identity->image_says = IMAGE_SAYS_NOTHING;
		if (find_docker(container, id, path, sizeof(path)))
			r = take_docker(path, ret_identity, error);
		else
			take_annotations(container, ret_identity);
	}
	if (!r && ret_identity->lost)
		r = tsem_error_set(error, ENOMEM, "out of memory for the names of container %s", id);
	if (r)
		container_identity_deinit(ret_identity);
	return r;
}
