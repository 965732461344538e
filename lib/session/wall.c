/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The second defence: a seccomp filter that lets a model's system calls through, and the process that answers the
 * others. It sees only the registers of a call, never the caller's memory, which could change before the call.
 */
#include "proc_status.h"
#include "../base/ticks.h"
#include "../kernel/runtime.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BATCH 64 /* answers before others get their turn */
#define RECORDS 1024 /* different refused calls; a workload's choice must leave room for its events */
#define X32_BIT 0x40000000
#define COMPAT "of a 32-bit program"
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

struct tsem_wall {
	struct sock_fprog program;
	tsem_u32 arch;
	int listener;
	unsigned recorded;
	int forensics; /* map of the namespace, opened on first use */
};

/* ---- the filter ---- */

static int allow_entry(scmp_filter_ctx filter, const struct tsem_call *call)
{
	int index = tsem_call_argument(call->entry), number, r = 0;
	size_t cursor = 0;

	while (!r && (number = tsem_call_next(call->entry, &cursor)) >= 0) {
		if (index < 0)
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		else /* the kernel takes 32 bits of it; some libraries pass more */
			r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1,
					     SCMP_CMP64(index, SCMP_CMP_MASKED_EQ, 0xffffffff, call->argument));
	}
	return r;
}

static int allow_calls(scmp_filter_ctx filter, const struct tsem_calls *calls)
{
	struct tsem_call call = {.entry = "always"};
	int r = allow_entry(filter, &call);

	for (size_t i = 0; !r && tsem_call_always(i, &call); i++)
		r = allow_entry(filter, &call);
	for (size_t i = 0; !r && i < calls->count; i++)
		r = allow_entry(filter, &calls->items[i]);
	return r;
}

static int take_program(struct tsem_wall *wall, scmp_filter_ctx filter)
{
	int fd = memfd_create("tsem", MFD_CLOEXEC), r;
	struct stat st;

	if (fd < 0)
		return -errno;
	r = seccomp_export_bpf(filter, fd);
	if (!r && fstat(fd, &st))
		r = -errno;
	if (!r) {
		wall->program.len = st.st_size / sizeof(struct sock_filter);
		wall->program.filter = malloc(st.st_size);
		if (st.st_size / sizeof(struct sock_filter) > BPF_MAXINSNS)
			r = -E2BIG;
		else if (!wall->program.filter || pread(fd, wall->program.filter, st.st_size, 0) != st.st_size)
			r = -ENOMEM;
	}
	close(fd);
	return r;
}

/* The filter asks about calls that are not in the list, and about every call of a 32-bit program. */
static int make_program(struct tsem_wall *wall, const struct tsem_calls *calls)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_NOTIFY);
	int r;

	if (!filter)
		return -ENOTSUP;
	wall->arch = seccomp_arch_native();
	r = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_NOTIFY);
	if (!r)
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree */
	if (!r)
		r = allow_calls(filter, calls);
	if (!r)
		r = take_program(wall, filter);
	seccomp_release(filter);
	return r;
}

int tsem_wall_create(const struct tsem_calls *calls, struct tsem_wall **ret_wall, struct tsem_error *error)
{
	struct tsem_wall *wall = calloc(1, sizeof(*wall));
	int r = -ENOMEM;

	if (wall) {
		wall->listener = wall->forensics = -1;
		r = make_program(wall, calls);
	}
	if (r) {
		tsem_wall_destroy(wall);
		return tsem_error_set(error, -r, "cannot make the filter of %zu system calls: %s", calls->count,
				      strerror(-r));
	}
	*ret_wall = wall;
	return 0;
}

void tsem_wall_destroy(struct tsem_wall *wall)
{
	if (!wall)
		return;
	if (wall->listener >= 0)
		close(wall->listener);
	if (wall->forensics >= 0)
		close(wall->forensics);
	free(wall->program.filter);
	free(wall);
}

bool tsem_wall_present(void)
{
	char *bytes;
	size_t size;
	bool present;

	if (runtime_read_file("/proc/self/status", &bytes, &size, NULL))
		return false;
	present = memmem(bytes, size, "\nSeccomp:\t2\n", strlen("\nSeccomp:\t2\n")) != NULL;
	free(bytes);
	return present;
}

int tsem_wall_enter(const struct tsem_wall *wall)
{
	unsigned flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	int fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &wall->program);

	if (fd < 0 && errno == EINVAL)
		fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &wall->program);
	return fd < 0 ? -errno : fd;
}

int tsem_wall_listen(struct tsem_wall *wall, int pidfd, int descriptor, struct tsem_error *error)
{
	if (descriptor >= 0)
		wall->listener = syscall(SYS_pidfd_getfd, pidfd, descriptor, 0);
	else
		errno = -descriptor;
	if (wall->listener >= 0)
		return 0;
	return tsem_error_set(
		error, errno,
		"cannot filter the system calls of the workload: %s%s; --no-syscalls runs it without a filter",
		strerror(errno),
		errno == EBUSY	? " (another process already answers the calls of a filter)" :
		errno == EACCES ? " (that needs CAP_SYS_ADMIN)" :
				  "");
}

int tsem_wall_fd(const struct tsem_wall *wall)
{
	return wall->listener;
}

/* ---- the caller ---- */

static void fill_ids(struct tsem_record *record, const char *status)
{
	record->pid = proc_status_number(status, "\nTgid:", 0, 10);
	record->ppid = proc_status_number(status, "\nPPid:", 0, 10);
	record->coe = proc_status_coe(status);
}

/* A file of /proc on which the task cannot make the reader wait; with a NUL at the end. */
static void read_proc(tsem_u32 tid, const char *file, char *ret_text, size_t size)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/%s", tid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, ret_text, size - 1);
		close(fd);
	}
	ret_text[n < 0 ? 0 : n] = 0;
}

static int open_task(tsem_u32 tid, tsem_u32 tgid)
{
	int fd = syscall(SYS_pidfd_open, tid, tid == tgid ? 0 : PIDFD_THREAD);

	return fd < 0 && tid != tgid ? syscall(SYS_pidfd_open, tgid, 0) : fd; /* of an older kernel: the process */
}

/* Returns the pidfd. */
static int fill_subject(struct tsem_record *record, const struct tsem_kernel *kernel, tsem_u32 tid)
{
	char status[4096], comm[64];
	struct tsem_task task;
	int pidfd;

	read_proc(tid, "status", status, sizeof(status));
	fill_ids(record, status);
	read_proc(tid, "comm", comm, sizeof(comm));
	comm[strcspn(comm, "\n")] = 0;
	memcpy(record->comm, comm, strnlen(comm, TSEM_COMM_SIZE - 1));
	record->ts = ticks_now();
	record->tid = tid;
	pidfd = open_task(tid, record->pid);
	if (pidfd < 0 || bpf_map_lookup_elem(kernel->tasks, &pidfd, &task))
		return pidfd;
	record->ttd = task.ttd;
	record->p_ttd = task.p_ttd;
	memcpy(record->task_id, task.task_id, TSEM_DIGEST_SIZE);
	memcpy(record->ptask_id, task.ptask_id, TSEM_DIGEST_SIZE);
	return pidfd;
}

/* ---- the record ---- */

struct call {
	const char *name; /* NULL: there is no such call here */
	bool has_argument;
	tsem_u32 argument;
};

static struct call call_of(const struct tsem_wall *wall, const struct seccomp_data *data)
{
	struct call call = {};
	int index;

	if (data->arch != wall->arch || (data->nr >= 0 && data->nr & X32_BIT))
		return (struct call){COMPAT, true, data->nr};
	call.name = data->nr < 0 ? NULL : tsem_call_name(data->nr);
	index = call.name ? tsem_call_argument(tsem_call_entry(call.name)) : -1;
	if (index >= 0) {
		call.has_argument = true;
		call.argument = data->args[index];
	}
	return call;
}

/* Room for the CELL: length, name, a byte, a number. */
struct call_record {
	struct tsem_record head;
	tsem_u8 cell[64];
};

static void put_u32(struct call_record *record, tsem_u32 number)
{
	for (int i = 0; i < 4; i++)
		record->cell[record->head.cell_size++] = number >> 8 * i;
}

static void fill_cell(struct call_record *record, const struct call *call)
{
	size_t size = strlen(call->name);

	put_u32(record, size);
	memcpy(record->cell + record->head.cell_size, call->name, size);
	record->head.cell_size += size;
	record->cell[record->head.cell_size++] = call->has_argument;
	if (call->has_argument)
		put_u32(record, call->argument);
	record->head.size = sizeof(record->head) + record->head.cell_size;
}

static void count(tsem_u64 *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* 1: never seen before; 0: counted; negative: no room. */
static int note_point(struct tsem_wall *wall, const struct tsem_kernel *kernel, tsem_u32 slot,
		      const tsem_u8 *coefficient)
{
	struct tsem_point point = {.count = 1};

	if (wall->forensics < 0)
		wall->forensics = kernel_inner_map(kernel->forensics, slot);
	if (wall->forensics < 0)
		return -1;
	if (!bpf_map_lookup_elem(wall->forensics, coefficient, &point)) {
		point.count++;
		bpf_map_update_elem(wall->forensics, coefficient, &point, BPF_EXIST);
		return 0;
	}
	if (wall->recorded == RECORDS || bpf_map_update_elem(wall->forensics, coefficient, &point, BPF_NOEXIST))
		return -1;
	wall->recorded++;
	point.number = __atomic_add_fetch(&kernel->slots[slot].points, 1, __ATOMIC_RELAXED);
	bpf_map_update_elem(wall->forensics, coefficient, &point, BPF_EXIST);
	return 1;
}

/* ---- answers ---- */

static bool call_is_pending(const struct tsem_wall *wall, tsem_u64 id)
{
	return !ioctl(wall->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
}

/* As the kernel side does for events. Nothing true can be said about a task that is gone by now. */
static int record_call(struct tsem_wall *wall, const struct tsem_kernel *kernel, tsem_u32 slot,
		       const struct seccomp_notif *asked, const struct call *call, bool refused,
		       struct record_sink *sink)
{
	struct tsem_namespace *ns = &kernel->slots[slot];
	struct call_record record = {.head = {
					     .version = TSEM_RECORD_VERSION,
					     .event = TSEM_EVENT_system_call,
					     .context = ns->id,
					     .flags = TSEM_RECORD_VIOLATION | (refused ? TSEM_RECORD_REFUSED : 0),
				     }};
	int pidfd = fill_subject(&record.head, kernel, asked->pid), added;
	bool known = call_is_pending(wall, asked->id);

	if (known && refused && ns->action == TSEM_ACTION_KILL && pidfd >= 0)
		syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	if (pidfd >= 0)
		close(pidfd);
	count(&ns->events);
	count(&ns->violations);
	if (refused)
		count(&ns->refused);
	if (!known)
		return 0;
	fill_cell(&record, call);
	tsem_record_coefficient(&record.head, record.head.coefficient);
	added = note_point(wall, kernel, slot, record.head.coefficient);
	if (added < 0)
		count(&ns->failures[TSEM_FAILURE_forensics_full]);
	if (added <= 0)
		return 0;
	record.head.number = __atomic_add_fetch(&ns->records, 1, __ATOMIC_RELAXED);
	return record_sink_take(sink, &record, record.head.size);
}

/* Whether the kernel has a call for us; receiving would block otherwise. */
static bool has_pending_call(struct tsem_wall *wall)
{
	struct pollfd fd = {.fd = wall->listener, .events = POLLIN};

	if (wall->listener < 0 || poll(&fd, 1, 0) <= 0)
		return false;
	if (fd.revents & POLLIN)
		return true;
	close(wall->listener); /* no caller keeps waiting */
	wall->listener = -1;
	return false;
}

static int answer_one(struct tsem_wall *wall, const struct tsem_kernel *kernel, tsem_u32 slot, tsem_u64 id,
		      struct record_sink *sink)
{
	const struct tsem_namespace *ns = &kernel->slots[slot];
	bool refuses = ns->id != id || (ns->mode == TSEM_MODE_ENFORCING && ns->action != TSEM_ACTION_LOG);
	struct seccomp_notif asked = {};
	struct seccomp_notif_resp answer = {};
	struct call call;
	int r = 0;

	if (ioctl(wall->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked))
		return 0; /* the caller is gone */
	call = call_of(wall, &asked.data);
	answer.id = asked.id;
	if (!call.name)
		answer.error = -ENOSYS;
	else if (refuses)
		answer.error = -EPERM;
	else
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	if (call.name && ns->id == id)
		r = record_call(wall, kernel, slot, &asked, &call, refuses, sink);
	ioctl(wall->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	return r;
}

int wall_answer(struct tsem_wall *wall, const struct tsem_kernel *kernel, tsem_u32 slot, tsem_u64 id,
		struct record_sink *sink)
{
	int r = 0;

	for (int i = 0; i < BATCH && has_pending_call(wall); i++) {
		int answered = answer_one(wall, kernel, slot, id, sink);

		r = r ? r : answered;
	}
	return r;
}
