/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../frame/cmd.h"

int cmd_version(const struct invocation *invocation)
{
	(void)invocation;
	printf("tsem %s\n", TSEM_VERSION);
	return 0;
}
