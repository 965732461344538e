/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A stand-alone lab, for trials of this room alone. */
#include "lab.h"

#include <stdio.h>

int main(int argc, char *argv[])
{
	struct lab_options options;
	struct tsem_error error;
	int first = lab_options_parse(&options, argc, argv, &error);
	int status = first < 0 ? -1 : lab_run(&options, argv + first, &error);

	if (status >= 0)
		return status;
	fprintf(stderr, "%s: %s\n", argv[0], error.text);
	return first < 0 ? 2 : 125;
}
