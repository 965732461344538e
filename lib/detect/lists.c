/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The lists of a detection: digests, in a map inside a map, so that all of them are replaced in one step; and words.
 */
#include "../base/file.h"
#include "../base/hex.h"
#include "../kernel/object.h"
#include "detect.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGESTS_MAX 1000000
#define BATCH 4096
#define FILE_MAX_MIB 256

static int open_list(const char *directory, const char *map)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", directory, map);
	return bpf_obj_get(path);
}

/* A line of sha256sum, or a digest alone. */
static bool take_digest(const char *line, size_t length, tsem_u8 *ret_digest)
{
	if (length < 2 * TSEM_DIGEST_SIZE || (length > 2 * TSEM_DIGEST_SIZE && line[2 * TSEM_DIGEST_SIZE] != ' '))
		return false;
	return hex_parse(line, TSEM_DIGEST_SIZE, ret_digest);
}

struct digests {
	tsem_u8 (*items)[TSEM_DIGEST_SIZE];
	size_t count;
};

static int parse(const char *path, const char *bytes, size_t size, struct digests *digests, struct tsem_error *error)
{
	size_t number = 0, length;

	for (size_t at = 0; at < size; at += length + 1) {
		const char *end = memchr(bytes + at, '\n', size - at);

		length = end ? (size_t)(end - bytes - at) : size - at;
		number++;
		if (!length || bytes[at] == '#')
			continue;
		if (digests->count == DIGESTS_MAX)
			return tsem_error_set(error, E2BIG, "%s has more than %d digests", path, DIGESTS_MAX);
		if (!take_digest(bytes + at, length, digests->items[digests->count++]))
			return tsem_error_set(error, EINVAL,
					      "%s, line %zu is no SHA-256 digest of 64 small hexadecimal digits", path,
					      number);
	}
	return 0;
}

static int read_digests(const char *path, struct digests *digests, struct tsem_error *error)
{
	struct tsem_buffer file = {};
	size_t lines = 1;
	int r = file_read(path, (tsem_u64)FILE_MAX_MIB << 20, &file);

	if (r == -EFBIG)
		r = tsem_error_set(error, EFBIG, "%s is no file of at most %d MiB", path, FILE_MAX_MIB);
	else if (r)
		r = tsem_error_set(error, -r, "cannot read %s: %s", path, strerror(-r));
	for (size_t i = 0; !r && i < file.size; i++)
		lines += file.data[i] == '\n';
	if (!r)
		digests->items = malloc((lines < DIGESTS_MAX ? lines : DIGESTS_MAX) * TSEM_DIGEST_SIZE);
	if (!r)
		r = digests->items ? parse(path, file.data, file.size, digests, error) :
				     tsem_error_set(error, ENOMEM, "out of memory");
	tsem_buffer_deinit(&file);
	return r;
}

static int fill(int map, const struct digests *digests)
{
	tsem_u8 *ones = malloc(BATCH);
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	int r = ones ? 0 : -ENOMEM;

	if (ones)
		memset(ones, 1, BATCH);
	for (size_t done = 0; !r && done < digests->count; done += BATCH) {
		__u32 count = digests->count - done < BATCH ? digests->count - done : BATCH;

		r = bpf_map_update_batch(map, digests->items[done], ones, &count, &options);
	}
	free(ones);
	return r;
}

tsem_u32 detect_list_id(int outer)
{
	tsem_u32 zero = 0, id;

	return bpf_map_lookup_elem(outer, &zero, &id) ? 0 : id;
}

/*
 * The new map takes the place of the old one at once: no program ever sees half of it. Which of the two goes is noted no
 * longer: there is room for so many objects, and lists are given anew every day.
 */
static int replace_list(const struct tsem_detect *detect, int outer, const struct digests *digests,
			struct tsem_error *error)
{
	size_t room = digests->count ? digests->count : 1;
	int map = bpf_map_create(BPF_MAP_TYPE_HASH, "tsem_digests", TSEM_DIGEST_SIZE, 1, room, NULL), r;
	tsem_u32 zero = 0, old = detect_list_id(outer);

	r = map < 0 ? -errno : fill(map, digests);
	if (!r)
		r = object_note(detect->kernel->guarded, TSEM_OBJECT_MAP, map);
	if (!r && bpf_map_update_elem(outer, &zero, &map, BPF_ANY))
		r = -errno;
	if (!r)
		detect_unnote_map(detect, old);
	else if (map >= 0)
		object_forget(detect->kernel->guarded, TSEM_OBJECT_MAP, map);
	if (map >= 0)
		close(map);
	return r ? tsem_error_set(error, -r, "cannot make the list of %zu digests: %s", digests->count, strerror(-r)) :
		   0;
}

static int set_digests(const struct tsem_detect *detect, const char *directory, const char *name, const char *path,
		       struct tsem_error *error)
{
	struct digests digests = {};
	int outer = open_list(directory, "tsem_list"), r;

	if (outer < 0)
		return tsem_error_set(error, EINVAL, "the detection %s has no list of digests", name);
	r = read_digests(path, &digests, error);
	if (!r)
		r = replace_list(detect, outer, &digests, error);
	free(digests.items);
	close(outer);
	return r;
}

static int parse_words(const char *text, char words[TSEM_DETECT_WORDS_MAX][TSEM_DETECT_WORD], struct tsem_error *error)
{
	for (tsem_u32 n = 0; *text; n++) {
		size_t length = strcspn(text, ",");

		if (n == TSEM_DETECT_WORDS_MAX)
			return tsem_error_set(error, E2BIG, "there can be at most %d words", TSEM_DETECT_WORDS_MAX);
		if (!length || length >= TSEM_DETECT_WORD)
			return tsem_error_set(error, EINVAL, "\"%.*s\" is no word of 1 to %d bytes", (int)length, text,
					      TSEM_DETECT_WORD - 1);
		memcpy(words[n], text, length);
		text += length + (text[length] == ',');
	}
	return 0;
}

/* All of them are the one value of a map; those behind the last are empty. */
static int set_words(const char *directory, const char *name, const char *text, struct tsem_error *error)
{
	char words[TSEM_DETECT_WORDS_MAX][TSEM_DETECT_WORD] = {};
	int map = open_list(directory, "tsem_words"), r;
	tsem_u32 zero = 0;

	if (map < 0)
		return tsem_error_set(error, EINVAL, "the detection %s has no list of words", name);
	r = parse_words(text, words, error);
	if (!r && bpf_map_update_elem(map, &zero, words, BPF_ANY))
		r = tsem_error_set(error, errno, "cannot write the words of %s: %s", name, strerror(errno));
	close(map);
	return r;
}

int detect_lists_set(const struct tsem_detect *detect, const char *directory, const char *name,
		     const struct tsem_detect_change *change, struct tsem_error *error)
{
	int r = change->digests ? set_digests(detect, directory, name, change->digests, error) : 0;

	return !r && change->words ? set_words(directory, name, change->words, error) : r;
}

static size_t count_digests(int outer)
{
	tsem_u8 key[TSEM_DIGEST_SIZE], *last = NULL;
	tsem_u32 id = detect_list_id(outer);
	size_t count = 0;
	int map = id ? bpf_map_get_fd_by_id(id) : -1;

	while (map >= 0 && !bpf_map_get_next_key(map, last, key)) {
		last = key;
		count++;
	}
	if (map >= 0)
		close(map);
	return count;
}

static size_t count_words(int map)
{
	char words[TSEM_DETECT_WORDS_MAX][TSEM_DETECT_WORD] = {};
	size_t count = 0;
	tsem_u32 zero = 0;

	if (bpf_map_lookup_elem(map, &zero, words))
		return 0;
	for (tsem_u32 n = 0; n < TSEM_DETECT_WORDS_MAX; n++)
		count += !!words[n][0];
	return count;
}

void detect_lists_count(const char *directory, size_t *ret_digests, size_t *ret_words)
{
	int list = open_list(directory, "tsem_list"), words = open_list(directory, "tsem_words");

	*ret_digests = list >= 0 ? count_digests(list) : 0;
	*ret_words = words >= 0 ? count_words(words) : 0;
	if (list >= 0)
		close(list);
	if (words >= 0)
		close(words);
}
