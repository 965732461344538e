/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "file.h"
#include "buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_whole(int fd, size_t size, struct tsem_buffer *buffer)
{
	char *at = buffer_reserve(buffer, size);
	ssize_t n = 1;

	if (!at)
		return -ENOMEM;
	while (size && n) {
		n = read(fd, at, size);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			at += n;
			size -= n;
			buffer->size += n;
		}
	}
	*at = 0;
	return size ? -EIO : 0;
}

int file_read(const char *path, tsem_u64 limit, struct tsem_buffer *buffer)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r = 0;
	struct stat status;

	if (fd < 0 || fstat(fd, &status))
		r = -errno;
	else if (!S_ISREG(status.st_mode) || (tsem_u64)status.st_size > limit)
		r = -EFBIG;
	else
		r = read_whole(fd, status.st_size, buffer);
	if (fd >= 0)
		close(fd);
	return r;
}
