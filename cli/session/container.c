/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "container.h"
#include "../../lib/json/members.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CONFIG_MAX (16u << 20)
#define KEY_MAX 256
#define ID_SHOWN 12
#define WAIT_LOOKS 300 /* of 100 ms */

/* ---- annotations ---- */

static bool take_value(struct scanner *s, char *target, size_t size, const char *key)
{
	size_t length;

	if (!scan_string(s, (tsem_u8 *)target, size - 1, true, &length))
		return false;
	target[length] = 0;
	return length && strlen(target) == length ? true : scan_fail(s, key, "it is empty, or has a NUL");
}

static bool take_annotation(struct scanner *s, const char *key, struct container_settings *settings)
{
	const char *name = key + strlen(CONTAINER_PREFIX);

	settings->present = true;
	if (!strcmp(name, "model"))
		return take_value(s, settings->model, sizeof(settings->model), "io.tsem.model");
	if (!strcmp(name, "mode"))
		return take_value(s, settings->mode, sizeof(settings->mode), "io.tsem.mode");
	if (!strcmp(name, "on-violation"))
		return take_value(s, settings->action, sizeof(settings->action), "io.tsem.on-violation");
	return scan_fail(
		s, NULL,
		"there are io.tsem.model, io.tsem.mode and io.tsem.on-violation, and no other annotation io.tsem.*");
}

static bool read_annotations(struct scanner *s, void *context)
{
	char key[KEY_MAX + 2];
	size_t size;

	if (!scan_expect(s, '{'))
		return false;
	scan_space(s);
	if (scan_accept(s, '}'))
		return true;
	do {
		scan_space(s);
		if (!scan_string(s, (tsem_u8 *)key, KEY_MAX, false, &size))
			return false;
		key[size > KEY_MAX ? KEY_MAX : size] = 0;
		scan_space(s);
		if (!scan_expect(s, ':'))
			return false;
		scan_space(s);
		if (strncmp(key, CONTAINER_PREFIX, strlen(CONTAINER_PREFIX)) ? !scan_skip(s) :
									       !take_annotation(s, key, context))
			return false;
		scan_space(s);
	} while (scan_accept(s, ','));
	return scan_expect(s, '}');
}

static bool read_group(struct scanner *s, void *context)
{
	struct container_settings *settings = context;
	size_t size;

	if (!scan_string(s, (tsem_u8 *)settings->group, sizeof(settings->group) - 1, true, &size))
		return false;
	settings->group[size] = 0;
	return true;
}

static bool read_linux(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"cgroupsPath", read_group, false}, {}};

	return json_members(s, members, context);
}

/* ---- the file ---- */

static int read_file(const char *path, char **ret_text, size_t *ret_size, struct tsem_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char *text = NULL;
	ssize_t n;
	int r = 0;

	if (fd < 0 || fstat(fd, &st))
		r = tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size > CONFIG_MAX)
		r = tsem_error_set(error, EFBIG, "%s is no file of at most 16 MiB", path);
	else if (!(text = malloc(st.st_size + 1)))
		r = tsem_error_set(error, ENOMEM, "out of memory for %s", path);
	else if ((n = pread(fd, text, st.st_size, 0)) != st.st_size)
		r = tsem_error_set(error, EIO, "cannot read the whole of %s", path);
	if (fd >= 0)
		close(fd);
	if (r) {
		free(text);
		return r;
	}
	*ret_text = text;
	*ret_size = st.st_size;
	return 0;
}

static int check_settings(const char *path, struct container_settings *settings, struct tsem_error *error)
{
	tsem_u32 action;

	if (!settings->present)
		return 0;
	if (!settings->mode[0])
		strcpy(settings->mode, "enforce");
	if (!settings->model[0])
		return tsem_error_set(error, EINVAL, "%s: annotation io.tsem.model is missing: it names the model",
				      path);
	if (settings->model[0] != '/')
		return tsem_error_set(error, EINVAL,
				      "%s: annotation io.tsem.model has to be a path that begins with /, not %s", path,
				      settings->model);
	if (strcmp(settings->mode, "learn") && strcmp(settings->mode, "sealed") && strcmp(settings->mode, "enforce"))
		return tsem_error_set(error, EINVAL, "%s: annotation io.tsem.mode is learn, sealed or enforce, not %s",
				      path, settings->mode);
	if (settings->action[0] && tsem_action_parse(settings->action, strlen(settings->action), &action))
		return tsem_error_set(error, EINVAL, "%s: annotation io.tsem.on-violation cannot be %s", path,
				      settings->action);
	if (!settings->action[0] && !strcmp(settings->mode, "enforce"))
		strcpy(settings->action, "deny");
	return 0;
}

int container_read(const char *path, struct container_settings *ret_settings, struct tsem_error *error)
{
	static const struct json_member members[] = {{"annotations", read_annotations, false},
						     {"linux", read_linux, false},
						     {}};
	struct container_settings settings = {};
	struct scanner s = {};
	size_t size;
	char *text;
	int r = read_file(path, &text, &size, error);

	if (r)
		return r;
	s.start = s.at = text;
	s.end = text + size;
	if (!json_members(&s, members, &settings) || !json_end(&s))
		r = tsem_error_set(error, EBADMSG, "%s cannot be understood at byte %td: %s%s%s", path,
				   (s.where ? s.where : s.at) - s.start, s.member ? s.member : "", s.member ? ": " : "",
				   s.reason ? s.reason : "it is no JSON");
	free(text);
	if (!r)
		r = check_settings(path, &settings, error);
	if (!r)
		*ret_settings = settings;
	return r;
}

/* ---- what runs ---- */

static bool read_pid(struct scanner *s, void *context)
{
	unsigned *pid = context, n = 0;
	const char *at;

	scan_space(s);
	for (at = s->at; at < s->end && isdigit((unsigned char)*at) && n < 1u << 24; at++)
		n = n * 10 + *at - '0';
	*pid = n;
	return scan_skip(s);
}

unsigned container_pid(const char *state, size_t size)
{
	static const struct json_member members[] = {{"pid", read_pid, true}, {}};
	struct scanner s = {.start = state, .at = state, .end = state + size};
	unsigned pid = 0;

	return json_members(&s, members, &pid) ? pid : 0;
}

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

/* Its runtime may have put the process into a group below. */
static void cut_behind(char *path, const char *component)
{
	size_t length = strlen(component);

	for (char *at = path; length > 1 && (at = strstr(at, component)); at++)
		if (at[length] == '/') {
			at[length] = 0;
			return;
		}
}

int container_group(unsigned pid, const struct container_settings *settings, char *ret_path, size_t size,
		    struct tsem_error *error)
{
	char file[64], line[PATH_MAX] = "", component[NAME_MAX + 2];
	FILE *groups;
	bool found = false;

	snprintf(file, sizeof(file), "/proc/%u/cgroup", pid);
	groups = fopen(file, "re");
	while (groups && !found && fgets(line, sizeof(line), groups))
		found = !strncmp(line, "0::/", 4);
	if (groups)
		fclose(groups);
	line[strcspn(line, "\n")] = 0;
	if (!found || !line[4])
		return tsem_error_set(error, EOPNOTSUPP,
				      "the container has no control group of its own: it cannot be modeled");
	own_component(settings->group, component, sizeof(component));
	cut_behind(line + 3, component);
	return snprintf(ret_path, size, TSEM_GROUPS "%s", line + 3) < (int)size ?
		       0 :
		       tsem_error_set(error, ENAMETOOLONG, "the control group of the container has too long a name");
}

void container_session(const char *id, char ret_name[TSEM_NAME_MAX])
{
	size_t n = 0;

	for (const char *c = id; *c && n < ID_SHOWN; c++)
		if (isalnum((unsigned char)*c) || (n && strchr("._+-", *c)))
			ret_name[n++] = *c;
	ret_name[n] = 0;
	if (!n)
		strcpy(ret_name, "container");
}

void container_wait(const char *name)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	struct tsem_session session;

	for (int i = 0; i < WAIT_LOOKS && !tsem_session_status(name, &session, NULL) && session.orchestrated; i++)
		nanosleep(&pause, NULL);
}
