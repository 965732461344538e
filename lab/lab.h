/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs one command in a micro-VM that shows the host's files. */
#ifndef LAB_LAB_H
#define LAB_LAB_H

#include "../lib/tsem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define LAB_DISKS_MAX 16
#define LAB_QEMU_ARGUMENTS_MAX 32

enum lab_status {
	LAB_STATUS_TIMEOUT = 124, /* the micro-VM was ended at its time limit */
};

struct lab_options {
	unsigned int timeout_seconds; /* host time from the start of the VM; 0: none */
	unsigned int memory_mib; /* 0: 2048 */
	const char *kernel; /* image to boot; NULL: a cached Debian kernel */
	const char *kernel_version; /* of which version; NULL: the oldest that tsem works on */
	const char *cmdline; /* appended to the kernel command line, or NULL */
	const char *disks[LAB_DISKS_MAX]; /* raw images: /dev/vda, /dev/vdb, ... */
	size_t disk_count;
	const char *qemu_arguments[LAB_QEMU_ARGUMENTS_MAX]; /* additional ones, after the default ones */
	size_t qemu_argument_count;
	bool deterministic; /* the guest's clock counts instructions */
	bool parallel; /* emulated processors run at once, not in turn */
	bool systemd; /* is process 1, and the command runs beside it */
};

/*
 * Runs argv as root in the guest, in the caller's directory. The caller's
 * stdin, stdout and stderr are the command's. Returns its exit status
 * (128 + signal as a shell does, LAB_STATUS_TIMEOUT at the time limit), or -1
 * with the error when it did not run to its end.
 *
 * Uses signals, children and, when stdin and stdout are a terminal, its mode:
 * call it from the main thread.
 */
int lab_run(const struct lab_options *options, char *const argv[], struct tsem_error *error);

/* Prints the kernels in the cache and those that can be fetched. Returns 0, or -1 with the error. */
int lab_kernels_print(FILE *out, struct tsem_error *error);
/* Fetches the kernel if need be, and prints its directory in the cache. Returns 0, or -1 with the error. */
int lab_kernel_print(const struct lab_options *options, FILE *out, struct tsem_error *error);
/* Whether it can be a version or a release of a kernel. */
bool lab_version_valid(const char *version);

/* The one place that writes to stderr: progress of long steps. */
void lab_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
