/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "running.h"
#include "capture.h"
#include "object.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>

#include "running.skel.h"

struct running {
	const struct tsem_kernel *kernel;
	struct tsem_running_bpf *skeleton;
};

static int reuse_maps(const struct tsem_running_bpf *skeleton)
{
	struct bpf_map *map;
	char path[256];
	int r = 0;

	bpf_object__for_each_map (map, skeleton->obj) {
		snprintf(path, sizeof(path), TSEM_PINS "/%s", bpf_map__name(map));
		if (!r && !bpf_map__is_internal(map))
			r = object_reuse(map, path);
	}
	return r;
}

static int program_of(const struct running *running)
{
	return bpf_program__fd(running->skeleton->progs.running_task);
}

/* Whoever has the program can put tasks into namespaces: no workload gets hold of it. */
static int load(const struct running *running, struct tsem_error *error)
{
	int r = reuse_maps(running->skeleton);

	if (r)
		return object_failed(error, -r, "use the maps of the loaded programs for tasks that run already");
	if (tsem_running_bpf__load(running->skeleton))
		return object_failed(error, errno, "load the program that puts running tasks into a namespace");
	r = object_note(running->kernel->guarded, TSEM_OBJECT_PROGRAM, program_of(running));
	return r ? object_failed(error, -r, "note the program that puts running tasks into a namespace") : 0;
}

int running_open(const struct tsem_kernel *kernel, struct running **ret_running, struct tsem_error *error)
{
	struct running *running = calloc(1, sizeof(*running));
	int r;

	if (!running)
		return tsem_error_set(error, ENOMEM, "out of memory");
	running->kernel = kernel;
	capture_begin();
	running->skeleton = tsem_running_bpf__open();
	r = running->skeleton ?
		    load(running, error) :
		    object_failed(error, errno, "open the program that puts running tasks into a namespace");
	capture_end();
	if (r)
		running_close(running);
	else
		*ret_running = running;
	return r;
}

void running_close(struct running *running)
{
	if (running->skeleton && program_of(running) >= 0)
		object_forget(running->kernel->guarded, TSEM_OBJECT_PROGRAM, program_of(running));
	tsem_running_bpf__destroy(running->skeleton);
	free(running);
}

int running_ask(const struct running *running, struct tsem_running_task *task)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	running->skeleton->bss->asked = *task;
	if (bpf_prog_test_run_opts(program_of(running), &options))
		return -errno;
	*task = running->skeleton->bss->asked;
	return task->result;
}
