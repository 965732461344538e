/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Looks at every overlay file system that is mounted, in whichever mount namespace, for the programs to note it. */
#include "runtime.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAMESPACES_MAX 4096 /* more than a machine has: the rest is noted when it is touched */

struct namespaces {
	ino_t seen[NAMESPACES_MAX];
	size_t count;
};

/* Whether the mount namespace of the process is a new one. */
static bool is_new(struct namespaces *namespaces, const char *pid)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", pid);
	if (stat(path, &st))
		return false;
	for (size_t i = 0; i < namespaces->count; i++)
		if (namespaces->seen[i] == st.st_ino)
			return false;
	if (namespaces->count == NAMESPACES_MAX)
		return false;
	namespaces->seen[namespaces->count++] = st.st_ino;
	return true;
}

/* Blanks and the like are \\ooo in there. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] && text[3]) {
			*to++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = 0;
}

/* One line of mountinfo: the fifth word is the place, the kind of file system comes behind " - ". */
static void look_at(const char *pid, char *line)
{
	char path[PATH_MAX + 64], *place = line, *kind = strstr(line, " - ");
	struct stat st;

	if (!kind || strncmp(kind, " - overlay ", 11) != 0)
		return;
	for (int word = 0; word < 4 && place; word++)
		place = strchr(place, ' ') ? strchr(place, ' ') + 1 : NULL;
	if (!place || !strchr(place, ' '))
		return;
	*strchr(place, ' ') = 0;
	unescape(place);
	snprintf(path, sizeof(path), "/proc/%s/root%s", pid, place);
	(void)!stat(path, &st); /* one that something is mounted over is noted when it is touched */
}

static void look_through(const char *pid)
{
	char path[PATH_MAX], *text, *line, *next;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%s/mountinfo", pid);
	if (runtime_read_file(path, &text, &size, NULL))
		return;
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		look_at(pid, line);
	}
	free(text);
}

void overlays_look(void)
{
	struct namespaces *namespaces = calloc(1, sizeof(*namespaces));
	DIR *directory = opendir("/proc");
	struct dirent *entry;

	while (namespaces && directory && (entry = readdir(directory)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_new(namespaces, entry->d_name))
			look_through(entry->d_name);
	if (directory)
		closedir(directory);
	free(namespaces);
}
