/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Creates a modeling namespace, puts a process into it, and takes its records. */
#include "../base/given.h"
#include "../base/ticks.h"
#include "../external/external.h"
#include "../kernel/capture.h"
#include "../kernel/group.h"
#include "../kernel/runtime.h"
#include "running_join.h"
#include "sequence.h"
#include "slot_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ASK_SILENCE_MS 2000 /* of the thread that answers; a person may take longer */

struct tsem_orchestrator {
	struct tsem_kernel *kernel;
	tsem_u32 slot;
	tsem_u64 id;
	tsem_u32 options;
	struct session_files files;
	struct ring_buffer *ring;
	struct external *external; /* takes the ring, if an agent decides */
	struct record_sink sink;
	int calls; /* keeps the program that records system calls attached; -1: it does not */
	int unbound; /* readable when its binding has ended; -1: it has none */
	tsem_u64 group; /* that it was bound to */
	bool abandoned; /* nothing ever ran in it */
};

static int name_check(const char *name, struct tsem_error *error)
{
	if (!*name || strlen(name) >= TSEM_NAME_MAX || name[0] == '.' || name[0] == '-')
		return tsem_error_set(
			error, EINVAL,
			"\"%s\" cannot be the name of a namespace: 1 to %d characters, not beginning with . or -", name,
			TSEM_NAME_MAX - 1);
	for (const char *c = name; *c; c++)
		if (*c == '/' || (unsigned char)*c <= ' ' || *c == 127)
			return tsem_error_set(
				error, EINVAL,
				"the name of a namespace cannot contain slashes, blanks or control characters");
	return 0;
}

static int name_taken(const struct tsem_kernel *kernel, const char *name, struct tsem_error *error)
{
	if (kernel_slot_named(kernel, name) == SLOT_NONE)
		return 0;
	return tsem_error_set(error, EEXIST,
			      "a namespace named %s is living already (`tsem ps`): choose another --name", name);
}

static int slot_find(const struct tsem_kernel *kernel, tsem_u32 *ret_slot, struct tsem_error *error)
{
	for (tsem_u32 slot = 0; slot < TSEM_NAMESPACE_MAX; slot++)
		if (!kernel->slots[slot].id) {
			*ret_slot = slot;
			return 0;
		}
	return tsem_error_set(error, ENOSPC, "this machine already has the maximum of %d namespaces",
			      TSEM_NAMESPACE_MAX);
}

/* The kernel side's copy keeps an id from being reused even if somebody removed the file. */
static int next_id(const struct tsem_kernel *kernel, tsem_u64 *ret_id, struct tsem_error *error)
{
	const char *path = TSEM_RUN_DIRECTORY "/sequence";
	struct tsem_guard guard;
	char *bytes = NULL, text[32];
	tsem_u32 zero = 0;
	size_t size = 0;
	int r;

	if (bpf_map_lookup_elem(kernel->guard, &zero, &guard))
		return tsem_error_set(error, errno, "cannot read the state of tsem: %s", strerror(errno));
	r = runtime_read_file(path, &bytes, &size, NULL);
	if (r && r != -ENOENT)
		return tsem_error_set(error, -r, "cannot read %s, which says which ids of namespaces were used: %s",
				      path, strerror(-r));
	r = sequence_next(bytes, size, guard.last_id, ret_id, error);
	free(bytes);
	if (r) {
		tsem_error_wrap(
			error,
			"%s, which has the last id of a namespace, is damaged: run `tsem unload`, then remove the file",
			path);
		return r;
	}
	guard.last_id = *ret_id;
	if (bpf_map_update_elem(kernel->guard, &zero, &guard, BPF_ANY))
		return tsem_error_set(error, errno, "cannot note the id of a namespace: %s", strerror(errno));
	snprintf(text, sizeof(text), "%llu\n", *ret_id);
	return runtime_write_file(path, text, strlen(text), error);
}

static int open_external(struct tsem_orchestrator *o, const struct tsem_namespace_options *options,
			 struct tsem_error *error)
{
	struct external_setup setup = {
		.kernel = o->kernel,
		.slot = o->slot,
		.id = o->id,
		.mode = options->mode,
		.action = options->action,
		.agent = options->agent,
		.hash = options->agent_hash,
		.deadline_ms = options->ask ? ASK_SILENCE_MS : options->agent_deadline_ms,
		.process = options->process,
		.limit = slot_model_limit(options),
	};

	return external_create(&setup, &o->external, error);
}

static int open_ring(struct tsem_orchestrator *o, struct tsem_error *error)
{
	int map = kernel_inner_map(o->kernel->rings, o->slot);

	if (map >= 0) {
		o->ring = capture_ring(map, record_sink_take, &o->sink);
		close(map);
	}
	return o->ring ? 0 : tsem_error_set(error, EIO, "cannot open the ring of events");
}

/* The number of one of the kernel's namespaces that this process is in. */
static int own_namespace_number(const char *path, tsem_u32 *ret_number)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	*ret_number = st.st_ino;
	return 0;
}

/* The kernel's namespaces that this process is in, and its workload begins in. */
static int find_own_namespaces(tsem_u32 *ret_homes, struct tsem_error *error)
{
	static const char *const files[] = {
#define S(bit, name, file, words) "/proc/self/ns/" file,
		TSEM_SPACES(S)
#undef S
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !r; i++) {
		r = own_namespace_number(files[i], &ret_homes[i]);
		if (r)
			tsem_error_set(error, -r, "cannot read %s: %s; is /proc mounted?", files[i], strerror(-r));
	}
	return r;
}

static void fill_slot(struct tsem_orchestrator *o, const struct tsem_namespace_options *options, const tsem_u32 *homes)
{
	struct tsem_namespace *ns = &o->kernel->slots[o->slot];

	memset(ns, 0, sizeof(*ns));
	o->sink.ns = ns;
	ns->mode = options->mode;
	ns->action = options->action;
	ns->options = o->options;
	ns->orchestrator = getpid();
	ns->created = ticks_now();
	memcpy(ns->homes, homes, sizeof(ns->homes));
	ns->tasks = options->options & TSEM_OPTION_ROOT ? 1 : 0; /* stands for all that join */
	strcpy((char *)ns->name, options->name);
	__atomic_store_n(&ns->id, o->id, __ATOMIC_RELEASE);
}

static int save_model(const struct tsem_namespace_options *options, struct tsem_error *error)
{
	char path[512];

	if (!slot_has_model(options))
		return 0;
	snprintf(path, sizeof(path), TSEM_SESSIONS "/%s/model", options->name);
	return tsem_model_write(options->model, path, error);
}

/* Programs that not every namespace needs. */
static int attach_on_demand(const struct tsem_orchestrator *o, const struct tsem_namespace_options *options,
			    struct tsem_error *error)
{
	int r = options->options & TSEM_OPTION_DIGEST_ALL ? kernel_attach(o->kernel, "file_contents", error) : 0;

	if (!r && options->action == TSEM_ACTION_FREEZE)
		r = kernel_attach(o->kernel, "task_stays", error);
	return r;
}

/* The maps, and their reader. */
static int make_parts(struct tsem_orchestrator *o, const struct tsem_namespace_options *options,
		      struct tsem_error *error)
{
	struct slot_maps maps;
	int r = save_model(options, error);

	if (!r)
		r = kernel_guard_process(o->kernel, getpid(), error);
	if (!r)
		r = attach_on_demand(o, options, error);
	if (!r) {
		maps = slot_maps_make(options);
		r = kernel_slot_publish(o->kernel, o->slot, &maps, error);
	}
	if (!r)
		r = options->agent || options->ask ? open_external(o, options, error) : open_ring(o, error);
	if (!r && options->calls) {
		o->calls = kernel_attach_calls(error);
		r = o->calls < 0 ? o->calls : 0;
	}
	return r;
}

/* From here on the slot is not free. */
static int begin(struct tsem_orchestrator *o, const struct tsem_namespace_options *options, struct tsem_error *error)
{
	tsem_u32 homes[TSEM_SPACE_COUNT] = {0};
	int r = options->options & TSEM_OPTION_ROOT ? 0 : find_own_namespaces(homes, error);

	if (r)
		return r;
	fill_slot(o, options, homes);
	r = session_files_status(&o->files, &o->kernel->slots[o->slot], o->slot, error);
	if (!r && options->options & TSEM_OPTION_ROOT)
		r = kernel_root_set(o->kernel, o->slot, error);
	if (r && options->options & TSEM_OPTION_ROOT)
		kernel_root_set(o->kernel, SLOT_NONE, NULL);
	return r;
}

/* Undoes every completed step, whichever step failed. */
static void undo(struct tsem_orchestrator *o)
{
	if (o->external)
		external_stop(o->external);
	kernel_slot_free(o->kernel, o->slot);
	session_files_remove(&o->files);
}

static int create_locked(struct tsem_orchestrator *o, const struct tsem_namespace_options *options,
			 struct tsem_error *error)
{
	int r;

	sessions_reap(o->kernel);
	r = name_taken(o->kernel, options->name, error);
	if (r)
		return r;
	r = slot_find(o->kernel, &o->slot, error);
	if (r)
		return r;
	r = next_id(o->kernel, &o->id, error);
	if (r)
		return r;
	r = session_files_create(options->name, &o->files, error);
	if (r)
		return r;
	r = make_parts(o, options, error);
	if (!r)
		r = begin(o, options, error);
	if (r)
		undo(o);
	return r;
}

static int create(struct tsem_kernel *kernel, const struct tsem_namespace_options *options,
		  struct tsem_orchestrator **ret_orchestrator, struct tsem_error *error)
{
	struct tsem_orchestrator *o;
	int lock, r = name_check(options->name, error);

	bool judged = options->mode == TSEM_MODE_ENFORCING || options->mode == TSEM_MODE_SEALED;

	if (!r && options->ask && (options->agent || !judged))
		r = tsem_error_set(error, EINVAL, "a namespace can ask only if a model judges, and without agent");
	if (!r && judged && options->model && options->model->tree_count && !options->ask)
		r = tsem_error_set(error, EOPNOTSUPP,
				   "model %s has trees, about which nobody decides here: only tsem run can use it",
				   options->model->name);
	if (r)
		return r;
	o = calloc(1, sizeof(*o));
	if (!o)
		return tsem_error_set(error, ENOMEM, "out of memory");
	o->kernel = kernel;
	o->calls = -1;
	o->unbound = -1;
	o->files = SESSION_FILES_NONE;
	o->sink.files = options->options & TSEM_OPTION_STREAM ? NULL : &o->files;
	o->options = options->options | (options->agent ? TSEM_OPTION_EXTERNAL : 0) |
		     (options->ask ? TSEM_OPTION_ASK : 0) |
		     (options->model && options->model->pseudonym_count ? TSEM_OPTION_PSEUDONYMS : 0);
	lock = runtime_lock_state(error);
	r = lock < 0 ? lock : create_locked(o, options, error);
	if (lock >= 0)
		close(lock);
	if (r) {
		session_files_close(&o->files);
		if (o->external)
			external_destroy(o->external);
		ring_buffer__free(o->ring);
		if (o->calls >= 0)
			close(o->calls);
		free(o);
		return r;
	}
	*ret_orchestrator = o;
	return 0;
}

int tsem_orchestrator_create(struct tsem_kernel *kernel, const struct tsem_namespace_options *options,
			     struct tsem_orchestrator **ret_orchestrator, struct tsem_error *error)
{
	struct tsem_namespace_options known;
	int r = given_copy(options, "tsem_namespace_options", &known, sizeof(known), error);

	return r ? r : create(kernel, &known, ret_orchestrator, error);
}

int tsem_orchestrator_enter(struct tsem_orchestrator *o, int pidfd, struct tsem_error *error)
{
	struct tsem_namespace *ns = &o->kernel->slots[o->slot];
	struct tsem_task task = {.context = o->id, .slot = o->slot, .options = o->options}, old = {};
	bool taken = !bpf_map_lookup_elem(o->kernel->tasks, &pidfd, &old) &&
		     !(old.flags & (TSEM_TASK_LOOSE | TSEM_TASK_OUTSIDE));
	int saved = EEXIST;

	runtime_mounts("/proc/self/ns/mnt", &task.home); /* fails: no path is of type "root" */
	/* Counted elsewhere, until another script is executed or the task ends: a script that has started tsem. */
	task.scripts = old.scripts;
	__atomic_fetch_add(&ns->tasks, 1, __ATOMIC_SEQ_CST);
	if (!taken && !bpf_map_update_elem(o->kernel->tasks, &pidfd, &task, BPF_ANY))
		return 0;
	if (!taken)
		saved = errno;
	__atomic_fetch_sub(&ns->tasks, 1, __ATOMIC_SEQ_CST);
	o->abandoned = true;
	return tsem_error_set(error, saved, "cannot put the workload into its namespace: %s",
			      saved == EEXIST ? "it is in one already, and namespaces do not nest" : strerror(saved));
}

/* One file is there as long as the binding: whoever unbinds removes it. The other stays with the session. */
static int note_binding(struct tsem_orchestrator *o, const char *group, struct tsem_error *error)
{
	char path[512];
	int r;

	session_files_path(o->files.name, "group", path, sizeof(path));
	r = runtime_write_file(path, group, strlen(group), error);
	session_files_path(o->files.name, "binding", path, sizeof(path));
	if (!r)
		r = runtime_write_file(path, group, strlen(group), error);
	if (r)
		return r;
	o->unbound = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (o->unbound < 0 || inotify_add_watch(o->unbound, path, IN_ATTRIB | IN_DELETE_SELF) < 0)
		r = tsem_error_set(error, errno, "cannot watch %s: %s", path, strerror(errno));
	else if (inotify_add_watch(o->unbound, group, IN_DELETE_SELF) < 0)
		r = tsem_error_set(error, errno, "cannot watch the control group %s: %s", group, strerror(errno));
	return r;
}

/* Under the lock of the state. */
static int bind_locked(struct tsem_orchestrator *o, const struct tsem_group *group, struct tsem_error *error)
{
	int r;

	bindings_reap(o->kernel);
	r = o->unbound < 0 ? note_binding(o, tsem_group_path(group), error) :
			     tsem_error_set(error, EEXIST, "the namespace has been bound already");
	if (!r)
		r = binding_make(o->kernel, o->slot, group, error);
	if (r)
		o->abandoned = true;
	else
		o->group = group_number(group);
	return r;
}

int tsem_orchestrator_bind(struct tsem_orchestrator *o, const struct tsem_group *group, struct tsem_error *error)
{
	int r, lock = runtime_lock_state(error);

	if (lock < 0)
		return lock;
	r = bind_locked(o, group, error);
	close(lock);
	return r;
}

static bool is_strict(const struct tsem_namespace *ns)
{
	return ns->mode == TSEM_MODE_FREE || (ns->mode == TSEM_MODE_ENFORCING && ns->action != TSEM_ACTION_LOG);
}

int tsem_orchestrator_bind_now(struct tsem_orchestrator *o, const struct tsem_group *group,
			       const struct tsem_model *model, struct tsem_joined *ret_joined, struct tsem_error *error)
{
	struct running_join join = {
		.scope = {.kernel = o->kernel, .group = group, .slot = o->slot, .context = o->id},
		.options = o->options,
		.model = model,
		.strict = is_strict(&o->kernel->slots[o->slot]),
	};
	int r = running_begin(&join, error);

	if (!r) {
		r = bind_locked(o, group, error);
		if (!r)
			r = running_all_join(&join, error);
		r = running_end(&join, r);
	}
	if (r)
		o->abandoned = true;
	else
		*ret_joined = join.joined;
	return r;
}

bool tsem_orchestrator_bound(struct tsem_orchestrator *o)
{
	const struct tsem_namespace *ns = &o->kernel->slots[o->slot];
	int lock;

	if (ns->id != o->id || !ns->bound)
		return false;
	if (group_lives(o->group))
		return true;
	lock = runtime_lock_state(NULL);
	if (lock >= 0) {
		if (ns->id == o->id)
			binding_end(o->kernel, o->slot);
		close(lock);
	}
	return ns->id == o->id && ns->bound;
}

int tsem_orchestrator_unbound_fd(const struct tsem_orchestrator *o)
{
	return o->unbound;
}

int tsem_orchestrator_guard(const struct tsem_orchestrator *o, int pid, struct tsem_error *error)
{
	return kernel_guard_process(o->kernel, pid, error);
}

bool tsem_orchestrator_frozen(const struct tsem_orchestrator *o, int pidfd)
{
	struct tsem_task task;

	return !bpf_map_lookup_elem(o->kernel->tasks, &pidfd, &task) && task.flags & TSEM_TASK_FROZEN;
}

bool tsem_orchestrator_models(const struct tsem_orchestrator *o, int pidfd)
{
	struct tsem_task task;

	/* What somebody was who is gone is not known. One who has ended and is still there keeps what he was. */
	if (bpf_map_lookup_elem(o->kernel->tasks, &pidfd, &task))
		return errno != ENOENT || syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0);
	return task.context && !(task.flags & (TSEM_TASK_LOOSE | TSEM_TASK_OUTSIDE));
}

int tsem_orchestrator_fd(const struct tsem_orchestrator *o)
{
	return o->external ? external_fd(o->external) : ring_buffer__epoll_fd(o->ring);
}

int tsem_orchestrator_drain(struct tsem_orchestrator *o, tsem_record_fn fn, void *context, struct tsem_error *error)
{
	int r;

	o->sink.fn = fn;
	o->sink.context = context;
	o->sink.error = error;
	o->sink.result = 0;
	r = o->external ? external_take(o->external, record_sink_take, &o->sink) : ring_buffer__consume(o->ring);
	if (o->sink.result)
		return o->sink.result;
	return r < 0 ? tsem_error_set(error, -r, "cannot read the ring of events: %s", strerror(-r)) : 0;
}

int tsem_orchestrator_signal(const struct tsem_orchestrator *o, int signal, size_t *ret_count, struct tsem_error *error)
{
	return kernel_signal_members(o->kernel, o->id, signal, ret_count, error);
}

int tsem_orchestrator_calls(const struct tsem_orchestrator *o, struct tsem_calls *calls, size_t *ret_fresh,
			    tsem_u64 *ret_left, tsem_u64 *ret_compat, struct tsem_error *error)
{
	return kernel_calls_read(o->kernel, o->slot, calls, ret_fresh, ret_left, ret_compat, error);
}

int tsem_orchestrator_answer(struct tsem_orchestrator *o, struct tsem_wall *wall, tsem_record_fn fn, void *context,
			     struct tsem_error *error)
{
	o->sink.fn = fn;
	o->sink.context = context;
	o->sink.error = error;
	o->sink.result = 0;
	return wall_answer(wall, o->kernel, o->slot, o->id, &o->sink);
}

void tsem_orchestrator_undelivered(struct tsem_orchestrator *o, tsem_u64 count)
{
	__atomic_fetch_sub(&o->kernel->slots[o->slot].delivered, count, __ATOMIC_RELAXED);
}

int tsem_orchestrator_status(const struct tsem_orchestrator *o, struct tsem_status *ret_status,
			     struct tsem_error *error)
{
	const struct tsem_namespace *ns = &o->kernel->slots[o->slot];

	if (ns->id != o->id)
		return tsem_error_set(error, ENOENT, "the namespace is gone: the programs were unloaded");
	kernel_slot_recount(o->kernel, o->slot);
	slot_status(ns, ret_status);
	return 0;
}

bool tsem_orchestrator_detach(struct tsem_orchestrator *o, tsem_u64 ret_reasons[TSEM_REASON_LIMIT])
{
	external_stop(o->external);
	memcpy(ret_reasons, external_reasons(o->external), TSEM_REASON_LIMIT * sizeof(*ret_reasons));
	return external_ended(o->external);
}

bool tsem_orchestrator_cut(const struct tsem_orchestrator *o)
{
	return o->external && external_cut(o->external);
}

int tsem_orchestrator_questions_fd(const struct tsem_orchestrator *o)
{
	return o->options & TSEM_OPTION_ASK ? external_questions_fd(o->external) : -1;
}

void tsem_orchestrator_questions(struct tsem_orchestrator *o,
				 void (*fn)(void *context, const struct tsem_record *record), void *context)
{
	external_questions(o->external, fn, context);
}

int tsem_orchestrator_decide(struct tsem_orchestrator *o, tsem_u64 number, bool allow, bool lasting)
{
	return external_decide(o->external, number, allow, lasting) ? 0 : -ENOMEM;
}

int tsem_orchestrator_destroy(struct tsem_orchestrator *o, struct tsem_error *error)
{
	int lock, r = 0;

	if (o->external)
		external_stop(o->external);
	if (o->options & TSEM_OPTION_ROOT) {
		r = kernel_root_set(o->kernel, SLOT_NONE, error);
		o->kernel->slots[o->slot].tasks = 0;
	}
	if (!r) /* the last records of a stream go to the same destination */
		r = tsem_orchestrator_drain(o, o->sink.files ? NULL : o->sink.fn, o->sink.context, error);
	lock = runtime_lock_state(error);
	kernel_slot_recount(o->kernel, o->slot);
	if (lock >= 0 && o->kernel->slots[o->slot].id == o->id) {
		int finished = o->kernel->slots[o->slot].tasks > 0 ?
				       session_save(&o->files, o->kernel, o->slot, error) :
				       session_finish(&o->files, o->kernel, o->slot, error);

		r = r ? r : finished;
	}
	if (lock >= 0)
		close(lock);
	if (o->external)
		external_destroy(o->external);
	ring_buffer__free(o->ring);
	if (o->calls >= 0)
		close(o->calls);
	if (o->unbound >= 0)
		close(o->unbound);
	if (o->abandoned)
		session_files_remove(&o->files);
	session_files_close(&o->files);
	free(o);
	return r ? r : lock < 0 ? lock : 0;
}
