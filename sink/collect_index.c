/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "collect_index.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#define INDEX_FIRST 64u
#define SEEN_FIRST 4096u

/* ---- things by their names ---- */

tsem_u32 index_find(const struct index *index, tsem_u64 hash, bool (*same)(const void *context, tsem_u32 number),
		    const void *context)
{
	size_t mask = index->room - 1;
	tsem_u32 tag = hash >> 32;

	if (!index->room)
		return INDEX_NONE;
	for (size_t i = tag & mask; index->slots[i]; i = (i + 1) & mask)
		if (index->tags[i] == tag && same(context, index->slots[i] - 1))
			return index->slots[i] - 1;
	return INDEX_NONE;
}

static void put(tsem_u32 *slots, tsem_u32 *tags, size_t room, tsem_u32 tag, tsem_u32 slot)
{
	size_t i = tag & (room - 1);

	while (slots[i])
		i = (i + 1) & (room - 1);
	slots[i] = slot;
	tags[i] = tag;
}

static bool grow(struct index *index)
{
	size_t room = index->room ? 2 * index->room : INDEX_FIRST;
	tsem_u32 *slots = calloc(room, sizeof(*slots)), *tags = calloc(room, sizeof(*tags));

	if (!slots || !tags) {
		free(slots);
		free(tags);
		return false;
	}
	for (size_t i = 0; i < index->room; i++)
		if (index->slots[i])
			put(slots, tags, room, index->tags[i], index->slots[i]);
	free(index->slots);
	free(index->tags);
	index->slots = slots;
	index->tags = tags;
	index->room = room;
	return true;
}

bool index_add(struct index *index, tsem_u64 hash, tsem_u32 number)
{
	if (2 * index->count >= index->room && !grow(index))
		return false;
	put(index->slots, index->tags, index->room, hash >> 32, number + 1);
	index->count++;
	return true;
}

void index_deinit(struct index *index)
{
	free(index->slots);
	free(index->tags);
	*index = (struct index){0};
}

/* ---- contents of the last events ---- */

/* Entry N of all that ever were is in place N modulo room; the newest of a chain is at its head. */
struct seen_entry {
	tsem_u64 number, digest;
	tsem_u32 stream;
	tsem_u32 before; /* in the same chain: the low bits of its N */
};

struct seen {
	struct seen_entry *entries;
	tsem_u32 *heads;
	tsem_u32 room, limit;
	tsem_u64 count; /* of all that ever were; the first has N = 1 */
	struct keyed key;
	EVP_MD *md;
	EVP_MD_CTX *context;
};

static bool make_room(struct seen *seen, tsem_u32 room)
{
	struct seen_entry *entries = calloc(room, sizeof(*entries));
	tsem_u32 *heads = calloc(room, sizeof(*heads));

	if (!entries || !heads) {
		free(entries);
		free(heads);
		return false;
	}
	free(seen->entries);
	free(seen->heads);
	seen->entries = entries;
	seen->heads = heads;
	seen->room = room;
	return true;
}

struct seen *seen_create(tsem_u32 limit, const struct keyed *key)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return NULL;
	seen->key = *key;
	seen->limit = limit;
	seen->md = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	seen->context = EVP_MD_CTX_new();
	if (seen->md && seen->context && make_room(seen, limit < SEEN_FIRST ? limit : SEEN_FIRST))
		return seen;
	seen_destroy(seen);
	return NULL;
}

void seen_destroy(struct seen *seen)
{
	if (!seen)
		return;
	EVP_MD_CTX_free(seen->context);
	EVP_MD_free(seen->md);
	free(seen->entries);
	free(seen->heads);
	free(seen);
}

/* SHA-256, so that nobody can find another content for a digest. */
bool seen_digest(struct seen *seen, const char *text, size_t size, tsem_u64 *ret_digest)
{
	tsem_u8 digest[EVP_MAX_MD_SIZE];

	if (!EVP_DigestInit_ex2(seen->context, seen->md, NULL) || !EVP_DigestUpdate(seen->context, text, size) ||
	    !EVP_DigestFinal_ex(seen->context, digest, NULL))
		return false;
	memcpy(ret_digest, digest, sizeof(*ret_digest));
	return true;
}

static tsem_u32 *head_of(const struct seen *seen, tsem_u32 stream, tsem_u64 number)
{
	tsem_u64 hash = keyed_fold(number ^ seen->key.words[0], stream ^ seen->key.words[1]);

	return &seen->heads[(keyed_fold(hash, seen->key.words[2]) ^ hash) & (seen->room - 1)];
}

static void put_entry(struct seen *seen, const struct seen_entry *entry)
{
	tsem_u32 *head = head_of(seen, entry->stream, entry->number);
	struct seen_entry *place = &seen->entries[++seen->count & (seen->room - 1)];

	*place = *entry;
	place->before = *head;
	*head = seen->count;
}

/* When there is no memory for more, fewer are known. */
static void grow_seen(struct seen *seen)
{
	struct seen_entry *entries = seen->entries;
	tsem_u32 room = seen->room, *heads = seen->heads;
	tsem_u64 count = seen->count;

	seen->entries = NULL;
	seen->heads = NULL;
	if (!make_room(seen, 2 * room)) {
		seen->entries = entries;
		seen->heads = heads;
		seen->limit = room;
		return;
	}
	seen->count = 0;
	for (tsem_u64 n = 1; n <= count; n++)
		put_entry(seen, &entries[n & (room - 1)]);
	free(entries);
	free(heads);
}

void seen_add(struct seen *seen, tsem_u32 stream, tsem_u64 number, tsem_u64 digest)
{
	const struct seen_entry entry = {.number = number, .digest = digest, .stream = stream};

	if (seen->count == seen->room && seen->room < seen->limit)
		grow_seen(seen);
	put_entry(seen, &entry);
}

int seen_compare(const struct seen *seen, tsem_u32 stream, tsem_u64 number, tsem_u64 digest)
{
	tsem_u32 now = seen->count, n = *head_of(seen, stream, number), age = 0;
	int result = 0;

	/* From new to old: a chain ends where its entries have been overwritten, or at its beginning. */
	for (bool first = true; n && now - n < seen->room && (first || now - n > age); first = false) {
		const struct seen_entry *entry = &seen->entries[n & (seen->room - 1)];

		age = now - n;
		if (entry->stream == stream && entry->number == number) {
			if (entry->digest == digest)
				return 1;
			result = -1;
		}
		n = entry->before;
	}
	return result;
}
