/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdint.h>
#include <unistd.h>

#include "../../roots/process/process.h"
#include "../frame/cmd.h"

/* Here only reading and writing is still allowed: no stdio. */
static void say_ready(void *context)
{
	const char *address = context;
	char line[256];
	int size = snprintf(line, sizeof(line), "tsem: modeling agent ready at %s\n", address);

	if (size > 0 && write(STDERR_FILENO, line, (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1) < 0)
		return;
}

int cmd_tma(const struct invocation *invocation)
{
	const char *address = invocation_value(invocation, OPTION_tma_listen);
	struct process_options options = {
		.address = address,
		.user = invocation_value(invocation, OPTION_tma_user),
		.memory = (tsem_u64)invocation_number(invocation, OPTION_tma_memory, 1024) << 20,
		.points = invocation_number(invocation, OPTION_tma_limit, 65536),
		.connections = invocation_number(invocation, OPTION_tma_connections, 4096),
		.per_peer = invocation_number(invocation, OPTION_tma_per_peer, 1024),
		.ready = say_ready,
		.context = (void *)(uintptr_t)address,
	};

	return process_run(&options, invocation->error);
}
