/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>

#include "../frame/cmd.h"

#include "../../lab/lab.h"

static int fill_disks(const struct invocation *invocation, struct lab_options *options)
{
	const char *disk;
	size_t cursor = 0;

	while ((disk = invocation_next(invocation, OPTION_lab_disk, &cursor))) {
		if (options->disk_count == LAB_DISKS_MAX)
			return usage_error(invocation, "there can be at most %d --disk", LAB_DISKS_MAX);
		options->disks[options->disk_count++] = disk;
	}
	return 0;
}

int cmd_lab(const struct invocation *invocation)
{
	struct lab_options options = {
		.timeout_seconds = invocation_number(invocation, OPTION_lab_timeout, 0),
		.memory_mib = invocation_number(invocation, OPTION_lab_mem, 0),
		.kernel = invocation_value(invocation, OPTION_lab_kernel),
		.cmdline = invocation_value(invocation, OPTION_lab_cmdline),
		.deterministic = invocation_given(invocation, OPTION_lab_deterministic),
		.parallel = invocation_given(invocation, OPTION_lab_parallel),
	};
	int status;

	status = fill_disks(invocation, &options);
	if (status)
		return status;
	status = lab_run(&options, invocation->operands, invocation->error);
	if (status < 0)
		return invocation->error->code ? -invocation->error->code : -EIO;
	return status;
}
