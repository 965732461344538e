/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int check_disks(const struct lab_options *options, struct tsem_error *error)
{
	size_t i;

	for (i = 0; i < options->disk_count; i++) {
		if (access(options->disks[i], R_OK | W_OK) == 0)
			continue;
		tsem_error_set(error, errno, "cannot use the disk image '%s': %s", options->disks[i], strerror(errno));
		return -1;
	}
	return 0;
}

int lab_run(const struct lab_options *options, char *const argv[], struct tsem_error *error)
{
	struct lab_kernel kernel;
	struct lab_machine machine;
	enum lab_accel accel = LAB_ACCEL_TCG;
	int result;

	/* Asked before anything is fetched: without root the guest gets no files of this machine. */
	if (geteuid() != 0) {
		tsem_error_set(error, EPERM,
			       "tsem lab needs root, to lay a scratch layer over this machine's files: run it as root");
		return -1;
	}
	if (check_disks(options, error) < 0 || lab_kernel_find(options, &kernel, error) < 0)
		return -1;
	if (!options->deterministic)
		accel = lab_accel_choose(&kernel);
	result = lab_machine_start(options, &kernel, accel, false, &machine, error);
	lab_kernel_forget(&kernel);
	if (result < 0)
		return -1;
	result = lab_session_run(options, &machine, argv, error);
	lab_machine_stop(&machine);
	return result;
}
