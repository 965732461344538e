/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "policy.h"
#include "../base/owned.h"
#include "../json/members.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct policy {
	struct container_settings settings;
	bool matches; /* the member is there */
	char *digest, *image, *name; /* patterns; NULL: any */
	struct container_pairs labels, annotations;
};

static void policy_deinit(struct policy *policy)
{
	free(policy->digest);
	free(policy->image);
	free(policy->name);
	container_pairs_deinit(&policy->labels);
	container_pairs_deinit(&policy->annotations);
}

/* ---- reading ---- */

static bool take_pattern(struct scanner *s, char **target)
{
	size_t size;

	if (*target)
		return scan_fail(s, NULL, "this member is there twice");
	if (!json_text(s, target, &size))
		return false;
	return (size && strlen(*target) == size) || scan_fail(s, NULL, "it is empty, or has a NUL");
}

static bool take_patterns(struct scanner *s, struct container_pairs *pairs)
{
	if (pairs->count)
		return scan_fail(s, NULL, "this member is there twice");
	if (s->at == s->end || *s->at != '{')
		return scan_fail(s, NULL, "a { is expected");
	return container_take_pairs(s, pairs, true);
}

/* Nothing is left out, as json_members does: a mistyped name would change what a file matches. */
static bool take_match(struct scanner *s, const char *name, void *context)
{
	struct policy *policy = context;

	if (!strcmp(name, "digest"))
		return take_pattern(s, &policy->digest);
	if (!strcmp(name, "image"))
		return take_pattern(s, &policy->image);
	if (!strcmp(name, "name"))
		return take_pattern(s, &policy->name);
	if (!strcmp(name, "labels"))
		return take_patterns(s, &policy->labels);
	if (!strcmp(name, "annotations"))
		return take_patterns(s, &policy->annotations);
	return scan_fail(s, "match", "there are digest, image, name, labels and annotations, and nothing else");
}

static bool take_member(struct scanner *s, const char *name, void *context)
{
	struct policy *policy = context;

	if (strcmp(name, "match"))
		return container_take_setting(s, name, &policy->settings);
	if (policy->matches)
		return scan_fail(s, "match", "this member is there twice");
	policy->matches = true;
	return json_each(s, take_match, policy);
}

static bool take_policy(struct scanner *s, void *context)
{
	return json_each(s, take_member, context);
}

static int read_policy(const char *path, struct policy *ret_policy, struct tsem_error *error)
{
	char where[PATH_MAX + 8];
	int r = owned_path(path, error);

	*ret_policy = (struct policy){.settings.present = true};
	if (r)
		tsem_error_wrap(error, "%s is not used", path);
	else
		r = container_read_json(path, take_policy, ret_policy, error);
	snprintf(where, sizeof(where), "%s: ", path);
	if (!r && !ret_policy->matches)
		r = tsem_error_set(error, EBADMSG, "%s: match is missing: it says for which containers; {} is for all",
				   path);
	if (!r)
		r = container_check_settings(where, true, &ret_policy->settings, error);
	if (r)
		policy_deinit(ret_policy);
	return r;
}

/* ---- matching ---- */

static bool any_like(const char *pattern, const struct container_names *names)
{
	bool like = !pattern;

	for (size_t i = 0; i < names->count && !like; i++)
		like = !fnmatch(pattern, names->items[i], 0);
	return like;
}

static bool pairs_like(const struct container_pairs *wanted, const struct container_pairs *there)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const char *value = container_pair(there, wanted->items[i].key);

		if (!value || fnmatch(wanted->items[i].value, value, 0))
			return false;
	}
	return true;
}

/* What the container has not; NULL: it matches. What is not known of it matches no pattern. */
static const char *unlike(const struct policy *policy, const struct container *container,
			  const struct container_identity *identity)
{
	if (!any_like(policy->digest, &identity->digests))
		return "digest";
	if (!any_like(policy->image, &identity->images))
		return "image";
	if (policy->name && (!identity->name || fnmatch(policy->name, identity->name, 0)))
		return "name";
	if (!pairs_like(&policy->labels, &identity->labels))
		return "labels";
	return pairs_like(&policy->annotations, &container->annotations) ? NULL : "annotations";
}

/* ---- the directory ---- */

static int is_policy(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && !strcmp(dot, ".json");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A directory that is not there has no files. Who may write it could have removed some. */
static int list(const char *directory, struct dirent ***ret_entries, struct tsem_error *error)
{
	int r, count;

	*ret_entries = NULL;
	if (access(directory, F_OK) && errno == ENOENT)
		return 0;
	r = owned_path(directory, error);
	if (r) {
		tsem_error_wrap(error, "%s, which says how containers are modeled, is not used", directory);
		return r;
	}
	count = scandir(directory, ret_entries, is_policy, by_name);
	if (count >= 0)
		return count;
	return tsem_error_set(error, errno, "cannot read %s, which says how containers are modeled: %s", directory,
			      strerror(errno));
}

static void free_list(struct dirent **entries, int count)
{
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}

int policy_find(const char *directory, const struct container *container, const struct container_identity *identity,
		struct container_settings *ret_settings, char ret_path[PATH_MAX], struct tsem_error *error)
{
	struct dirent **entries;
	struct policy policy;
	bool found = false;
	int count = list(directory, &entries, error), r = count < 0 ? count : 0;

	*ret_settings = (struct container_settings){};
	for (int i = 0; !r && !found && i < count; i++) {
		snprintf(ret_path, PATH_MAX, "%s/%s", directory, entries[i]->d_name);
		r = read_policy(ret_path, &policy, error);
		if (r)
			break;
		found = !unlike(&policy, container, identity);
		if (found)
			*ret_settings = policy.settings;
		policy_deinit(&policy);
	}
	free_list(entries, count);
	return r;
}

int policy_each(const char *directory, const struct container *container, const struct container_identity *identity,
		policy_told_fn fn, void *context, struct tsem_error *error)
{
	struct dirent **entries;
	struct policy policy;
	char path[PATH_MAX];
	int count = list(directory, &entries, error), r = count < 0 ? count : 0;

	for (int i = 0; !r && i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		r = read_policy(path, &policy, error);
		if (r)
			break;
		fn(context, path, unlike(&policy, container, identity));
		policy_deinit(&policy);
	}
	free_list(entries, count);
	return r;
}
