/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which signed models are too old (docs/signing.md). One file, lines of text:
 *
 *   tsem-serials 1
 *   seen SERIAL SHA256 NAME     the newest that was accepted
 *   until SERIAL NAME           none up to this serial
 *   revoked SHA256              not this one
 *
 * It fails closed: whatever cannot be read, understood or written is an error,
 * and then no model is accepted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buffer.h"
#include "../base/owned.h"
#include "../event/digest.h"
#include "../tsem.h"

#define HEAD "tsem-serials 1\n"
#define SIZE_MAX_OF_FILE (16u << 20)
#define HEX (2 * TSEM_DIGEST_SIZE)

struct entry {
	char kind; /* of the line: its first letter */
	tsem_u64 serial;
	tsem_u8 sha256[TSEM_DIGEST_SIZE];
	const char *name; /* in the text */
};

struct serials {
	const char *path;
	char *directory;
	int lock;
	char *text;
	struct entry *entries; /* room for two more */
	size_t count;
};

static int fail(const struct serials *serials, int code, const char *what, struct tsem_error *error)
{
	return tsem_error_set(error, code, "%s %s, so no model can be accepted: %s", what, serials->path,
			      strerror(code));
}

/* Only this user may own and write it. */
static int check_file(const struct serials *serials, int fd, const char *path, struct tsem_error *error)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail(serials, errno, "cannot look at", error);
	if (owned_status(&st, false) != OWNED_ALONE)
		return tsem_error_set(
			error, EPERM,
			"%s, which says which models are too old, can be written by others (user %u, mode %04o): look "
			"at it, then chown and chmod go-w",
			path, st.st_uid, st.st_mode & 07777);
	return 0;
}

/* ---- reading ---- */

static bool take_number(char **at, tsem_u64 *ret_number)
{
	char *start = *at;

	if (*start < '1' || *start > '9')
		return false;
	errno = 0;
	*ret_number = strtoull(start, at, 10);
	return !errno && *(*at)++ == ' ';
}

static bool take_digest(char **at, char end, tsem_u8 *digest)
{
	if (strlen(*at) < HEX || (*at)[HEX] != end || !digest_parse(*at, digest))
		return false;
	*at += HEX + (end != 0);
	return true;
}

static bool parse_line(char *line, struct entry *entry)
{
	char *at = strchr(line, ' ');
	bool good;

	if (!at)
		return false;
	*at++ = 0;
	entry->kind = line[0];
	if (!strcmp(line, "revoked"))
		return take_digest(&at, 0, entry->sha256);
	good = !strcmp(line, "seen") ? take_number(&at, &entry->serial) && take_digest(&at, ' ', entry->sha256) :
				       !strcmp(line, "until") && take_number(&at, &entry->serial);
	entry->name = at;
	return good;
}

static bool parse(struct serials *serials, size_t size)
{
	char *at = serials->text, *end = at + size, *newline;
	size_t lines = 0;

	for (const char *c = at; c < end; c++)
		lines += *c == '\n';
	serials->entries = calloc(lines + 2, sizeof(*serials->entries));
	if (!serials->entries || strlen(at) != size || (size && strncmp(at, HEAD, strlen(HEAD)) != 0))
		return false;
	for (at += size ? strlen(HEAD) : 0; at < end; at = newline + 1) {
		newline = strchr(at, '\n');
		if (!newline)
			return false;
		*newline = 0;
		if (!parse_line(at, &serials->entries[serials->count++]))
			return false;
	}
	return true;
}

static int read_file(struct serials *serials, struct tsem_error *error)
{
	int fd = open(serials->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK), r = 0;
	ssize_t n = 0;
	struct stat st = {};

	if (fd < 0 && errno != ENOENT)
		return fail(serials, errno, "cannot read", error);
	if (fd >= 0)
		r = check_file(serials, fd, serials->path, error);
	if (!r && fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > SIZE_MAX_OF_FILE))
		r = tsem_error_set(error, EFBIG,
				   "%s is not a regular file of at most %u MiB, so no model can be accepted",
				   serials->path, SIZE_MAX_OF_FILE >> 20);
	serials->text = r ? NULL : calloc(1, st.st_size + 1);
	if (serials->text && fd >= 0)
		n = read(fd, serials->text, st.st_size);
	if (!r && (!serials->text || n != st.st_size))
		r = fail(serials, EIO, "cannot read", error);
	if (fd >= 0)
		close(fd);
	if (!r && !parse(serials, n))
		r = tsem_error_set(error, EBADMSG,
				   "%s, which says which models are too old, is damaged, so no model can be accepted",
				   serials->path);
	return r;
}

static void serials_close(struct serials *serials)
{
	if (serials->lock >= 0)
		close(serials->lock);
	free(serials->entries);
	free(serials->text);
	free(serials->directory);
}

/*
 * Two concurrent starts do not lose each other's entry. Only this user can open the file, so nobody else can hold the
 * lock.
 */
static int lock_serials(struct serials *serials, struct tsem_error *error)
{
	struct tsem_buffer name = {0};
	int r = 0;

	tsem_buffer_printf(&name, "%s" TSEM_SERIALS_LOCK, serials->path);
	if (!name.failed)
		serials->lock = open(name.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (serials->lock < 0)
		r = fail(serials, name.failed ? ENOMEM : errno, "cannot lock", error);
	if (!r)
		r = check_file(serials, serials->lock, name.data, error);
	if (!r && (fchmod(serials->lock, 0600) || flock(serials->lock, LOCK_EX)))
		r = fail(serials, errno, "cannot lock", error);
	tsem_buffer_deinit(&name);
	return r;
}

static int check_directory(const struct serials *serials, struct tsem_error *error)
{
	int fd = open(serials->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? fail(serials, errno, "cannot open the directory of", error) :
			 check_file(serials, fd, serials->directory, error);

	if (fd >= 0)
		close(fd);
	return r;
}

static int serials_open(struct serials *serials, const char *path, struct tsem_error *error)
{
	const char *slash = strrchr(path, '/');
	int r;

	*serials = (struct serials){.path = path, .lock = -1};
	serials->directory = slash ? strndup(path, slash - path + (slash == path)) : strdup(".");
	if (!serials->directory)
		return fail(serials, ENOMEM, "cannot read", error);
	if (mkdir(serials->directory, 0700) && errno != EEXIST)
		return fail(serials, errno, "cannot make the directory of", error);
	r = check_directory(serials, error);
	if (!r)
		r = lock_serials(serials, error);
	return r ? r : read_file(serials, error);
}

/* ---- writing ---- */

static int write_file(const struct serials *serials, struct tsem_error *error)
{
	struct tsem_buffer buffer = {0};
	char hex[HEX + 1];
	int r;

	buffer_text(&buffer, HEAD);
	for (size_t i = 0; i < serials->count; i++) {
		const struct entry *entry = &serials->entries[i];

		digest_format(entry->sha256, hex);
		if (entry->kind == 's')
			tsem_buffer_printf(&buffer, "seen %llu %s %s\n", entry->serial, hex, entry->name);
		else if (entry->kind == 'u')
			tsem_buffer_printf(&buffer, "until %llu %s\n", entry->serial, entry->name);
		else
			tsem_buffer_printf(&buffer, "revoked %s\n", hex);
	}
	if (buffer.failed || buffer.size > SIZE_MAX_OF_FILE)
		r = fail(serials, buffer.failed ? ENOMEM : EFBIG, "cannot write", error);
	else
		r = tsem_buffer_write(&buffer, serials->path, error);
	tsem_buffer_deinit(&buffer);
	return r;
}

static struct entry *find(const struct serials *serials, char kind, const char *name)
{
	for (size_t i = 0; i < serials->count; i++)
		if (serials->entries[i].kind == kind && !strcmp(serials->entries[i].name, name))
			return &serials->entries[i];
	return NULL;
}

/* Found, or new with serial 0. */
static struct entry *entry_of(struct serials *serials, char kind, const char *name)
{
	struct entry *entry = find(serials, kind, name);

	if (entry)
		return entry;
	entry = &serials->entries[serials->count++];
	*entry = (struct entry){.kind = kind, .name = name};
	return entry;
}

static bool is_revoked(const struct serials *serials, const tsem_u8 *sha256)
{
	for (size_t i = 0; i < serials->count; i++)
		if (serials->entries[i].kind == 'r' && !memcmp(serials->entries[i].sha256, sha256, TSEM_DIGEST_SIZE))
			return true;
	return false;
}

/* A name that a line can hold. */
static int check_name(const char *name, struct tsem_error *error)
{
	for (const char *at = name; *at; at++)
		if ((unsigned char)*at < 0x20)
			return tsem_error_set(error, EINVAL,
					      "a model whose name has control characters can have no serial");
	return *name ? 0 : tsem_error_set(error, EINVAL, "a model without a name can have no serial");
}

/* ---- queries ---- */

static int accept_serial(struct serials *serials, const char *path, const char *name, const struct tsem_signed *info,
			 struct tsem_error *error)
{
	const struct entry *until = find(serials, 'u', name);
	struct entry *seen = find(serials, 's', name);
	tsem_u64 serial = info->validity.serial, least = until ? until->serial + 1 : 0;
	bool same = seen && seen->serial == serial && !memcmp(seen->sha256, info->sha256, TSEM_DIGEST_SIZE);

	if (is_revoked(serials, info->sha256))
		return tsem_error_set(error, EKEYREVOKED, "model %s is refused: it was revoked", path);
	if (!serial && (seen || until))
		return tsem_error_set(
			error, EKEYREVOKED,
			"model %s is refused: it has no serial, and models of the name %s have one, of which %llu was "
			"the highest",
			path, name, seen && seen->serial >= least ? seen->serial : least - 1);
	if (serial && until && serial <= until->serial)
		return tsem_error_set(error, EKEYREVOKED,
				      "model %s is refused: its serial is %llu, and up to %llu the models of the name "
				      "%s were revoked",
				      path, serial, until->serial, name);
	if (seen && serial < seen->serial)
		return tsem_error_set(error, EKEYREVOKED,
				      "model %s is refused: its serial is %llu, and %llu of the name %s has run here "
				      "already",
				      path, serial, seen->serial, name);
	if (seen && serial == seen->serial && !same)
		return tsem_error_set(error, EKEYREVOKED,
				      "model %s is refused: its serial is %llu, and another model of the name %s with "
				      "this serial has run here",
				      path, serial, name);
	if (!serial || same)
		return 0;
	seen = entry_of(serials, 's', name);
	seen->serial = serial;
	memcpy(seen->sha256, info->sha256, TSEM_DIGEST_SIZE);
	return write_file(serials, error);
}

int tsem_serials_accept(const char *path_of_serials, const char *path, const char *name, const struct tsem_signed *info,
			struct tsem_error *error)
{
	struct serials serials;
	int r = info->validity.serial ? check_name(name, error) : 0;

	if (r)
		return r;
	r = serials_open(&serials, path_of_serials, error);
	if (!r)
		r = accept_serial(&serials, path, name, info, error);
	serials_close(&serials);
	return r;
}

int tsem_serials_revoke_name(const char *path, const char *name, tsem_u64 serial, struct tsem_error *error)
{
	struct serials serials;
	struct entry *until;
	int r = check_name(name, error);

	if (r)
		return r;
	r = serials_open(&serials, path, error);
	if (!r) {
		until = entry_of(&serials, 'u', name);
		if (until->serial < serial)
			until->serial = serial;
		r = write_file(&serials, error);
	}
	serials_close(&serials);
	return r;
}

int tsem_serials_revoke(const char *path, const tsem_u8 sha256[TSEM_DIGEST_SIZE], struct tsem_error *error)
{
	struct serials serials;
	int r = serials_open(&serials, path, error);

	if (!r && !is_revoked(&serials, sha256)) {
		struct entry *entry = &serials.entries[serials.count++];

		*entry = (struct entry){.kind = 'r', .name = ""};
		memcpy(entry->sha256, sha256, TSEM_DIGEST_SIZE);
		r = write_file(&serials, error);
	}
	serials_close(&serials);
	return r;
}
