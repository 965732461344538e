/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel memory of the kernel side: for maps the kernel's own figure (memlock in fdinfo), for programs the kernel's
 * figures and what follows from them. tests/vm/test_memory.sh compares the sum with what the kernel charges.
 */
#include "runtime.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE 4096u
/* The kernel's overhead for a function, besides its instructions, and for a task's storage, besides its value. */
#define FUNCTION_HEAD 72u
#define FUNCTION_SLAB 2048u
#define STORAGE_OVERHEAD 320u

static tsem_u64 memlock(int fd)
{
	char path[64], *text, *at;
	tsem_u64 bytes = 0;
	size_t size;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (runtime_read_file(path, &text, &size, NULL))
		return 0;
	at = memmem(text, size, "memlock:", 8);
	if (at)
		bytes = strtoull(at + 8, NULL, 10);
	free(text);
	return bytes;
}

/* Each function of a program has its own pages, which memlock does not count: it counts only the program as a whole. */
static tsem_u64 functions_size(int fd, const struct bpf_prog_info *counts)
{
	tsem_u32 functions = counts->nr_func_info, size = sizeof(struct bpf_prog_info);
	struct bpf_func_info *starts = calloc(functions, sizeof(*starts));
	struct bpf_prog_info info = {.nr_func_info = functions,
				     .func_info_rec_size = sizeof(*starts),
				     .func_info = (unsigned long)starts};
	tsem_u64 bytes = 0;

	if (!starts || functions < 2 || bpf_obj_get_info_by_fd(fd, &info, &size))
		functions = 0;
	for (tsem_u32 i = 0; i < functions; i++) {
		tsem_u64 end =
			i + 1 < functions ? starts[i + 1].insn_off : counts->xlated_prog_len / sizeof(struct bpf_insn);
		tsem_u64 length = FUNCTION_HEAD + (end - starts[i].insn_off) * sizeof(struct bpf_insn);

		bytes += (length + PAGE - 1) / PAGE * PAGE + FUNCTION_SLAB;
	}
	free(starts);
	return bytes;
}

static tsem_u64 program_size(int fd)
{
	struct bpf_prog_info info = {};
	tsem_u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return 0;
	return memlock(fd) + info.jited_prog_len + functions_size(fd, &info) + FUNCTION_SLAB +
	       (tsem_u64)info.nr_line_info * (sizeof(struct bpf_line_info) + sizeof(void *)) +
	       (tsem_u64)info.nr_func_info * sizeof(struct bpf_func_info);
}

static tsem_u64 link_size(const char *path)
{
	struct bpf_link_info info = {};
	tsem_u32 size = sizeof(info);
	int link = bpf_obj_get(path), program = -1;
	tsem_u64 bytes = 0;

	if (link >= 0 && !bpf_obj_get_info_by_fd(link, &info, &size))
		program = bpf_prog_get_fd_by_id(info.prog_id);
	if (program >= 0) {
		bytes = program_size(program);
		close(program);
	}
	if (link >= 0)
		close(link);
	return bytes;
}

static tsem_u64 inner_size(int outer, tsem_u32 slot)
{
	int inner = kernel_inner_map(outer, slot);
	tsem_u64 bytes = 0;

	if (inner >= 0) {
		bytes = memlock(inner);
		close(inner);
	}
	return bytes;
}

static bool is_map_of_maps(int fd, tsem_u32 *ret_entries)
{
	struct bpf_map_info info = {};
	tsem_u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size) || info.type != BPF_MAP_TYPE_ARRAY_OF_MAPS)
		return false;
	*ret_entries = info.max_entries;
	return true;
}

/* Calls take for each entry of a directory of pins. */
static int each_pin(const char *directory, void (*take)(const char *path, void *context), void *context)
{
	DIR *pins = opendir(directory);
	struct dirent *entry;
	char path[512];

	if (!pins)
		return -errno;
	while ((entry = readdir(pins))) {
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		if (entry->d_name[0] != '.')
			take(path, context);
	}
	closedir(pins);
	return 0;
}

static void take_link(const char *path, void *context)
{
	struct tsem_memory *memory = context;

	memory->programs += link_size(path);
	memory->program_count++;
}

static void take_map(const char *path, void *context)
{
	struct tsem_memory *memory = context;
	int fd = bpf_obj_get(path); /* links is a directory */
	tsem_u32 slots = 0;

	if (fd < 0)
		return;
	memory->maps += memlock(fd);
	if (is_map_of_maps(fd, &slots))
		for (tsem_u32 slot = 0; slot < slots; slot++)
			memory->namespaces += inner_size(fd, slot);
	close(fd);
}

/* The programs of a detection; its pinned maps have names without a dash. */
static void take_detection_link(const char *path, void *context)
{
	if (strchr(strrchr(path, '/'), '-') || strstr(path, "/+base/"))
		take_link(path, context);
}

/* A directory of a detection, or a map that all share. */
static void take_detection(const char *path, void *context)
{
	if (each_pin(path, take_detection_link, context))
		take_map(path, context);
}

struct slot_memory {
	tsem_u32 slot;
	tsem_u64 bytes;
};

static void take_slot(const char *path, void *context)
{
	struct slot_memory *memory = context;
	int fd = bpf_obj_get(path);
	tsem_u32 slots;

	if (fd < 0)
		return;
	if (is_map_of_maps(fd, &slots))
		memory->bytes += inner_size(fd, memory->slot);
	close(fd);
}

static tsem_u64 tasks_size(const struct tsem_namespace *ns)
{
	return ns->tasks > 0 ? ns->tasks * (sizeof(struct tsem_task) + STORAGE_OVERHEAD) : 0;
}

tsem_u64 kernel_slot_memory(const struct tsem_kernel *kernel, tsem_u32 slot)
{
	struct slot_memory memory = {.slot = slot};

	each_pin(TSEM_PINS, take_slot, &memory);
	return memory.bytes + tasks_size(&kernel->slots[slot]);
}

int tsem_memory_read(struct tsem_memory *ret_memory, struct tsem_error *error)
{
	struct tsem_memory memory = {};
	struct tsem_kernel *kernel;
	int r;

	*ret_memory = memory;
	r = kernel_open_loaded(&kernel, error);
	if (r || !kernel)
		return r;
	each_pin(TSEM_PINS "/links", take_link, &memory);
	each_pin(TSEM_PINS, take_map, &memory);
	each_pin(TSEM_PINS "/detect", take_detection, &memory);
	for (tsem_u32 slot = 0; slot < TSEM_NAMESPACE_MAX; slot++)
		memory.namespaces += tasks_size(&kernel->slots[slot]);
	tsem_kernel_close(kernel);
	*ret_memory = memory;
	return 0;
}
