/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the files of the runner; not for other rooms. */
#ifndef LAB_INTERNAL_H
#define LAB_INTERNAL_H

#include "channel.h"
#include "lab.h"

#include <limits.h>
#include <sys/types.h>

#define LAB_MEMORY_DEFAULT 2048u
#define LAB_LIST_MAX (96 + LAB_QEMU_ARGUMENTS_MAX)

/* --- process.c: children that end with this process --- */

struct lab_child {
	const char *const *argv; /* argv[0] is searched in PATH */
	const char *directory; /* NULL: the caller's */
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
/* Frees the memory of a log that is still being written, except for its end. */
void lab_log_trim(int fd);
/* The last `lines` lines of a log, NUL-terminated. */
void lab_log_tail(int fd, unsigned int lines, char *ret_text, size_t size);

/* --- apt.c --- */

struct lab_apt {
	char configuration[PATH_MAX];
	char base[512]; /* where the machine has its packages, with a slash at the end */
	struct tsem_error update; /* the error of reading the lists, code 0: none */
};

/* Reads the lists of the machine's suites and of newer ones into the cache. far: also of those that are no release yet. */
int lab_apt_open(const char *cache, bool far, struct lab_apt *ret_apt, struct tsem_error *error);
/* A name in each line; freed by the caller. NULL with the error. */
char *lab_apt_names(const struct lab_apt *apt, const char *prefix, struct tsem_error *error);
int lab_apt_download(const struct lab_apt *apt, const char *name, const char *directory, struct tsem_error *error);
/* A file of the archive that its lists do not name: by its checksum. */
int lab_apt_download_file(const struct lab_apt *apt, const char *path, const char *sha256, const char *target,
			  struct tsem_error *error);

/* --- package.c: releases, as in 6.12.117+deb12-cloud-amd64, and the packages that hold them --- */

#define LAB_RELEASE_MAX 128
#define LAB_VERSION_DEFAULT "6.12"
#define LAB_KERNEL_PREFIX "kernel-" /* of an entry of the cache */

/* The version is a release or its beginning, as in 6.12 or 6.12.117. */
bool lab_release_matches(const char *release, const char *version);
/* The newest of the version whose packages are all there. */
bool lab_release_pick(const char *names, const char *version, char *ret_release);
int lab_releases_each(const char *names, int (*take)(void *context, const char *release), void *context);
int lab_release_download(const struct lab_apt *apt, const char *names, const char *release, const char *directory,
			 struct tsem_error *error);

/* --- kernel.c, fetch.c, module.c --- */

struct lab_kernel {
	char release[LAB_RELEASE_MAX];
	char image[PATH_MAX];
	char modules[PATH_MAX]; /* directory of NAME.ko files, "" when there is no directory */
	bool temporary; /* the directory belongs to this run */
};

int lab_cache_directory(char *ret_path, struct tsem_error *error);
/* An open descriptor that holds the cache's lock until it is closed, or -1. */
int lab_cache_lock(const char *cache, struct tsem_error *error);
int lab_kernel_find(const struct lab_options *options, struct lab_kernel *ret_kernel, struct tsem_error *error);
void lab_kernel_forget(struct lab_kernel *kernel);
/* Called with the cache locked. */
int lab_kernel_fetch(const char *cache, const char *version, struct tsem_error *error);

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
	int port; /* the host's end of the guest's virtio-serial port */
	int console; /* memory file */
	int log; /* memory file: QEMU's messages */
	int files_log; /* memory file: virtiofsd's messages */
	unsigned int fd_limit; /* of virtiofsd */
};

int lab_machine_start(const struct lab_options *options, const struct lab_kernel *kernel, enum lab_accel accel,
		      bool probe, struct lab_machine *ret_machine, struct tsem_error *error);
void lab_machine_stop(struct lab_machine *machine);

/* The file server of the host's root, read-only; fd is the runner's end of its socket. */
int lab_files_start(struct lab_machine *machine, int *ret_fd, struct tsem_error *error);

/* --- accel.c --- */

/* KVM only when a guest really ran under it; the answer is kept in the cache. */
enum lab_accel lab_accel_choose(const struct lab_kernel *kernel);

/* --- job.c --- */

int lab_job_encode(const struct lab_options *options, char *const argv[], uint32_t flags, unsigned int fd_limit,
		   uint8_t **ret_bytes, size_t *ret_length, struct tsem_error *error);

/* --- terminal.c --- */

uint32_t lab_terminal_flags(void); /* enum lab_job_flags for descriptors 0, 1 and 2 */
void lab_terminal_raw(void);
void lab_terminal_restore(void);

/* --- session.c --- */

int lab_session_run(const struct lab_options *options, struct lab_machine *machine, char *const argv[],
		    struct tsem_error *error);

/* --- embed.c --- */

extern const uint8_t lab_init_image[];
extern const uint8_t lab_init_image_end[];

#endif
