/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../lib/base/owned.h"
#include "internal.h"
#include "../lib/base/environment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The cache is booted from and written to, so nobody else may be able to place files there when root runs this. An
 * environment that root inherited from another user (su -m, sudo -E) names that user's directories.
 */
static bool is_usable(const char *path, struct tsem_error *error)
{
	return geteuid() || !owned_path(path, error);
}

/* The home of the user, if it belongs to this user; else the machine's directory. */
static int choose_cache(char *ret_path)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct tsem_error why;
	int err = -ENOENT;

	if (xdg && *xdg == '/')
		err = lab_path(ret_path, "%s/tsem/lab", xdg);
	else if (home && *home == '/')
		err = lab_path(ret_path, "%s/.cache/tsem/lab", home);
	if (!err && is_usable(ret_path, &why))
		return 0;
	if (!err)
		lab_progress("the cache is /var/cache/tsem/lab: %s", why.text);
	return lab_path(ret_path, "/var/cache/tsem/lab");
}

int lab_cache_directory(char *ret_path, struct tsem_error *error)
{
	const char *own = environment_variable("TSEM_LAB_CACHE");
	bool given = own && *own == '/';
	int err = given ? lab_path(ret_path, "%s", own) : choose_cache(ret_path);

	if (!err && given && !is_usable(ret_path, error)) {
		tsem_error_wrap(error, "TSEM_LAB_CACHE");
		return -1;
	}
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
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		/* Whoever could open it could hold the lock, and older versions let everybody read it. */
		err = fd < 0 || fchmod(fd, 0600) ? -errno : 0;
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
	const char *format = "%s/" LAB_KERNEL_PREFIX "%s/%s";

	snprintf(kernel->release, sizeof(kernel->release), "%s", release);
	if (lab_path(kernel->modules, format, cache, release, "modules") < 0)
		return false;
	if (lab_path(kernel->image, format, cache, release, "vmlinux") == 0 && access(kernel->image, R_OK) == 0)
		return true;
	return lab_path(kernel->image, format, cache, release, "vmlinuz") == 0 && access(kernel->image, R_OK) == 0;
}

static bool find_cached(const char *cache, const char *version, struct lab_kernel *ret_kernel)
{
	char newest[LAB_RELEASE_MAX] = "";
	struct dirent *entry;
	DIR *directory = opendir(cache);

	if (!directory)
		return false;
	while ((entry = readdir(directory))) {
		const char *release = entry->d_name + strlen(LAB_KERNEL_PREFIX);

		if (strncmp(entry->d_name, LAB_KERNEL_PREFIX, strlen(LAB_KERNEL_PREFIX)) == 0 &&
		    strlen(release) < sizeof(newest) && lab_release_matches(release, version) &&
		    strverscmp(release, newest) > 0)
			strcpy(newest, release);
	}
	closedir(directory);
	return newest[0] && kernel_at(cache, newest, ret_kernel);
}

static int find_or_fetch(const char *version, struct lab_kernel *ret_kernel, struct tsem_error *error)
{
	char cache[PATH_MAX];
	int lock;
	int err = 0;

	if (lab_cache_directory(cache, error) < 0)
		return -1;
	if (find_cached(cache, version, ret_kernel))
		return 0;
	lock = lab_cache_lock(cache, error);
	if (lock < 0)
		return -1;
	if (!find_cached(cache, version, ret_kernel)) {
		err = lab_kernel_fetch(cache, version, error);
		if (!err && !find_cached(cache, version, ret_kernel)) {
			tsem_error_set(error, ENOENT, "the fetched kernel cannot be read in %s", cache);
			err = -1;
		}
	}
	close(lock);
	return err;
}

/* Where the modules of an installed or unpacked package lie: beside /boot, below /usr, or around the image itself. */
static bool find_tree(const struct lab_kernel *kernel, char *ret_tree)
{
	static const char *const formats[] = {"%.*s/../lib/modules/%s", "%.*s/../usr/lib/modules/%s"};
	const char *slash = strrchr(kernel->image, '/');
	int length = (int)(slash - kernel->image);
	size_t i;

	if (strcmp(slash, "/vmlinuz") == 0)
		return lab_path(ret_tree, "%.*s/kernel", length, kernel->image) == 0 && access(ret_tree, R_OK) == 0;
	if (strncmp(slash, "/vmlinuz-", 9) != 0)
		return false;
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (lab_path(ret_tree, formats[i], length, kernel->image, slash + 9) == 0 &&
		    access(ret_tree, R_OK) == 0)
			return true;
	return false;
}

/* Our cache's layout, or the one of a package. */
static int modules_beside(struct lab_kernel *kernel, struct tsem_error *error)
{
	char tree[PATH_MAX];
	int length = (int)(strrchr(kernel->image, '/') - kernel->image);

	if (lab_path(kernel->modules, "%.*s/modules", length, kernel->image) == 0 && access(kernel->modules, R_OK) == 0)
		return 0;
	kernel->modules[0] = '\0';
	if (!find_tree(kernel, tree))
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

/* A part of the answer whether KVM works; a name of its own where nothing tells the release. */
static void name_release(struct lab_kernel *kernel)
{
	char parent[PATH_MAX];
	char *name = strrchr(kernel->image, '/') + 1;

	if (strcmp(name, "vmlinuz") == 0) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(name - 1 - kernel->image), kernel->image);
		name = strrchr(parent, '/') ? strrchr(parent, '/') + 1 : name;
	} else if (strncmp(name, "vmlinuz-", 8) == 0) {
		name += 8;
	}
	snprintf(kernel->release, sizeof(kernel->release), "%.100s", name);
}

int lab_kernel_find(const struct lab_options *options, struct lab_kernel *ret_kernel, struct tsem_error *error)
{
	const char *path = options->kernel;
	int err;

	memset(ret_kernel, 0, sizeof(*ret_kernel));
	if (!path)
		return find_or_fetch(options->kernel_version ? options->kernel_version : LAB_VERSION_DEFAULT,
				     ret_kernel, error);
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
