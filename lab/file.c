/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_TAIL 16384

void lab_progress(const char *format, ...)
{
	char text[2048];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fprintf(stderr, "tsem lab: %s\n", text);
}

int lab_path(char *ret_path, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(ret_path, PATH_MAX, format, arguments);
	va_end(arguments);
	return length < 0 || length >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static int read_whole(int fd, uint8_t *bytes, size_t length)
{
	size_t done = 0;

	while (done < length) {
		ssize_t got = pread(fd, bytes + done, length - done, (off_t)done);

		if (got < 0)
			return -errno;
		if (got == 0)
			return -EIO;
		done += (size_t)got;
	}
	return 0;
}

int lab_file_read(const char *path, uint8_t **ret_bytes, size_t *ret_length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat info;
	uint8_t *bytes;
	int err;

	if (fd < 0)
		return -errno;
	err = fstat(fd, &info) < 0 ? -errno : 0;
	bytes = err ? NULL : malloc((size_t)info.st_size + 1);
	if (!err)
		err = bytes ? read_whole(fd, bytes, (size_t)info.st_size) : -ENOMEM;
	close(fd);
	if (err) {
		free(bytes);
		return err;
	}
	bytes[info.st_size] = '\0';
	*ret_bytes = bytes;
	*ret_length = (size_t)info.st_size;
	return 0;
}

int lab_fd_write(int fd, const void *bytes, size_t length)
{
	const char *next = bytes;

	while (length) {
		ssize_t put = write(fd, next, length);

		if (put < 0 && errno != EINTR)
			return -errno;
		if (put > 0) {
			next += put;
			length -= (size_t)put;
		}
	}
	return 0;
}

int lab_file_write(const char *path, const void *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int err;

	if (fd < 0)
		return -errno;
	err = lab_fd_write(fd, bytes, length);
	if (close(fd) < 0 && !err)
		err = -errno;
	return err;
}

int lab_directory_make(const char *path)
{
	char part[PATH_MAX];
	char *slash;
	int err = lab_path(part, "%s", path);

	if (err)
		return err;
	for (slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(part, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)kind;
	(void)where;
	remove(path);
	return 0;
}

void lab_directory_remove(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void lab_log_trim(int fd)
{
	off_t length = lseek(fd, 0, SEEK_END);

	if (length > 2 * LOG_TAIL)
		fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, length - 2 * LOG_TAIL);
}

void lab_log_tail(int fd, unsigned int lines, char *ret_text, size_t size)
{
	char text[LOG_TAIL + 1];
	off_t length = lseek(fd, 0, SEEK_END);
	off_t from = length > LOG_TAIL ? length - LOG_TAIL : 0;
	ssize_t got = length > 0 ? pread(fd, text, LOG_TAIL, from) : 0;
	char *start;

	while (got > 0 && (text[got - 1] == '\n' || text[got - 1] == '\r'))
		got--;
	text[got > 0 ? got : 0] = '\0';
	start = text + strlen(text);
	while (start > text && (size_t)(text + got - start) < size - 1 && lines) {
		start--;
		if (*start == '\n' && --lines == 0)
			start++;
	}
	snprintf(ret_text, size, "%s", start);
}
