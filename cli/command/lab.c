/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

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

static int fill_qemu_arguments(const struct invocation *invocation, struct lab_options *options)
{
	const char *argument;
	size_t cursor = 0;

	while ((argument = invocation_next(invocation, OPTION_lab_qemu_arg, &cursor))) {
		if (options->qemu_argument_count == LAB_QEMU_ARGUMENTS_MAX)
			return usage_error(invocation, "there can be at most %d --qemu-arg", LAB_QEMU_ARGUMENTS_MAX);
		options->qemu_arguments[options->qemu_argument_count++] = argument;
	}
	return 0;
}

static int check_kernel(const struct invocation *invocation, const struct lab_options *options)
{
	if (options->kernel && options->kernel_version)
		return usage_error(invocation, "--kernel and --kernel-version exclude each other");
	if (options->kernel_version && !lab_version_valid(options->kernel_version))
		return usage_error(invocation, "'%s' is not a kernel version such as 6.12", options->kernel_version);
	return 0;
}

static int lab_failed(const struct invocation *invocation)
{
	return invocation->error->code ? -invocation->error->code : -EIO;
}

/* Queries about the kernels themselves. */
static int without_command(const struct invocation *invocation, const struct lab_options *options)
{
	int status;

	if (!options->kernel_version)
		return usage_error(invocation, "`tsem lab` needs CMD; see `tsem help lab`");
	if (!strcmp(options->kernel_version, "ls"))
		return lab_kernels_print(stdout, invocation->error) < 0 ? lab_failed(invocation) : 0;
	status = check_kernel(invocation, options);
	if (status)
		return status;
	return lab_kernel_print(options, stdout, invocation->error) < 0 ? lab_failed(invocation) : 0;
}

int cmd_lab(const struct invocation *invocation)
{
	struct lab_options options = {
		.timeout_seconds = invocation_number(invocation, OPTION_lab_timeout, 0),
		.memory_mib = invocation_number(invocation, OPTION_lab_mem, 0),
		.kernel = invocation_value(invocation, OPTION_lab_kernel),
		.kernel_version = invocation_value(invocation, OPTION_lab_kernel_version),
		.cmdline = invocation_value(invocation, OPTION_lab_cmdline),
		.deterministic = invocation_given(invocation, OPTION_lab_deterministic),
		.parallel = invocation_given(invocation, OPTION_lab_parallel),
		.systemd = invocation_given(invocation, OPTION_lab_systemd),
	};
	int status;

	if (!invocation->operand_count)
		return without_command(invocation, &options);
	status = check_kernel(invocation, &options);
	if (!status)
		status = fill_disks(invocation, &options);
	if (!status)
		status = fill_qemu_arguments(invocation, &options);
	if (status)
		return status;
	status = lab_run(&options, invocation->operands, invocation->error);
	if (status < 0)
		return lab_failed(invocation);
	return status;
}
