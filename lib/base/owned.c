/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "owned.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as many as the kernel follows */

enum owned owned_status(const struct stat *st, bool root_too)
{
	if (st->st_uid != geteuid() && (st->st_uid || !root_too))
		return OWNED_BY_OTHER;
	return st->st_mode & (S_IWGRP | S_IWOTH) ? OWNED_WRITABLE : OWNED_ALONE;
}

static int check_way(const char *path, unsigned depth, struct tsem_error *error);

static int check_link(const char *path, unsigned depth, struct tsem_error *error)
{
	char target[PATH_MAX], way[2 * PATH_MAX];
	ssize_t size = readlink(path, target, sizeof(target) - 1);
	const char *slash = strrchr(path, '/');

	if (size < 0 || depth == LINKS_MAX)
		return tsem_error_set(error, ELOOP, "%s: %s", path, strerror(size < 0 ? errno : ELOOP));
	target[size] = 0;
	if (*target == '/')
		snprintf(way, sizeof(way), "%s", target);
	else
		snprintf(way, sizeof(way), "%.*s%s", slash ? (int)(slash + 1 - path) : 0, path, target);
	return check_way(way, depth + 1, error);
}

/* A missing entry is fine: we create it, in a directory that was checked. */
static int check_step(const char *path, unsigned depth, struct tsem_error *error)
{
	enum owned status;
	struct stat st;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : tsem_error_set(error, errno, "%s: %s", path, strerror(errno));
	status = owned_status(&st, true);
	if (status == OWNED_BY_OTHER)
		return tsem_error_set(error, EPERM, "%s belongs to user %u, who can replace it", path, st.st_uid);
	if (S_ISLNK(st.st_mode))
		return check_link(path, depth, error);
	if (status == OWNED_WRITABLE && !(S_ISDIR(st.st_mode) && st.st_mode & S_ISVTX))
		return tsem_error_set(error, EPERM, "%s may be written by others (mode %04o)", path,
				      st.st_mode & 07777);
	return 0;
}

static int check_way(const char *path, unsigned depth, struct tsem_error *error)
{
	char part[PATH_MAX];
	int r = check_step(*path == '/' ? "/" : ".", depth, error);

	if (strlen(path) >= sizeof(part))
		return tsem_error_set(error, ENAMETOOLONG, "%.64s...: the name is too long", path);
	for (size_t i = 1; path[i - 1] && !r; i++) {
		if (path[i] && path[i] != '/')
			continue;
		snprintf(part, sizeof(part), "%.*s", (int)i, path);
		r = check_step(part, depth, error);
	}
	return r;
}

int owned_path(const char *path, struct tsem_error *error)
{
	char here[PATH_MAX];
	int r;

	if (*path != '/' && getcwd(here, sizeof(here))) {
		r = check_way(here, 0, error);
		if (r)
			return r;
	}
	return check_way(path, 0, error);
}
