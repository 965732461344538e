/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that several detections need, attached with the first one that needs them: detections/base. They stay until
 * the kernel side is unloaded, so that what they keep account of is never incomplete.
 */
#include "../kernel/capture.h"
#include "../kernel/object.h"
#include "detect.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *what, int code, struct tsem_error *error)
{
	return tsem_error_set(error, code, "cannot attach the programs %s: %s", what, strerror(code));
}

static int attach(const struct tsem_detect *detect, struct bpf_program *program)
{
	char path[256];

	snprintf(path, sizeof(path), DETECT_BASE "/%s", bpf_program__name(program));
	return object_attach(detect->kernel->guarded, program, path);
}

static bool is_iterator(const struct bpf_program *program)
{
	return !strncmp(bpf_program__section_name(program), "iter", 4);
}

/* Once over what is there already: the iterator runs when it is read. */
static int iterate(struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -errno, r = fd < 0 ? fd : 0;
	char nothing[256];

	while (fd >= 0 && (r = read(fd, nothing, sizeof(nothing))) > 0)
		;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return r < 0 ? -errno : 0;
}

static int attach_all(const struct tsem_detect *detect, struct bpf_object *object)
{
	struct bpf_program *program;
	struct bpf_map *map;
	int r = 0;

	bpf_object__for_each_map (map, object)
		if (!r)
			r = object_note(detect->kernel->guarded, TSEM_OBJECT_MAP, bpf_map__fd(map));
	bpf_object__for_each_program (program, object)
		if (!r && !is_iterator(program))
			r = attach(detect, program);
	bpf_object__for_each_program (program, object)
		if (!r && is_iterator(program))
			r = iterate(program);
	return r;
}

static bool is_attached(const struct bpf_object *object)
{
	struct bpf_program *program;
	char path[256];

	bpf_object__for_each_program (program, object) {
		snprintf(path, sizeof(path), DETECT_BASE "/%s", bpf_program__name(program));
		if (!is_iterator(program) && access(path, F_OK))
			return false;
	}
	return true;
}

static void remove_half(const struct bpf_object *object)
{
	struct bpf_program *program;
	char path[256];

	bpf_object__for_each_program (program, object) {
		snprintf(path, sizeof(path), DETECT_BASE "/%s", bpf_program__name(program));
		unlink(path);
	}
}

static int base(struct tsem_detect *detect, const char *name, const char *what, struct tsem_error *error)
{
	struct detect_object o;
	int r = detect_object_open(name, &o, error);

	if (r)
		return r;
	if (is_attached(o.object)) {
		detect_object_close(&o);
		return 0;
	}
	if (mkdir(DETECT_BASE, 0700) && errno != EEXIST)
		r = failed(what, errno, error);
	remove_half(o.object);
	if (!r)
		r = detect_object_share(&o, detect, error);
	if (!r)
		r = detect_object_load(&o, error);
	if (!r) {
		capture_begin();
		r = attach_all(detect, o.object);
		capture_end();
		if (r) {
			remove_half(o.object);
			r = failed(what, -r, error);
		}
	}
	detect_object_close(&o);
	return r;
}

int detect_base_running(struct tsem_detect *detect, struct tsem_error *error)
{
	return base(detect, "base-running", "that keep account of executables in use", error);
}

int detect_base_untrust(struct tsem_detect *detect, struct tsem_error *error)
{
	return base(detect, "base-untrust", "that untrusted processes pass on by", error);
}
