/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "loading.h"
#include "../session/options.h"

int cmd_load(const struct invocation *invocation)
{
	bool loaded = tsem_kernel_loaded();
	unsigned flags = TSEM_KERNEL_LOAD | TSEM_KERNEL_PERSISTENT;
	struct tsem_kernel *kernel;
	int status;

	if (options_all_events(invocation))
		flags |= TSEM_KERNEL_ALL_EVENTS;
	status = kernel_open_told(flags, LOADING_FOR_GOOD, &kernel, invocation->error);
	if (status)
		return status;
	tsem_kernel_close(kernel);
	printf("%s; `tsem unload` removes it.\n",
	       loaded ? "The kernel side is already loaded, and stays" : "The kernel side is loaded and stays");
	return 0;
}

int cmd_unload(const struct invocation *invocation)
{
	bool loaded = tsem_kernel_loaded();
	int status = tsem_kernel_unload(invocation_given(invocation, OPTION_unload_force), invocation->error);

	if (status == 0)
		puts(loaded ? "The kernel side is unloaded." : "The kernel side was not loaded.");
	return status;
}
