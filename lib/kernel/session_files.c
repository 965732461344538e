/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The files of a session, and how a namespace's last state gets into them. */
#include "capture.h"
#include "group.h"
#include "runtime.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ABANDONED_MAX (16 << 20) /* bytes of records */

static int open_records(struct session_files *files, int flags, struct tsem_error *error)
{
	char path[512];

	session_files_path(files->name, "records", path, sizeof(path));
	files->records = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0600);
	return files->records < 0 ? tsem_error_set(error, errno, "cannot write %s: %s", path, strerror(errno)) : 0;
}

/* All but the lock. */
static void remove_parts(const char *name)
{
	static const char *const parts[] = {"status", "points", "sizes",   "model", "model.next", "binding",
					    "group",  "labels", "records", "ask",   "container"};
	char path[512];

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		session_files_path(name, parts[i], path, sizeof(path));
		unlink(path);
	}
}

int session_files_create(const char *name, struct session_files *ret_files, struct tsem_error *error)
{
	struct session_files files = SESSION_FILES_NONE;
	char path[512];
	bool made;
	int r;

	snprintf(files.name, sizeof(files.name), "%s", name);
	snprintf(path, sizeof(path), TSEM_SESSIONS "/%s", name);
	made = !mkdir(path, 0700);
	if (!made && errno != EEXIST)
		return tsem_error_set(error, errno, "cannot make %s: %s", path, strerror(errno));
	session_files_path(name, "lock", path, sizeof(path));
	files.lock = runtime_own(path, error);
	if (files.lock == -EWOULDBLOCK)
		return tsem_error_set(error, EEXIST, "another tsem is busy with a namespace named %s", name);
	if (files.lock < 0) { /* an ended session of that name stays */
		if (made)
			session_files_remove(&files);
		return files.lock;
	}
	/* Who still follows the records of the session before reads them to their end. */
	remove_parts(name);
	r = open_records(&files, O_EXCL, error);
	if (r) {
		session_files_remove(&files);
		session_files_close(&files);
		return r;
	}
	*ret_files = files;
	return 0;
}

int session_files_open(const char *name, struct session_files *ret_files, struct tsem_error *error)
{
	struct session_files files = SESSION_FILES_NONE;
	char path[512];
	int r;

	snprintf(files.name, sizeof(files.name), "%s", name);
	session_files_path(name, "status", path, sizeof(path));
	if (runtime_missing(path))
		return tsem_error_set(error, ENOENT, "there is no namespace and no ended session named %s", name);
	session_files_path(name, "lock", path, sizeof(path));
	files.lock = runtime_own(path, NULL);
	r = files.lock < 0 ? 0 : open_records(&files, 0, error);
	if (r) {
		session_files_close(&files);
		return r;
	}
	*ret_files = files;
	return 0;
}

void session_files_close(struct session_files *files)
{
	if (files->records >= 0)
		close(files->records);
	if (files->lock >= 0)
		close(files->lock);
	*files = SESSION_FILES_NONE;
}

/* Overwrites the old file where there is no room for a new one: stale counts would say that nothing has happened. */
static bool overwrite(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	struct stat st;
	bool good =
		fd >= 0 && !fstat(fd, &st) && st.st_size == (off_t)size && pwrite(fd, bytes, size, 0) == (ssize_t)size;

	if (fd >= 0)
		close(fd);
	return good;
}

static int write_status(const struct session_files *files, const struct tsem_namespace *ns, tsem_u32 slot, bool ended,
			struct tsem_error *error)
{
	struct session_status status = {.ns = *ns, .slot = slot, .ended = ended};
	char path[512];

	int r;

	session_files_path(files->name, "status", path, sizeof(path));
	r = runtime_write_file(path, &status, sizeof(status), error);
	return (r == -ENOSPC || r == -EDQUOT) && overwrite(path, &status, sizeof(status)) ? 0 : r;
}

int session_files_status(const struct session_files *files, const struct tsem_namespace *ns, tsem_u32 slot,
			 struct tsem_error *error)
{
	return write_status(files, ns, slot, false, error);
}

/* A short write would make every later record unreadable, so the file is truncated to whole records. */
static int append_record(int fd, const void *bytes, size_t size)
{
	off_t end = lseek(fd, 0, SEEK_END);
	ssize_t n = write(fd, bytes, size);

	if (n == (ssize_t)size)
		return 0;
	if (n > 0 && ftruncate(fd, end))
		return -EIO;
	return n < 0 ? -errno : -ENOSPC;
}

int record_sink_take(void *context, void *bytes, size_t size)
{
	struct record_sink *sink = context;
	int r = tsem_record_check(bytes, size, sink->error);

	sink->ns->stalled = 0;
	if (!r && sink->files) {
		r = append_record(sink->files->records, bytes, size);
		if (r)
			tsem_error_set(sink->error, -r, "cannot keep an event of %s in " TSEM_SESSIONS ": %s",
				       sink->files->name, strerror(-r));
	}
	if (!r && sink->fn)
		r = sink->fn(sink->context, bytes);
	if (!r)
		__atomic_fetch_add(&sink->ns->delivered, 1, __ATOMIC_RELAXED);
	sink->result = r;
	return r;
}

/* No agent could answer, so the event was untrusted. */
static void mark_untrusted(const struct tsem_namespace *ns, struct tsem_record *record)
{
	static const tsem_u8 none[TSEM_DIGEST_SIZE];

	record->flags &= ~TSEM_RECORD_WAITS;
	record->flags |= TSEM_RECORD_VIOLATION;
	if (ns->mode == TSEM_MODE_ENFORCING && ns->action != TSEM_ACTION_LOG)
		record->flags |= TSEM_RECORD_REFUSED;
	if (!memcmp(record->coefficient, none, sizeof(none)))
		tsem_record_coefficient(record, record->coefficient);
}

/*
 * In the ring of an external namespace a record has a tail, and may wait for a decision. Without an orchestrator nobody
 * compares it with earlier ones, so the file has a size limit.
 */
static int take_abandoned(void *context, void *bytes, size_t size)
{
	struct record_sink *sink = context;
	const struct tsem_namespace *ns = sink->ns;
	struct tsem_record *record = bytes, *settled;
	int r;

	if (!(ns->options & (TSEM_OPTION_EXTERNAL | TSEM_OPTION_ASK)) || size < sizeof(*record) ||
	    record->size > size || record->size < sizeof(*record))
		return record_sink_take(context, bytes, size);
	settled = malloc(record->size);
	if (!settled)
		return sink->result = -ENOMEM;
	memcpy(settled, record, record->size);
	if (settled->flags & TSEM_RECORD_WAITS)
		mark_untrusted(ns, settled);
	if (lseek(sink->files->records, 0, SEEK_END) < ABANDONED_MAX) {
		r = record_sink_take(context, settled, settled->size);
	} else {
		r = 0;
		__atomic_fetch_add(&sink->ns->lost, 1, __ATOMIC_RELAXED);
	}
	free(settled);
	return r;
}

int session_drain(struct session_files *files, const struct tsem_kernel *kernel, tsem_u32 slot,
		  struct tsem_error *error)
{
	struct record_sink sink = {.files = files, .ns = &kernel->slots[slot], .error = error};
	int map = kernel_inner_map(kernel->rings, slot);
	struct ring_buffer *ring;

	if (map < 0)
		return tsem_error_set(error, -map, "cannot open the ring of events: %s", strerror(-map));
	ring = capture_ring(map, take_abandoned, &sink);
	close(map);
	if (!ring)
		return tsem_error_set(error, errno, "cannot open the ring of events: %s", strerror(errno));
	ring_buffer__consume(ring);
	ring_buffer__free(ring);
	return sink.result;
}

struct point_list {
	struct session_point *points;
	size_t count;
	size_t capacity;
};

static int list_add(struct point_list *list, const struct session_point *point)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 1024;
		struct session_point *more = realloc(list->points, capacity * sizeof(*more));

		if (!more)
			return -ENOMEM;
		list->points = more;
		list->capacity = capacity;
	}
	list->points[list->count++] = *point;
	return 0;
}

struct listing {
	struct point_list *list;
	tsem_u64 kind;
};

static int list_entry(void *context, const void *key, const void *value)
{
	const struct listing *listing = context;
	struct session_point point = {.kind = listing->kind};

	memcpy(point.coefficient, key, TSEM_DIGEST_SIZE);
	memcpy(&point.point, value, sizeof(point.point));
	return list_add(listing->list, &point);
}

static int list_map(struct point_list *list, int outer, tsem_u32 slot, tsem_u64 kind)
{
	struct listing listing = {list, kind};
	int map = kernel_inner_map(outer, slot), r;

	if (map < 0)
		return map;
	r = kernel_map_each(map, TSEM_DIGEST_SIZE, sizeof(struct tsem_point), list_entry, &listing);
	close(map);
	return r;
}

static int by_coefficient(const void *a, const void *b)
{
	return memcmp(a, b, TSEM_DIGEST_SIZE); /* the first member */
}

static int count_seen(void *context, const void *key, const void *value)
{
	struct point_list *list = context;
	struct session_point *point;
	struct tsem_seen seen;

	(void)key;
	memcpy(&seen, value, sizeof(seen));
	point = bsearch(seen.coefficient, list->points, list->count, sizeof(*list->points), by_coefficient);
	if (point)
		point->point.count += seen.count;
	return 0;
}

/* Repeated events are counted where they are recognised; this adds the counts up. cell_size: of a key. */
static int list_count_seen(struct point_list *list, int outer, tsem_u32 slot, size_t cell_size)
{
	int map = kernel_inner_map(outer, slot), r;

	if (map < 0)
		return map;
	if (list->count)
		qsort(list->points, list->count, sizeof(*list->points), by_coefficient);
	r = kernel_map_each(map, TSEM_SEEN_HEAD + cell_size, sizeof(struct tsem_seen), count_seen, list);
	close(map);
	return r;
}

int session_points_read(const struct tsem_kernel *kernel, tsem_u32 slot, struct session_point **ret_points,
			size_t *ret_count, struct tsem_error *error)
{
	struct point_list list = {};
	int r = list_map(&list, kernel->models, slot, SESSION_POINT_MODEL);

	if (!r)
		r = list_count_seen(&list, kernel->seen, slot, TSEM_SEEN_SHORT);
	if (!r)
		r = list_count_seen(&list, kernel->seen_long, slot, TSEM_SEEN_LONG);
	if (!r)
		r = list_map(&list, kernel->forensics, slot, SESSION_POINT_FORENSICS);
	if (r) {
		free(list.points);
		return tsem_error_set(error, -r, "cannot read the coefficients of a namespace: %s", strerror(-r));
	}
	*ret_points = list.points;
	*ret_count = list.count;
	return 0;
}

static int add_size(void *context, const void *key, const void *value)
{
	tsem_u64 size;
	int r;

	(void)value;
	memcpy(&size, key, sizeof(size));
	r = tsem_sizes_add(context, size);
	return r < 0 ? r : 0;
}

int session_sizes_read(const struct tsem_kernel *kernel, tsem_u32 slot, struct tsem_sizes *sizes,
		       struct tsem_error *error)
{
	int map = kernel_inner_map(kernel->sizes, slot), r;

	if (map == -ENOENT)
		return 0;
	r = map < 0 ? map : kernel_map_each(map, sizeof(tsem_u64), sizeof(tsem_u64), add_size, sizes);
	if (map >= 0)
		close(map);
	return r ? tsem_error_set(error, -r, "cannot read the sizes of large contents of a namespace: %s",
				  strerror(-r)) :
		   0;
}

static int save_sizes(const struct session_files *files, const struct tsem_kernel *kernel, tsem_u32 slot,
		      struct tsem_error *error)
{
	struct tsem_sizes sizes = {};
	char path[512];
	int r = session_sizes_read(kernel, slot, &sizes, error);

	session_files_path(files->name, "sizes", path, sizeof(path));
	if (!r)
		r = runtime_write_file(path, sizes.items, sizes.count * sizeof(*sizes.items), error);
	tsem_sizes_deinit(&sizes);
	return r;
}

/* Records that were still in the ring when it went away are lost as well. */
static void count_left(struct tsem_namespace *ns)
{
	if (ns->records > ns->delivered + ns->lost)
		ns->lost = ns->records - ns->delivered;
}

static int save(struct session_files *files, const struct tsem_kernel *kernel, tsem_u32 slot, bool ended,
		struct tsem_error *error)
{
	struct session_point *points;
	char path[512];
	size_t count;
	int r = session_points_read(kernel, slot, &points, &count, error), written;

	if (r)
		return r;
	session_files_path(files->name, "points", path, sizeof(path));
	r = runtime_write_file(path, points, count * sizeof(*points), error);
	free(points);
	if (!r)
		r = save_sizes(files, kernel, slot, error);
	if (ended)
		count_left(&kernel->slots[slot]);
	written = write_status(files, &kernel->slots[slot], slot, ended, r ? NULL : error);
	return r ? r : written;
}

int session_save(struct session_files *files, const struct tsem_kernel *kernel, tsem_u32 slot, struct tsem_error *error)
{
	return save(files, kernel, slot, false, error);
}

int session_finish(struct session_files *files, const struct tsem_kernel *kernel, tsem_u32 slot,
		   struct tsem_error *error)
{
	/* In a stream, only records that were handed out count as delivered. */
	int drained = kernel->slots[slot].options & TSEM_OPTION_STREAM ? 0 : session_drain(files, kernel, slot, error);
	int saved = save(files, kernel, slot, true, error);

	kernel_slot_free(kernel, slot);
	return drained ? drained : saved;
}

/* The session of a slot, if no other process orchestrates it. -ENOENT when its files are gone. */
static int slot_session(const struct tsem_kernel *kernel, tsem_u32 slot, struct session_files *ret_files)
{
	return session_files_open((const char *)kernel->slots[slot].name, ret_files, NULL);
}

/* It has no tasks of its own, so it ends with its reader. */
static bool is_root(const struct tsem_kernel *kernel, tsem_u32 slot)
{
	return kernel->slots[slot].options & TSEM_OPTION_ROOT;
}

void sessions_reap(const struct tsem_kernel *kernel)
{
	struct session_files files;
	int r;

	bindings_reap(kernel);
	for (tsem_u32 slot = 0; slot < TSEM_NAMESPACE_MAX; slot++) {
		kernel_slot_recount(kernel, slot);
		if (!kernel->slots[slot].id || (kernel->slots[slot].tasks > 0 && !is_root(kernel, slot)))
			continue;
		r = slot_session(kernel, slot, &files);
		if (r == -ENOENT)
			kernel_slot_free(kernel, slot);
		if (r)
			continue; /* the next tsem does it */
		if (files.lock >= 0 && is_root(kernel, slot))
			kernel_root_set(kernel, SLOT_NONE, NULL);
		if (files.lock >= 0)
			session_finish(&files, kernel, slot, NULL);
		session_files_close(&files);
	}
}

void sessions_save(const struct tsem_kernel *kernel)
{
	struct session_files files;

	for (tsem_u32 slot = 0; kernel->slots && slot < TSEM_NAMESPACE_MAX; slot++) {
		if (!kernel->slots[slot].id || slot_session(kernel, slot, &files))
			continue;
		if (files.lock >= 0)
			session_finish(&files, kernel, slot, NULL);
		session_files_close(&files);
	}
}

void session_files_remove(const struct session_files *files)
{
	char path[512];

	remove_parts(files->name);
	session_files_path(files->name, "lock", path, sizeof(path));
	unlink(path);
	snprintf(path, sizeof(path), TSEM_SESSIONS "/%s", files->name);
	rmdir(path);
}
