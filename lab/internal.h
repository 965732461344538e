/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the runner tell each other; not for other rooms. */
#ifndef LAB_INTERNAL_H
#define LAB_INTERNAL_H

#include "channel.h"
#include "lab.h"

#include <limits.h>
#include <sys/types.h>

#define LAB_MEMORY_DEFAULT 2048u
#define LAB_LIST_MAX 96

/* --- process.c: children that do not outlive us --- */

struct lab_child {
	const char *const *argv; /* argv[0] is looked up in PATH */
	const char *directory; /* NULL: ours */
	int input; /* descriptors for 0, 1, 2; -1: /dev/null */
	int output;
	int errors;
	const int *inherit; /* descriptors that stay open under their numbers */
	size_t inherit_count;
	int (*prepare)(void); /* in the child, before exec: 0 or -errno */
};

/* Returns the pid, or -errno also when the program could not be executed. */
pid_t lab_child_start(const struct lab_child *child);
/* Exit status as a shell tells it. */
int lab_child_wait(pid_t pid);
/* Kills the child's process group and waits; *pid becomes 0. */
void lab_child_kill(pid_t *pid);

/*
 * Runs a helper to its end, its stdout going to the descriptor (-1: nowhere).
 * Returns 0, or -1 with an error that quotes the last line of its stderr.
 */
int lab_child_run(const char *const *argv, const char *directory, int output, struct tsem_error *error);

/* --- file.c --- */

int lab_file_read(const char *path, uint8_t **ret_bytes, size_t *ret_length);
int lab_file_write(const char *path, const void *bytes, size_t length);
int lab_fd_write(int fd, const void *bytes, size_t length);
int lab_path(char *ret_path, const char *format, ...)
	__attribute__((format(printf, 2, 3))); /* 0 or -ENAMETOOLONG; PATH_MAX bytes */
int lab_directory_make(const char *path); /* with its parents */
void lab_directory_remove(const char *path);
/* Gives back the memory of all but the end of a log that somebody goes on writing. */
void lab_log_trim(int fd);
/* The last `lines` lines of a log, NUL-terminated. */
void lab_log_tail(int fd, unsigned int lines, char *ret_text, size_t size);

/* --- kernel.c, fetch.c, module.c --- */

struct lab_kernel {
	char release[128];
	char image[PATH_MAX];
	char modules[PATH_MAX]; /* directory of NAME.ko files, "" when there is none */
	bool temporary; /* the directory is only ours */
};

int lab_cache_directory(char *ret_path, struct tsem_error *error);
/* An open descriptor that holds the cache's lock until it is closed, or -1. */
int lab_cache_lock(const char *cache, struct tsem_error *error);
int lab_kernel_find(const char *path, struct lab_kernel *ret_kernel, struct tsem_error *error);
void lab_kernel_forget(struct lab_kernel *kernel);
/* Called with the cache locked. */
int lab_kernel_fetch(const char *cache, struct tsem_error *error);

/* Copies the modules that a guest can need out of a package's tree. */
int lab_modules_collect(const char *tree, const char *directory, struct tsem_error *error);
/* Names separated by commas, as the module itself tells them; "" for none. */
void lab_module_depends(const uint8_t *bytes, size_t length, char *ret_names, size_t size);

/* --- initramfs.c --- */

/* A memory file with the initramfs, or -1. */
int lab_initramfs_create(const struct lab_kernel *kernel, bool disks, struct tsem_error *error);

/* --- machine.c: QEMU and virtiofsd --- */

enum lab_accel { LAB_ACCEL_TCG, LAB_ACCEL_KVM };

struct lab_machine {
	pid_t qemu;
	pid_t files; /* virtiofsd; 0 in a probe */
	int port; /* our end of the guest's virtio-serial port */
	int console; /* memory file */
	int log; /* memory file: what QEMU says */
	int files_log; /* memory file: what virtiofsd says */
	unsigned int fd_limit; /* of virtiofsd */
};

int lab_machine_start(const struct lab_options *options, const struct lab_kernel *kernel, enum lab_accel accel,
		      bool probe, struct lab_machine *ret_machine, struct tsem_error *error);
void lab_machine_stop(struct lab_machine *machine);

/* The file server of the host's root, read-only; fd is our end of its socket. */
int lab_files_start(struct lab_machine *machine, int *ret_fd, struct tsem_error *error);

/* --- accel.c --- */

/* KVM only when a guest really ran under it; the answer is kept in the cache. */
enum lab_accel lab_accel_choose(const struct lab_kernel *kernel);

/* --- job.c --- */

int lab_job_encode(const struct lab_options *options, char *const argv[], uint32_t flags, unsigned int fd_limit,
		   uint8_t **ret_bytes, size_t *ret_length, struct tsem_error *error);

/* --- terminal.c --- */

uint32_t lab_terminal_flags(void); /* enum lab_job_flags for our 0, 1 and 2 */
void lab_terminal_raw(void);
void lab_terminal_restore(void);

/* --- session.c --- */

int lab_session_run(const struct lab_options *options, struct lab_machine *machine, char *const argv[],
		    struct tsem_error *error);

/* --- embed.c --- */

extern const uint8_t lab_init_image[];
extern const uint8_t lab_init_image_end[];

#endif
