/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "likeness.h"
#include "objects.h"

/* A process that is untrusted, and since which violation. */
struct suspect {
	tsem_u32 pid;
	size_t leader;
};

/* The newest suspect of that process; NULL when there is no suspect. */
static const struct suspect *find_suspect(const struct suspect *suspects, size_t count, tsem_u32 pid)
{
	while (count-- > 0) {
		if (suspects[count].pid == pid)
			return &suspects[count];
	}
	return NULL;
}

static bool is_leader(const struct tsem_entry *entry)
{
	return !entry->record || !(entry->record->flags & TSEM_RECORD_UNTRUSTED);
}

/* Every entry adds one suspect at most. */
static size_t find_leader(struct suspect *suspects, size_t *count, const struct tsem_record *record)
{
	const struct suspect *suspect;
	size_t leader;

	suspect = find_suspect(suspects, *count, record->pid);
	if (suspect)
		return suspect->leader;
	suspect = find_suspect(suspects, *count, record->ppid);
	if (!suspect)
		return TSEM_FINDING_NOBODY;
	leader = suspect->leader;
	suspects[(*count)++] = (struct suspect){record->pid, leader};
	return leader;
}

static void sort_entries(struct tsem_findings *findings, struct suspect *suspects)
{
	const struct tsem_set *forensics = findings->forensics;
	const struct tsem_entry *entry;
	size_t count = 0, i;

	for (i = 0; i < forensics->count; i++) {
		entry = &forensics->entries[i];
		if (!is_leader(entry)) {
			findings->leaders[i] = find_leader(suspects, &count, entry->record);
		} else {
			findings->leaders[i] = i;
			findings->violations++;
			if (entry->record)
				suspects[count++] = (struct suspect){entry->record->pid, i};
		}
		findings->refused += entry->record && entry->record->flags & TSEM_RECORD_REFUSED;
	}
}

/*
 * The part of the object that similar events share: its directory, or an address without the port. The whole object, if
 * nothing is shared.
 */
static size_t place_size(const char *object)
{
	const char *slash = strrchr(object, '/'), *port = strstr(object, " port ");

	if (object[0] == '/')
		return slash + 1 - object;
	return port ? (size_t)(port - object) : strlen(object);
}

/* Of all objects: who renames into another directory does something else. */
static void add_places(const struct tsem_record *record, struct tsem_buffer *places)
{
	struct tsem_buffer object = {0};
	struct describing d = {.record = record, .buffer = &object};
	const struct item *item = NULL;

	codec_decode_record(&d.codec, record);
	while ((item = object_next(&d.codec, item))) {
		object.size = 0;
		object_describe(&d, item);
		if (object.size)
			tsem_buffer_add(places, object.data, place_size(object.data));
		tsem_buffer_add(places, "", 1);
		places->failed |= object.failed;
	}
	tsem_buffer_deinit(&object);
}

/*
 * Groups events of one program with objects of one directory under one of them. A secret is neither a leader nor a
 * follower, and neither is an event whose record was lost.
 */
static bool add_like(struct tsem_set *keys, const struct tsem_record *record, size_t index, size_t *ret_like)
{
	tsem_u8 likeness[TSEM_DIGEST_SIZE];
	struct tsem_buffer places = {0};
	struct tsem_entry *key;
	bool is_new;

	*ret_like = index;
	if (record_secret(record))
		return true;
	add_places(record, &places);
	record_likeness(record, places.data ? places.data : "", places.size, likeness);
	key = places.failed ? NULL : tsem_set_add(keys, likeness, &is_new);
	tsem_buffer_deinit(&places);
	if (key && is_new)
		key->number = index;
	if (key)
		*ret_like = key->number;
	return key;
}

static int compare_likes(struct tsem_findings *findings)
{
	const struct tsem_set *forensics = findings->forensics;
	struct tsem_set keys = {0};
	size_t i;

	for (i = 0; i < forensics->count; i++) {
		findings->likes[i] = i;
		if (findings->leaders[i] != i || !forensics->entries[i].record)
			continue;
		if (!add_like(&keys, forensics->entries[i].record, i, &findings->likes[i]))
			break;
	}
	tsem_set_deinit(&keys);
	return i < forensics->count ? -ENOMEM : 0;
}

int tsem_findings_init(struct tsem_findings *findings, const struct tsem_set *forensics, struct tsem_error *error)
{
	struct suspect *suspects = calloc(forensics->count + 1, sizeof(*suspects));

	memset(findings, 0, sizeof(*findings));
	findings->forensics = forensics;
	findings->leaders = calloc(forensics->count + 1, sizeof(*findings->leaders));
	findings->likes = calloc(forensics->count + 1, sizeof(*findings->likes));
	if (suspects && findings->leaders && findings->likes) {
		sort_entries(findings, suspects);
		if (!compare_likes(findings)) {
			free(suspects);
			return 0;
		}
	}
	free(suspects);
	tsem_findings_deinit(findings);
	return tsem_error_set(error, ENOMEM, "out of memory for %zu violations", forensics->count);
}

void tsem_findings_deinit(struct tsem_findings *findings)
{
	free(findings->leaders);
	findings->leaders = NULL;
	free(findings->likes);
	findings->likes = NULL;
}

size_t tsem_findings_alike(const struct tsem_findings *findings, size_t first, tsem_u64 *ret_count)
{
	tsem_u64 count = 0;
	size_t alike = 0, i;

	for (i = first; i < findings->forensics->count; i++) {
		if (findings->leaders[i] != i || findings->likes[i] != first)
			continue;
		alike++;
		count += findings->forensics->entries[i].count;
	}
	*ret_count = count;
	return alike;
}

tsem_u64 tsem_findings_consequences(const struct tsem_findings *findings)
{
	tsem_u64 times = 0;

	for (size_t i = 0; i < findings->forensics->count; i++)
		if (findings->leaders[i] != i)
			times += findings->forensics->entries[i].count;
	return times;
}

size_t tsem_findings_followers(const struct tsem_findings *findings, size_t leader, size_t *ret_refused,
			       tsem_u64 *ret_times)
{
	const struct tsem_entry *entries = findings->forensics->entries;
	size_t count = 0, refused = 0, i;
	tsem_u64 times = 0;

	for (i = 0; i < findings->forensics->count; i++) {
		if (findings->leaders[i] != leader || i == leader)
			continue;
		count++;
		times += entries[i].count;
		refused += entries[i].record && entries[i].record->flags & TSEM_RECORD_REFUSED;
	}
	*ret_refused = refused;
	*ret_times = times;
	return count;
}
