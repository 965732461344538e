/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Loads the kernel side once, pins it, and opens the pinned objects. */
#include "../event/digest.h"
#include "../base/replace.h"
#include "agents.h"
#include "capture.h"
#include "group.h"
#include "object.h"
#include "reason.h"
#include "runtime.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tsem.skel.h"

#define LOADING TSEM_BPF_ROOT "/tsem-loading"
#define PERSISTENT TSEM_RUN_DIRECTORY "/persistent"
/* Programs that only some namespaces need: attached when the first of these is created. */
#define ON_DEMAND(P) P(external_create) P(file_contents) P(task_stays)
/* The program that records system calls while a tsem learns: no pin holds its link. */
#define CALLS "syscall_learn"
#define ONE_EXTRA TSEM_PINS "/links/all_file_lock"
#define UNLOAD_SECONDS 60
#define BPF_FS_MAGIC_NUMBER 0xcafe4a11
#define SLOTS_SIZE (TSEM_NAMESPACE_MAX * sizeof(struct tsem_namespace))

/*
 * A process that may not change the rules of access must not create, end or unload namespaces, least of all a workload.
 */
#define INITIAL_USER_NAMESPACE 0xeffffffd /* its inode on every kernel */

/* In a user namespace of their own, everybody has all capabilities. */
static bool in_initial_user_namespace(void)
{
	struct stat st;

	return !stat("/proc/self/ns/user", &st) && st.st_ino == INITIAL_USER_NAMESPACE;
}

static int require_control(struct tsem_error *error)
{
	cap_flag_value_t control = CAP_CLEAR;
	cap_t caps = cap_get_proc();

	if (caps) {
		cap_get_flag(caps, CAP_MAC_ADMIN, CAP_EFFECTIVE, &control);
		cap_free(caps);
	}
	if (geteuid())
		return runtime_no_kernel(error, EPERM, "tsem needs root to model security events");
	if (!in_initial_user_namespace())
		return runtime_no_kernel(error, EPERM,
					 "tsem works in the initial user namespace only, and needs /proc to see that "
					 "it is there");
	if (control != CAP_SET)
		return runtime_no_kernel(error, EPERM,
					 "tsem needs CAP_MAC_ADMIN to control namespaces, which a workload "
					 "under tsem does not have");
	return 0;
}

/*
 * Without it the programs would load and attach, but the kernel would never call them. So where that cannot be known,
 * nothing starts: it fails closed.
 */
static int require_active_lsm(struct tsem_error *error)
{
	char *list;
	size_t size;
	bool active;
	int r = runtime_read_file(LSM_LIST, &list, &size, NULL);

	if (r)
		return runtime_no_kernel(error, -r,
					 "cannot read " LSM_LIST
					 " (%s), so it is not known whether the kernel uses the "
					 "BPF LSM: mount securityfs there",
					 strerror(-r));
	active = lsm_listed(list);
	free(list);
	return active ? 0 :
			runtime_no_kernel(error, EOPNOTSUPP,
					  "the kernel runs without the BPF LSM (its list of security "
					  "modules has no bpf)");
}

static int mount_bpffs(struct tsem_error *error)
{
	struct statfs fs;

	if (!statfs(TSEM_BPF_ROOT, &fs) && fs.f_type == BPF_FS_MAGIC_NUMBER)
		return 0;
	if (mount("bpf", TSEM_BPF_ROOT, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700"))
		return runtime_no_kernel(error, errno, "cannot mount the BPF file system on " TSEM_BPF_ROOT ": %s",
					 strerror(errno));
	return 0;
}

/* Pins are files in at most two levels. */
static void remove_pins(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char child[512];

	while (directory && (entry = readdir(directory))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
		if (unlink(child) && errno == EISDIR)
			remove_pins(child);
	}
	if (directory)
		closedir(directory);
	rmdir(path);
}

bool tsem_kernel_loaded(void)
{
	return !runtime_missing(TSEM_PINS "/links");
}

/* Programs that only namespaces with all events need. */
static bool is_extra(const char *program)
{
	return !strncmp(program, "all_", 4);
}

static int configure(struct tsem_bpf *skeleton, unsigned flags, struct tsem_error *error)
{
	struct bpf_program *program;
	int r = object_initial_mounts(&skeleton->rodata->tsem_initial_mounts, error);

	if (r)
		return r;
	bpf_object__for_each_program (program, skeleton->obj)
		if (is_extra(bpf_program__name(program)))
			bpf_program__set_autoload(program, flags & TSEM_KERNEL_ALL_EVENTS);
	for (unsigned number = 1; number < TSEM_EVENT_LIMIT; number++) {
		const char *name = tsem_event_name(number);

		if (name)
			digest_bytes(name, strlen(name), skeleton->rodata->tsem_names[number]);
	}
	skeleton->rodata->tsem_all_events = !!(flags & TSEM_KERNEL_ALL_EVENTS);
	skeleton->rodata->tsem_pool_mask = object_pool_entries() - 1;
	bpf_map__set_max_entries(skeleton->maps.tsem_pool, object_pool_entries());
	return 0;
}

static int pin_maps(struct tsem_bpf *skeleton, struct tsem_error *error)
{
	struct bpf_map *map;
	char path[512];

	bpf_object__for_each_map (map, skeleton->obj) {
		if (bpf_map__is_internal(map))
			continue;
		snprintf(path, sizeof(path), LOADING "/%s", bpf_map__name(map));
		if (bpf_map__pin(map, path))
			return object_failed(error, errno, "pin its maps");
	}
	return bpf_map__pin(skeleton->maps.data_root, LOADING "/tsem_root") ?
		       object_failed(error, errno, "pin its maps") :
		       0;
}

/* All of them, also the maps that have their names from libbpf. */
static int note_objects(struct tsem_bpf *skeleton, struct tsem_error *error)
{
	int guarded = bpf_map__fd(skeleton->maps.tsem_guarded), r = 0;
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_map (map, skeleton->obj)
		if (!r)
			r = object_note(guarded, TSEM_OBJECT_MAP, bpf_map__fd(map));
	bpf_object__for_each_program (program, skeleton->obj)
		if (!r && bpf_program__autoload(program))
			r = object_note(guarded, TSEM_OBJECT_PROGRAM, bpf_program__fd(program));
	return r ? object_failed(error, -r, "note its maps and programs") : 0;
}

static int attach_program(struct tsem_bpf *skeleton, struct bpf_program *program, struct tsem_error *error)
{
	struct bpf_link *link = bpf_program__attach(program);
	char path[512];
	int r;

	if (!link)
		return object_failed(error, errno, "attach its programs");
	snprintf(path, sizeof(path), LOADING "/links/%s", bpf_program__name(program));
	r = object_keep(bpf_map__fd(skeleton->maps.tsem_guarded), link, path);
	return r ? object_failed(error, -r, "pin its programs") : 0;
}

static bool is_on_demand(const struct bpf_program *program)
{
	const char *name = bpf_program__name(program);

#define P(wanted) \
	if (!strcmp(name, #wanted)) \
		return true;
	ON_DEMAND(P)
#undef P
	return false;
}

static int pin_program(struct bpf_program *program, struct tsem_error *error)
{
	char path[512];

	snprintf(path, sizeof(path), LOADING "/%s", bpf_program__name(program));
	return bpf_program__pin(program, path) ? object_failed(error, errno, "pin its programs") : 0;
}

static int attach_programs(struct tsem_bpf *skeleton, struct tsem_error *error)
{
	struct bpf_program *program;
	int r = 0;

	bpf_object__for_each_program (program, skeleton->obj) {
		if (r || !bpf_program__autoload(program) || program == skeleton->progs.overlay_seen)
			continue;
		r = is_on_demand(program) || program == skeleton->progs.syscall_learn ?
			    pin_program(program, error) :
			    attach_program(skeleton, program, error);
	}
	return r;
}

/* Queries each mount, while a program records the overlay file systems that the queries reach. */
static int note_overlays(struct tsem_bpf *skeleton, struct tsem_error *error)
{
	struct bpf_link *link = bpf_program__attach(skeleton->progs.overlay_seen);

	if (!link)
		return object_failed(error, errno, "attach its programs");
	overlays_look();
	bpf_link__destroy(link);
	return 0;
}

static int load_object(struct tsem_bpf *skeleton, unsigned flags, struct tsem_error *error)
{
	int r = configure(skeleton, flags, error);

	if (r)
		return r;
	r = tsem_bpf__load(skeleton);
	if (r)
		return object_failed(error, -r, "load the programs that see and decide security events");
	if (mkdir(LOADING, 0700) || mkdir(LOADING "/links", 0700))
		return object_failed(error, errno, "make a directory in " TSEM_BPF_ROOT);
	r = pin_maps(skeleton, error);
	if (!r)
		r = note_objects(skeleton, error);
	if (!r)
		r = attach_programs(skeleton, error);
	if (!r)
		r = note_overlays(skeleton, error);
	if (r)
		return r;
	r = replace_move(LOADING, TSEM_PINS);
	return r ? object_failed(error, -r, "pin its programs") : 0;
}

/* All or nothing: half-pinned programs are removed, here or, after a crash, at the next load. */
static int load_programs(unsigned flags, struct tsem_error *error)
{
	struct tsem_bpf *skeleton;
	int r = require_active_lsm(error);

	if (!r)
		r = mount_bpffs(error);
	if (r)
		return r;
	remove_pins(LOADING);
	capture_begin();
	skeleton = tsem_bpf__open();
	r = skeleton ? load_object(skeleton, flags, error) : object_failed(error, errno, "open its programs");
	if (r)
		remove_pins(LOADING);
	tsem_bpf__destroy(skeleton);
	capture_end();
	return r;
}

/* The process that traces this one; 0: none. */
static int tracer_of_self(void)
{
	char line[128];
	FILE *file = fopen("/proc/self/status", "re");
	int tracer = 0;

	while (file && !tracer && fgets(line, sizeof(line), file))
		sscanf(line, "TracerPid: %d", &tracer);
	if (file)
		fclose(file);
	return tracer;
}

static int open_pin(const char *path, int *ret_fd, struct tsem_error *error)
{
	int code, tracer;

	*ret_fd = bpf_obj_get(path);
	if (*ret_fd >= 0)
		return 0;
	code = errno;
	tracer = code == EPERM ? tracer_of_self() : 0;
	if (tracer)
		return tsem_error_set(error, code,
				      "cannot open %s: process %d traces this one, and is in a modeling namespace: "
				      "end it, or start tsem elsewhere",
				      path, tracer);
	return tsem_error_set(error, code, "cannot open %s: %s%s", path, strerror(code),
			      code == ENOENT ?
				      "; the loaded programs are of another version of tsem: run `tsem unload` "
				      "when no workload runs" :
				      "");
}

/* A namespace that does not need a program does not pay for its hook. */
int kernel_attach(const struct tsem_kernel *kernel, const char *name, struct tsem_error *error)
{
	char path[512], pin[512];
	int program, link, r;

	snprintf(path, sizeof(path), TSEM_PINS "/%s", name);
	snprintf(pin, sizeof(pin), TSEM_PINS "/links/%s", name);
	if (!access(pin, F_OK))
		return 0;
	r = open_pin(path, &program, error);
	if (r)
		return r;
	link = bpf_raw_tracepoint_open(NULL, program); /* to the hook that the program was loaded for */
	r = link < 0 ? -errno : object_note(kernel->guarded, TSEM_OBJECT_LINK, link);
	if (!r && bpf_obj_pin(link, pin))
		r = -errno;
	if (r)
		runtime_no_kernel(error, -r, "cannot attach the program %s: %s", name, strerror(-r));
	if (link >= 0)
		close(link);
	close(program);
	return r;
}

/* The link needs no guard: a process that gets hold of a link of this kind can neither detach nor change it. */
int kernel_attach_calls(struct tsem_error *error)
{
	int program, link, r = open_pin(TSEM_PINS "/" CALLS, &program, error);

	if (r)
		return r;
	link = bpf_raw_tracepoint_open(NULL, program);
	if (link < 0)
		r = runtime_no_kernel(error, errno, "cannot attach the program that notes system calls: %s",
				      strerror(errno));
	close(program);
	return r ? r : link;
}

static int open_maps(struct tsem_kernel *kernel, struct tsem_error *error)
{
	int r = 0;

#define M(name) \
	if (!r) \
		r = open_pin(TSEM_PINS "/tsem_" #name, &kernel->name, error);
	TSEM_USER_MAPS(M)
#undef M
	if (r)
		return r;
	kernel->slots = mmap(NULL, SLOTS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, kernel->namespaces, 0);
	if (kernel->slots != MAP_FAILED)
		return 0;
	kernel->slots = NULL;
	return tsem_error_set(error, errno, "cannot map the table of namespaces: %s", strerror(errno));
}

static tsem_u64 kernel_device(dev_t device)
{
	return (tsem_u64)major(device) << 20 | minor(device);
}

/* Tells the kernel side which objects no workload may touch. */
static int guard_state(const struct tsem_kernel *kernel, struct tsem_error *error)
{
	struct tsem_guard guard;
	struct stat pins, run;
	tsem_u32 zero = 0;

	if (stat(TSEM_PINS, &pins) || stat(TSEM_RUN_DIRECTORY, &run))
		return tsem_error_set(error, errno, "cannot find the state of tsem: %s", strerror(errno));
	if (bpf_map_lookup_elem(kernel->guard, &zero, &guard))
		return tsem_error_set(error, errno, "cannot read the state of tsem: %s", strerror(errno));
	guard.pins_device = kernel_device(pins.st_dev);
	guard.run_device = kernel_device(run.st_dev);
	guard.run_inode = run.st_ino;
	if (!bpf_map_update_elem(kernel->guard, &zero, &guard, BPF_ANY))
		return 0;
	return tsem_error_set(error, errno, "cannot protect the state of tsem: %s", strerror(errno));
}

static void kernel_free(struct tsem_kernel *kernel)
{
	if (kernel->slots)
		munmap(kernel->slots, SLOTS_SIZE);
	if (kernel->users >= 0)
		close(kernel->users);
#define M(name) \
	if (kernel->name >= 0) \
		close(kernel->name);
	TSEM_USER_MAPS(M)
#undef M
	free(kernel);
}

static struct tsem_kernel *kernel_new(void)
{
	struct tsem_kernel *kernel = malloc(sizeof(*kernel));

	if (!kernel)
		return NULL;
	memset(kernel, 0xff, sizeof(*kernel)); /* every descriptor -1 */
	kernel->slots = NULL;
	return kernel;
}

static int open_locked(unsigned flags, struct tsem_kernel *kernel, struct tsem_error *error)
{
	int r = 0;

	if (!tsem_kernel_loaded()) {
		if (!(flags & TSEM_KERNEL_LOAD))
			return tsem_error_set(error, ENOENT, "no programs are loaded and no workload is modeled");
		unlink(PERSISTENT);
		r = load_programs(flags, error);
	} else if (flags & TSEM_KERNEL_ALL_EVENTS && access(ONE_EXTRA, F_OK)) {
		return tsem_error_set(
			error, EBUSY,
			"the loaded programs see the default events only: `tsem unload`, then `tsem load --events all`");
	}
	if (!r && flags & TSEM_KERNEL_PERSISTENT)
		r = runtime_write_file(PERSISTENT, "", 0, error);
	if (r)
		return r;
	kernel->users = runtime_lock(TSEM_RUN_DIRECTORY "/users", LOCK_SH, error);
	if (kernel->users < 0)
		return kernel->users;
	r = open_maps(kernel, error);
	return r ? r : guard_state(kernel, error);
}

int tsem_kernel_open(unsigned flags, struct tsem_kernel **ret_kernel, struct tsem_error *error)
{
	struct tsem_kernel *kernel;
	int lock, r = require_control(error);

	if (r)
		return r;
	lock = runtime_lock_state(error);
	if (lock < 0)
		return lock;
	kernel = kernel_new();
	r = kernel ? open_locked(flags, kernel, error) : tsem_error_set(error, ENOMEM, "out of memory");
	close(lock);
	if (r) {
		if (kernel)
			kernel_free(kernel);
		return r;
	}
	*ret_kernel = kernel;
	return 0;
}

bool kernel_has_living(const struct tsem_kernel *kernel)
{
	for (tsem_u32 slot = 0; kernel->slots && slot < TSEM_NAMESPACE_MAX; slot++) {
		kernel_slot_recount(kernel, slot);
		if (kernel->slots[slot].id &&
		    kernel->slots[slot].tasks > (kernel->slots[slot].bound == TSEM_BOUND_HELD))
			return true;
	}
	return false;
}

/* No other process uses the programs, no namespace needs them, and nobody asked to keep them. */
static void unload_unused(struct tsem_kernel *kernel)
{
	if (!runtime_missing(PERSISTENT) || kernel_has_living(kernel) || flock(kernel->users, LOCK_EX | LOCK_NB))
		return;
	sessions_reap(kernel);
	remove_pins(TSEM_PINS);
}

int kernel_open_loaded(struct tsem_kernel **ret_kernel, struct tsem_error *error)
{
	*ret_kernel = NULL;
	return tsem_kernel_loaded() ? tsem_kernel_open(0, ret_kernel, error) : 0;
}

void tsem_kernel_close(struct tsem_kernel *kernel)
{
	int lock;

	if (!kernel)
		return;
	lock = runtime_lock_state(NULL);
	if (lock >= 0)
		unload_unused(kernel);
	kernel_free(kernel);
	if (lock >= 0)
		close(lock);
}

/* Removes pins of an interrupted load. Nobody loads while we hold the lock. */
static void remove_half_loaded(void)
{
	int lock = access(LOADING, F_OK) ? -1 : runtime_lock_state(NULL);

	if (lock < 0)
		return;
	remove_pins(LOADING);
	close(lock);
}

void kernel_sweep(void)
{
	struct tsem_kernel *kernel = NULL;
	int lock;

	if (require_control(NULL))
		return;
	remove_half_loaded();
	if (!tsem_kernel_loaded() || tsem_kernel_open(0, &kernel, NULL))
		return;
	lock = runtime_lock_state(NULL);
	if (lock >= 0) {
		bindings_reap(kernel);
		agents_sweep(kernel);
		close(lock);
	}
	tsem_kernel_close(kernel);
}

static int unload_locked(bool force, struct attached *ret_attached, struct tsem_error *error)
{
	struct tsem_error unopened = {0};
	struct tsem_kernel *kernel;
	int r;

	if (!tsem_kernel_loaded())
		return 0;
	kernel = kernel_new();
	if (!kernel)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = open_maps(kernel, &unopened);
	if (r == -ENOENT || force)
		r = 0; /* of another version: only to be removed */
	else if (r) /* nobody knows whether a workload lives */
		r = tsem_error_set(error, -r, "%s", unopened.text);
	else if (kernel_has_living(kernel))
		r = tsem_error_set(
			error, EBUSY,
			"workloads are still modeled (`tsem ps` lists them): end them, or unload with --force, "
			"which ends their enforcement");
	else if (!force && agents_living(kernel, false))
		r = tsem_error_set(error, EBUSY,
				   "agents still live (`tsem agents ls` lists them): end them, or unload with --force, "
				   "after which they hear of nothing");
	if (!r && !force && attached_detections())
		r = tsem_error_set(
			error, EBUSY,
			"%zu detections are attached (`tsem detect ls`): remove them by `tsem detect rm --all`, or "
			"unload with --force",
			attached_detections());
	if (!r) {
		agents_living(kernel, true);
		sessions_save(kernel);
		attached_note(ret_attached);
		remove_pins(TSEM_PINS);
		unlink(PERSISTENT);
		if (tsem_kernel_loaded())
			r = tsem_error_set(error, EROFS,
					   "%s cannot be removed: look whether its file system is read-only",
					   TSEM_PINS);
	}
	kernel_free(kernel);
	return r;
}

int tsem_kernel_unload(bool force, struct tsem_error *error)
{
	struct attached attached = {};
	int lock, r = require_control(error);
	size_t left;

	if (r)
		return r;
	lock = runtime_lock_state(error);
	if (lock < 0)
		return lock;
	r = unload_locked(force, &attached, error);
	left = r ? 0 : attached_wait(&attached, UNLOAD_SECONDS);
	close(lock);
	if (left)
		r = tsem_error_set(
			error, EBUSY,
			"%zu of %zu programs are still attached after %d seconds, because another process holds them: "
			"`bpftool link show` lists them",
			left, attached.count, UNLOAD_SECONDS);
	return r;
}

int kernel_inner_map(int outer, tsem_u32 slot)
{
	tsem_u32 id;

	if (bpf_map_lookup_elem(outer, &slot, &id))
		return -errno;
	return bpf_map_get_fd_by_id(id);
}

int kernel_root_set(const struct tsem_kernel *kernel, tsem_u32 slot, struct tsem_error *error)
{
	struct tsem_root root = {.slot = slot, .options = slot == SLOT_NONE ? 0 : kernel->slots[slot].options};
	tsem_u32 zero = 0;
	int r = bpf_map_update_elem(kernel->root, &zero, &root, BPF_ANY);

	if (!r && slot != SLOT_NONE) {
		root.id = kernel->slots[slot].id;
		r = bpf_map_update_elem(kernel->root, &zero, &root, BPF_ANY);
	}
	return r ? tsem_error_set(error, errno, "cannot begin or end the root namespace: %s", strerror(errno)) : 0;
}

/*
 * Adds to the kernel side's flags of the process, or takes some away, and keeps the rest. A process that has joined no
 * namespace may join the root namespace.
 */
static int mark_process(const struct tsem_kernel *kernel, int pid, tsem_u32 add, tsem_u32 remove)
{
	int pidfd = syscall(SYS_pidfd_open, pid, 0), r = 0;
	struct tsem_task task;

	if (pidfd < 0)
		return errno;
	if (bpf_map_lookup_elem(kernel->tasks, &pidfd, &task)) {
		r = errno == ENOENT ? 0 : errno; /* otherwise it may have a state, which is not to be overwritten */
		task = (struct tsem_task){.flags = TSEM_TASK_LOOSE};
	}
	if (!r && (task.flags & (add | remove)) != add) {
		task.flags = (task.flags | add) & ~remove;
		r = bpf_map_update_elem(kernel->tasks, &pidfd, &task, BPF_ANY) ? errno : 0;
	}
	close(pidfd);
	return r;
}

int kernel_guard_process(const struct tsem_kernel *kernel, int pid, struct tsem_error *error)
{
	int r = mark_process(kernel, pid, TSEM_TASK_GUARDED, 0);

	return r ? tsem_error_set(error, r, "cannot guard a process of tsem from workloads: %s", strerror(r)) : 0;
}

int kernel_hide(const struct tsem_kernel *kernel, struct tsem_error *error)
{
	int r = mark_process(kernel, getpid(), TSEM_TASK_HIDDEN, 0);

	return r ? tsem_error_set(error, r, "cannot hide this process's descriptors: %s", strerror(r)) : 0;
}

int kernel_show(const struct tsem_kernel *kernel, struct tsem_error *error)
{
	int r = mark_process(kernel, getpid(), 0, TSEM_TASK_HIDDEN);

	return r ? tsem_error_set(error, r, "cannot end that this process's descriptors are hidden: %s", strerror(r)) :
		   0;
}

int tsem_kernel_stay_outside(struct tsem_kernel *kernel, struct tsem_error *error)
{
	int r = mark_process(kernel, getpid(), TSEM_TASK_OUTSIDE, 0);

	return r ? tsem_error_set(error, r, "cannot keep this process out of the root namespace: %s", strerror(r)) : 0;
}
