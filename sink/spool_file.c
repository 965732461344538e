/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../lib/base/replace.h"
#include "../lib/base/owned.h"
#include "spool_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define POSITION_VERSION 1
#define SUFFIX ".spool"
#define SEGMENT_NAME 32

static const char segment_magic[8] = {'T', 'S', 'E', 'M', 's', 'p', 'l', '1'};
static const char position_magic[8] = {'T', 'S', 'E', 'M', 'p', 'o', 's', '1'};

static void segment_name(tsem_u64 sequence, char name[SEGMENT_NAME])
{
	snprintf(name, SEGMENT_NAME, "%016llx" SUFFIX, sequence);
}

/* ---- whose it is ---- */

/*
 * The content of a spool is delivered in this host's name. So it accepts only files that nobody else can have written,
 * and anything else ends the start: it fails closed.
 */
static int check_owner(const struct stat *st, const char *path, const char *name, struct tsem_error *error)
{
	const char *slash = *name ? "/" : "";
	enum owned status = owned_status(st, false);

	if (status == OWNED_BY_OTHER)
		return tsem_error_set(
			error, EPERM,
			"the spool %s%s%s belongs to user %u and not to the user who runs tsem (%u): anybody's events could "
			"be in it; give tsem a directory of its own",
			path, slash, name, st->st_uid, geteuid());
	if (status == OWNED_WRITABLE)
		return tsem_error_set(
			error, EPERM,
			"the spool %s%s%s may be written by others (mode %04o): anybody's events could be in it; "
			"check its content, then chmod go-w",
			path, slash, name, st->st_mode & 07777);
	return 0;
}

/* A regular file of this user that has no other name. -ENOENT without an error. */
static int open_file(const struct spool_directory *directory, const char *name, int flags, struct tsem_error *error)
{
	int fd = openat(directory->fd, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600), r = 0;
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return -ENOENT;
	if (fd < 0 || fstat(fd, &st))
		r = tsem_error_set(error, errno, "cannot use %s/%s of the spool: %s", directory->path, name,
				   strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		r = tsem_error_set(error, EPERM, "%s/%s of the spool is no regular file with this name only; remove it",
				   directory->path, name);
	else
		r = check_owner(&st, directory->path, name, error);
	if (r && fd >= 0)
		close(fd);
	return r ? r : fd;
}

static int lock_directory(struct spool_directory *directory, struct tsem_error *error)
{
	struct stat st;
	int r;

	if (mkdir(directory->path, 0700) && errno != EEXIST)
		return tsem_error_set(error, errno, "cannot make the spool %s: %s", directory->path, strerror(errno));
	directory->fd = open(directory->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory->fd < 0 || fstat(directory->fd, &st))
		return tsem_error_set(error, errno, "cannot use the spool %s: %s", directory->path, strerror(errno));
	r = check_owner(&st, directory->path, "", error);
	if (r)
		return r;
	r = owned_path(directory->path, error);
	if (r) {
		tsem_error_wrap(error, "the spool %s", directory->path);
		return r;
	}
	directory->lock = open_file(directory, "lock", O_RDWR | O_CREAT, error);
	if (directory->lock < 0)
		return directory->lock;
	if (flock(directory->lock, LOCK_EX | LOCK_NB))
		return tsem_error_set(error, EBUSY, "the spool %s is in use by another tsem; give each its own",
				      directory->path);
	return 0;
}

int spool_directory_open(const char *path, struct spool_directory **ret_directory, struct tsem_error *error)
{
	struct spool_directory *directory = calloc(1, sizeof(*directory));
	int r;

	if (!directory)
		return tsem_error_set(error, ENOMEM, "out of memory");
	*directory = (struct spool_directory){strdup(path), -1, -1};
	r = directory->path ? lock_directory(directory, error) : tsem_error_set(error, ENOMEM, "out of memory");
	if (r)
		spool_directory_close(directory);
	else
		*ret_directory = directory;
	return r;
}

void spool_directory_close(struct spool_directory *directory)
{
	if (!directory)
		return;
	if (directory->lock >= 0)
		close(directory->lock);
	if (directory->fd >= 0)
		close(directory->fd);
	free(directory->path);
	free(directory);
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

int spool_list(const struct spool_directory *directory, tsem_u64 **ret_sequences, size_t *ret_count,
	       struct tsem_error *error)
{
	struct tsem_buffer found = {};
	struct dirent *entry;
	tsem_u64 sequence;
	int fd = openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		tsem_error_set(error, errno, "cannot read the spool %s: %s", directory->path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -EIO;
	}
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

int spool_position_read(const struct spool_directory *directory, struct position *ret_position,
			struct tsem_error *error)
{
	int fd = open_file(directory, "position", O_RDONLY, error);
	ssize_t n = -1;

	if (fd < 0 && fd != -ENOENT)
		return fd;
	if (fd >= 0) {
		n = read(fd, ret_position, sizeof(*ret_position));
		close(fd);
	}
	if (n != sizeof(*ret_position) || memcmp(ret_position->magic, position_magic, sizeof(position_magic)) ||
	    ret_position->version != POSITION_VERSION || ret_position->crc != position_crc(ret_position) ||
	    !memchr(ret_position->boot, 0, SINK_BOOT_MAX))
		memset(ret_position, 0, sizeof(*ret_position));
	return 0;
}

int spool_position_write(const struct spool_directory *directory, struct position *position, struct tsem_error *error)
{
	int fd, r;

	memcpy(position->magic, position_magic, sizeof(position_magic));
	position->version = POSITION_VERSION;
	position->crc = position_crc(position);
	unlinkat(directory->fd, "position.new",
		 0); /* of a crash, or of somebody else from before the directory was ours alone */
	fd = openat(directory->fd, "position.new", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	r = fd < 0 || write(fd, position, sizeof(*position)) != sizeof(*position) || fsync(fd) ? errno : 0;
	if (fd >= 0 && close(fd) && !r)
		r = errno;
	if (!r && renameat(directory->fd, "position.new", directory->fd, "position"))
		r = errno;
	return r ? tsem_error_set(error, r, "cannot write the position of the spool %s: %s", directory->path,
				  strerror(r)) :
		   0;
}

/* ---- maps whose file may become shorter under them ---- */

/*
 * A missing page causes SIGBUS. The handler maps zeros in its place and sets a flag: then the spool is not used any
 * more (spool_torn). Notes are never freed, so the handler can walk them at any moment.
 */
struct note {
	struct note *next;
	char *start; /* NULL: unused */
	size_t size;
};

static struct note *notes;
static int torn;
static size_t page; /* size of one; written before there is a note */

static void take_bus_error(int signal, siginfo_t *info, void *context)
{
	char *at = info->si_addr;

	(void)context;
	for (struct note *note = __atomic_load_n(&notes, __ATOMIC_ACQUIRE); note; note = note->next) {
		char *start = __atomic_load_n(&note->start, __ATOMIC_ACQUIRE);

		if (!start || at < start || at >= start + note->size)
			continue;
		__atomic_store_n(&torn, 1, __ATOMIC_RELEASE);
		at -= (uintptr_t)at % page;
		if (mmap(at, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at)
			return;
	}
	sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL); /* not of a spool: raised again */
}

static bool note_map(struct segment *segment)
{
	struct note *note = notes;
	struct sigaction action = {.sa_sigaction = take_bus_error, .sa_flags = SA_SIGINFO};

	page = sysconf(_SC_PAGESIZE);
	while (note && note->start)
		note = note->next;
	if (!note) {
		note = calloc(1, sizeof(*note));
		if (!note)
			return false;
		note->next = notes;
		__atomic_store_n(&notes, note, __ATOMIC_RELEASE);
	}
	note->size = segment->size;
	__atomic_store_n(&note->start, segment->map, __ATOMIC_RELEASE);
	segment->note = note;
	return !sigaction(SIGBUS, &action, NULL);
}

bool spool_torn(void)
{
	return __atomic_load_n(&torn, __ATOMIC_ACQUIRE);
}

void spool_tear(void)
{
	__atomic_store_n(&torn, 1, __ATOMIC_RELEASE);
}

/* ---- segments ---- */

void segment_free(struct segment *segment)
{
	if (!segment)
		return;
	if (segment->note)
		__atomic_store_n(&segment->note->start, NULL, __ATOMIC_RELEASE);
	if (segment->map)
		munmap(segment->map, segment->size);
	if (segment->fd >= 0)
		close(segment->fd);
	free(segment);
}

static int create_file(const struct spool_directory *directory, struct segment *segment)
{
	char name[SEGMENT_NAME];
	int r;

	segment_name(segment->sequence, name);
	segment->fd = openat(directory->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (segment->fd < 0)
		return -errno;
	r = posix_fallocate(segment->fd, 0, segment->size);
	if (r) {
		unlinkat(directory->fd, name, 0);
		return r == EDQUOT || r == EFBIG ? -ENOSPC : -r;
	}
	return 0;
}

static int map_segment(struct segment *segment, bool writable)
{
	bool file = segment->fd >= 0;

	segment->map = mmap(NULL, segment->size, writable ? PROT_READ | PROT_WRITE : PROT_READ,
			    file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, segment->fd, 0);
	if (segment->map == MAP_FAILED) {
		segment->map = NULL;
		return -errno;
	}
	return !file || note_map(segment) ? 0 : -ENOMEM;
}

int segment_create(const struct spool_directory *directory, tsem_u64 sequence, size_t size,
		   struct segment **ret_segment)
{
	struct segment *segment = calloc(1, sizeof(*segment));
	char name[SEGMENT_NAME];
	int r = 0;

	if (!segment)
		return -ENOMEM;
	*segment = (struct segment){.size = size, .used = SEGMENT_HEAD, .sequence = sequence, .fd = -1};
	if (directory)
		r = create_file(directory, segment);
	if (!r) {
		r = map_segment(segment, true);
		if (r && directory) {
			segment_name(sequence, name);
			unlinkat(directory->fd, name, 0);
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

static bool has_magic(const struct segment *segment)
{
	return !memcmp(segment->map, segment_magic, sizeof(segment_magic)) &&
	       !memcmp(segment->map + 8, &segment->sequence, sizeof(segment->sequence));
}

int segment_load(const struct spool_directory *directory, tsem_u64 sequence, struct segment **ret_segment,
		 struct tsem_error *error)
{
	struct segment *segment = calloc(1, sizeof(*segment));
	char name[SEGMENT_NAME];
	struct stat st = {};
	int r = 0;

	if (!segment)
		return tsem_error_set(error, ENOMEM, "out of memory");
	segment_name(sequence, name);
	segment->sequence = sequence;
	segment->fd = open_file(directory, name, O_RDWR, error);
	if (segment->fd < 0) {
		r = segment->fd == -ENOENT ?
			    tsem_error_set(error, ENOENT, "%s/%s of the spool is gone", directory->path, name) :
			    segment->fd;
		segment->fd = -1;
		segment_free(segment);
		return r;
	}
	if (fstat(segment->fd, &st))
		r = tsem_error_set(error, errno, "cannot read %s/%s: %s", directory->path, name, strerror(errno));
	else if (st.st_size < SEGMENT_HEAD)
		r = -EBADMSG;
	segment->size = st.st_size;
	if (!r) {
		r = map_segment(segment, false);
		if (r)
			tsem_error_set(error, -r, "cannot read %s/%s: %s", directory->path, name, strerror(-r));
	}
	if (!r && !has_magic(segment))
		r = -EBADMSG;
	if (r)
		segment_free(segment);
	else
		*ret_segment = segment;
	return r;
}

void segment_set_aside(const struct spool_directory *directory, tsem_u64 sequence)
{
	char name[SEGMENT_NAME], aside[SEGMENT_NAME + 16];

	segment_name(sequence, name);
	snprintf(aside, sizeof(aside), "%016llx.damaged", sequence);
	renameat(directory->fd, name, directory->fd, aside);
}

/* Up to a whole page: the bytes after the end of a file must not be read. */
void segment_shrink(struct segment *segment)
{
	size_t size = (segment->used + 4095) & ~(size_t)4095;

	if (size >= segment->size || ftruncate(segment->fd, size))
		return;
	munmap(segment->map + size, segment->size - size);
	segment->note->size = segment->size = size;
}

int segment_sync(struct segment *segment)
{
	return segment->fd >= 0 && fdatasync(segment->fd) ? -errno : 0;
}

void segment_remove(struct segment *segment, const struct spool_directory *directory)
{
	char name[SEGMENT_NAME];

	segment_name(segment->sequence, name);
	unlinkat(directory->fd, name, 0);
	segment_free(segment);
}
