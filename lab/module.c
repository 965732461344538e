/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The lab loads the first ones. The others are for workloads in it: they are beside them in the cache. Everything that
 * is not a module is built into the kernel: of the first ones all except overlay and virtio_blk, from 6.12 on.
 */
static const char *const wanted_modules[] = {"overlay",	 "virtio_blk", "virtio_pci", "virtio_console",
					     "virtiofs", "tun",	       "quota_v2",   "vsock_loopback"};

struct packing {
	const char *suffix;
	const char *program;
};

static const struct packing packings[] = {
	{".ko", "cat"},
	{".ko.xz", "xz"},
	{".ko.zst", "zstd"},
	{".ko.gz", "gzip"},
};

/* nftw() hands its callback no context. */
static struct {
	const char *name;
	char path[PATH_MAX];
	const char *program;
} search;

static bool is_module(const char *file, const char *name, const char *suffix)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (file[i] != name[i] && !(name[i] == '_' && file[i] == '-'))
			return false;
	return strcmp(file + i, suffix) == 0;
}

static int search_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	size_t i;

	(void)info;
	for (i = 0; kind == FTW_F && i < sizeof(packings) / sizeof(packings[0]); i++) {
		if (!is_module(path + where->base, search.name, packings[i].suffix))
			continue;
		snprintf(search.path, sizeof(search.path), "%s", path);
		search.program = packings[i].program;
		return 1;
	}
	return 0;
}

void lab_module_depends(const uint8_t *bytes, size_t length, char *ret_names, size_t size)
{
	static const char mark[] = "\0depends=";
	const uint8_t *found = memmem(bytes, length, mark, sizeof(mark) - 1);
	size_t left;

	ret_names[0] = '\0';
	if (!found)
		return;
	found += sizeof(mark) - 1;
	left = length - (size_t)(found - bytes);
	snprintf(ret_names, size, "%.*s", (int)strnlen((const char *)found, left), (const char *)found);
}

static int copy_module(const char *target, struct tsem_error *error)
{
	const char *const argv[] = {search.program, search.program[0] == 'c' ? "--" : "-dcq", search.path, NULL};
	int fd = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int err;

	if (fd < 0) {
		tsem_error_set(error, errno, "cannot write %s: %s", target, strerror(errno));
		return -1;
	}
	err = lab_child_run(argv, NULL, fd, error);
	close(fd);
	return err;
}

static int collect(const char *tree, const char *directory, const char *name, struct tsem_error *error)
{
	char target[PATH_MAX];
	char names[256];
	char *next = names;
	char *each;
	uint8_t *bytes;
	size_t length;

	if (lab_path(target, "%s/%s.ko", directory, name) < 0 || access(target, R_OK) == 0)
		return 0;
	search.name = name;
	/* Missing: built in, or the guest will report it. */
	if (nftw(tree, search_entry, 16, FTW_PHYS) != 1)
		return 0;
	if (copy_module(target, error) < 0)
		return -1;
	if (lab_file_read(target, &bytes, &length) < 0)
		return 0;
	lab_module_depends(bytes, length, names, sizeof(names));
	free(bytes);
	while ((each = strsep(&next, ",")))
		if (*each && collect(tree, directory, each, error) < 0)
			return -1;
	return 0;
}

int lab_modules_collect(const char *tree, const char *directory, struct tsem_error *error)
{
	size_t i;

	for (i = 0; i < sizeof(wanted_modules) / sizeof(wanted_modules[0]); i++)
		if (collect(tree, directory, wanted_modules[i], error) < 0)
			return -1;
	return 0;
}
