/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define KERNEL_PREFIX "kernel-"

int lab_cache_directory(char *ret_path, struct tsem_error *error)
{
	const char *own = tsem_variable("TSEM_LAB_CACHE");
	const char *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	int err;

	if (own && *own == '/')
		err = lab_path(ret_path, "%s", own);
	else if (xdg && *xdg == '/')
		err = lab_path(ret_path, "%s/tsem/lab", xdg);
	else if (home && *home == '/')
		err = lab_path(ret_path, "%s/.cache/tsem/lab", home);
	else
		err = lab_path(ret_path, "/var/cache/tsem/lab");
	if (!err)
		err = lab_directory_make(ret_path);
	if (!err)
		return 0;
	tsem_error_set(error, -err,
		       "cannot make the cache directory: %s; set TSEM_LAB_CACHE "
		       "to a directory that can be written",
		       strerror(-err));
	return -1;
}

int lab_cache_lock(const char *cache, struct tsem_error *error)
{
	char path[PATH_MAX];
	int fd = -1;
	int err = lab_path(path, "%s/lock", cache);

	if (!err) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		err = fd < 0 ? -errno : 0;
	}
	while (!err && flock(fd, LOCK_EX) < 0)
		err = errno == EINTR ? 0 : -errno;
	if (!err)
		return fd;
	if (fd >= 0)
		close(fd);
	tsem_error_set(error, -err, "cannot lock the cache directory %s: %s", cache, strerror(-err));
	return -1;
}

/* Prefers the image that needs no decompression in the guest. */
static bool kernel_at(const char *cache, const char *release, struct lab_kernel *kernel)
{
	const char *format = "%s/" KERNEL_PREFIX "%s/%s";

	snprintf(kernel->release, sizeof(kernel->release), "%s", release);
	if (lab_path(kernel->modules, format, cache, release, "modules") < 0)
		return false;
	if (lab_path(kernel->image, format, cache, release, "vmlinux") == 0 && access(kernel->image, R_OK) == 0)
		return true;
	return lab_path(kernel->image, format, cache, release, "vmlinuz") == 0 && access(kernel->image, R_OK) == 0;
}

static bool find_cached(const char *cache, struct lab_kernel *ret_kernel)
{
	char newest[128] = "";
	struct dirent *entry;
	DIR *directory = opendir(cache);

	if (!directory)
		return false;
	while ((entry = readdir(directory))) {
		const char *release = entry->d_name + strlen(KERNEL_PREFIX);

		if (strncmp(entry->d_name, KERNEL_PREFIX, strlen(KERNEL_PREFIX)) == 0 &&
		    strlen(release) < sizeof(newest) && strverscmp(release, newest) > 0)
			strcpy(newest, release);
	}
	closedir(directory);
	return newest[0] && kernel_at(cache, newest, ret_kernel);
}

static int find_or_fetch(struct lab_kernel *ret_kernel, struct tsem_error *error)
{
	char cache[PATH_MAX];
	int lock;
	int err = 0;

	if (lab_cache_directory(cache, error) < 0)
		return -1;
	if (find_cached(cache, ret_kernel))
		return 0;
	lock = lab_cache_lock(cache, error);
	if (lock < 0)
		return -1;
	if (!find_cached(cache, ret_kernel)) {
		err = lab_kernel_fetch(cache, error);
		if (!err && !find_cached(cache, ret_kernel)) {
			tsem_error_set(error, ENOENT, "the fetched kernel cannot be read in %s", cache);
			err = -1;
		}
	}
	close(lock);
	return err;
}

/* Our cache's layout, or the one of an installed or unpacked package. */
static int modules_beside(struct lab_kernel *kernel, struct tsem_error *error)
{
	char tree[PATH_MAX];
	const char *slash = strrchr(kernel->image, '/');
	int length = (int)(slash - kernel->image);

	if (lab_path(kernel->modules, "%.*s/modules", length, kernel->image) == 0 && access(kernel->modules, R_OK) == 0)
		return 0;
	kernel->modules[0] = '\0';
	if (strncmp(slash, "/vmlinuz-", 9) != 0)
		return 0;
	if (lab_path(tree, "%.*s/../lib/modules/%s", length, kernel->image, slash + 9) < 0 || access(tree, R_OK) < 0)
		return 0;
	strcpy(kernel->modules, "/tmp/tsem-lab-XXXXXX");
	if (!mkdtemp(kernel->modules)) {
		tsem_error_set(error, errno, "cannot make a directory in /tmp: %s", strerror(errno));
		kernel->modules[0] = '\0';
		return -1;
	}
	kernel->temporary = true;
	return lab_modules_collect(tree, kernel->modules, error);
}

static void name_release(struct lab_kernel *kernel)
{
	const char *name = strrchr(kernel->image, '/') + 1;

	if (strncmp(name, "vmlinuz-", 8) == 0)
		name += 8;
	snprintf(kernel->release, sizeof(kernel->release), "%.100s", name);
}

int lab_kernel_find(const char *path, struct lab_kernel *ret_kernel, struct tsem_error *error)
{
	int err;

	memset(ret_kernel, 0, sizeof(*ret_kernel));
	if (!path)
		return find_or_fetch(ret_kernel, error);
	if (!realpath(path, ret_kernel->image) || access(path, R_OK) < 0) {
		tsem_error_set(error, errno, "cannot read the kernel '%s': %s", path, strerror(errno));
		return -1;
	}
	name_release(ret_kernel);
	err = modules_beside(ret_kernel, error);
	if (err)
		lab_kernel_forget(ret_kernel);
	return err;
}

void lab_kernel_forget(struct lab_kernel *kernel)
{
	if (kernel->temporary)
		lab_directory_remove(kernel->modules);
	kernel->temporary = false;
}
