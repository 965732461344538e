/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Attaching and removing. Each program has a link of its own, whose pin keeps it: the kernel puts a new list of programs
 * in the place of a hook's old one in one step, so the others run on. Until its row of the table has its id, the programs
 * of a detection do nothing: it is attached as a whole, or not at all.
 */
#include "../base/given.h"
#include "../base/ticks.h"
#include "../kernel/capture.h"
#include "../kernel/group.h"
#include "../kernel/object.h"
#include "../kernel/reason.h"
#include "detect.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The name of a link's pin: HOOK-NUMBER. */
struct hook_count {
	const char *hook;
	unsigned count;
};

static int count_pin(void *context, const char *name)
{
	struct hook_count *c = context;
	size_t length = strlen(c->hook);

	c->count += !strncmp(name, c->hook, length) && name[length] == '-';
	return 0;
}

static int count_detection(void *context, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), DETECT_PINS "/%s", name);
	return detect_each_pin(path, count_pin, context);
}

/* The kernel refuses more than it has room for; said before anything is loaded, and so that tsem itself has room. */
static int check_hooks(const struct detect_object *o, struct tsem_error *error)
{
	struct bpf_program *program, *other;
	struct hook_count c;

	bpf_object__for_each_program (program, o->object) {
		c = (struct hook_count){.hook = detect_hook(program)};
		detect_each_pin(DETECT_PINS, count_detection, &c);
		bpf_object__for_each_program (other, o->object)
			c.count += !strcmp(detect_hook(other), c.hook);
		if (c.count > TSEM_DETECT_HOOK_MAX)
			return tsem_error_set(
				error, E2BIG,
				"the hook %s has the maximum of %d programs of detections: remove a detection "
				"(`tsem detect ls`)",
				c.hook, TSEM_DETECT_HOOK_MAX);
	}
	return 0;
}

static int find_room(const struct tsem_detect *detect, const struct detect_object *o, struct tsem_error *error)
{
	if (detect_find(detect, (const char *)o->head.name, NULL) >= 0)
		return tsem_error_set(error, EEXIST, "a detection %s is attached already: `tsem detect rm %s` first",
				      o->head.name, o->head.name);
	for (int n = 0; n < TSEM_DETECTIONS_MAX; n++)
		if (!detect->table[n].id)
			return n;
	return tsem_error_set(error, ENOSPC, "the maximum of %d detections is attached: remove one (`tsem detect ls`)",
			      TSEM_DETECTIONS_MAX);
}

static int pin_failed(const struct bpf_program *program, int code, struct tsem_error *error)
{
	if (code == E2BIG)
		return tsem_error_set(error, code,
				      "the hook %s has as many programs as the kernel has room for: remove a "
				      "detection (`tsem detect ls`)",
				      detect_hook(program));
	return tsem_error_set(error, code, "cannot attach the program %s to %s: %s", bpf_program__name(program),
			      bpf_program__section_name(program), strerror(code));
}

static int attach_one(const struct tsem_detect *detect, struct bpf_program *program, unsigned number,
		      struct tsem_error *error)
{
	char path[512];
	int r;

	snprintf(path, sizeof(path), DETECT_LOADING "/%s-%u", detect_hook(program), number);
	r = object_attach(detect->kernel->guarded, program, path);
	return r ? pin_failed(program, -r, error) : 0;
}

/* Of the maps that users change later: under which name they are pinned. */
static const char *list_name(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	return !strcmp(name, "tsem_list") ? name : strstr(name, ".data.words") ? "tsem_words" : NULL;
}

static int keep_map(const struct tsem_detect *detect, struct bpf_map *map, struct tsem_error *error)
{
	int r = object_note(detect->kernel->guarded, TSEM_OBJECT_MAP, bpf_map__fd(map));
	char path[256];

	snprintf(path, sizeof(path), DETECT_LOADING "/%s", list_name(map));
	if (!r && list_name(map))
		r = bpf_map__pin(map, path);
	return r ? tsem_error_set(error, -r, "cannot keep the map %s: %s", bpf_map__name(map), strerror(-r)) : 0;
}

static int pin_all(const struct tsem_detect *detect, struct detect_object *o, struct tsem_error *error)
{
	struct bpf_program *program;
	struct bpf_map *map;
	unsigned number = 0;
	int r = 0;

	if (mkdir(DETECT_LOADING, 0700))
		return tsem_error_set(error, errno, "cannot make " DETECT_LOADING ": %s", strerror(errno));
	capture_begin();
	bpf_object__for_each_map (map, o->object)
		if (!r)
			r = keep_map(detect, map, error);
	bpf_object__for_each_program (program, o->object)
		if (!r)
			r = attach_one(detect, program, number++, error);
	capture_end();
	return r;
}

/* ---- what an administrator chooses ---- */

static int check_action(const struct tsem_detection *d, tsem_u32 action, struct tsem_error *error)
{
	if (action == TSEM_ACTION_DENY && d->observes)
		return tsem_error_set(error, EINVAL,
				      "the detection %s cannot refuse anything, because its hook comes after the fact: "
				      "choose log, untrust, kill or freeze",
				      d->name);
	return 0;
}

static int place_namespace(const struct tsem_detect *detect, const char *name, struct tsem_detection *d,
			   struct tsem_error *error)
{
	tsem_u32 slot = kernel_slot_named(detect->kernel, name);

	if (slot == SLOT_NONE)
		return tsem_error_set(error, ENOENT, "there is no living namespace named %s (`tsem ps`)", name);
	d->scope = TSEM_DETECT_SCOPE_NAMESPACE;
	d->place = detect->kernel->slots[slot].id;
	return 0;
}

static int place_group(const char *path, struct tsem_detection *d, struct tsem_error *error)
{
	struct tsem_group *group;
	int r = tsem_group_open(path, &group, error);

	if (r)
		return r;
	d->scope = TSEM_DETECT_SCOPE_GROUP;
	d->place = group_number(group);
	d->level = group_level(group);
	tsem_group_close(group);
	return 0;
}

static int apply(const struct tsem_detect *detect, const struct tsem_detect_change *change, struct tsem_detection *d,
		 struct tsem_error *error)
{
	int r = 0;

	if (change->which & TSEM_DETECT_ACTION)
		d->action = change->action;
	if (change->which & TSEM_DETECT_ONCE)
		d->once = change->once;
	if (change->which & TSEM_DETECT_ARMED)
		d->armed = change->armed;
	if (change->which & TSEM_DETECT_HOST) {
		d->scope = TSEM_DETECT_SCOPE_HOST;
		d->place = 0;
	}
	if (change->scope_namespace)
		r = place_namespace(detect, change->scope_namespace, d, error);
	else if (change->scope_group)
		r = place_group(change->scope_group, d, error);
	return r ? r : check_action(d, d->action, error);
}

/* Programs that only some actions need: births of untrusted processes, and signals to those that are stopped. */
static int prepare_action(struct tsem_detect *detect, tsem_u32 action, struct tsem_error *error)
{
	int r = 0;

	if (action == TSEM_ACTION_UNTRUST || action == TSEM_ACTION_FREEZE)
		r = detect_base_untrust(detect, error);
	if (!r && action == TSEM_ACTION_FREEZE)
		r = kernel_attach(detect->kernel, "task_stays", error);
	return r;
}

/* ---- */

static void fill_row(const struct detect_object *o, struct tsem_detection *d)
{
	*d = (struct tsem_detection){.action = o->head.action,
				     .ends = o->head.ends,
				     .observes = o->head.observes,
				     .added = ticks_now()};
	memcpy(d->name, o->head.name, sizeof(d->name));
	memcpy(d->technique, o->head.technique, sizeof(d->technique));
	memcpy(d->text, o->head.text, sizeof(d->text));
}

static void clear_counts(const struct tsem_detect *detect, tsem_u32 number)
{
	int cpus = libbpf_num_possible_cpus();
	void *none = calloc(cpus > 0 ? cpus : 1, sizeof(struct tsem_detect_counts));

	if (none)
		bpf_map_update_elem(detect->counts, &number, none, BPF_ANY);
	free(none);
}

/* The id comes last: from then on it runs. */
static void publish(struct tsem_detect *detect, int number, const struct tsem_detection *d, tsem_u64 id)
{
	clear_counts(detect, number);
	detect->table[number] = *d;
	__atomic_store_n(&detect->table[number].id, id, __ATOMIC_RELEASE);
}

static int load_and_pin(struct tsem_detect *detect, struct detect_object *o, int number, tsem_u64 id,
			struct tsem_error *error)
{
	int r;

	o->inside->id = id;
	o->inside->number = number;
	memcpy(o->inside->name, o->head.name, sizeof(o->inside->name));
	r = detect_object_share(o, detect, error);
	if (!r)
		r = detect_object_load(o, error);
	return r ? r : pin_all(detect, o, error);
}

/* What stays does nothing, and the next add says so. */
static void give_up(const struct tsem_detect *detect, const struct detect_object *o)
{
	detect_unnote(detect, DETECT_LOADING);
	detect_unnote_object(detect, o->object);
	detect_remove_pins(DETECT_LOADING, NULL);
}

static int add_locked(struct tsem_detect *detect, struct detect_object *o, const struct tsem_detect_change *change,
		      struct tsem_error *error)
{
	char pins[256];
	struct tsem_detection d;
	tsem_u64 id = detect->shared->last_id + 1;
	int r = check_hooks(o, error), number = r ? r : find_room(detect, o, error);

	if (number < 0)
		return number;
	fill_row(o, &d);
	r = apply(detect, change, &d, error);
	if (!r)
		r = prepare_action(detect, d.action, error);
	if (!r && bpf_object__find_map_by_name(o->object, "tsem_running"))
		r = detect_base_running(detect, error);
	if (r)
		return r;
	detect_unnote(detect, DETECT_LOADING);
	r = detect_remove_pins(DETECT_LOADING, error); /* of an add that was interrupted */
	if (r)
		return r;
	detect->shared->last_id = id;
	r = load_and_pin(detect, o, number, id, error);
	if (!r)
		r = detect_lists_set(detect, DETECT_LOADING, (const char *)d.name, change, error);
	snprintf(pins, sizeof(pins), DETECT_PINS "/%s", d.name);
	if (!r)
		r = detect_name_pins(DETECT_LOADING, pins, (const char *)d.name, error);
	if (r)
		give_up(detect, o);
	else
		publish(detect, number, &d, id);
	return r;
}

int tsem_detect_add(struct tsem_detect *detect, const char *object, const struct tsem_detect_change *given,
		    char *ret_name, struct tsem_error *error)
{
	struct tsem_detect_change change;
	struct detect_object o;
	int lock, r = given_copy(given, "tsem_detect_change", &change, sizeof(change), error);

	if (!r)
		r = detect_object_open(object, &o, error);
	if (r)
		return r;
	lock = detect_lock(error);
	r = lock < 0 ? lock : add_locked(detect, &o, &change, error);
	if (lock >= 0)
		close(lock);
	if (!r)
		memcpy(ret_name, o.head.name, sizeof(o.head.name));
	detect_object_close(&o);
	return r;
}

static int set_locked(struct tsem_detect *detect, const char *name, const struct tsem_detect_change *change,
		      struct tsem_error *error)
{
	int number = detect_find(detect, name, error), r;
	struct tsem_detection d, *row;
	char pins[256];

	if (number < 0)
		return number;
	row = &detect->table[number];
	d = *row;
	r = apply(detect, change, &d, error);
	if (!r)
		r = prepare_action(detect, d.action, error);
	snprintf(pins, sizeof(pins), DETECT_PINS "/%s", name);
	if (!r)
		r = detect_lists_set(detect, pins, name, change, error);
	if (r)
		return r;
	/* Between two of these, a place of another kind is nowhere. */
	if (d.scope != row->scope || d.place != row->place) {
		__atomic_store_n(&row->place, 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&row->level, d.level, __ATOMIC_SEQ_CST);
		__atomic_store_n(&row->scope, d.scope, __ATOMIC_SEQ_CST);
		__atomic_store_n(&row->place, d.place, __ATOMIC_SEQ_CST);
	}
	__atomic_store_n(&row->once, d.once, __ATOMIC_SEQ_CST);
	__atomic_store_n(&row->armed, d.armed, __ATOMIC_SEQ_CST);
	__atomic_store_n(&row->action, d.action, __ATOMIC_SEQ_CST);
	return 0;
}

int tsem_detect_set(struct tsem_detect *detect, const char *name, const struct tsem_detect_change *given,
		    struct tsem_error *error)
{
	struct tsem_detect_change change;
	int lock, r = given_copy(given, "tsem_detect_change", &change, sizeof(change), error);

	if (r)
		return r;
	lock = detect_lock(error);
	if (lock < 0)
		return lock;
	r = set_locked(detect, name, &change, error);
	close(lock);
	return r;
}

int tsem_detect_remove(struct tsem_detect *detect, const char *name, struct tsem_error *error)
{
	int lock = detect_lock(error), number, r;
	char pins[256];

	if (lock < 0)
		return lock;
	r = number = detect_find(detect, name, error);
	if (number >= 0) {
		snprintf(pins, sizeof(pins), DETECT_PINS "/%s", name);
		detect_unnote(detect, pins);
		r = detect_remove_pins(pins, error);
		if (r)
			tsem_error_wrap(error, "the detection %s does nothing any more, but its programs stay", name);
		__atomic_store_n(&detect->table[number].id, 0, __ATOMIC_SEQ_CST);
	}
	close(lock);
	return r;
}

int tsem_detect_test(struct tsem_detect *detect, const char *object, bool verbose, struct tsem_buffer *log,
		     struct tsem_error *error)
{
	struct bpf_program *program;
	struct detect_object o;
	int r = detect_object_open(object, &o, error);

	if (r)
		return r;
	bpf_object__for_each_program (program, o.object)
		if (verbose)
			bpf_program__set_log_level(program, 1);
	r = detect_object_share(&o, detect, error);
	if (!r)
		r = detect_object_load(&o, error);
	tsem_buffer_printf(log, "%s", o.log);
	detect_object_close(&o);
	return r;
}
