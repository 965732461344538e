/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../base/replace.h"
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_directory(const char *path, struct tsem_error *error)
{
	if (!mkdir(path, 0700) || errno == EEXIST)
		return 0;
	if (errno == EACCES || errno == EPERM)
		return runtime_no_kernel(error, errno, "tsem needs root to make %s", path);
	return tsem_error_set(error, errno, "cannot make the directory %s: %s", path, strerror(errno));
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
		if (size == capacity) {
			char *more = realloc(bytes, capacity = capacity ? capacity * 2 : 65536);

			if (!more) {
				free(bytes);
				return -ENOMEM;
			}
			bytes = more;
		}
		n = read(fd, bytes + size, capacity - size);
		if (n > 0)
			size += n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0) {
		free(bytes);
		return -errno;
	}
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
