/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Another model for a namespace that lives. Each event is judged by one of the
 * two: the kernel side looks the model up once for each. What was found in a
 * model before is remembered under the number for who a task is, which comes
 * from the map of what was seen. So first the model is replaced, then that map,
 * so that nothing that the old model had gets into the new one; then all tasks
 * ask for their number anew, and what they knew under the old one is void.
 */
#include "../base/replace.h"
#include "../model/model.h"
#include "slot_maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct reload {
	struct tsem_kernel *kernel;
	struct tsem_namespace *ns;
	tsem_u32 slot;
	const struct tsem_model *model;
	char path[512], next[520]; /* the session's copy of its model, and the new one until it holds */
};

static int check_namespace(const struct tsem_namespace *ns, const char *name, struct tsem_error *error)
{
	if (ns->options & TSEM_OPTION_ASK)
		return tsem_error_set(error, EINVAL,
				      "session %s asks about what its model lacks, and gets no other model", name);
	if (ns->options & TSEM_OPTION_EXTERNAL)
		return tsem_error_set(error, EINVAL, "session %s is judged by an agent, which has a model of its own",
				      name);
	if (ns->mode != TSEM_MODE_SEALED && ns->mode != TSEM_MODE_ENFORCING)
		return tsem_error_set(error, EINVAL,
				      "session %s is judged by no model, so that no other can take its place", name);
	return 0;
}

/* The action on violations is not compared: it was set when the session began. */
static int check_settings(const struct reload *r, const struct tsem_model *old, struct tsem_error *error)
{
	struct tsem_model *alike = malloc(sizeof(*alike));
	int result;

	if (!alike)
		return tsem_error_set(error, ENOMEM, "out of memory");
	*alike = *r->model;
	alike->has_action = old->has_action;
	alike->action = old->action;
	result = model_settings_check(old, alike, "cannot take each other's place in a session that runs", error);
	free(alike);
	return result;
}

/* Points that the new model has keep their number and count. Returns how many it does not have; theirs are given to none. */
static tsem_u64 carry_points(const struct session_point *points, size_t count, int map)
{
	tsem_u64 lost = 0;

	for (size_t i = 0; i < count; i++)
		if (points[i].kind == SESSION_POINT_MODEL && points[i].point.number)
			lost += bpf_map_update_elem(map, points[i].coefficient, &points[i].point, BPF_EXIST) != 0;
	return lost;
}

static int replace_model(const struct reload *r, struct tsem_error *error)
{
	const struct tsem_namespace_options options = {.mode = r->ns->mode, .model = r->model};
	struct session_point *points;
	struct slot_maps maps;
	tsem_u64 lost = 0;
	size_t count;
	int result = session_points_read(r->kernel, r->slot, &points, &count, error);

	if (result)
		return result;
	maps = slot_maps_model(&options);
	if (maps.models >= 0)
		lost = carry_points(points, count, maps.models);
	free(points);
	result = kernel_slot_publish(r->kernel, r->slot, &maps, error);
	if (!result)
		__atomic_fetch_add(&r->ns->replaced, lost, __ATOMIC_RELAXED);
	return result;
}

static void close_map(int map)
{
	if (map >= 0)
		close(map);
}

/* Sessions are listed by the age of their models. */
static int replace_kept(const struct reload *r, struct tsem_error *error)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
	struct stat st;
	int result;

	if (!stat(r->path, &st)) {
		times[1] = st.st_mtim;
		utimensat(AT_FDCWD, r->next, times, 0);
	}
	result = replace_move(r->next, r->path);
	return result ? tsem_error_set(error, -result, "cannot rename %s: %s", r->next, strerror(-result)) : 0;
}

/* When the second step fails, what the session did before may still be let through. Its maps are there before the first. */
static int replace_all(const struct reload *r, struct tsem_error *error)
{
	struct slot_maps seen = slot_maps_seen();
	int renamed, result = seen.seen < 0 ? seen.seen : seen.seen_long < 0 ? seen.seen_long : 0;

	if (result)
		tsem_error_set(error, -result, "cannot make the maps of a namespace: %s", strerror(-result));
	else
		result = replace_model(r, error);
	if (result) {
		close_map(seen.seen);
		close_map(seen.seen_long);
		return result;
	}
	/* From here on the new model is what events are judged by, so it is the session's, whatever else fails. */
	renamed = replace_kept(r, error);
	result = kernel_slot_publish(r->kernel, r->slot, &seen, error);
	__atomic_fetch_add(&r->ns->marks, TSEM_MARK_MODEL, __ATOMIC_SEQ_CST);
	if (!result)
		return renamed;
	tsem_error_wrap(error, "the new model is in force, but events that the old model allowed may still pass: run "
			       "`tsem reload` again");
	return result;
}

static int reload(struct reload *r, const char *name, struct tsem_error *error)
{
	struct tsem_model *old = NULL;
	int result = check_namespace(r->ns, name, error);

	if (!result && r->model->tree_count)
		result = tsem_error_set(
			error, EINVAL,
			"model %s has trees, about which nobody decides in session %s: only tsem run can use it",
			r->model->name, name);
	session_files_path(name, "model", r->path, sizeof(r->path));
	snprintf(r->next, sizeof(r->next), "%s.next", r->path);
	if (!result)
		result = tsem_model_read(r->path, &old, error);
	if (!result)
		result = check_settings(r, old, error);
	if (!result)
		result = tsem_model_write(r->model, r->next, error);
	if (!result) {
		result = replace_all(r, error);
		if (result)
			unlink(r->next);
	}
	tsem_model_destroy(old);
	return result;
}

/* Under the lock, so that nobody else reloads it, and its slot is not given to another one. */
static int reload_locked(struct reload *r, tsem_u64 id, const char *name, struct tsem_error *error)
{
	int lock = runtime_lock_state(error), result;

	if (lock < 0)
		return lock;
	while (r->slot < TSEM_NAMESPACE_MAX && r->kernel->slots[r->slot].id != id)
		r->slot++;
	r->ns = r->slot < TSEM_NAMESPACE_MAX ? &r->kernel->slots[r->slot] : NULL;
	result = r->ns && r->ns->tasks > 0 ? reload(r, name, error) :
					     tsem_error_set(error, ESRCH, "session %s has ended", name);
	close(lock);
	return result;
}

int tsem_session_reload(const char *name, const struct tsem_model *model, struct tsem_error *error)
{
	struct reload r = {.model = model};
	struct tsem_session session;
	int result = tsem_session_status(name, &session, error);

	if (!result && !session.live)
		result = tsem_error_set(error, ESRCH, "session %s has ended", name);
	if (!result)
		result = tsem_kernel_open(0, &r.kernel, error);
	if (result)
		return result;
	result = reload_locked(&r, session.status.id, name, error);
	tsem_kernel_close(r.kernel);
	return result;
}

struct tsem_model *tsem_session_replaced(const char *name, struct tsem_model_stamp *stamp)
{
	struct tsem_model_stamp before = *stamp;
	struct tsem_model *model;
	char path[512];
	struct stat st;

	session_files_path(name, "model", path, sizeof(path));
	if (stat(path, &st))
		return NULL;
	*stamp = (struct tsem_model_stamp){st.st_ino, st.st_ctim.tv_sec, st.st_ctim.tv_nsec};
	if (!before.inode || !memcmp(&before, stamp, sizeof(before)) || tsem_model_read(path, &model, NULL))
		return NULL;
	return model;
}
