/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verbs that change detections: add, set, rm, arm; and forgive. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../text/output.h"
#include "detect.h"

static int read_scope(const struct invocation *v, struct tsem_detect_change *change)
{
	const char *scope = invocation_value(v, OPTION_detect_scope);

	if (!scope)
		return 0;
	if (!strcmp(scope, "host"))
		change->which |= TSEM_DETECT_HOST;
	else if (!strncmp(scope, "namespace:", 10) && scope[10])
		change->scope_namespace = scope + 10;
	else if (!strncmp(scope, "cgroup:", 7) && scope[7])
		change->scope_group = scope + 7;
	else
		return usage_error(v, "--scope is host, namespace:NAME or cgroup:PATH, not '%s'", scope);
	return 0;
}

int change_read(const struct invocation *v, struct tsem_detect_change *ret_change)
{
	struct tsem_detect_change change = {.size = sizeof(change)};
	const char *action = invocation_value(v, OPTION_detect_action);

	if (action) {
		change.which |= TSEM_DETECT_ACTION;
		tsem_action_parse(action, strlen(action), &change.action);
	}
	if (invocation_given(v, OPTION_detect_once_per)) {
		change.which |= TSEM_DETECT_ONCE;
		change.once = invocation_is(v, OPTION_detect_once_per, "task")	 ? TSEM_ONCE_TASK :
			      invocation_is(v, OPTION_detect_once_per, "minute") ? TSEM_ONCE_MINUTE :
										   TSEM_ONCE_NEVER;
	}
	change.digests = invocation_value(v, OPTION_detect_digests);
	change.words = invocation_value(v, OPTION_detect_words);
	*ret_change = change;
	return read_scope(v, ret_change);
}

bool shipped_is_part(const char *name)
{
	return !strncmp(name, "base-", 5);
}

static bool untrusts(const struct tsem_detect_change *change, const char *object)
{
	struct tsem_detection_head head;
	tsem_u32 action = change->action;

	if (!(change->which & TSEM_DETECT_ACTION) && object && !tsem_detect_head(object, &head, NULL))
		action = head.action;
	else if (!(change->which & TSEM_DETECT_ACTION))
		return false;
	return action == TSEM_ACTION_UNTRUST || action == TSEM_ACTION_FREEZE;
}

/* Before the first program that could make somebody untrusted. */
static int open_for(const struct invocation *v, const struct tsem_detect_change *change, const char *object,
		    struct tsem_detect **ret_detect)
{
	int r = tsem_detect_open(TSEM_DETECT_LOAD, ret_detect, v->error);

	if (!r && untrusts(change, object))
		r = keep_untrusted(v, *ret_detect);
	if (r)
		tsem_detect_close(*ret_detect);
	return r;
}

static int add_one(const struct invocation *v, struct tsem_detect *detect, const char *object,
		   const struct tsem_detect_change *change)
{
	char name[TSEM_DETECT_NAME];
	int r = tsem_detect_add(detect, object, change, name, v->error);

	if (!r)
		printf("The detection %s is attached.\n", name);
	return r;
}

/* Those that are there already stay as they are. */
static int add_all(const struct invocation *v, struct tsem_detect *detect, const struct tsem_detect_change *change)
{
	struct tsem_detect_shipped shipped;
	int r = 0;

	for (size_t i = 0; !r && tsem_detect_object(i, &shipped); i++) {
		if (shipped_is_part(shipped.name))
			continue;
		r = add_one(v, detect, shipped.name, change);
		if (r == -EEXIST) {
			*v->error = (struct tsem_error){};
			r = 0;
		}
	}
	return r;
}

int detect_add(const struct invocation *v)
{
	struct tsem_detect_change change;
	struct tsem_detect *detect = NULL;
	int r = change_read(v, &change);

	if (!r && invocation_given(v, OPTION_detect_all) && (change.digests || change.words))
		return usage_error(v, "--digests and --words are for one detection, not for --all");
	if (!r)
		r = open_for(v, &change, v->operands[1], &detect);
	if (r)
		return r;
	r = v->operand_count > 1 ? add_one(v, detect, v->operands[1], &change) : add_all(v, detect, &change);
	if (!r)
		r = keep_signals(v, detect);
	tsem_detect_close(detect);
	return r;
}

typedef int (*each_fn)(const struct invocation *v, struct tsem_detect *detect, const char *name, const void *context);

/* NAME, or all that are attached. */
static int each_named(const struct invocation *v, struct tsem_detect *detect, each_fn fn, const void *context)
{
	struct tsem_detect_status *list = NULL;
	size_t count;
	int r;

	if (v->operand_count > 1)
		return fn(v, detect, v->operands[1], context);
	r = tsem_detect_list(detect, &list, &count, v->error);
	for (size_t i = 0; !r && i < count; i++)
		r = fn(v, detect, (const char *)list[i].detection.name, context);
	free(list);
	return r;
}

static int set_one(const struct invocation *v, struct tsem_detect *detect, const char *name, const void *context)
{
	return tsem_detect_set(detect, name, context, v->error);
}

int detect_set(const struct invocation *v)
{
	struct tsem_detect_change change;
	struct tsem_detect *detect = NULL;
	int r = change_read(v, &change);

	if (!r && !change.which && !change.scope_namespace && !change.scope_group && !change.digests && !change.words)
		return usage_error(v, "say what is to be changed: --action, --scope, --once-per, --digests or --words");
	if (!r)
		r = tsem_detect_open(0, &detect, v->error);
	if (!r && untrusts(&change, NULL))
		r = keep_untrusted(v, detect);
	if (!r)
		r = each_named(v, detect, set_one, &change);
	tsem_detect_close(detect);
	return r;
}

static int remove_one(const struct invocation *v, struct tsem_detect *detect, const char *name, const void *context)
{
	(void)context;
	return tsem_detect_remove(detect, name, v->error);
}

int detect_rm(const struct invocation *v)
{
	struct tsem_detect *detect = NULL;
	int r = tsem_detect_open(0, &detect, v->error);

	if (!r)
		r = each_named(v, detect, remove_one, NULL);
	tsem_detect_close(detect);
	return r;
}

#define MODULES "module-after-boot"

/* From now on no module but those of the list. It is attached where it is not yet. */
int detect_arm(const struct invocation *v)
{
	struct tsem_detect_change change = {.size = sizeof(change),
					    .which = TSEM_DETECT_ACTION | TSEM_DETECT_ARMED,
					    .action = TSEM_ACTION_DENY,
					    .armed = 1,
					    .digests = invocation_value(v, OPTION_detect_digests)};
	struct tsem_detect *detect = NULL;
	char name[TSEM_DETECT_NAME];
	int r = tsem_detect_open(TSEM_DETECT_LOAD, &detect, v->error);

	if (!r)
		r = tsem_detect_set(detect, MODULES, &change, v->error);
	if (r == -ENOENT) {
		*v->error = (struct tsem_error){};
		r = tsem_detect_add(detect, MODULES, &change, name, v->error);
	}
	if (!r)
		r = keep_signals(v, detect);
	if (!r)
		puts("Armed: the kernel loads no module any more but those of the list of digests.");
	tsem_detect_close(detect);
	return r;
}

int detect_forgive(const struct invocation *v)
{
	const char *reason = invocation_value(v, OPTION_detect_reason);
	struct tsem_detect *detect = NULL;
	char *end;
	unsigned long pid = strtoul(v->operands[1], &end, 10);
	int r;

	if (*end || !pid || pid > 0x7fffffff)
		return usage_error(v, "'%s' is not the number of a process", v->operands[1]);
	if (!reason || !*reason)
		return usage_error(v, "`tsem detect forgive` needs --reason TEXT, which is recorded");
	r = tsem_detect_open(0, &detect, v->error);
	if (!r)
		r = tsem_detect_forgive(detect, pid, reason, v->error);
	if (!r)
		printf("Process %lu is trusted again.\n", pid);
	tsem_detect_close(detect);
	return r;
}
