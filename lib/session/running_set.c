/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "running_set.h"
#include "proc_status.h"
#include "../base/array.h"
#include "../base/group.h"
#include "../event/digest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int no_memory(struct tsem_error *error)
{
	return tsem_error_set(error, ENOMEM, "out of memory");
}

/* ---- what a process is ---- */

static void proc_path(tsem_u32 tid, const char *file, char *ret_path, size_t size)
{
	snprintf(ret_path, size, "/proc/%u/%s", tid, file);
}

static bool read_link(tsem_u32 tid, const char *file, char *ret_text)
{
	char path[64];
	ssize_t n;

	proc_path(tid, file, path, sizeof(path));
	n = readlink(path, ret_text, PATH_MAX - 1);
	ret_text[n < 0 ? 0 : n] = 0;
	return n > 0;
}

/* The kernel prints the path from the root of the mounts on; the process may have its root below that. */
static char *find_path(tsem_u32 tid)
{
	char path[PATH_MAX], root[PATH_MAX];
	size_t length;

	if (!read_link(tid, "exe", path))
		return NULL;
	length = read_link(tid, "root", root) && strcmp(root, "/") ? strlen(root) : 0;
	if (length && !strncmp(path, root, length) && path[length] == '/')
		return strdup(path + length);
	return strdup(path);
}

/* Of the kernel's namespaces: which are others than those where the workload begins. */
static tsem_u64 spaces_away(const struct running_scope *scope, tsem_u32 tid)
{
	static const char *const files[] = {
#define S(bit, name, file, words) "ns/" file,
		TSEM_SPACES(S)
#undef S
	};
	const tsem_u32 *homes = scope->kernel->slots[scope->slot].homes;
	tsem_u64 away = 0;
	struct stat st;
	char path[64];

	for (unsigned i = 0; i < TSEM_SPACE_COUNT; i++) {
		proc_path(tid, files[i], path, sizeof(path));
		if (homes[i] && !stat(path, &st) && homes[i] != st.st_ino)
			away |= TSEM_SPACE_BIT(i);
	}
	return away;
}

static void find_coe(const struct running_scope *scope, tsem_u32 tid, struct tsem_coe *coe)
{
	char path[64], *status;
	size_t size;

	proc_path(tid, "status", path, sizeof(path));
	if (runtime_read_file(path, &status, &size, NULL))
		return;
	*coe = proc_status_coe(status);
	coe->capeff |= spaces_away(scope, tid);
	free(status);
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* A file that cannot be read, or is too large for a model, keeps zeros: it is no program of a model. */
static int find_content(struct running_set *set, struct running_process *p, int fd)
{
	struct running_content *more;
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	for (size_t i = 0; i < set->content_count; i++)
		if (is_same_file(&set->contents[i].file, &p->file)) {
			memcpy(p->content, set->contents[i].digest, TSEM_DIGEST_SIZE);
			return 0;
		}
	if ((tsem_u64)p->file.st_size > TSEM_CONTENT_LARGEST || digest_file_start(fd, p->file.st_size, digest))
		return 0;
	more = array_room(set->contents, set->content_count, sizeof(*more));
	if (!more)
		return -ENOMEM;
	set->contents = more;
	more += set->content_count++;
	more->file = p->file;
	memcpy(more->digest, digest, TSEM_DIGEST_SIZE);
	memcpy(p->content, digest, TSEM_DIGEST_SIZE);
	return 0;
}

static int describe(struct running_set *set, const struct running_scope *scope, struct running_process *p)
{
	char path[64];
	int fd, r = 0;

	p->path = find_path(p->tid);
	if (!p->path)
		return errno == ENOMEM ? -ENOMEM : 0; /* it ends just now */
	find_coe(scope, p->tid, &p->coe);
	proc_path(p->tid, "ns/mnt", path, sizeof(path));
	runtime_mounts(path, &p->task.home); /* fails: no path is of type "root" */
	proc_path(p->tid, "exe", path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && !fstat(fd, &p->file))
		r = find_content(set, p, fd);
	if (fd >= 0)
		close(fd);
	return r;
}

/* ---- who is there ---- */

static struct running_process *find_process(const struct running_set *set, tsem_u32 tgid)
{
	for (size_t i = set->process_count; i--;)
		if (set->processes[i].tgid == tgid)
			return &set->processes[i];
	return NULL;
}

/* As far as the kernel knows it: nobody who serves a file is asked, because he may be stopped. */
static bool program_of(const char *path, struct statx *ret_file)
{
	return !statx(AT_FDCWD, path, AT_STATX_DONT_SYNC, STATX_INO, ret_file);
}

/* other: whether it runs something else; of one that is ending, neither is known. */
static bool runs_tool(tsem_u32 tid, bool other)
{
	struct statx own, its;
	char path[64];

	proc_path(tid, "exe", path, sizeof(path));
	return program_of("/proc/self/exe", &own) && program_of(path, &its) &&
	       (own.stx_ino == its.stx_ino && own.stx_dev_major == its.stx_dev_major &&
		own.stx_dev_minor == its.stx_dev_minor) != other;
}

/* tsem itself, of who may control namespaces, as for an exec: another one may be here. */
static bool is_tool(tsem_u32 tid)
{
	struct stat initial, space;
	char path[64], *status;
	tsem_u64 caps = 0;
	size_t size;

	if (!runs_tool(tid, false))
		return false;
	proc_path(tid, "ns/user", path, sizeof(path));
	if (stat("/proc/self/ns/user", &initial) || stat(path, &space) || initial.st_ino != space.st_ino)
		return false;
	proc_path(tid, "status", path, sizeof(path));
	if (!runtime_read_file(path, &status, &size, NULL)) {
		caps = proc_status_number(status, "\nCapEff:", 0, 16);
		free(status);
	}
	return caps & 1ull << CAP_MAC_ADMIN;
}

/* Whoever has had a map of tsem, such as a monitor, counts as tsem's own until it executes something. */
static bool is_spared(const struct tsem_running_task *looked)
{
	return looked->task.flags & TSEM_TASK_OURS && !(looked->flags & TSEM_RUNNING_EXITING) &&
	       runs_tool(looked->tid, true);
}

/* A number that was read in a group may be another task's by now. */
static bool is_there(const struct running_scope *scope, tsem_u32 tid)
{
	const char *below = tsem_group_path(scope->group) + strlen(TSEM_GROUPS);
	char number[16], group[PATH_MAX];
	size_t length = strlen(below);

	snprintf(number, sizeof(number), "%u", tid);
	control_group_of(number, group);
	/* Where it cannot be read, it is not passed over. */
	return !*group || (!strncmp(group, below, length) && (!group[length] || group[length] == '/'));
}

/* Those that cannot join: they end, they are the kernel's or tsem's own, or another namespace has them. */
static bool is_candidate(const struct running_scope *scope, const struct tsem_running_task *looked)
{
	const struct tsem_task *task = &looked->task;

	if (looked->flags & (TSEM_RUNNING_EXITING | TSEM_RUNNING_KERNEL) ||
	    task->flags & (TSEM_TASK_OUTSIDE | TSEM_TASK_OURS))
		return false;
	return !task->context || task->flags & TSEM_TASK_LOOSE || task->context == scope->context;
}

static int add_process(struct running_set *set, const struct running_scope *scope,
		       const struct tsem_running_task *looked, bool inside)
{
	struct running_process *more = array_room(set->processes, set->process_count, sizeof(*more));

	if (!more)
		return -ENOMEM;
	set->processes = more;
	more += set->process_count++;
	*more = (struct running_process){
		.tgid = looked->tgid,
		.tid = looked->tid,
		.parent = RUNNING_NONE,
		.parent_tgid = looked->parent,
		.execs = looked->execs,
		.parent_execs = looked->parent_execs,
		.executes = looked->execs != looked->parent_execs,
		.inside = inside,
		.settled = inside,
	};
	if (inside)
		more->task = looked->task;
	else
		memcpy(more->task.streams, looked->streams, sizeof(looked->streams));
	return inside || set->bare ? 0 : describe(set, scope, more);
}

static int add_thread(struct running_set *set, const struct running_scope *scope,
		      const struct tsem_running_task *looked)
{
	bool inside = !(looked->task.flags & TSEM_TASK_LOOSE) && looked->task.context == scope->context;
	struct running_thread *more;
	int r = 0;

	if (!find_process(set, looked->tgid))
		r = add_process(set, scope, looked, inside);
	if (r)
		return r;
	more = array_room(set->threads, set->thread_count, sizeof(*more));
	if (!more)
		return -ENOMEM;
	set->threads = more;
	more += set->thread_count++;
	*more = (struct running_thread){
		.tid = looked->tid,
		.began = looked->began,
		.process = find_process(set, looked->tgid) - set->processes,
		.inside = inside,
	};
	return 0;
}

static int take(struct running_set *set, const struct running_scope *scope, tsem_u32 tid, struct tsem_error *error)
{
	struct tsem_running_task looked = {.tid = tid, .what = TSEM_RUNNING_LOOK};
	int r = running_ask(scope->running, &looked);

	if (r == -ESRCH)
		return 0;
	if (r)
		return tsem_error_set(error, -r, "cannot look at task %u: %s", tid, strerror(-r));
	if (looked.tgid == (tsem_u32)getpid())
		return tsem_error_set(error, EBUSY, "this tsem is in %s itself: start it from outside",
				      tsem_group_path(scope->group));
	if (!is_there(scope, tid))
		return 0;
	if (is_spared(&looked))
		set->spared = tid;
	if (!is_candidate(scope, &looked) || is_tool(tid))
		return 0;
	return add_thread(set, scope, &looked) ? no_memory(error) : 0;
}

static int take_group(struct running_set *set, const struct running_scope *scope, const char *path,
		      struct tsem_error *error)
{
	char file[PATH_MAX + 32];
	FILE *threads;
	unsigned tid;
	int r = 0;

	snprintf(file, sizeof(file), "%s/cgroup.threads", path);
	threads = fopen(file, "re");
	if (!threads)
		return errno == ENOENT ? 0 : tsem_error_set(error, errno, "cannot read %s: %s", file, strerror(errno));
	while (!r && fscanf(threads, "%u", &tid) == 1)
		if (tid) /* 0: of another PID namespace */
			r = take(set, scope, tid, error);
	if (!r && ferror(threads))
		r = tsem_error_set(error, EIO, "cannot read the whole of %s", file);
	fclose(threads);
	return r;
}

/* Whether another namespace is bound nearer to those that are there. */
static bool is_anothers(const struct running_scope *scope, const char *path)
{
	struct tsem_group *group;
	tsem_u32 slot;

	if (tsem_group_open(path, &group, NULL))
		return false; /* too deep to be bound, or gone */
	slot = binding_slot(scope->kernel, group);
	tsem_group_close(group);
	return slot != SLOT_NONE && slot != scope->slot;
}

static int walk(struct running_set *set, const struct running_scope *scope, const char *path, struct tsem_error *error);

/* Whoever has the group makes those below it, under any name and as deep as he likes. */
static int walk_below(struct running_set *set, const struct running_scope *scope, const char *path, const char *name,
		      struct tsem_error *error)
{
	char below[PATH_MAX];

	if (snprintf(below, sizeof(below), "%s/%s", path, name) >= (int)sizeof(below))
		return tsem_error_set(error, ENAMETOOLONG,
				      "%s has groups below it whose paths are too long, so nothing was bound",
				      tsem_group_path(scope->group));
	return is_anothers(scope, below) ? 0 : walk(set, scope, below, error);
}

/* What cannot be looked at might have processes, which would be left outside. What is gone has none. */
static int walk(struct running_set *set, const struct running_scope *scope, const char *path, struct tsem_error *error)
{
	int r = take_group(set, scope, path, error);
	struct dirent *entry;
	DIR *directory = r ? NULL : opendir(path);

	if (!r && !directory && errno != ENOENT)
		r = tsem_error_set(error, errno, "cannot read %s: %s", path, strerror(errno));
	while (!r && directory && (entry = readdir(directory)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			r = walk_below(set, scope, path, entry->d_name, error);
	if (directory)
		closedir(directory);
	return r;
}

static void find_parents(struct running_set *set)
{
	for (size_t i = 0; i < set->process_count; i++) {
		struct running_process *p = &set->processes[i], *parent = find_process(set, p->parent_tgid);

		p->parent = parent && parent != p ? (size_t)(parent - set->processes) : RUNNING_NONE;
		p->parent_same = p->parent != RUNNING_NONE && parent->execs == p->parent_execs;
	}
}

static void forget(struct running_set *set)
{
	for (size_t i = 0; i < set->process_count; i++)
		free(set->processes[i].path);
	free(set->processes);
	free(set->threads);
	set->processes = NULL;
	set->threads = NULL;
	set->process_count = set->thread_count = 0;
	set->spared = 0;
}

int running_find(struct running_set *set, const struct running_scope *scope, struct tsem_error *error)
{
	int r;

	forget(set);
	r = walk(set, scope, tsem_group_path(scope->group), error);
	if (!r)
		find_parents(set);
	return r;
}

void running_deinit(struct running_set *set)
{
	forget(set);
	free(set->contents);
	set->contents = NULL;
	set->content_count = 0;
}

size_t running_outside(const struct running_set *set)
{
	size_t count = 0;

	for (size_t i = 0; i < set->thread_count; i++)
		count += !set->threads[i].inside;
	return count;
}
