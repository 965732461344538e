/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The words for what a violation does to its process. */
#include "../tsem.h"

const char *tsem_action_name(tsem_u32 action)
{
	static const char *const names[] = {"untrust", "deny", "log", "kill", "freeze"};

	return action < sizeof(names) / sizeof(*names) ? names[action] : NULL;
}
