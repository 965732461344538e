/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buffer.h"
#include "key.h"

void tsem_keyring_deinit(struct tsem_keyring *keyring)
{
	for (size_t i = 0; i < keyring->count; i++) {
		tsem_key_destroy(keyring->keys[i]);
		free(keyring->paths[i]);
	}
	free(keyring->keys);
	free(keyring->paths);
	memset(keyring, 0, sizeof(*keyring));
}

static bool grow(struct tsem_keyring *keyring)
{
	size_t capacity = 2 * keyring->capacity + 4;
	struct tsem_key **keys = realloc(keyring->keys, capacity * sizeof(*keys));
	char **paths;

	if (!keys)
		return false;
	keyring->keys = keys;
	paths = realloc(keyring->paths, capacity * sizeof(*paths));
	if (!paths)
		return false;
	keyring->paths = paths;
	keyring->capacity = capacity;
	return true;
}

/* Takes the key over, also when it fails. */
static int add_key(struct tsem_keyring *keyring, struct tsem_key *key, const char *path, struct tsem_error *error)
{
	char *copy = strdup(path);

	if (!copy || (keyring->count == keyring->capacity && !grow(keyring))) {
		free(copy);
		tsem_key_destroy(key);
		return tsem_error_set(error, ENOMEM, "out of memory");
	}
	keyring->keys[keyring->count] = key;
	keyring->paths[keyring->count++] = copy;
	return 0;
}

int tsem_keyring_add_file(struct tsem_keyring *keyring, const char *path, struct tsem_error *error)
{
	struct tsem_buffer bytes = {0};
	struct tsem_key *key = NULL;
	int result = key_bytes_read(path, &bytes, error);

	if (!result)
		result = key_parse_public(bytes.data, bytes.size, path, &key, error);
	key_bytes_deinit(&bytes);
	return result ? result : add_key(keyring, key, path, error);
}

static int is_key(const struct dirent *entry)
{
	size_t size = strlen(entry->d_name);

	return entry->d_name[0] != '.' && size > 4 && !strcmp(entry->d_name + size - 4, ".pem");
}

static int add_name(struct tsem_keyring *keyring, const char *directory, const char *name, struct tsem_error *error)
{
	struct tsem_buffer path = {0};
	int result;

	tsem_buffer_printf(&path, "%s/%s", directory, name);
	result = path.failed ? tsem_error_set(error, ENOMEM, "out of memory") :
			       tsem_keyring_add_file(keyring, path.data, error);
	tsem_buffer_deinit(&path);
	return result;
}

int tsem_keyring_add_directory(struct tsem_keyring *keyring, const char *path, struct tsem_error *error)
{
	struct dirent **names;
	int count = scandir(path, &names, is_key, alphasort), result = 0;

	if (count < 0)
		return tsem_error_set(error, errno, "the directory of keys %s cannot be read: %s", path,
				      strerror(errno));
	if (!count)
		result = tsem_error_set(error, ENOKEY,
					"the directory of keys %s holds no key: their names end with .pem", path);
	for (int i = 0; i < count; i++) {
		if (!result)
			result = add_name(keyring, path, names[i]->d_name, error);
		free(names[i]);
	}
	free(names);
	return result;
}
