/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by all detections: the kernel side, their own maps, which outlive this process by their pins, and a lock. */
#include "../kernel/object.h"
#include "detect.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIGNALS_SIZE (1u << 20)
#define RUNNING_MAX 65536
#define TABLE_SIZE (TSEM_DETECTIONS_MAX * sizeof(struct tsem_detection))

int detect_lock(struct tsem_error *error)
{
	int r = runtime_prepare(error);

	if (r)
		return r;
	if (mkdir(DETECT_RUN, 0700) && errno != EEXIST)
		return tsem_error_set(error, errno, "cannot make the directory " DETECT_RUN ": %s", strerror(errno));
	return runtime_lock(DETECT_RUN "/lock", LOCK_EX, error);
}

/* ---- ids that the kernel side guards ---- */

static void forget(const struct tsem_detect *detect, tsem_u32 kind, tsem_u32 id)
{
	struct tsem_object key = {.kind = kind, .id = id};

	bpf_map_delete_elem(detect->kernel->guarded, &key);
}

static tsem_u32 map_id(int fd)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	return fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size) ? info.id : 0;
}

void detect_unnote_map(const struct tsem_detect *detect, tsem_u32 id)
{
	if (id)
		forget(detect, TSEM_OBJECT_MAP, id);
}

static bool is_shared(const struct tsem_detect *detect, tsem_u32 id)
{
	bool shared = id == map_id(detect->kernel->tasks) || id == map_id(detect->kernel->namespaces);

#define M(member, name) shared = shared || id == map_id(detect->member);
	DETECT_MAPS(M)
#undef M
	return shared;
}

static void forget_program(const struct tsem_detect *detect, tsem_u32 id)
{
	__u32 maps[64] = {};
	struct bpf_prog_info info = {.nr_map_ids = 64, .map_ids = (unsigned long)maps};
	__u32 size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &size))
		for (__u32 i = 0; i < info.nr_map_ids && i < 64; i++)
			if (!is_shared(detect, maps[i]))
				detect_unnote_map(detect, maps[i]);
	if (fd >= 0)
		close(fd);
	forget(detect, TSEM_OBJECT_PROGRAM, id);
}

void detect_unnote_object(const struct tsem_detect *detect, const struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object) {
		struct bpf_prog_info info = {};
		__u32 size = sizeof(info);

		if (bpf_program__fd(program) >= 0 && !bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
			forget_program(detect, info.id);
	}
}

struct unnoting {
	const struct tsem_detect *detect;
	const char *directory;
};

static void unnote_link(const struct tsem_detect *detect, int fd)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return;
	forget(detect, TSEM_OBJECT_LINK, info.id);
	forget_program(detect, info.prog_id);
}

/* The programs have its maps, but not what is in one of them. */
static int unnote(void *context, const char *name)
{
	const struct unnoting *u = context;
	char path[512];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", u->directory, name);
	fd = bpf_obj_get(path);
	if (fd >= 0 && strchr(name, '-'))
		unnote_link(u->detect, fd);
	else if (fd >= 0 && !strcmp(name, "tsem_list"))
		detect_unnote_map(u->detect, detect_list_id(fd));
	if (fd >= 0)
		close(fd);
	return 0;
}

void detect_unnote(const struct tsem_detect *detect, const char *directory)
{
	struct unnoting u = {detect, directory};

	detect_each_pin(directory, unnote, &u);
}

/* ---- maps ---- */

static int new_map(const char *name)
{
	LIBBPF_OPTS(bpf_map_create_opts, loose, .map_flags = BPF_F_NO_PREALLOC);
	LIBBPF_OPTS(bpf_map_create_opts, mapped, .map_flags = BPF_F_MMAPABLE);

	if (!strcmp(name, "tsem_detections"))
		return bpf_map_create(BPF_MAP_TYPE_ARRAY, name, 4, sizeof(struct tsem_detection), TSEM_DETECTIONS_MAX,
				      &mapped);
	if (!strcmp(name, "tsem_detect_counts"))
		return bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "tsem_detect_cou", 4,
				      sizeof(struct tsem_detect_counts), TSEM_DETECTIONS_MAX, NULL);
	if (!strcmp(name, "tsem_detect_state"))
		return bpf_map_create(BPF_MAP_TYPE_ARRAY, "tsem_detect_sta", 4, sizeof(struct tsem_detect_state), 1,
				      &mapped);
	if (!strcmp(name, "tsem_signals"))
		return bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, SIGNALS_SIZE, NULL);
	return bpf_map_create(BPF_MAP_TYPE_HASH, name, 8, 8, RUNNING_MAX, &loose);
}

static int open_map(const struct tsem_detect *detect, const char *name, bool make, int *ret_fd,
		    struct tsem_error *error)
{
	char path[256];
	int fd, r;

	snprintf(path, sizeof(path), DETECT_PINS "/%s", name);
	fd = bpf_obj_get(path);
	if (fd < 0 && errno == ENOENT && make) {
		fd = new_map(name);
		r = fd < 0 ? -errno : object_note(detect->kernel->guarded, TSEM_OBJECT_MAP, fd);
		if (!r && bpf_obj_pin(fd, path))
			r = -errno;
		if (r && fd >= 0)
			close(fd);
		if (r)
			return tsem_error_set(error, -r, "cannot make the map %s: %s", name, strerror(-r));
	}
	if (fd < 0)
		return tsem_error_set(error, errno, "cannot open %s: %s", path, strerror(errno));
	*ret_fd = fd;
	return 0;
}

static int map_memory(int fd, size_t size, void **ret_memory, struct tsem_error *error)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return tsem_error_set(error, errno, "cannot map the table of detections: %s", strerror(errno));
	*ret_memory = memory;
	return 0;
}

static int open_maps(struct tsem_detect *detect, bool make, struct tsem_error *error)
{
	int r = 0;

	if (make && mkdir(DETECT_PINS, 0700) && errno != EEXIST)
		return tsem_error_set(error, errno, "cannot make " DETECT_PINS ": %s", strerror(errno));
	if (access(DETECT_PINS, F_OK))
		return tsem_error_set(error, ENOENT, "no detection is attached: `tsem detect add` attaches one");
#define M(member, name) \
	if (!r) \
		r = open_map(detect, #name, make, &detect->member, error);
	DETECT_MAPS(M)
#undef M
	if (!r)
		r = map_memory(detect->detections, TABLE_SIZE, (void **)&detect->table, error);
	if (!r)
		r = map_memory(detect->state, sizeof(*detect->shared), (void **)&detect->shared, error);
	if (!r && make && !detect->shared->number)
		r = detect_number_on(detect, error);
	return r;
}

static struct tsem_detect *detect_new(void)
{
	struct tsem_detect *detect = malloc(sizeof(*detect));

	if (!detect)
		return NULL;
	memset(detect, 0xff, sizeof(*detect)); /* every descriptor -1 */
	detect->kernel = NULL;
	detect->ring = NULL;
	detect->context = NULL;
	detect->table = NULL;
	detect->shared = NULL;
	return detect;
}

static int open_locked(struct tsem_detect *detect, bool make, struct tsem_error *error)
{
	int lock = detect_lock(error), r;

	if (lock < 0)
		return lock;
	r = open_maps(detect, make, error);
	close(lock);
	return r;
}

int tsem_detect_open(unsigned flags, struct tsem_detect **ret_detect, struct tsem_error *error)
{
	bool load = flags & TSEM_DETECT_LOAD;
	struct tsem_detect *detect;
	int r;

	if (!load && !tsem_kernel_loaded())
		return tsem_error_set(error, ENOENT, "no detection is attached: `tsem detect add` attaches one");
	detect = detect_new();
	if (!detect)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = tsem_kernel_open(load ? TSEM_KERNEL_LOAD | TSEM_KERNEL_PERSISTENT : 0, &detect->kernel, error);
	if (!r)
		r = open_locked(detect, load, error);
	if (r) {
		tsem_detect_close(detect);
		return r;
	}
	*ret_detect = detect;
	return 0;
}

void tsem_detect_close(struct tsem_detect *detect)
{
	if (!detect)
		return;
	tsem_detect_let(detect);
	if (detect->table)
		munmap(detect->table, TABLE_SIZE);
	if (detect->shared)
		munmap(detect->shared, sizeof(*detect->shared));
#define M(member, name) \
	if (detect->member >= 0) \
		close(detect->member);
	DETECT_MAPS(M)
#undef M
	tsem_kernel_close(detect->kernel);
	free(detect);
}

void tsem_detect_signals(struct tsem_detect *detect, tsem_u64 *ret_sent, tsem_u64 *ret_lost)
{
	*ret_sent = __atomic_load_n(&detect->shared->number, __ATOMIC_RELAXED);
	*ret_lost = __atomic_load_n(&detect->shared->lost, __ATOMIC_RELAXED);
}

int detect_find(const struct tsem_detect *detect, const char *name, struct tsem_error *error)
{
	for (int n = 0; n < TSEM_DETECTIONS_MAX; n++)
		if (detect->table[n].id && !strcmp((const char *)detect->table[n].name, name))
			return n;
	return tsem_error_set(error, ENOENT, "no detection %s is attached (`tsem detect ls`)", name);
}
