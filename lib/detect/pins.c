/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../base/replace.h"
#include "pins.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

int detect_each_pin(const char *directory, int (*fn)(void *context, const char *name), void *context)
{
	DIR *pins = opendir(directory);
	struct dirent *entry;
	int r = 0;

	while (pins && !r && (entry = readdir(pins)))
		if (entry->d_name[0] != '.')
			r = fn(context, entry->d_name);
	if (pins)
		closedir(pins);
	return r;
}

int detect_name_pins(const char *from, const char *to, const char *name, struct tsem_error *error)
{
	int r = replace_move(from, to);

	return r ? tsem_error_set(error, -r, "cannot pin the detection %s as %s: %s", name, to, strerror(-r)) : 0;
}

struct removal {
	const char *directory;
	int result; /* of the first that stays */
	struct tsem_error *error;
};

static void note_stay(struct removal *removal, const char *path, int code)
{
	if (!removal->result)
		removal->result = tsem_error_set(removal->error, code, "cannot remove %s: %s", path, strerror(code));
}

static int remove_pin(void *context, const char *name)
{
	struct removal *removal = context;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", removal->directory, name);
	if (unlink(path) && errno != ENOENT)
		note_stay(removal, path, errno);
	return 0;
}

int detect_remove_pins(const char *directory, struct tsem_error *error)
{
	struct removal removal = {.directory = directory, .error = error};

	detect_each_pin(directory, remove_pin, &removal);
	if (rmdir(directory) && errno != ENOENT)
		note_stay(&removal, directory, errno);
	return removal.result;
}
