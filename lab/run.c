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
		tsem_error_set(error, errno, "cannot use the disk image '%s': %s",
			       options->disks[i], strerror(errno));
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

	if (check_disks(options, error) < 0 ||
	    lab_kernel_find(options->kernel, &kernel, error) < 0)
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

static int parse_number(const char *name, const char *text, unsigned int most,
			unsigned int *ret_number, struct tsem_error *error)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &end, 10);
	if (!errno && end != text && !*end && *text != '-' && number > 0 && number <= most) {
		*ret_number = (unsigned int)number;
		return 0;
	}
	tsem_error_set(error, EINVAL, "%s wants a number from 1 to %u, not '%s'", name, most,
		       text);
	return -1;
}

static int parse_disk(struct lab_options *options, const char *path, struct tsem_error *error)
{
	if (options->disk_count < LAB_DISKS_MAX) {
		options->disks[options->disk_count++] = path;
		return 0;
	}
	tsem_error_set(error, E2BIG, "--disk can be given %d times at most", LAB_DISKS_MAX);
	return -1;
}

static int parse_value(struct lab_options *options, const char *name, const char *value,
		       struct tsem_error *error)
{
	if (strcmp(name, "--timeout") == 0)
		return parse_number(name, value, 1000000, &options->timeout_seconds, error);
	if (strcmp(name, "--mem") == 0)
		return parse_number(name, value, 1u << 20, &options->memory_mib, error);
	if (strcmp(name, "--disk") == 0)
		return parse_disk(options, value, error);
	if (strcmp(name, "--kernel") == 0)
		options->kernel = value;
	else if (strcmp(name, "--cmdline") == 0)
		options->cmdline = value;
	return 0;
}

static bool takes_value(const char *name)
{
	static const char *const names[] = { "--timeout", "--mem", "--disk", "--kernel",
					     "--cmdline" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

int lab_options_parse(struct lab_options *options, int argc, char *const argv[],
		      struct tsem_error *error)
{
	int i;

	memset(options, 0, sizeof(*options));
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		const char *name = argv[i];

		if (strcmp(name, "--") == 0) {
			i++;
			break;
		}
		if (strcmp(name, "--deterministic") == 0) {
			options->deterministic = true;
		} else if (!takes_value(name)) {
			tsem_error_set(error, EINVAL, "unknown option '%s'; before the command "
				       "there can be --timeout, --mem, --kernel, "
				       "--deterministic, --cmdline and --disk", name);
			return -1;
		} else if (++i == argc) {
			tsem_error_set(error, EINVAL, "%s wants a value", name);
			return -1;
		} else if (parse_value(options, name, argv[i], error) < 0) {
			return -1;
		}
	}
	if (i < argc)
		return i;
	tsem_error_set(error, EINVAL, "no command given; end with '-- COMMAND...'");
	return -1;
}
