/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../frame/cmd.h"

/* The build passes it: -DTSEM_VERSION='"1.2.3"'. */
#ifndef TSEM_VERSION
#define TSEM_VERSION "unknown"
#endif

int cmd_version(const struct invocation *invocation)
{
	(void)invocation;
	printf("tsem %s\n", TSEM_VERSION);
	return 0;
}
