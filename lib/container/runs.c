/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A container that runs: its control group, its session. */
#include "container.h"
#include "../base/file.h"
#include "../base/group.h"
#include "../base/replace.h"
#include "../kernel/runtime.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ID_RANDOM 64 /* characters of an id that an engine makes, of which some are enough */
#define ID_SHOWN 12
#define WAIT_LOOKS 300 /* of 100 ms */

/* The last component that the runtime was told of: of a path, or of "slice:prefix:name". */
static void own_component(const char *told, char *ret_name, size_t size)
{
	const char *first = strchr(told, ':'), *second = first ? strchr(first + 1, ':') : NULL,
		   *slash = strrchr(told, '/');

	if (second)
		snprintf(ret_name, size, "/%.*s-%s.scope", (int)(second - first - 1), first + 1, second + 1);
	else
		snprintf(ret_name, size, "%s", slash ? slash : "");
}

/* Its runtime may have put the process into a group below. False: the part is not there. */
static bool cut_behind(char *path, const char *part)
{
	size_t length = strlen(part);

	for (char *at = path; length > 1 && (at = strstr(at, part)); at++)
		if (at[length] == '/' || !at[length]) {
			at[length] = 0;
			return true;
		}
	return false;
}

/*
 * As a whole, where that is there: a group above may have the same name. Nothing told: the group that it is in. False:
 * it is elsewhere, as by annotations that say where the runtime puts the first process alone.
 */
static bool cut_to_told(char *path, const char *told)
{
	char component[NAME_MAX + 2];

	if (told[0] == '/' && cut_behind(path, told))
		return true;
	own_component(told, component, sizeof(component));
	return strlen(component) <= 1 || cut_behind(path, component);
}

/* The process that starts the container must not be modeled with it, as it would be in the same group or below. */
static bool is_own(const char *path)
{
	char own[PATH_MAX];
	size_t length = strlen(path);

	control_group_of("self", own);
	return !strcmp(path, "/") || (!strncmp(own, path, length) && (!own[length] || own[length] == '/'));
}

int container_group(unsigned pid, const struct container *container, char *ret_path, size_t size,
		    struct tsem_error *error)
{
	char process[16], path[PATH_MAX];

	snprintf(process, sizeof(process), "%u", pid);
	control_group_of(process, path);
	if (!cut_to_told(path, container->group))
		return tsem_error_set(
			error, EPERM,
			"the first process of the container is not in its control group, but in %.512s: others "
			"of the container would not be modeled",
			path);
	if (!*path || is_own(path))
		return tsem_error_set(error, EOPNOTSUPP,
				      "the container has no control group of its own: it cannot be modeled");
	return snprintf(ret_path, size, TSEM_GROUPS "%s", path) < (int)size ?
		       0 :
		       tsem_error_set(error, ENAMETOOLONG, "the control group of the container has too long a name");
}

void container_session(const char *id, char ret_name[TSEM_NAME_MAX])
{
	size_t n = 0, room = strlen(id) == ID_RANDOM && strspn(id, "0123456789abcdef") == ID_RANDOM ? ID_SHOWN :
												      TSEM_NAME_MAX - 1;

	for (const char *c = id; *c && n < room; c++)
		if (isalnum((unsigned char)*c) || (n && strchr("._+-", *c)))
			ret_name[n++] = *c;
	ret_name[n] = 0;
	if (!n)
		strcpy(ret_name, "container");
}

/* The number of the session, and the container's whole id. */
static int note_of(const char *name, const char *id, char ret_path[PATH_MAX], char ret_text[PATH_MAX],
		   struct tsem_error *error)
{
	struct tsem_session session;
	int r = tsem_session_status(name, &session, error);

	if (r)
		return r;
	session_files_path(name, "container", ret_path, PATH_MAX);
	snprintf(ret_text, PATH_MAX, "%llu %s\n", session.status.id, id);
	return 0;
}

int container_note(const char *name, const char *id, struct tsem_error *error)
{
	char path[PATH_MAX], text[PATH_MAX];
	int r = note_of(name, id, path, text, error);

	return r ? r : replace_file(path, text, strlen(text), REPLACE_PRIVATE | REPLACE_VOLATILE, error);
}

bool container_noted(const char *name, const char *id)
{
	char path[PATH_MAX], text[PATH_MAX];
	struct tsem_buffer noted = {};
	bool own = !note_of(name, id, path, text, NULL) && !file_read(path, sizeof(text), &noted) &&
		   noted.size == strlen(text) && !memcmp(noted.data, text, noted.size);

	tsem_buffer_deinit(&noted);
	return own;
}

void container_wait(const char *name)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	struct tsem_session session;

	for (int i = 0; i < WAIT_LOOKS && !tsem_session_status(name, &session, NULL) && session.orchestrated; i++)
		nanosleep(&pause, NULL);
}
