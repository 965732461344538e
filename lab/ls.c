/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which kernels there are: in the cache, and where the machine has its packages. */
#include "internal.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES_MAX 256

struct kernel_line {
	char release[LAB_RELEASE_MAX];
	char version[32]; /* as in 6.12 */
	bool cached;
};

struct listing {
	const char *names; /* of packages; NULL: the entries are in the cache */
	struct kernel_line lines[LINES_MAX];
	size_t count;
};

bool lab_version_valid(const char *version)
{
	size_t length = strlen(version);

	return length < LAB_RELEASE_MAX && isdigit((unsigned char)version[0]) &&
	       strspn(version, "0123456789abcdefghijklmnopqrstuvwxyz.+~-") == length;
}

/* 6.12 of 6.12.117+deb12-cloud-amd64. */
static void version_of(const char *release, char *ret_version, size_t size)
{
	size_t length = strcspn(release, ".");

	length += strcspn(release + length + (release[length] == '.'), ".+-") + (release[length] == '.');
	snprintf(ret_version, size, "%.*s", (int)length, release);
}

static struct kernel_line *find_version(struct listing *listing, const char *version)
{
	size_t i;

	for (i = 0; i < listing->count; i++)
		if (!listing->lines[i].cached && !strcmp(listing->lines[i].version, version))
			return &listing->lines[i];
	return NULL;
}

static bool is_cached(const struct listing *listing, const char *release)
{
	size_t i;

	for (i = 0; i < listing->count; i++)
		if (listing->lines[i].cached && !strcmp(listing->lines[i].release, release))
			return true;
	return false;
}

static void add_line(struct listing *listing, const char *release, bool cached)
{
	struct kernel_line *line = &listing->lines[listing->count];

	if (listing->count == LINES_MAX)
		return;
	snprintf(line->release, sizeof(line->release), "%s", release);
	version_of(release, line->version, sizeof(line->version));
	line->cached = cached;
	listing->count++;
}

/* Of the available kernels, the newest of each version: the one that would be fetched. */
static int take_release(void *context, const char *release)
{
	struct listing *listing = context;
	char version[32], newest[LAB_RELEASE_MAX];

	version_of(release, version, sizeof(version));
	if (!find_version(listing, version) && lab_release_pick(listing->names, version, newest) &&
	    !is_cached(listing, newest))
		add_line(listing, newest, false);
	return 0;
}

static void add_cached(const char *cache, struct listing *listing)
{
	struct dirent *entry;
	DIR *directory = opendir(cache);

	while (directory && (entry = readdir(directory)))
		if (strncmp(entry->d_name, LAB_KERNEL_PREFIX, strlen(LAB_KERNEL_PREFIX)) == 0)
			add_line(listing, entry->d_name + strlen(LAB_KERNEL_PREFIX), true);
	if (directory)
		closedir(directory);
}

static int add_fetchable(const char *cache, struct listing *listing, struct tsem_error *error)
{
	struct lab_apt apt;
	char *names = NULL;
	int lock = lab_cache_lock(cache, error);

	if (lock < 0)
		return -1;
	if (lab_apt_open(cache, true, &apt, error) == 0)
		names = lab_apt_names(&apt, "linux-", error);
	close(lock);
	if (!names)
		return -1;
	if (apt.update.code)
		lab_progress("some package lists cannot be read: %.300s", apt.update.text);
	listing->names = names;
	lab_releases_each(names, take_release, listing);
	free(names);
	return 0;
}

static int by_release(const void *a, const void *b)
{
	const struct kernel_line *left = a, *right = b;

	return strverscmp(left->release, right->release);
}

int lab_kernels_print(FILE *out, struct tsem_error *error)
{
	struct listing *listing = calloc(1, sizeof(*listing));
	char cache[PATH_MAX];
	size_t i;
	int err = listing ? lab_cache_directory(cache, error) : -1;

	if (!err) {
		add_cached(cache, listing);
		err = add_fetchable(cache, listing, error);
		qsort(listing->lines, listing->count, sizeof(listing->lines[0]), by_release);
	}
	for (i = 0; listing && i < listing->count; i++)
		fprintf(out, "%-8s %-36s %s\n", listing->lines[i].version, listing->lines[i].release,
			listing->lines[i].cached ? "in the cache" : "can be fetched");
	free(listing);
	return err;
}

int lab_kernel_print(const struct lab_options *options, FILE *out, struct tsem_error *error)
{
	struct lab_kernel kernel;

	if (lab_kernel_find(options, &kernel, error) < 0)
		return -1;
	fprintf(out, "%.*s\n", (int)(strrchr(kernel.image, '/') - kernel.image), kernel.image);
	lab_kernel_forget(&kernel);
	return 0;
}
