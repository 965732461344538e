/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../base/replace.h"
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef NS_GET_MNTNS_ID /* since 6.11 */
#define NS_GET_MNTNS_ID _IOR(0xb7, 5, tsem_u64)
#endif

static int make_directory(const char *path, struct tsem_error *error)
{
	if (!mkdir(path, 0700) || errno == EEXIST)
		return 0;
	if (errno == EACCES || errno == EPERM)
		return runtime_no_kernel(error, errno, "tsem needs root to make %s", path);
	return tsem_error_set(error, errno, "cannot make the directory %s: %s", path, strerror(errno));
}

bool lsm_listed(const char *list)
{
	size_t length;

	for (; *list; list += length + !!list[length]) {
		length = strcspn(list, ",\n");
		if (length == 3 && !memcmp(list, "bpf", 3))
			return true;
	}
	return false;
}

bool runtime_missing(const char *path)
{
	struct stat st;

	return stat(path, &st) && (errno == ENOENT || errno == ENOTDIR);
}

int runtime_mounts(const char *path, tsem_u64 *ret_number)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -errno;
	r = ioctl(fd, NS_GET_MNTNS_ID, ret_number) ? -errno : 0;
	close(fd);
	return r;
}

int runtime_prepare(struct tsem_error *error)
{
	int r = make_directory(TSEM_RUN_DIRECTORY, error);

	return r ? r : make_directory(TSEM_SESSIONS, error);
}

int runtime_lock(const char *path, int operation, struct tsem_error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int saved;

	if (fd < 0)
		return tsem_error_set(error, errno, "cannot open %s: %s", path, strerror(errno));
	while (flock(fd, operation)) {
		if (errno == EINTR)
			continue;
		saved = errno;
		close(fd);
		return tsem_error_set(error, saved, "cannot lock %s: %s", path, strerror(saved));
	}
	return fd;
}

int runtime_lock_models(struct tsem_error *error)
{
	int r = runtime_prepare(error);

	return r ? r : runtime_lock(TSEM_RUN_DIRECTORY "/models", LOCK_EX, error);
}

int runtime_own(const char *path, struct tsem_error *error)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), r;
	struct flock all = {.l_type = F_WRLCK};

	if (fd < 0)
		return tsem_error_set(error, errno, "cannot open %s: %s", path, strerror(errno));
	if (!fcntl(fd, F_OFD_SETLK, &all))
		return fd;
	r = errno == EAGAIN || errno == EACCES ? EWOULDBLOCK : errno;
	close(fd);
	return tsem_error_set(error, r, "cannot lock %s: %s", path, strerror(r));
}

bool runtime_owned(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct flock all = {.l_type = F_WRLCK};
	bool owned = fd >= 0 && !fcntl(fd, F_OFD_GETLK, &all) && all.l_type != F_UNLCK;

	if (fd >= 0)
		close(fd);
	return owned;
}

int runtime_lock_state(struct tsem_error *error)
{
	int r = runtime_prepare(error);

	return r ? r : runtime_lock(TSEM_RUN_DIRECTORY "/lock", LOCK_EX, error);
}

int runtime_write_file(const char *path, const void *bytes, size_t size, struct tsem_error *error)
{
	return replace_file(path, bytes, size, REPLACE_PRIVATE | REPLACE_VOLATILE, error);
}

static int read_all(int fd, char **ret_bytes, size_t *ret_size)
{
	size_t size = 0, capacity = 0;
	char *bytes = NULL;
	ssize_t n;

	do {
		if (size + 1 >= capacity) { /* room for the NUL */
			char *more = realloc(bytes, capacity = capacity ? capacity * 2 : 65536);

			if (!more) {
				free(bytes);
				return -ENOMEM;
			}
			bytes = more;
		}
		n = read(fd, bytes + size, capacity - size - 1);
		if (n > 0)
			size += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0) {
		free(bytes);
		return -errno;
	}
	bytes[size] = 0;
	*ret_bytes = bytes;
	*ret_size = size;
	return 0;
}

int runtime_read_file(const char *path, char **ret_bytes, size_t *ret_size, struct tsem_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return tsem_error_set(error, errno, "cannot open %s: %s", path, strerror(errno));
	r = read_all(fd, ret_bytes, ret_size);
	close(fd);
	return r ? tsem_error_set(error, -r, "cannot read %s: %s", path, strerror(-r)) : 0;
}

int runtime_read_optional(const char *path, char **ret_bytes, size_t *ret_size, struct tsem_error *error)
{
	if (!runtime_missing(path))
		return runtime_read_file(path, ret_bytes, ret_size, error);
	*ret_bytes = NULL;
	*ret_size = 0;
	return 0;
}

int runtime_no_kernel(struct tsem_error *error, int code, const char *format, ...)
{
	char reason[768];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, sizeof(reason), format, arguments);
	va_end(arguments);
	return tsem_error_set(
		error, code,
		"%s; `tsem doctor` says what this machine offers, `tsem lab -- CMD` tries it in a micro-VM", reason);
}
