/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The process trust root for the sanitizers, which need more system calls than its sandbox leaves. usage: ADDRESS */
#include <stdio.h>

#include "../../roots/process/process.h"

int sandbox_enter(const char *user, struct tsem_error *error)
{
	(void)user;
	(void)error;
	return 0;
}

int main(int argc, char **argv)
{
	struct process_options options = {.address = argc > 1 ? argv[1] : "",
					  .memory = 1ull << 30,
					  .points = 65536,
					  .connections = 4096,
					  .per_peer = 1024};
	struct tsem_error error = {0};

	if (!process_run(&options, &error))
		return 0;
	fprintf(stderr, "%s\n", error.text);
	return 1;
}
