/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "docker.h"
#include "container.h"
#include "../base/owned.h"
#include "../json/members.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHA256 "sha256:"
#define HEX_SIZE 64
#define MANIFESTS_MAX 4096
#define REPOSITORIES "%s/image/%s/repositories.json"

/* ---- names by which the image was pulled ---- */

struct pulled {
	const char *id;
	struct container_names digests;
};

static bool is_digest(const char *text)
{
	return !strncmp(text, SHA256, strlen(SHA256)) && strlen(text) == strlen(SHA256) + HEX_SIZE &&
	       strspn(text + strlen(SHA256), "0123456789abcdef") == HEX_SIZE;
}

/* NAME:TAG or NAME@DIGEST, and the image. */
static bool read_reference(struct scanner *s, const char *reference, void *context)
{
	const char *at = strrchr(reference, '@');
	struct pulled *pulled = context;
	char *id = NULL;
	size_t size;
	bool good;

	if (!json_text(s, &id, &size))
		return false;
	good = !at || !is_digest(at + 1) || strcmp(id, pulled->id) || container_names_add(&pulled->digests, at + 1);
	free(id);
	return good || scan_fail(s, NULL, "out of memory");
}

static bool read_repository(struct scanner *s, const char *name, void *context)
{
	(void)name;
	return json_each(s, read_reference, context);
}

static bool read_repositories(struct scanner *s, void *context)
{
	return json_null(s) || json_each(s, read_repository, context);
}

static bool read_index_of_images(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"Repositories", read_repositories, false}, {}};

	return json_members(s, members, context);
}

/* ---- manifests ---- */

struct manifest {
	char *config; /* digest; NULL: it is an index */
	struct container_names parts; /* of an index: digests */
};

static bool read_digest(struct scanner *s, void *context)
{
	size_t size;

	scan_space(s);
	return json_text(s, context, &size);
}

static bool read_descriptor(struct scanner *s, char **ret_digest)
{
	static const struct json_member members[] = {{"digest", read_digest, false}, {}};

	return json_members(s, members, ret_digest);
}

static bool read_config(struct scanner *s, void *context)
{
	return read_descriptor(s, &((struct manifest *)context)->config);
}

static bool read_part(struct scanner *s, void *context)
{
	struct manifest *manifest = context;
	char *digest = NULL;
	bool good = read_descriptor(s, &digest);

	if (good && digest && is_digest(digest) && !container_names_add(&manifest->parts, digest))
		good = scan_fail(s, NULL, "out of memory");
	free(digest);
	return good;
}

static bool read_parts(struct scanner *s, void *context)
{
	return json_null(s) || json_list(s, MANIFESTS_MAX, read_part, context);
}

static bool read_manifest(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"config", read_config, false},
						     {"manifests", read_parts, false},
						     {}};

	return json_members(s, members, context);
}

static void manifest_deinit(struct manifest *manifest)
{
	free(manifest->config);
	container_names_deinit(&manifest->parts);
	*manifest = (struct manifest){};
}

struct store {
	const char *root, *id;
	struct tsem_error *error;
};

/* -ENOENT, and no sentence: docker does not keep it. */
static int read_owned(const char *path, bool (*read)(struct scanner *scanner, void *context), void *context,
		      struct tsem_error *error)
{
	int r;

	if (access(path, F_OK) && errno == ENOENT)
		return -ENOENT;
	r = owned_path(path, error);
	return r ? r : container_read_json(path, read, context, error);
}

/* In the content of the containerd that docker has started, or that of the system, or its own where it has neither. */
static int get_manifest(const struct store *store, const char *digest, struct manifest *ret_manifest)
{
	const struct {
		const char *root, *below;
	} places[] = {{store->root, "containerd/daemon/io.containerd.content.v1.content"},
		      {"/var/lib/containerd", "io.containerd.content.v1.content"},
		      {store->root, "content/data"}};
	char path[PATH_MAX];
	int r = -ENOENT;

	*ret_manifest = (struct manifest){};
	for (size_t i = 0; r == -ENOENT && i < sizeof(places) / sizeof(*places); i++)
		if (snprintf(path, sizeof(path), "%s/%s/blobs/sha256/%s", places[i].root, places[i].below,
			     digest + strlen(SHA256)) < (int)sizeof(path))
			r = read_owned(path, read_manifest, ret_manifest, store->error);
	if (r)
		manifest_deinit(ret_manifest);
	return r;
}

static bool is_of(const struct manifest *manifest, const struct store *store)
{
	return manifest->config && !strcmp(manifest->config, store->id);
}

static int add(struct container_names *names, const char *digest, struct tsem_error *error)
{
	return container_names_add(names, digest) ? 0 : tsem_error_set(error, ENOMEM, "out of memory");
}

/* Those of an index that are there: docker pulls the one of its platform. */
static int look_parts(const struct store *store, const struct container_names *parts, struct container_names *manifests)
{
	struct manifest manifest;
	int r = 0;

	for (size_t i = 0; !r && i < parts->count; i++) {
		r = get_manifest(store, parts->items[i], &manifest);
		if (!r && is_of(&manifest, store))
			r = add(manifests, parts->items[i], store->error);
		if (r == -ENOENT)
			r = 0;
		manifest_deinit(&manifest);
	}
	return r;
}

static int look(const struct store *store, const char *digest, struct docker_digests *digests)
{
	struct manifest manifest;
	int r = get_manifest(store, digest, &manifest);

	if (r == -ENOENT)
		return add(&digests->others, digest, store->error);
	if (r)
		return r;
	r = add(is_of(&manifest, store) ? &digests->manifests : &digests->others, digest, store->error);
	if (!r)
		r = look_parts(store, &manifest.parts, &digests->manifests);
	manifest_deinit(&manifest);
	return r;
}

int docker_digests_find(const char *root, const char *driver, const char *id, struct docker_digests *ret_digests,
			struct tsem_error *error)
{
	struct store store = {.root = root, .id = id, .error = error};
	struct pulled pulled = {.id = id};
	char path[PATH_MAX];
	int r = 0;

	*ret_digests = (struct docker_digests){};
	if (!*driver || strchr(driver, '/') ||
	    snprintf(path, sizeof(path), REPOSITORIES, root, driver) >= (int)sizeof(path))
		return 0;
	r = read_owned(path, read_index_of_images, &pulled, error);
	for (size_t i = 0; !r && i < pulled.digests.count; i++)
		r = look(&store, pulled.digests.items[i], ret_digests);
	container_names_deinit(&pulled.digests);
	if (r)
		docker_digests_deinit(ret_digests);
	return r == -ENOENT ? 0 : r;
}

void docker_digests_deinit(struct docker_digests *digests)
{
	container_names_deinit(&digests->manifests);
	container_names_deinit(&digests->others);
}
