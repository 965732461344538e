/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../lib/base/replace.h"
#include "spool_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define POSITION_VERSION 1
#define SUFFIX ".spool"

static const char segment_magic[8] = {'T', 'S', 'E', 'M', 's', 'p', 'l', '1'};
static const char position_magic[8] = {'T', 'S', 'E', 'M', 'p', 'o', 's', '1'};

static void path_of(const char *directory, const char *name, char path[4096])
{
	snprintf(path, 4096, "%s/%s", directory, name);
}

static void segment_path(const char *directory, tsem_u64 sequence, char path[4096])
{
	snprintf(path, 4096, "%s/%016llx" SUFFIX, directory, sequence);
}

int spool_lock(const char *directory, int *ret_fd, struct tsem_error *error)
{
	char path[4096];
	int fd;

	if (mkdir(directory, 0700) && errno != EEXIST)
		return tsem_error_set(error, errno, "cannot make the spool %s: %s", directory, strerror(errno));
	path_of(directory, "lock", path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return tsem_error_set(error, errno, "cannot use the spool %s: %s", directory, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		return tsem_error_set(error, EBUSY, "the spool %s is in use by another tsem; give each its own", directory);
	}
	*ret_fd = fd;
	return 0;
}

static bool parse_name(const char *name, tsem_u64 *ret_sequence)
{
	size_t digits = strspn(name, "0123456789abcdef");

	if (digits != 16 || strcmp(name + 16, SUFFIX))
		return false;
	*ret_sequence = strtoull(name, NULL, 16);
	return *ret_sequence > 0;
}

static int compare(const void *a, const void *b)
{
	tsem_u64 x = *(const tsem_u64 *)a, y = *(const tsem_u64 *)b;

	return x < y ? -1 : x > y;
}

int spool_list(const char *directory, tsem_u64 **ret_sequences, size_t *ret_count, struct tsem_error *error)
{
	struct tsem_buffer found = {};
	struct dirent *entry;
	tsem_u64 sequence;
	DIR *dir = opendir(directory);

	if (!dir)
		return tsem_error_set(error, errno, "cannot read the spool %s: %s", directory, strerror(errno));
	while ((entry = readdir(dir)))
		if (parse_name(entry->d_name, &sequence))
			tsem_buffer_add(&found, &sequence, sizeof(sequence));
	closedir(dir);
	if (found.failed) {
		tsem_buffer_deinit(&found);
		return tsem_error_set(error, ENOMEM, "out of memory");
	}
	*ret_count = found.size / sizeof(sequence);
	*ret_sequences = (tsem_u64 *)found.data;
	if (*ret_count)
		qsort(*ret_sequences, *ret_count, sizeof(sequence), compare);
	return 0;
}

/* ---- position ---- */

static tsem_u32 position_crc(const struct position *position)
{
	return crc32(POSITION_VERSION, (const Bytef *)position, offsetof(struct position, crc));
}

void spool_position_read(const char *directory, struct position *ret_position)
{
	char path[4096];
	ssize_t n = -1;
	int fd;

	path_of(directory, "position", path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		n = read(fd, ret_position, sizeof(*ret_position));
		close(fd);
	}
	if (n != sizeof(*ret_position) || memcmp(ret_position->magic, position_magic, sizeof(position_magic)) ||
	    ret_position->version != POSITION_VERSION || ret_position->crc != position_crc(ret_position) ||
	    !memchr(ret_position->boot, 0, SINK_BOOT_MAX))
		memset(ret_position, 0, sizeof(*ret_position));
}

int spool_position_write(const char *directory, struct position *position, struct tsem_error *error)
{
	char path[4096];

	memcpy(position->magic, position_magic, sizeof(position_magic));
	position->version = POSITION_VERSION;
	position->crc = position_crc(position);
	path_of(directory, "position", path);
	return replace_file(path, position, sizeof(*position), REPLACE_PRIVATE, error) ?
		       tsem_error_wrap(error, "cannot write the position of the spool %s", directory) :
		       0;
}

/* ---- segments ---- */

void segment_free(struct segment *segment)
{
	if (!segment)
		return;
	if (segment->map)
		munmap(segment->map, segment->size);
	if (segment->fd >= 0)
		close(segment->fd);
	free(segment);
}

static int create_file(const char *directory, struct segment *segment)
{
	char path[4096];
	int r;

	segment_path(directory, segment->sequence, path);
	segment->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (segment->fd < 0)
		return -errno;
	r = posix_fallocate(segment->fd, 0, segment->size);
	if (r) {
		unlink(path);
		return r == EDQUOT || r == EFBIG ? -ENOSPC : -r;
	}
	return 0;
}

static int map_segment(struct segment *segment, bool writable)
{
	bool file = segment->fd >= 0;

	segment->map = mmap(NULL, segment->size, writable ? PROT_READ | PROT_WRITE : PROT_READ,
			    file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, segment->fd, 0);
	if (segment->map != MAP_FAILED)
		return 0;
	segment->map = NULL;
	return -errno;
}

int segment_create(const char *directory, tsem_u64 sequence, size_t size, struct segment **ret_segment)
{
	struct segment *segment = calloc(1, sizeof(*segment));
	char path[4096];
	int r = 0;

	if (!segment)
		return -ENOMEM;
	*segment = (struct segment){.size = size, .used = SEGMENT_HEAD, .sequence = sequence, .fd = -1};
	if (directory)
		r = create_file(directory, segment);
	if (!r) {
		r = map_segment(segment, true);
		if (r && directory) {
			segment_path(directory, sequence, path);
			unlink(path);
		}
	}
	if (r) {
		segment_free(segment);
		return r;
	}
	memcpy(segment->map, segment_magic, sizeof(segment_magic));
	memcpy(segment->map + 8, &sequence, sizeof(sequence));
	*ret_segment = segment;
	return 0;
}

int segment_load(const char *directory, tsem_u64 sequence, struct segment **ret_segment, struct tsem_error *error)
{
	struct segment *segment = calloc(1, sizeof(*segment));
	struct stat st = {};
	char path[4096];
	int r = 0;

	if (!segment)
		return tsem_error_set(error, ENOMEM, "out of memory");
	segment_path(directory, sequence, path);
	segment->sequence = sequence;
	segment->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (segment->fd < 0 || fstat(segment->fd, &st))
		r = tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size < SEGMENT_HEAD)
		r = -EBADMSG;
	segment->size = st.st_size;
	if (!r && map_segment(segment, false))
		r = tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
	if (!r && (memcmp(segment->map, segment_magic, sizeof(segment_magic)) ||
		   memcmp(segment->map + 8, &sequence, sizeof(sequence))))
		r = -EBADMSG;
	if (r) {
		segment_free(segment);
		return r;
	}
	*ret_segment = segment;
	return 0;
}

void segment_set_aside(const char *directory, tsem_u64 sequence)
{
	char path[4096], aside[4096 + 16];

	segment_path(directory, sequence, path);
	snprintf(aside, sizeof(aside), "%.*s.damaged", (int)(strlen(path) - strlen(SUFFIX)), path);
	replace_move(path, aside);
}

/* Up to a whole page: what is behind the end of a file must not be looked at. */
void segment_shrink(struct segment *segment)
{
	size_t size = (segment->used + 4095) & ~(size_t)4095;

	if (size >= segment->size || ftruncate(segment->fd, size))
		return;
	munmap(segment->map + size, segment->size - size);
	segment->size = size;
}

int segment_sync(struct segment *segment)
{
	return segment->fd < 0 ? 0 : fdatasync(segment->fd);
}

void segment_remove(struct segment *segment, const char *directory)
{
	char path[4096];

	segment_path(directory, segment->sequence, path);
	unlink(path);
	segment_free(segment);
}
