/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "unused_id.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/random.h>

#define COUNT (UNUSED_ID_LAST - UNUSED_ID_FIRST + 1)

/* Of those of the range, from the first on. */
struct ids {
	bool mapped[COUNT], taken[COUNT];
};

static void take(struct ids *ids, unsigned id)
{
	if (id >= UNUSED_ID_FIRST && id <= UNUSED_ID_LAST)
		ids->taken[id - UNUSED_ID_FIRST] = true;
}

/* Not the owner of its directory: that is root for each process that leaves no core dump, as those that look for an id. */
static void take_those_of(struct ids *ids, const char *process)
{
	char path[300], line[256];
	unsigned id[4];
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%s/status", process);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status)) {
		if (sscanf(line, "Uid: %u %u %u %u", &id[0], &id[1], &id[2], &id[3]) != 4)
			continue;
		for (size_t i = 0; i < 4; i++)
			take(ids, id[i]);
		break;
	}
	if (status)
		fclose(status);
}

static int find_taken(struct ids *ids)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;

	if (!processes)
		return -errno;
	while ((entry = readdir(processes)))
		if (isdigit((unsigned char)entry->d_name[0]))
			take_those_of(ids, entry->d_name);
	closedir(processes);
	return 0;
}

/* In a user namespace, only those that it has can be used. Without /proc that is not known: then taking it may fail. */
static int find_mapped(bool *mapped, const char *map)
{
	FILE *file = fopen(map, "re");
	unsigned first, outside, count;
	int r = file ? 0 : -errno;

	memset(mapped, r == -ENOENT, COUNT);
	if (r == -ENOENT)
		return 0;
	while (!r && fscanf(file, "%u %u %u", &first, &outside, &count) == 3)
		for (unsigned i = 0; i < COUNT; i++)
			mapped[i] |= UNUSED_ID_FIRST + i >= first && UNUSED_ID_FIRST + i - first < count;
	if (file)
		fclose(file);
	return r;
}

static int find_ids(struct ids *ids)
{
	bool groups[COUNT], some = false;
	int r = find_mapped(ids->mapped, "/proc/self/uid_map");

	if (!r)
		r = find_mapped(groups, "/proc/self/gid_map");
	if (r)
		return r;
	for (unsigned i = 0; i < COUNT; i++) {
		ids->mapped[i] &= groups[i];
		some |= ids->mapped[i];
	}
	return some ? find_taken(ids) : -ENXIO;
}

int unused_id(uid_t *ret_id)
{
	struct ids ids = {};
	unsigned start;
	int r = find_ids(&ids);

	if (r)
		return r;
	if (getrandom(&start, sizeof(start), 0) != sizeof(start))
		return -EIO;
	for (unsigned i = 0; i < COUNT; i++) {
		unsigned place = (start % COUNT + i) % COUNT;
		uid_t id = UNUSED_ID_FIRST + place;

		if (!ids.mapped[place] || ids.taken[place] || getpwuid(id) || getgrgid(id))
			continue;
		*ret_id = id;
		return 0;
	}
	return -EUSERS;
}
