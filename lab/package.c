/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which packages hold a kernel: one up to 6.18, the image and the modules apart from then on. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARCHITECTURE "amd64"
#define FLAVOUR "-cloud-" ARCHITECTURE
#define WHOLE "linux-image-"
#define BINARY "linux-binary-"
#define MODULES "linux-modules-"
#define POOL "pool/main/l/linux/"
#define NAME_MAX_LENGTH 160

struct pinned {
	const char *release;
	const char *version;
	const char *sha256;
};

static const struct pinned all_pinned[] = {
#define PINNED(release, version, sha256) {release, version, sha256},
#include "pinned.def"
#undef PINNED
};

bool lab_release_matches(const char *release, const char *version)
{
	size_t length = strlen(version);

	/* 6.1 is not the beginning of 6.12. */
	return !strncmp(release, version, length) && (!release[length] || strchr(".+-", release[length]));
}

static const struct pinned *find_pinned(const char *release)
{
	size_t i;

	for (i = 0; i < sizeof(all_pinned) / sizeof(all_pinned[0]); i++)
		if (!strcmp(all_pinned[i].release, release))
			return &all_pinned[i];
	return NULL;
}

static bool has_package(const char *names, const char *prefix, const char *release)
{
	char line[NAME_MAX_LENGTH];
	const char *found = names;
	size_t length = (size_t)snprintf(line, sizeof(line), "%s%s\n", prefix, release);

	while ((found = strstr(found, line))) {
		if (found == names || found[-1] == '\n')
			return true;
		found += length;
	}
	return false;
}

/* A kernel without its modules cannot be booted: the guest needs the one for the overlay. */
static bool is_complete(const char *names, const char *release)
{
	return !has_package(names, BINARY, release) || has_package(names, MODULES, release) || find_pinned(release);
}

/* The release in the line, or false: another flavour, not signed, or a package that only depends on a kernel. */
static bool release_of(const char *line, size_t length, char *ret_release)
{
	size_t prefix = strlen(WHOLE), suffix = strlen(FLAVOUR);

	if (length <= prefix + suffix || length - prefix >= LAB_RELEASE_MAX || strncmp(line, WHOLE, prefix) != 0 ||
	    line[prefix] < '0' || line[prefix] > '9' || strncmp(line + length - suffix, FLAVOUR, suffix) != 0)
		return false;
	snprintf(ret_release, LAB_RELEASE_MAX, "%.*s", (int)(length - prefix), line + prefix);
	return true;
}

int lab_releases_each(const char *names, int (*take)(void *context, const char *release), void *context)
{
	char release[LAB_RELEASE_MAX];
	int err = 0;

	for (; *names && !err; names += strcspn(names, "\n"), names += *names == '\n')
		if (release_of(names, strcspn(names, "\n"), release))
			err = take(context, release);
	return err;
}

struct picking {
	const char *names;
	const char *version;
	char *newest;
};

static int pick(void *context, const char *release)
{
	const struct picking *picking = context;

	if (lab_release_matches(release, picking->version) && is_complete(picking->names, release) &&
	    strverscmp(release, picking->newest) > 0)
		snprintf(picking->newest, LAB_RELEASE_MAX, "%s", release);
	return 0;
}

bool lab_release_pick(const char *names, const char *version, char *ret_release)
{
	struct picking picking = {.names = names, .version = version, .newest = ret_release};

	ret_release[0] = '\0';
	lab_releases_each(names, pick, &picking);
	return ret_release[0];
}

static int download_pinned(const struct lab_apt *apt, const struct pinned *pinned, const char *directory,
			   struct tsem_error *error)
{
	char path[PATH_MAX], target[PATH_MAX];

	if (lab_path(path, POOL MODULES "%s_%s_" ARCHITECTURE ".deb", pinned->release, pinned->version) < 0 ||
	    lab_path(target, "%s/modules.deb", directory) < 0) {
		tsem_error_set(error, ENAMETOOLONG, "the name of the cache directory is too long");
		return -1;
	}
	return lab_apt_download_file(apt, path, pinned->sha256, target, error);
}

int lab_release_download(const struct lab_apt *apt, const char *names, const char *release, const char *directory,
			 struct tsem_error *error)
{
	bool apart = has_package(names, BINARY, release);
	char name[NAME_MAX_LENGTH];

	snprintf(name, sizeof(name), "%s%s", apart ? BINARY : WHOLE, release);
	if (lab_apt_download(apt, name, directory, error) < 0)
		return -1;
	if (!apart)
		return 0;
	if (!has_package(names, MODULES, release))
		return download_pinned(apt, find_pinned(release), directory, error);
	snprintf(name, sizeof(name), MODULES "%s", release);
	return lab_apt_download(apt, name, directory, error);
}
