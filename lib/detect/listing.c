/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Lists the attached detections: how often each was called, its signals, and its cost. */
#include "../kernel/group.h"
#include "detect.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_counts(const struct tsem_detect *detect, tsem_u32 number, struct tsem_detect_counts *ret_counts)
{
	int cpus = libbpf_num_possible_cpus();
	struct tsem_detect_counts *each = calloc(cpus > 0 ? cpus : 1, sizeof(*each));

	memset(ret_counts, 0, sizeof(*ret_counts));
	if (each && !bpf_map_lookup_elem(detect->counts, &number, each))
		for (int i = 0; i < cpus; i++) {
			ret_counts->calls += each[i].calls;
			ret_counts->signals += each[i].signals;
			ret_counts->refused += each[i].refused;
			ret_counts->quiet += each[i].quiet;
			ret_counts->failed += each[i].failed;
		}
	free(each);
}

struct reading {
	const char *directory;
	struct tsem_detect_status *status;
};

static void add_hook(struct tsem_detect_status *status, const char *pin)
{
	size_t used = strlen(status->hooks), length = strrchr(pin, '-') - pin;
	const char *at = status->hooks;
	char hook[64];

	snprintf(hook, sizeof(hook), "%.*s", (int)length, pin);
	length = strlen(hook);
	for (; (at = strstr(at, hook)); at += length)
		if ((at == status->hooks || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return;
	snprintf(status->hooks + used, sizeof(status->hooks) - used, "%s%s", used ? " " : "", hook);
}

static void add_cost(struct tsem_detect_status *status, const char *path)
{
	struct bpf_prog_info program = {};
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	int link = bpf_obj_get(path), fd = -1;

	if (link >= 0 && !bpf_obj_get_info_by_fd(link, &info, &size))
		fd = bpf_prog_get_fd_by_id(info.prog_id);
	size = sizeof(program);
	if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &program, &size)) {
		status->runs += program.run_cnt;
		status->nanoseconds += program.run_time_ns;
	}
	if (fd >= 0)
		close(fd);
	if (link >= 0)
		close(link);
}

static int read_pin(void *context, const char *name)
{
	const struct reading *reading = context;
	char path[512];

	if (!strchr(name, '-'))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", reading->directory, name);
	reading->status->programs++;
	add_hook(reading->status, name);
	add_cost(reading->status, path);
	return 0;
}

static void tell_scope(const struct tsem_detect *detect, struct tsem_detect_status *status)
{
	const struct tsem_detection *d = &status->detection;
	char path[480];

	strcpy(status->scope, "host");
	if (d->scope == TSEM_DETECT_SCOPE_GROUP)
		snprintf(status->scope, sizeof(status->scope), "cgroup %s",
			 group_path(d->place, path, sizeof(path)) ? "(removed)" : path);
	if (d->scope != TSEM_DETECT_SCOPE_NAMESPACE)
		return;
	strcpy(status->scope, "namespace (ended)");
	for (tsem_u32 slot = 0; slot < TSEM_NAMESPACE_MAX; slot++)
		if (detect->kernel->slots[slot].id == d->place)
			snprintf(status->scope, sizeof(status->scope), "namespace %s",
				 (const char *)detect->kernel->slots[slot].name);
}

static int by_age(const void *a, const void *b)
{
	const struct tsem_detect_status *x = a, *y = b;

	return x->detection.id < y->detection.id ? -1 : x->detection.id > y->detection.id;
}

int tsem_detect_list(struct tsem_detect *detect, struct tsem_detect_status **ret_list, size_t *ret_count,
		     struct tsem_error *error)
{
	struct tsem_detect_status *list = calloc(TSEM_DETECTIONS_MAX, sizeof(*list)), *status;
	size_t count = 0;
	char path[256];

	if (!list)
		return tsem_error_set(error, ENOMEM, "out of memory");
	for (tsem_u32 n = 0; n < TSEM_DETECTIONS_MAX; n++) {
		if (!__atomic_load_n(&detect->table[n].id, __ATOMIC_ACQUIRE))
			continue;
		status = &list[count++];
		status->detection = detect->table[n];
		snprintf(path, sizeof(path), DETECT_PINS "/%s", (const char *)status->detection.name);
		detect_each_pin(path, read_pin, &(struct reading){path, status});
		add_counts(detect, n, &status->counts);
		tell_scope(detect, status);
		detect_lists_count(path, &status->digests, &status->words);
	}
	qsort(list, count, sizeof(*list), by_age);
	*ret_list = list;
	*ret_count = count;
	return 0;
}

int tsem_detect_measure(struct tsem_error *error)
{
	int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);

	return fd >= 0 ? fd : tsem_error_set(error, errno, "the kernel does not measure programs: %s", strerror(errno));
}

static int look_pin(void *context, const char *name)
{
	char path[512], nothing[256];
	int link, fd;

	if (strncmp(name, DETECT_PERIODIC "-", sizeof(DETECT_PERIODIC)))
		return 0;
	snprintf(path, sizeof(path), "%s/%s", (const char *)context, name);
	link = bpf_obj_get(path);
	fd = link >= 0 ? bpf_iter_create(link) : -1;
	while (fd >= 0 && read(fd, nothing, sizeof(nothing)) > 0)
		;
	if (fd >= 0)
		close(fd);
	if (link >= 0)
		close(link);
	return 0;
}

void tsem_detect_look(struct tsem_detect *detect)
{
	char path[256];

	for (tsem_u32 n = 0; n < TSEM_DETECTIONS_MAX; n++) {
		if (!detect->table[n].id)
			continue;
		snprintf(path, sizeof(path), DETECT_PINS "/%s", (const char *)detect->table[n].name);
		detect_each_pin(path, look_pin, path);
	}
}
