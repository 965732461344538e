/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Namespaces by name, living or ended: the session's files, and the kernel's maps while it lives. */
#include "../kernel/runtime.h"
#include "records.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct named {
	char name[TSEM_NAME_MAX];
	struct timespec created;
};

static int newer_first(const void *a, const void *b)
{
	const struct timespec *x = &((const struct named *)a)->created, *y = &((const struct named *)b)->created;

	if (x->tv_sec != y->tv_sec)
		return x->tv_sec < y->tv_sec ? 1 : -1;
	return x->tv_nsec < y->tv_nsec ? 1 : x->tv_nsec > y->tv_nsec ? -1 : 0;
}

static int list_sessions(DIR *directory, struct named **ret_list, size_t *ret_count)
{
	struct named *list = NULL, *more;
	struct dirent *entry;
	size_t count = 0;
	char path[512];
	struct stat st;

	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= TSEM_NAME_MAX)
			continue;
		session_files_path(entry->d_name, "model", path, sizeof(path));
		if (stat(path, &st)) {
			session_files_path(entry->d_name, "status", path, sizeof(path));
			if (stat(path, &st))
				continue;
		}
		more = realloc(list, (count + 1) * sizeof(*list));
		if (!more) {
			free(list);
			return -ENOMEM;
		}
		list = more;
		strcpy(list[count].name, entry->d_name);
		list[count++].created = st.st_mtim;
	}
	*ret_list = list;
	*ret_count = count;
	return 0;
}

int tsem_session_list(char (**ret_names)[TSEM_NAME_MAX], size_t *ret_count, struct tsem_error *error)
{
	DIR *directory = opendir(TSEM_SESSIONS);
	char(*names)[TSEM_NAME_MAX];
	struct named *list = NULL;
	size_t count = 0;
	int r = 0;

	kernel_sweep();
	if (!directory && errno != ENOENT)
		return tsem_error_set(error, errno, "cannot list the sessions in " TSEM_SESSIONS ": %s%s",
				      strerror(errno), geteuid() ? " (tsem needs root)" : "");
	if (directory) {
		r = list_sessions(directory, &list, &count);
		closedir(directory);
	}
	names = r ? NULL : calloc(count + 1, sizeof(*names));
	if (!names) {
		free(list);
		return tsem_error_set(error, ENOMEM, "out of memory");
	}
	if (count)
		qsort(list, count, sizeof(*list), newer_first);
	for (size_t i = 0; i < count; i++)
		memcpy(names[i], list[i].name, TSEM_NAME_MAX);
	free(list);
	*ret_names = names;
	*ret_count = count;
	return 0;
}

static int read_status(const char *name, struct session_status *ret_status, struct tsem_error *error)
{
	char path[512], *bytes;
	size_t size;
	int r;

	if (!*name || strchr(name, '/') || name[0] == '.' || strlen(name) >= TSEM_NAME_MAX)
		return tsem_error_set(error, ENOENT, "\"%s\" is not the name of a namespace", name);
	session_files_path(name, "status", path, sizeof(path));
	r = runtime_read_file(path, &bytes, &size, NULL);
	if (r == -ENOENT)
		return tsem_error_set(error, ENOENT,
				      "there is no namespace and no ended session named %s (`tsem ps --all`)", name);
	if (r)
		return tsem_error_set(error, -r, "cannot read %s: %s%s", path, strerror(-r),
				      geteuid() ? " (tsem needs root)" : "");
	if (size == sizeof(*ret_status))
		memcpy(ret_status, bytes, size);
	free(bytes);
	if (size != sizeof(*ret_status) || ret_status->slot >= TSEM_NAMESPACE_MAX)
		return tsem_error_set(error, EBADMSG, "%s is damaged", path);
	return 0;
}

/* The kernel's own counters while the namespace has its slot. */
static bool refresh_status(const struct tsem_kernel *kernel, struct session_status *status)
{
	const struct tsem_namespace *ns = &kernel->slots[status->slot];

	if (status->ended || ns->id != status->ns.id)
		return false;
	kernel_slot_recount(kernel, status->slot);
	status->ns = *ns;
	return true;
}

static bool session_orchestrated(const char *name)
{
	char path[512];

	session_files_path(name, "lock", path, sizeof(path));
	return runtime_owned(path);
}

static void fill_head(struct tsem_session *session, const char *name, const struct session_status *status, bool present)
{
	snprintf(session->name, sizeof(session->name), "%s", name);
	slot_status(&status->ns, &session->status);
	session->live = present && status->ns.tasks > 0;
	session->orchestrated = session_orchestrated(name);
	if (!session->live)
		session->status.tasks = 0;
}

/* NULL without an error: nothing is loaded, so nothing lives. */
static int open_loaded(struct tsem_kernel **ret_kernel, struct tsem_error *error)
{
	*ret_kernel = NULL;
	return tsem_kernel_loaded() ? tsem_kernel_open(0, ret_kernel, error) : 0;
}

int tsem_session_status(const char *name, struct tsem_session *ret_session, struct tsem_error *error)
{
	struct session_status status;
	struct tsem_kernel *kernel;
	int r = read_status(name, &status, error);

	if (!r)
		r = open_loaded(&kernel, error);
	if (r)
		return r;
	memset(ret_session, 0, sizeof(*ret_session));
	fill_head(ret_session, name, &status, kernel && refresh_status(kernel, &status));
	if (ret_session->live)
		ret_session->memory = kernel_slot_memory(kernel, status.slot);
	tsem_kernel_close(kernel);
	return 0;
}

int tsem_session_signal(const char *name, int signal, size_t *ret_count, struct tsem_error *error)
{
	struct session_status status;
	struct tsem_kernel *kernel;
	int r = read_status(name, &status, error);

	if (!r)
		r = open_loaded(&kernel, error);
	if (r)
		return r;
	*ret_count = 0;
	/* The members of the root namespace are all tasks outside the others, so the machine is no workload. */
	if (status.ns.options & TSEM_OPTION_ROOT)
		r = tsem_error_set(
			error, EPERM,
			"session %s is everything that is in no namespace; to end the export of it, end process %u",
			name, status.ns.orchestrator);
	else if (kernel && refresh_status(kernel, &status))
		r = kernel_signal_members(kernel, status.ns.id, signal, ret_count, error);
	tsem_kernel_close(kernel);
	return r;
}

/*
 * No other process takes the records of a namespace whose orchestrator has died. Nobody else frees its slot while the
 * lock is held; before that it may have become another namespace's.
 */
static int take_over(const struct tsem_kernel *kernel, const char *name, struct session_status *status,
		     struct tsem_error *error)
{
	struct session_files files;
	int r = session_files_open(name, &files, error);

	if (r)
		return r;
	if (files.lock >= 0 && refresh_status(kernel, status))
		r = status->ns.tasks > 0 ? session_drain(&files, kernel, status->slot, error) :
					   session_finish(&files, kernel, status->slot, error);
	session_files_close(&files);
	return r;
}

void session_take_over(const char *name)
{
	struct session_status status;
	struct tsem_kernel *kernel;

	if (read_status(name, &status, NULL) || status.ended || open_loaded(&kernel, NULL) || !kernel)
		return;
	if (refresh_status(kernel, &status))
		take_over(kernel, name, &status, NULL);
	tsem_kernel_close(kernel);
}

struct session_points {
	struct session_point *items;
	size_t count;
};

static int read_points(const char *name, struct session_point **ret_points, size_t *ret_count, struct tsem_error *error)
{
	char path[512], *bytes;
	size_t size;
	int r;

	session_files_path(name, "points", path, sizeof(path));
	r = runtime_read_optional(path, &bytes, &size,
				  error); /* there is none if the programs were unloaded under it */
	if (r)
		return r;
	*ret_points = (struct session_point *)bytes;
	*ret_count = size / sizeof(**ret_points);
	return 0;
}

static int add_point(struct tsem_session *session, const struct session_point *point)
{
	struct tsem_set *set = point->kind == SESSION_POINT_MODEL ? &session->trajectory : &session->forensics;
	struct tsem_entry *entry;

	if (!point->point.number)
		return 0; /* of the model, not seen in this session */
	entry = tsem_set_add(set, point->coefficient, NULL);
	if (!entry)
		return -ENOMEM;
	entry->number = point->point.number;
	entry->count = point->point.count;
	return 0;
}

static int by_number(const void *a, const void *b)
{
	tsem_u64 x = ((const struct session_point *)a)->point.number,
		 y = ((const struct session_point *)b)->point.number;

	return x < y ? -1 : x > y;
}

static int keep_record(struct tsem_entry *entry, const struct tsem_record *record)
{
	if (!entry->count)
		entry->count = 1;
	entry->record = malloc(record->size);
	if (!entry->record)
		return -ENOMEM;
	memcpy(entry->record, record, record->size);
	entry->record->flags &= ~TSEM_RECORD_BARE;
	memcpy(entry->record->coefficient, entry->coefficient, TSEM_DIGEST_SIZE);
	return 0;
}

/* An export leaves the coefficient to the reader, and has every occurrence of an event. */
static int add_record(void *context, const struct tsem_record *record)
{
	bool bare = record->flags & TSEM_RECORD_BARE;
	bool violation = record->flags & (TSEM_RECORD_VIOLATION | TSEM_RECORD_FAILED);
	struct tsem_session *session = context;
	struct tsem_set *set = violation ? &session->forensics : &session->trajectory;
	tsem_u8 coefficient[TSEM_DIGEST_SIZE];
	struct tsem_entry *entry;

	memcpy(coefficient, record->coefficient, sizeof(coefficient));
	if (bare)
		tsem_record_coefficient(record, coefficient);
	entry = tsem_set_add(set, coefficient, NULL);
	if (!entry)
		return -ENOMEM;
	if (bare)
		entry->count++;
	return entry->record ? 0 : keep_record(entry, record);
}

static int add_records(struct tsem_session *session, struct tsem_error *error)
{
	char path[512], *bytes;
	ssize_t used;
	size_t size;
	int r;

	session_files_path(session->name, "records", path, sizeof(path));
	r = runtime_read_file(path, &bytes, &size, error);
	if (r)
		return r;
	used = records_walk(path, bytes, size, 0, add_record, session, error);
	free(bytes);
	if (used == -ENOMEM)
		return tsem_error_set(error, ENOMEM, "out of memory");
	if (used < 0)
		return used;
	return session->live || session->orchestrated ? 0 : records_end(path, used, size, error);
}

/* Adds what the sealed model knows of an event, for events that this session repeated. */
static int borrow_records(struct tsem_session *session)
{
	for (size_t i = 0; i < session->trajectory.count; i++) {
		struct tsem_entry *entry = &session->trajectory.entries[i];
		const struct tsem_entry *known;

		if (entry->record || !session->model)
			continue;
		known = tsem_set_find(&session->model->set, entry->coefficient);
		if (!known || !known->record)
			continue;
		entry->record = malloc(known->record->size);
		if (!entry->record)
			return -ENOMEM;
		memcpy(entry->record, known->record, known->record->size);
	}
	return 0;
}

static int fill_sets(struct tsem_session *session, struct session_point *points, size_t count, struct tsem_error *error)
{
	char path[512];
	int r = 0;

	if (count)
		qsort(points, count, sizeof(*points), by_number);
	for (size_t i = 0; !r && i < count; i++)
		r = add_point(session, &points[i]);
	if (r)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = add_records(session, error);
	session_files_path(session->name, "model", path, sizeof(path));
	if (!r && !runtime_missing(path))
		r = tsem_model_read(path, &session->model, error);
	if (!r && borrow_records(session))
		r = tsem_error_set(error, ENOMEM, "out of memory");
	return r;
}

static int read_sizes(const char *name, struct tsem_sizes *sizes, struct tsem_error *error)
{
	char path[512], *bytes;
	size_t size;
	int r;

	session_files_path(name, "sizes", path, sizeof(path));
	r = runtime_read_optional(path, &bytes, &size, error); /* as with the points */
	if (r)
		return r;
	for (size_t at = 0; r >= 0 && at + sizeof(*sizes->items) <= size; at += sizeof(*sizes->items)) {
		tsem_u64 large;

		memcpy(&large, bytes + at, sizeof(large));
		r = tsem_sizes_add(sizes, large);
	}
	free(bytes);
	return r >= 0 ? 0 :
			tsem_error_set(error, -r, "%s cannot be read: %s", path,
				       r == -EINVAL ? "it is damaged" : strerror(-r));
}

/* What a namespace has done: of the slot, or NULL for what was kept of it when it ended. */
static int read_done(const struct tsem_kernel *kernel, const struct session_status *status, const char *name,
		     struct session_points *ret_points, struct tsem_sizes *ret_sizes, struct tsem_error *error)
{
	int r = kernel ? session_points_read(kernel, status->slot, &ret_points->items, &ret_points->count, error) :
			 read_points(name, &ret_points->items, &ret_points->count, error);

	if (r)
		return r;
	return kernel ? session_sizes_read(kernel, status->slot, ret_sizes, error) : read_sizes(name, ret_sizes, error);
}

/* Its maps go when all of it is in its files, and that it has ended, too. */
static bool ended_meanwhile(const char *name, struct session_status *status)
{
	return !read_status(name, status, NULL) && status->ended;
}

static int open_session(struct tsem_session *session, const char *name, struct tsem_error *error)
{
	struct session_points points = {};
	struct session_status status, now;
	struct tsem_kernel *kernel = NULL;
	bool present, slotted;
	int r = read_status(name, &status, error);

	if (!r)
		r = open_loaded(&kernel, error);
	if (r)
		return r;
	present = kernel && refresh_status(kernel, &status);
	if (present)
		r = take_over(kernel, name, &status, error);
	slotted = present && kernel->slots[status.slot].id == status.ns.id;
	if (!r)
		r = read_done(slotted ? kernel : NULL, &status, name, &points, &session->large, error);
	if (present && ended_meanwhile(name, &now)) {
		status = now;
		present = false;
		free(points.items);
		points = (struct session_points){};
		tsem_sizes_deinit(&session->large);
		r = read_done(NULL, &status, name, &points, &session->large, error);
	}
	fill_head(session, name, &status, present);
	if (!r)
		r = fill_sets(session, points.items, points.count, error);
	free(points.items);
	tsem_kernel_close(kernel);
	return r;
}

int tsem_session_open(const char *name, struct tsem_session **ret_session, struct tsem_error *error)
{
	struct tsem_session *session = calloc(1, sizeof(*session));
	int r;

	if (!session)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = open_session(session, name, error);
	if (r) {
		tsem_session_destroy(session);
		return r;
	}
	*ret_session = session;
	return 0;
}

void tsem_session_destroy(struct tsem_session *session)
{
	if (!session)
		return;
	tsem_model_destroy(session->model);
	tsem_set_deinit(&session->trajectory);
	tsem_set_deinit(&session->forensics);
	tsem_sizes_deinit(&session->large);
	free(session);
}
