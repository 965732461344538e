/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where things lie at run time, and what the parts of the library that know the kernel share. */
#ifndef TSEM_RUNTIME_H
#define TSEM_RUNTIME_H

#include "tsem.h"

#define TSEM_RUN_DIRECTORY "/run/tsem"
#define TSEM_SESSIONS TSEM_RUN_DIRECTORY "/sessions"
#define TSEM_BPF_ROOT "/sys/fs/bpf"
#define TSEM_PINS TSEM_BPF_ROOT "/tsem"

/* The pinned maps that user space works with. TSEM_MAP(name) */
#define TSEM_USER_MAPS(M) \
	M(tasks) M(namespaces) M(models) M(forensics) M(directories) M(rings)

struct tsem_kernel {
	int users; /* descriptor with a shared lock: the programs stay loaded while it is held */
#define M(name) int name;
	TSEM_USER_MAPS(M)
#undef M
};

/* Makes the run directories when they are missing. */
int runtime_prepare(struct tsem_error *error);
/* Opens path and takes the lock (LOCK_SH, LOCK_EX, | LOCK_NB). Returns a descriptor or a negative errno. */
int runtime_lock(const char *path, int operation, struct tsem_error *error);
/* Lock that serialises loading, unloading, and making and removing namespaces. */
int runtime_lock_state(struct tsem_error *error);
int runtime_write_file(const char *path, const void *bytes, size_t size, struct tsem_error *error);
/* -ENOENT is returned without an error text when the file is missing and optional. *ret_bytes is freed by the caller. */
int runtime_read_file(const char *path, char **ret_bytes, size_t *ret_size, struct tsem_error *error);

/* Appends "; tsem doctor ..., tsem lab ..." to every reason why programs cannot be loaded. */
int runtime_no_kernel(struct tsem_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The descriptor of the map inside an array of maps, to be closed, or a negative errno. */
int kernel_inner_map(int outer, tsem_u32 slot);
bool kernel_has_living(const struct tsem_kernel *kernel);

/* Removes the namespace of a slot; its tasks, if any are left, are refused everything from then on. */
int kernel_slot_free(const struct tsem_kernel *kernel, tsem_u32 slot);

/* ---- session directories ---- */

struct session_files {
	char name[TSEM_NAME_MAX];
	int directory;
	int lock; /* -1 when another process orchestrates the session */
	int records;
};

/* Replaces an ended session of that name. */
int session_files_create(const char *name, struct session_files *ret_files, struct tsem_error *error);
/* Takes over the session when nobody orchestrates it. -ENOENT when there is none. */
int session_files_open(const char *name, struct session_files *ret_files, struct tsem_error *error);
void session_files_close(struct session_files *files);
int session_files_status(const struct session_files *files, const struct tsem_namespace *status, tsem_u32 slot,
			 struct tsem_error *error);
/* Moves what waits in the ring to the session's file. */
struct record_sink {
	struct session_files *files;
	tsem_record_fn fn;
	void *context;
	struct tsem_error *error;
	int result;
};
int record_sink_take(void *context, void *bytes, size_t size);
/* Writes the points of the namespace's maps to the session's file. */
int session_files_points(const struct session_files *files, const struct tsem_kernel *kernel, tsem_u32 slot,
			 struct tsem_error *error);

#endif
