/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"

/* A process that is untrusted, and since which violation. */
struct suspect {
	tsem_u32 pid;
	size_t leader;
};

/* The newest suspect of that process; NULL when there is none. */
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
		return FINDING_NOBODY;
	leader = suspect->leader;
	suspects[(*count)++] = (struct suspect){ record->pid, leader };
	return leader;
}

static void sort_entries(struct findings *findings, struct suspect *suspects)
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
				suspects[count++] = (struct suspect){ entry->record->pid, i };
		}
		findings->refused += entry->record && entry->record->flags & TSEM_RECORD_REFUSED;
	}
}

int findings_init(struct findings *findings, const struct tsem_set *forensics, struct tsem_error *error)
{
	struct suspect *suspects = calloc(forensics->count + 1, sizeof(*suspects));

	memset(findings, 0, sizeof(*findings));
	findings->forensics = forensics;
	findings->leaders = calloc(forensics->count + 1, sizeof(*findings->leaders));
	if (!suspects || !findings->leaders) {
		free(suspects);
		findings_deinit(findings);
		return tsem_error_set(error, ENOMEM, "out of memory for %zu violations", forensics->count);
	}
	sort_entries(findings, suspects);
	free(suspects);
	return 0;
}

void findings_deinit(struct findings *findings)
{
	free(findings->leaders);
	findings->leaders = NULL;
}

size_t findings_followers(const struct findings *findings, size_t leader, size_t *ret_refused)
{
	const struct tsem_entry *entries = findings->forensics->entries;
	size_t count = 0, refused = 0, i;

	for (i = 0; i < findings->forensics->count; i++) {
		if (findings->leaders[i] != leader || i == leader)
			continue;
		count++;
		refused += entries[i].record && entries[i].record->flags & TSEM_RECORD_REFUSED;
	}
	*ret_refused = refused;
	return count;
}
