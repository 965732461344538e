/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Paths at run time, and what the parts of the library that know the kernel share. */
#ifndef TSEM_RUNTIME_H
#define TSEM_RUNTIME_H

#include "../tsem.h"

#define TSEM_RUN_DIRECTORY "/run/tsem"
#define TSEM_SESSIONS TSEM_RUN_DIRECTORY "/sessions"
#define TSEM_BPF_ROOT "/sys/fs/bpf"
#define TSEM_PINS TSEM_BPF_ROOT "/tsem"

#define MODEL_LIMIT 32768 /* coefficients that can be added, unless the caller names another number */
#define FORENSICS_LIMIT 4096 /* different violations that are kept */

/* The pinned maps that hold a map for each namespace, by slot. M(name) */
#define TSEM_SLOT_TABLES(M) \
	M(models) M(forensics) M(directories) M(seen) M(seen_long) M(rules) M(pseudonyms) M(sizes) M(rings) M(syscalls)
/* All pinned maps that user space works with. */
#define TSEM_USER_MAPS(M) \
	M(tasks) M(namespaces) TSEM_SLOT_TABLES(M) M(root) M(guard) M(guarded) M(externals) M(bindings)

struct tsem_kernel {
	int users; /* descriptor with a shared lock: the programs stay loaded while it is held */
#define M(name) int name;
	TSEM_USER_MAPS(M)
#undef M
	struct tsem_namespace *slots; /* TSEM_NAMESPACE_MAX of them, shared with the kernel side */
};

/* The names of the security modules that the kernel asks, with commas between them. */
#define LSM_LIST "/sys/kernel/security/lsm"
/* Whether the BPF LSM is one of them. */
bool lsm_listed(const char *list);

/* Whether nothing has this path: not when that cannot be found out. */
bool runtime_missing(const char *path);
/* Creates the run directories when they are missing. */
int runtime_prepare(struct tsem_error *error);
/* Opens path and takes the lock (LOCK_SH, LOCK_EX, | LOCK_NB). Returns a descriptor or a negative errno. */
int runtime_lock(const char *path, int operation, struct tsem_error *error);
/* Held while a model file is read, added to and written, so that of two who add to one nothing is lost. As runtime_lock. */
int runtime_lock_models(struct tsem_error *error);
/* A lock that says who works with something. Returns a descriptor, -EWOULDBLOCK: somebody has it, or a negative errno. */
int runtime_own(const char *path, struct tsem_error *error);
/* Whether somebody has it. It is not taken for that, so that nobody who looks is in the way of who wants it. */
bool runtime_owned(const char *path);
/* Lock that serialises loading, unloading, and creating and removing namespaces. */
int runtime_lock_state(struct tsem_error *error);
/* A file that may be missing: then *ret_bytes is NULL, and *ret_size 0. */
int runtime_read_optional(const char *path, char **ret_bytes, size_t *ret_size, struct tsem_error *error);
int runtime_write_file(const char *path, const void *bytes, size_t size, struct tsem_error *error);
/* *ret_bytes is freed by the caller, and ends with a NUL that is not counted. */
int runtime_read_file(const char *path, char **ret_bytes, size_t *ret_size, struct tsem_error *error);

/*
 * The number of the mount namespace at the path, "/proc/PID/ns/mnt", that no other ever has, as long as the machine runs;
 * its inode is soon another's. 0 or a negative errno.
 */
int runtime_mounts(const char *path, tsem_u64 *ret_number);

/* Appends "; tsem doctor ..., tsem lab ..." to every reason why programs cannot be loaded. */
int runtime_no_kernel(struct tsem_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The descriptor of the map inside an array of maps, to be closed, or a negative errno. */
int kernel_inner_map(int outer, tsem_u32 slot);
/*
 * Calls fn for each entry of a hash map, once, until it returns something else than 0, and returns that: a negative
 * errno also where the map cannot be read.
 */
typedef int (*map_entry_fn)(void *context, const void *key, const void *value);
int kernel_map_each(int map, size_t key_size, size_t value_size, map_entry_fn fn, void *context);
/* Bytes of the kernel's memory for the namespace of the slot. */
tsem_u64 kernel_slot_memory(const struct tsem_kernel *kernel, tsem_u32 slot);
/* Queries each mounted overlay file system. */
void overlays_look(void);
/* Removes what a killed tsem left loaded, if nobody uses it. */
void kernel_sweep(void);
/* As tsem_kernel_open, which it does not load: NULL where nothing is loaded. */
int kernel_open_loaded(struct tsem_kernel **ret_kernel, struct tsem_error *error);
/* Attaches a program that only some namespaces need; it stays until all are unloaded. Under the state lock. */
int kernel_attach(const struct tsem_kernel *kernel, const char *program, struct tsem_error *error);
/* No workload can reach the process or its threads any more, as long as it lives. Its children are not guarded. */
int kernel_guard_process(const struct tsem_kernel *kernel, int pid, struct tsem_error *error);
/* Nobody sees the descriptors of this process, nor those of a child before it executes something; until kernel_show. */
int kernel_hide(const struct tsem_kernel *kernel, struct tsem_error *error);
int kernel_show(const struct tsem_kernel *kernel, struct tsem_error *error);
/*
 * Attaches the program that records system calls, for as long as a process holds the descriptor, so nobody has to
 * detach it after a crash. Several of them record the same.
 */
int kernel_attach_calls(struct tsem_error *error);
/* The map for the system calls of one namespace. */
int kernel_calls_map(void);
/* Adds the recorded calls; see tsem_orchestrator_calls. */
int kernel_calls_read(const struct tsem_kernel *kernel, tsem_u32 slot, struct tsem_calls *calls, size_t *ret_fresh,
		      tsem_u64 *ret_left, tsem_u64 *ret_compat, struct tsem_error *error);
/* The programs that are attached, by the numbers that the kernel gave them. */
#define ATTACHED_MAX 512
struct attached {
	tsem_u32 programs[ATTACHED_MAX];
	size_t count;
};
void attached_note(struct attached *attached);
/* How many detections are attached. */
size_t attached_detections(void);
/* Waits until they are gone. Returns the number of those that are left after that time. */
size_t attached_wait(const struct attached *attached, unsigned seconds);
/* Sends the signal to each process of the namespace; ret_count: their number. See tsem_orchestrator_signal. */
int kernel_signal_members(const struct tsem_kernel *kernel, tsem_u64 context, int signal, size_t *ret_count,
			  struct tsem_error *error);
/*
 * Corrects the count of living tasks in the slot where the kernel side missed some; call it before relying on the
 * count. A count above zero is checked once a second, a count of zero each time.
 */
void kernel_slot_recount(const struct tsem_kernel *kernel, tsem_u32 slot);
bool kernel_has_living(const struct tsem_kernel *kernel);

/* Lets tasks join the namespace of the slot, the root namespace; SLOT_NONE: no task joins any more. */
#define SLOT_NONE 0xffffffffu
int kernel_root_set(const struct tsem_kernel *kernel, tsem_u32 slot, struct tsem_error *error);

/* The maps of a single namespace: descriptors, or negative errnos of those that could not be created. */
#define SLOT_MAP_NONE (-4096) /* neither a descriptor nor an error */
#define SLOT_MAP_KEEP (-4097) /* the one that is there stays */
struct slot_maps {
#define M(name) int name;
	TSEM_SLOT_TABLES(M)
#undef M
};
/*
 * Puts the maps into their tables, for the programs to use, and closes them; none when one of them could not be
 * created. The slot loses the maps of its previous user.
 */
int kernel_slot_publish(const struct tsem_kernel *kernel, tsem_u32 slot, const struct slot_maps *maps,
			struct tsem_error *error);

/*
 * The slot of the namespace of that name that has tasks; SLOT_NONE: there is none. One that has ended may still be in
 * its slot, as long as its orchestrator lives.
 */
tsem_u32 kernel_slot_named(const struct tsem_kernel *kernel, const char *name);
/* The public form of it. */
void slot_status(const struct tsem_namespace *ns, struct tsem_status *ret_status);
/* The namespace stays without tasks, until the programs are unloaded. Under the state lock. */
void kernel_slot_hold(const struct tsem_kernel *kernel, tsem_u32 slot);
/* Removes the namespace of a slot; its remaining tasks are refused everything from then on. */
void kernel_slot_free(const struct tsem_kernel *kernel, tsem_u32 slot);

/* ---- session directories (session_files.c) ----
 *
 * TSEM_SESSIONS/NAME holds: lock (held by whoever orchestrates), status,
 * records (as they came from the ring), points (the coefficients with their
 * numbers and counts, written at the end), sizes (of large contents, written
 * with them), model (what was sealed), model.next (while a reload writes the new
 * one), binding (the path of the control group that it is bound to, as long as it
 * is), group (the same, and it stays), labels (of who bound it), ask (the
 * socket of the front ends of tsem run --ask).
 */
struct session_files {
	char name[TSEM_NAME_MAX];
	int lock; /* -1 when another process orchestrates the session */
	int records; /* open for appending when the lock is held */
};
#define SESSION_FILES_NONE ((struct session_files){.lock = -1, .records = -1})

/* The content of the status file. */
struct session_status {
	struct tsem_namespace ns;
	tsem_u32 slot;
	tsem_u32 ended;
};

enum { SESSION_POINT_MODEL = 0, SESSION_POINT_FORENSICS = 1 };

/* One entry of the points file. */
struct session_point {
	tsem_u8 coefficient[TSEM_DIGEST_SIZE];
	struct tsem_point point;
	tsem_u64 kind; /* SESSION_POINT_* */
};

/* Replaces an ended session of that name. */
int session_files_create(const char *name, struct session_files *ret_files, struct tsem_error *error);
/* Takes the lock when no process orchestrates the session. -ENOENT when there is no session of that name. */
int session_files_open(const char *name, struct session_files *ret_files, struct tsem_error *error);
void session_files_close(struct session_files *files);
int session_files_path(const char *name, const char *file, char *ret_path, size_t size);
int session_files_status(const struct session_files *files, const struct tsem_namespace *ns, tsem_u32 slot,
			 struct tsem_error *error);
/* Reads all points of the slot's maps; *ret_points is freed by the caller. */
int session_points_read(const struct tsem_kernel *kernel, tsem_u32 slot, struct session_point **ret_points,
			size_t *ret_count, struct tsem_error *error);

/* Adds the sizes of large contents in the slot's map, if it has one. */
int session_sizes_read(const struct tsem_kernel *kernel, tsem_u32 slot, struct tsem_sizes *sizes,
		       struct tsem_error *error);

/* Drains a session without orchestrator, and finishes it when its namespace has ended. */
void session_take_over(const char *name);

/* The destination of the records of a ring: the session's file, and then fn. */
struct record_sink {
	struct session_files *files; /* NULL: to fn only */
	struct tsem_namespace *ns;
	tsem_record_fn fn;
	void *context;
	struct tsem_error *error;
	int result;
};
int record_sink_take(void *context, void *bytes, size_t size);

/* Answers some of the calls that wait at the filter, for the namespace of the slot. */
int wall_answer(struct tsem_wall *wall, const struct tsem_kernel *kernel, tsem_u32 slot, tsem_u64 id,
		struct record_sink *sink);

/* Writes status, points and sizes of a namespace that outlives this process. */
int session_save(struct session_files *files, const struct tsem_kernel *kernel, tsem_u32 slot,
		 struct tsem_error *error);
/* Takes the rest of the ring of an ended namespace, writes status, points and sizes, and frees its slot. */
int session_finish(struct session_files *files, const struct tsem_kernel *kernel, tsem_u32 slot,
		   struct tsem_error *error);
/* Finishes the sessions of ended namespaces whose orchestrator died before it could. */
void sessions_reap(const struct tsem_kernel *kernel);
/* Finishes every session without orchestrator, because the programs are about to be removed. */
void sessions_save(const struct tsem_kernel *kernel);
/* Removes all traces of a session in which nothing ran. */
void session_files_remove(const struct session_files *files);
/* Takes the waiting records in the ring of a namespace without orchestrator. */
int session_drain(struct session_files *files, const struct tsem_kernel *kernel, tsem_u32 slot,
		  struct tsem_error *error);

#endif
