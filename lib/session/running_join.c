/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "running_join.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define STOPPED_MS 15000 /* of which stopping them may take five seconds */
#define KILLED_MS 1000
#define PASSES 16 /* who is moved into the group meanwhile is found by the next one */
#define COUNT_TRIES 100
#define COUNT_WAIT_US 10000
#define INITIAL_PID_NAMESPACE 0xeffffffc /* its inode on every kernel */

/* ---- who is to join ---- */

static int check_place(const struct running_join *join, struct tsem_error *error)
{
	const char *path = tsem_group_path(join->scope.group);
	struct stat st;

	if (stat("/proc/self/ns/pid", &st) || st.st_ino != INITIAL_PID_NAMESPACE)
		return tsem_error_set(
			error, EOPNOTSUPP,
			"tsem does not see all processes here: bind with --now in the initial PID namespace");
	if (group_threaded(join->scope.group))
		return tsem_error_set(
			error, EINVAL,
			"%s has single threads of processes, which join as a whole: take the group above it", path);
	return 0;
}

static int check_known(const struct running_join *join, struct tsem_error *error)
{
	if (join->strict && join->set.spared)
		return tsem_error_set(error, EINVAL,
				      "task %u has had a map of tsem, and counts as tsem's own until it executes "
				      "something: nothing was bound; end it or start it anew, or bind without --now",
				      join->set.spared);
	for (size_t i = 0; join->strict && i < join->set.process_count; i++) {
		const struct running_process *p = &join->set.processes[i];

		if (!p->inside && p->unknown)
			return tsem_error_set(error, EINVAL,
					      "process %u runs %s, %s: nothing was bound; end it or start it anew, or "
					      "bind without --now",
					      p->tgid, p->path ? p->path : "a program", p->unknown);
	}
	return 0;
}

static int find(struct running_join *join, struct tsem_error *error)
{
	int r = running_find(&join->set, &join->scope, error);

	if (!r)
		r = running_recognise(&join->set, join->model, error);
	return r ? r : check_known(join, error);
}

/* ---- joining ---- */

static struct tsem_namespace *namespace_of(const struct running_join *join)
{
	return &join->scope.kernel->slots[join->scope.slot];
}

/* The number of the exec that nobody saw, as if it were now. */
static void number(struct running_join *join, struct running_process *p)
{
	struct running_process *parent = p->parent == RUNNING_NONE ? NULL : &join->set.processes[p->parent];

	if (p->task.ttd || p->inside)
		return;
	if (parent)
		number(join, parent);
	p->task.p_ttd = parent ? parent->task.ttd : 0;
	p->task.ttd = parent && p->parent_same && !p->executes ?
			      parent->task.ttd :
			      __atomic_add_fetch(&namespace_of(join)->execs, 1, __ATOMIC_SEQ_CST);
}

/* Who has ended, or has joined another namespace, is left out. */
static int join_thread(struct running_join *join, const struct running_thread *thread, struct tsem_error *error)
{
	struct tsem_running_task task = {
		.tid = thread->tid,
		.what = TSEM_RUNNING_JOIN,
		.context = join->scope.context,
		.began = thread->began,
		.task = join->set.processes[thread->process].task,
	};
	int r;

	task.task.slot = join->scope.slot;
	task.task.options = join->options;
	r = running_ask(join->scope.running, &task);
	join->joined.tasks += !r;
	return !r || r == -ESRCH || r == -EEXIST ?
		       0 :
		       tsem_error_set(error, -r, "cannot put task %u into the namespace: %s", thread->tid,
				      strerror(-r));
}

/*
 * The first thread of a process may have ended. Trust and the like are the whole process's, and are kept with it, so it
 * has to have a state.
 */
static int stand(const struct running_join *join, const struct running_process *p, struct tsem_error *error)
{
	struct tsem_running_task task = {.tid = p->tgid, .what = TSEM_RUNNING_LOOK};
	int r = -ESRCH;

	if (running_ask(join->scope.running, &task) || !(task.flags & TSEM_RUNNING_EXITING))
		return 0;
	task.what = TSEM_RUNNING_STAND;
	task.context = join->scope.context;
	task.task = p->task;
	task.task.slot = join->scope.slot;
	task.task.options = join->options;
	for (int i = 0; i < COUNT_TRIES && (r = running_ask(join->scope.running, &task)) == -ESRCH; i++)
		usleep(COUNT_WAIT_US / 10); /* it ends just now */
	return !r || r == -EEXIST ?
		       0 :
		       tsem_error_set(error, -r,
				      "the first thread of process %u does not end, so nothing was bound: %s", p->tgid,
				      strerror(-r));
}

static int join_found(struct running_join *join, struct tsem_error *error)
{
	struct running_set *set = &join->set;
	int r = 0;

	for (size_t i = 0; i < set->process_count; i++) {
		number(join, &set->processes[i]);
		join->joined.processes += !set->processes[i].inside;
		join->joined.unknown += !set->processes[i].inside && set->processes[i].unknown;
	}
	for (size_t i = 0; !r && i < set->thread_count; i++)
		if (!set->threads[i].inside)
			r = join_thread(join, &set->threads[i], error);
	for (size_t i = 0; !r && i < set->process_count; i++)
		r = stand(join, &set->processes[i], error);
	return r ? r : running_own_sockets(set, &join->scope, error);
}

/* Those that live, of all that were found inside. */
static tsem_s64 count_living(const struct running_join *join)
{
	struct tsem_running_task task;
	tsem_s64 count = 0;

	for (size_t i = 0; i < join->set.thread_count; i++) {
		task = (struct tsem_running_task){.tid = join->set.threads[i].tid, .what = TSEM_RUNNING_LOOK};
		if (!running_ask(join->scope.running, &task) && task.task.context == join->scope.context &&
		    !(task.flags & TSEM_RUNNING_EXITING))
			count++;
	}
	return count;
}

/*
 * Nothing but a signal that kills can end a task at rest. One that was about to join just then may have been counted
 * behind its own end. All that live are here, and nothing is born.
 */
static void count_again(struct running_join *join)
{
	struct tsem_namespace *ns = namespace_of(join);
	tsem_s64 noted, living;

	for (int i = 0; i < COUNT_TRIES; i++) {
		noted = __atomic_load_n(&ns->tasks, __ATOMIC_SEQ_CST);
		living = count_living(join) + !!ns->bound;
		if (noted == living)
			return;
		usleep(COUNT_WAIT_US);
	}
	__atomic_compare_exchange_n(&ns->tasks, &noted, living, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/*
 * Whoever is at rest may be let go on for a moment, by a tracer outside, or all of them by who owns the group. A child
 * that was being made when its parent joined is there when all rest again; those that come later are born inside.
 */
int running_all_join(struct running_join *join, struct tsem_error *error)
{
	int r = 0;

	for (int i = 0; !r && i < PASSES && running_outside(&join->set); i++) {
		r = join_found(join, error);
		if (!r)
			r = group_freeze(join->scope.group, error);
		if (!r)
			r = find(join, error);
	}
	if (!r && running_outside(&join->set))
		r = tsem_error_set(error, EBUSY, "processes are moved into %s all the time, so nothing was bound",
				   tsem_group_path(join->scope.group));
	if (!r)
		count_again(join);
	return r;
}

/* ---- undoing ---- */

static bool leave(const struct running_join *join, tsem_u32 tid)
{
	struct tsem_running_task task = {
		.tid = tid,
		.what = TSEM_RUNNING_LEAVE,
		.context = join->scope.context,
		.task.slot = join->scope.slot,
	};

	return !running_ask(join->scope.running, &task);
}

/* As many as can be found. First threads that have ended are in no list. */
static bool leave_found(struct running_join *join)
{
	bool some = false;

	running_find(&join->set, &join->scope, NULL);
	for (size_t i = 0; i < join->set.thread_count; i++)
		some |= leave(join, join->set.threads[i].tid);
	for (size_t i = 0; i < join->set.process_count; i++)
		some |= leave(join, join->set.processes[i].tgid);
	return some;
}

/* Again, should somebody have let them go on: children that were made meanwhile. */
static void leave_all(struct running_join *join)
{
	join->set.bare = true;
	for (int i = 0; i < PASSES && leave_found(join); i++)
		;
}

static void undo(struct running_join *join)
{
	struct tsem_namespace *ns = namespace_of(join);

	if (ns->id != join->scope.context)
		return;
	binding_end(join->scope.kernel, join->scope.slot);
	leave_all(join);
	count_again(join);
}

static void go_on(const struct running_join *join)
{
	if (join->thaw)
		group_thaw(join->scope.group);
}

/* Whether there is a byte, or the other end is closed, in time. */
static bool is_ready(int done, int timeout_ms)
{
	struct pollfd fd = {.fd = done, .events = POLLIN};
	int r;

	do
		r = poll(&fd, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	return r > 0;
}

/*
 * The other process writes a byte when all is done. Without it, it was killed. One that waits for a file that is served
 * by somebody whom it has stopped would wait for ever, and everybody with it: it is killed, too.
 */
static void watch_over(struct running_join *join, int done, pid_t other)
{
	char byte;

	if (!is_ready(done, STOPPED_MS) && getppid() == other) {
		kill(other, SIGKILL);
		is_ready(done, KILLED_MS);
	} else if (read(done, &byte, 1) == 1) {
		_exit(0);
	}
	undo(join);
	go_on(join);
	_exit(1);
}

static int guard_begin(struct running_join *join, struct tsem_error *error)
{
	pid_t own = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return tsem_error_set(error, errno, "cannot make a pipe: %s", strerror(errno));
	join->guard = fork();
	if (!join->guard) {
		close(ends[1]);
		watch_over(join, ends[0], own);
	}
	/* Both stay open: without a reader, because the other process was killed, writing would end this one. */
	join->guard_read = ends[0];
	join->guard_pipe = ends[1];
	return join->guard < 0 ?
		       tsem_error_set(error, EAGAIN, "cannot start a process that undoes what may be left half done") :
		       kernel_guard_process(join->scope.kernel, join->guard, error);
}

static void guard_end(struct running_join *join)
{
	if (join->guard_pipe < 0)
		return;
	if (write(join->guard_pipe, "", 1) == 1 && join->guard > 0)
		waitpid(join->guard, NULL, 0);
	close(join->guard_read);
	close(join->guard_pipe);
	join->guard_pipe = -1;
}

/* ---- from the beginning to the end ---- */

/* The lock is taken before anybody is stopped who might have it. The process that watches has it, too. */
static int stop(struct running_join *join, struct tsem_error *error)
{
	int r;

	join->lock = runtime_lock_state(error);
	if (join->lock < 0)
		return join->lock;
	join->thaw = !group_frozen(join->scope.group);
	r = guard_begin(join, error);
	if (!r)
		r = group_freeze(join->scope.group, error);
	if (!r)
		r = find(join, error);
	if (r) {
		go_on(join);
		guard_end(join);
		close(join->lock);
	}
	return r;
}

/* The first look digests what runs, and finds most of what is wrong, before anybody is stopped. */
int running_begin(struct running_join *join, struct tsem_error *error)
{
	int r = check_place(join, error);

	join->guard_pipe = -1;
	join->guard = -1;
	if (!r)
		r = running_open(join->scope.kernel, &join->program, error);
	if (r)
		return r;
	join->scope.running = join->program;
	r = find(join, error);
	if (!r)
		r = stop(join, error);
	if (r) {
		running_close(join->program);
		running_deinit(&join->set);
	}
	return r;
}

int running_end(struct running_join *join, int result)
{
	if (result)
		undo(join);
	guard_end(join);
	go_on(join);
	close(join->lock);
	running_close(join->program);
	running_deinit(&join->set);
	return result;
}
