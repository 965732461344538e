/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* floor: loads and attaches floor.bpf.c, says "ready", and holds it until it is ended. */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <unistd.h>

#include "floor.skel.h"

int main(void)
{
	struct floor_bpf *skeleton = floor_bpf__open_and_load();

	if (!skeleton || floor_bpf__attach(skeleton)) {
		perror("floor: cannot load and attach");
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
