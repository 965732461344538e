/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "container.h"
#include "../base/file.h"
#include "../base/replace.h"
#include "../json/members.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX (16u << 20)
#define PAIRS_MAX 4096
#define MOUNTS_MAX 65536
#define NAMED_MAX 64

/* ---- settings ---- */

static bool take_value(struct scanner *s, char *target, size_t size, const char *key)
{
	size_t length;

	if (*target)
		return scan_fail(s, key, "it is there twice");
	if (!scan_string(s, (tsem_u8 *)target, size - 1, true, &length))
		return false;
	target[length] = 0;
	return length && strlen(target) == length ? true : scan_fail(s, key, "it is empty, or has a NUL");
}

static const struct setting {
	const char *name;
	size_t at, size;
} all_settings[] = {
#define SETTING(name, member) \
	{ \
		name, offsetof(struct container_settings, member), sizeof(((struct container_settings *)0)->member) \
	}
	SETTING("model", model),       SETTING("mode", mode),		SETTING("on-violation", action),
	SETTING("syscalls", syscalls), SETTING("about", about),		SETTING("require-signed", keys),
	SETTING("attached", attached), SETTING("otherwise", otherwise), SETTING("models", models),
	SETTING("learning", learning),
#undef SETTING
};
#define SETTINGS (sizeof(all_settings) / sizeof(*all_settings))

bool container_take_setting(struct scanner *s, const char *name, struct container_settings *settings)
{
	settings->present = true;
	for (size_t i = 0; i < SETTINGS; i++)
		if (!strcmp(name, all_settings[i].name))
			return take_value(s, (char *)settings + all_settings[i].at, all_settings[i].size,
					  all_settings[i].name);
	return scan_fail(
		s, NULL,
		"there are model, mode, on-violation, syscalls, require-signed, about, attached and otherwise, in policies also models and learning, and no other setting of tsem");
}

/* What is said in more takes the place of the same in settings. */
static void override(struct container_settings *settings, const struct container_settings *more)
{
	settings->present |= more->present;
	for (size_t i = 0; i < SETTINGS; i++) {
		const char *value = (const char *)more + all_settings[i].at;

		if (*value)
			strcpy((char *)settings + all_settings[i].at, value);
	}
}

static int check_path(const char *where, const char *name, const char *path, struct tsem_error *error)
{
	if (!*path || *path == '/')
		return 0;
	return tsem_error_set(error, EINVAL, "%s%s has to be a path that begins with /, not %s", where, name, path);
}

bool container_word_is_one_of(const char *word, const char *const *all)
{
	while (*all && strcmp(*all, word))
		all++;
	return *all;
}

static int check_words(const char *where, bool policy, const struct container_settings *settings,
		       struct tsem_error *error)
{
	static const char *const modes[] = {"learn", "sealed", "enforce", NULL},
				 *const more[] = {"off", "refuse", "annotations", NULL},
				 *const answers[] = {"yes", "no", NULL}, *const others[] = {"refuse", "learn", NULL};
	tsem_u32 action;

	if (!container_word_is_one_of(settings->mode, modes) &&
	    !(policy && container_word_is_one_of(settings->mode, more)))
		return tsem_error_set(error, EINVAL, "%smode must be learn, sealed%s enforce%s, not \"%s\"", where,
				      policy ? "," : " or", policy ? ", off, refuse or annotations" : "",
				      settings->mode);
	if (settings->action[0] && tsem_action_parse(settings->action, strlen(settings->action), &action))
		return tsem_error_set(error, EINVAL,
				      "%son-violation must be untrust, deny, log, kill or freeze, not \"%s\"", where,
				      settings->action);
	if (!container_word_is_one_of(settings->syscalls, answers))
		return tsem_error_set(error, EINVAL, "%ssyscalls must be yes or no, not \"%s\"", where,
				      settings->syscalls);
	if (settings->about[0] && strcmp(settings->about, "image"))
		return tsem_error_set(error, EINVAL, "%sabout must be image, not \"%s\"", where, settings->about);
	if (settings->otherwise[0] && !container_word_is_one_of(settings->otherwise, others))
		return tsem_error_set(error, EINVAL, "%sotherwise must be refuse or learn, not \"%s\"", where,
				      settings->otherwise);
	return 0;
}

/* The annotations say the rest. */
static int check_annotated(const char *where, const struct container_settings *settings, struct tsem_error *error)
{
	static const char *const answers[] = {"yes", "no", "", NULL};

	if (!settings->models[0])
		return tsem_error_set(
			error, EINVAL,
			"%smodels is missing: it names the directory of the models that annotations may name", where);
	if (!container_word_is_one_of(settings->learning, answers))
		return tsem_error_set(error, EINVAL, "%slearning must be yes or no, not \"%s\"", where,
				      settings->learning);
	if (settings->model[0] || settings->action[0] || settings->syscalls[0] || settings->about[0] ||
	    settings->keys[0] || settings->attached[0] || settings->otherwise[0])
		return tsem_error_set(error, EINVAL,
				      "%sthe mode annotations has models and learning, and no other setting", where);
	return check_path(where, "models", settings->models, error);
}

/* The model comes from beside the image; the file is where one is learned, if that is wanted. */
static int check_attached(const char *where, const struct container_settings *settings, struct tsem_error *error)
{
	static const char *const modes[] = {"enforce", "sealed", NULL};
	bool learn = !strcmp(settings->otherwise, "learn");

	if (!settings->keys[0])
		return tsem_error_set(error, EINVAL, "%sattached is for signed models: add require-signed", where);
	if (!container_word_is_one_of(settings->mode, modes))
		return tsem_error_set(error, EINVAL, "%sattached is for the modes enforce and sealed", where);
	if (settings->model[0] && !learn)
		return tsem_error_set(
			error, EINVAL,
			"%smodel and attached are both there: model is then the file that otherwise=learn writes",
			where);
	if (!settings->model[0] && learn)
		return tsem_error_set(error, EINVAL,
				      "%smodel is missing: it names the file that otherwise=learn writes", where);
	return 0;
}

/* What asks for more than can be had is refused, not left out. */
static int check_together(const char *where, const struct container_settings *settings, struct tsem_error *error)
{
	static const char *const without[] = {"off", "refuse", NULL};

	if (settings->attached[0])
		return check_attached(where, settings, error);
	if (settings->otherwise[0])
		return tsem_error_set(error, EINVAL, "%sotherwise is for models of images: add attached", where);
	if (!settings->model[0] && !container_word_is_one_of(settings->mode, without))
		return tsem_error_set(error, EINVAL, "%smodel is missing: it names the file", where);
	if (settings->about[0] && !settings->keys[0])
		return tsem_error_set(error, EINVAL, "%sabout is for signed models: add require-signed", where);
	if (settings->keys[0] && !strcmp(settings->mode, "learn"))
		return tsem_error_set(error, EINVAL, "%srequire-signed is for the modes enforce and sealed", where);
	return 0;
}

int container_check_settings(const char *where, bool policy, struct container_settings *settings,
			     struct tsem_error *error)
{
	int r;

	if (!settings->present)
		return 0;
	if (policy && !strcmp(settings->mode, "annotations"))
		return check_annotated(where, settings, error);
	if (settings->models[0] || settings->learning[0])
		return tsem_error_set(error, EINVAL, "%smodels and learning are for policies with the mode annotations",
				      where);
	if (!settings->mode[0])
		strcpy(settings->mode, "enforce");
	if (!settings->syscalls[0])
		strcpy(settings->syscalls, "yes");
	r = check_words(where, policy, settings, error);
	if (!r)
		r = check_together(where, settings, error);
	if (!r)
		r = check_path(where, "model", settings->model, error);
	if (!r)
		r = check_path(where, "require-signed", settings->keys, error);
	if (!r)
		r = check_path(where, "attached", settings->attached, error);
	if (!r && !settings->action[0] && !strcmp(settings->mode, "enforce"))
		strcpy(settings->action, "deny");
	return r;
}

/* ---- objects of strings ---- */

/* strict: there is nothing but strings. */
static bool take_pair(struct scanner *s, const char *key, struct container_pairs *pairs, bool strict)
{
	struct container_pair *more, pair = {};
	size_t size;

	if (s->at < s->end && *s->at != '"')
		return strict ? scan_fail(s, NULL, "a string is expected") : scan_skip(s);
	more = pairs->count < PAIRS_MAX ? reallocarray(pairs->items, pairs->count + 1, sizeof(*more)) : NULL;
	if (!more)
		return scan_fail(s, NULL, "there are too many of them");
	pairs->items = more;
	if (!json_text(s, &pair.value, &size))
		return false;
	pair.key = strdup(key);
	if (!pair.key) {
		free(pair.value);
		return scan_fail(s, NULL, "out of memory");
	}
	pairs->items[pairs->count++] = pair;
	return true;
}

static bool take_any(struct scanner *s, const char *key, void *context)
{
	return take_pair(s, key, context, false);
}

static bool take_string(struct scanner *s, const char *key, void *context)
{
	return take_pair(s, key, context, true);
}

bool container_take_pairs(struct scanner *s, struct container_pairs *pairs, bool strict)
{
	return json_null(s) || json_each(s, strict ? take_string : take_any, pairs);
}

const char *container_pair(const struct container_pairs *pairs, const char *key)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (!strcmp(pairs->items[i].key, key))
			return pairs->items[i].value;
	return NULL;
}

void container_pairs_deinit(struct container_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		free(pairs->items[i].key);
		free(pairs->items[i].value);
	}
	free(pairs->items);
	*pairs = (struct container_pairs){};
}

/* ---- config.json ---- */

static struct container_named *find_named(const struct container *container, const char *name)
{
	for (size_t i = 0; name && i < container->named_count; i++)
		if (!strcmp(container->named[i].name, name))
			return &container->named[i];
	return NULL;
}

static struct container_named *add_named(struct container *container, const char *name)
{
	struct container_named *more = reallocarray(container->named, container->named_count + 1, sizeof(*more));
	char *copy = strdup(name);

	if (more)
		container->named = more;
	if (!more || !copy) {
		free(copy);
		return NULL;
	}
	more += container->named_count++;
	*more = (struct container_named){.name = copy};
	return more;
}

/* at: the slash in it. */
static bool take_named(struct scanner *s, const char *setting, const char *at, struct container *container)
{
	char word[32];
	struct container_named *named = find_named(container, at + 1);

	if (!at[1] || snprintf(word, sizeof(word), "%.*s", (int)(at - setting), setting) >= (int)sizeof(word))
		return scan_fail(s, NULL, CONTAINER_PREFIX "SETTING/NAME is expected: NAME is that of a container");
	if (!named && container->named_count == NAMED_MAX)
		return scan_fail(s, NULL, "annotations can name at most 64 containers");
	if (!named && !(named = add_named(container, at + 1)))
		return scan_fail(s, NULL, "out of memory");
	return container_take_setting(s, word, &named->settings);
}

static bool take_annotation(struct scanner *s, const char *key, void *context)
{
	struct container *container = context;
	const char *setting, *at;

	if (strncmp(key, CONTAINER_PREFIX, strlen(CONTAINER_PREFIX)))
		return take_pair(s, key, &container->annotations, false);
	setting = key + strlen(CONTAINER_PREFIX);
	at = strchr(setting, '/');
	return at ? take_named(s, setting, at, container) : container_take_setting(s, setting, &container->settings);
}

static bool read_annotations(struct scanner *s, void *context)
{
	return json_null(s) || json_each(s, take_annotation, context);
}

static bool read_path(struct scanner *s, char ret_path[PATH_MAX])
{
	size_t size;

	if (!scan_string(s, (tsem_u8 *)ret_path, PATH_MAX - 1, true, &size))
		return false;
	ret_path[size] = 0;
	return true;
}

static bool read_group(struct scanner *s, void *context)
{
	return read_path(s, ((struct container *)context)->group);
}

static bool read_seccomp(struct scanner *s, void *context)
{
	struct container *container = context;

	scan_space(s);
	container->seccomp = s->at - s->start;
	if (!scan_skip(s))
		return false;
	container->seccomp_size = s->at - s->start - container->seccomp;
	return true;
}

static bool read_linux(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"cgroupsPath", read_group, false},
						     {"seccomp", read_seccomp, false},
						     {}};
	struct container *container = context;
	struct scanner ahead = *s;

	if (scan_accept(&ahead, '{')) {
		container->linux_at = ahead.at - ahead.start;
		container->linux_empty = scan_accept(&ahead, '}');
	}
	return json_members(s, members, context);
}

static bool read_root_path(struct scanner *s, void *context)
{
	return read_path(s, ((struct container *)context)->root);
}

static bool read_root(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"path", read_root_path, false}, {}};

	return json_members(s, members, context);
}

struct mount {
	char source[PATH_MAX], target[PATH_MAX];
};

static bool read_source(struct scanner *s, void *context)
{
	return read_path(s, ((struct mount *)context)->source);
}

static bool read_target(struct scanner *s, void *context)
{
	return read_path(s, ((struct mount *)context)->target);
}

static bool read_mount(struct scanner *s, void *context)
{
	static const struct json_member members[] = {{"source", read_source, false},
						     {"destination", read_target, false},
						     {}};
	struct container *container = context;
	struct mount mount = {};

	if (!json_members(s, members, &mount))
		return false;
	if (!strcmp(mount.target, "/etc/hostname"))
		strcpy(container->hostname_file, mount.source);
	return true;
}

static bool read_mounts(struct scanner *s, void *context)
{
	return json_null(s) || json_list(s, MOUNTS_MAX, read_mount, context);
}

int container_read_file(const char *path, char **ret_text, size_t *ret_size, struct tsem_error *error)
{
	struct tsem_buffer text = {};
	int r = file_read(path, CONFIG_MAX, &text);

	if (!r) {
		*ret_text = text.data;
		*ret_size = text.size;
		return 0;
	}
	tsem_buffer_deinit(&text);
	if (r == -EFBIG)
		return tsem_error_set(error, EFBIG, "%s is no file of at most 16 MiB", path);
	if (r == -EIO)
		return tsem_error_set(error, EIO, "cannot read the whole of %s", path);
	return tsem_error_set(error, -r, "cannot read %s: %s", path, strerror(-r));
}

int container_read_json(const char *path, bool (*read)(struct scanner *scanner, void *context), void *context,
			struct tsem_error *error)
{
	struct scanner s = {};
	size_t size;
	char *text;
	int r = container_read_file(path, &text, &size, error);

	if (r)
		return r;
	s.start = s.at = text;
	s.end = text + size;
	scan_space(&s);
	if (!read(&s, context) || !json_end(&s))
		r = json_refuse(path, &s, error);
	free(text);
	return r;
}

static int parse(const char *path, struct container *container, struct tsem_error *error)
{
	static const struct json_member members[] = {{"annotations", read_annotations, false},
						     {"linux", read_linux, false},
						     {"mounts", read_mounts, false},
						     {"root", read_root, false},
						     {}};
	struct scanner s = {.start = container->text, .at = container->text, .end = container->text + container->size};

	return json_members(&s, members, container) && json_end(&s) ? 0 : json_refuse(path, &s, error);
}

static int check_annotations(const char *path, struct container_settings *settings, struct tsem_error *error)
{
	char where[PATH_MAX + 64];

	snprintf(where, sizeof(where), "%s: annotation " CONTAINER_PREFIX, path);
	return container_check_settings(where, false, settings, error);
}

/* A name that was mistyped, or left out, must not leave a container of the pod unmodeled. */
static int refuse_unnamed(const char *path, const struct container *container, const char *name,
			  struct tsem_error *error)
{
	const char *other = container->named[0].name;

	if (!name)
		return tsem_error_set(error, EPERM,
				      "%s: annotations " CONTAINER_PREFIX
				      "* are for container %s, and the name of this one is not known",
				      path, other);
	return tsem_error_set(
		error, EPERM,
		"%s: annotations " CONTAINER_PREFIX
		"* are for container %s, and none is for this one: if it is not to be modeled, say " CONTAINER_PREFIX
		"mode/%s: off",
		path, other, name);
}

int container_annotated(const char *path, const struct container *container, const char *name,
			struct container_settings *ret_settings, struct tsem_error *error)
{
	const struct container_named *own = find_named(container, name);

	*ret_settings = container->settings;
	if (!container->named_count)
		return 0; /* they have been checked */
	if (!own && !container->settings.present)
		return refuse_unnamed(path, container, name, error);
	if (own)
		override(ret_settings, &own->settings);
	if (own && !strcmp(own->settings.mode, "off")) {
		*ret_settings = (struct container_settings){};
		return 0;
	}
	return check_annotations(path, ret_settings, error);
}

int container_read(const char *path, struct container *ret_container, struct tsem_error *error)
{
	struct container *container = ret_container;
	int r;

	*container = (struct container){};
	r = container_read_file(path, &container->text, &container->size, error);
	if (!r)
		r = parse(path, container, error);
	if (!r && !container->named_count)
		r = check_annotations(path, &container->settings, error);
	if (r)
		container_deinit(container);
	return r;
}

void container_deinit(struct container *container)
{
	container_pairs_deinit(&container->annotations);
	for (size_t i = 0; i < container->named_count; i++)
		free(container->named[i].name);
	free(container->named);
	container->named = NULL;
	container->named_count = 0;
	free(container->text);
	container->text = NULL;
}

int container_write_filter(const char *path, const struct container *container, const struct tsem_buffer *filter,
			   struct tsem_error *error)
{
	size_t at = container->seccomp ? container->seccomp : container->linux_at,
	       behind = at + container->seccomp_size;
	struct tsem_buffer text = {};
	int r;

	if (!at)
		return tsem_error_set(error, EBADMSG, "%s has no linux: there is no container whose system calls count",
				      path);
	tsem_buffer_add(&text, container->text, at);
	if (!container->seccomp)
		tsem_buffer_printf(&text, "\"seccomp\":");
	tsem_buffer_add(&text, filter->data, filter->size);
	if (!container->seccomp && !container->linux_empty)
		tsem_buffer_printf(&text, ",");
	tsem_buffer_add(&text, container->text + behind, container->size - behind);
	r = text.failed ? tsem_error_set(error, ENOMEM, "out of memory") :
			  replace_file(path, text.data, text.size, REPLACE_VOLATILE, error);
	tsem_buffer_deinit(&text);
	return r;
}

/* ---- what runs ---- */

static bool read_pid(struct scanner *s, void *context)
{
	struct container_state *state = context;
	unsigned n = 0;
	const char *at;

	scan_space(s);
	for (at = s->at; at < s->end && isdigit((unsigned char)*at) && n < 1u << 24; at++)
		n = n * 10 + *at - '0';
	state->pid = n;
	return scan_skip(s);
}

static bool read_id(struct scanner *s, void *context)
{
	return read_path(s, ((struct container_state *)context)->id);
}

static bool read_status(struct scanner *s, void *context)
{
	return read_path(s, ((struct container_state *)context)->status);
}

static bool read_bundle(struct scanner *s, void *context)
{
	return read_path(s, ((struct container_state *)context)->bundle);
}

int container_state_read(const char *where, const char *text, size_t size, struct container_state *ret_state,
			 struct tsem_error *error)
{
	static const struct json_member members[] = {{"pid", read_pid, false},
						     {"id", read_id, false},
						     {"status", read_status, false},
						     {"bundle", read_bundle, false},
						     {}};
	struct scanner s = {.start = text, .at = text, .end = text + size};

	*ret_state = (struct container_state){};
	return json_members(&s, members, ret_state) && json_end(&s) ? 0 : json_refuse(where, &s, error);
}
