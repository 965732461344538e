/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "external.h"
#include "../model/model.h"
#include "../tma/tma.h"
#include "../kernel/capture.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#define FUSE_USE_VERSION 312
#include <fuse3/fuse_lowlevel.h>

#define NAMESPACE 1u /* on a separate line */
#define SIGN_MS 200
#define LAST_MS 10
#define THREAD_STACK (256u << 10)

static struct tsem_namespace *namespace_of(const struct external *x)
{
	return &x->setup.kernel->slots[x->setup.slot];
}

void external_count(const struct external *x, tsem_u64 *counter)
{
	if (namespace_of(x)->id == x->setup.id)
		__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* ---- records for readers ---- */

static void publish(struct external *x, const struct tsem_record *record)
{
	if (!notes_put(&x->records, record))
		external_count(x, &namespace_of(x)->lost);
}

/*
 * Keeps the first record of each coefficient, and no more of them than the kernel side keeps in a namespace of its own.
 * This is locked memory and a file, and the workload determines how many events there are. A record that is not kept
 * was received and is not lost.
 */
static void publish_once(struct external *x, const struct tsem_record *record)
{
	bool violation = record->flags & (TSEM_RECORD_VIOLATION | TSEM_RECORD_FAILED), fresh = false;
	struct tsem_set *set = violation ? &x->refused : &x->known;

	if (set->count < (violation ? FORENSICS_LIMIT : x->setup.limit))
		tsem_set_add(set, record->coefficient, &fresh);
	if (fresh)
		publish(x, record);
	else
		external_count(x, &namespace_of(x)->delivered);
}

int external_take(struct external *x, int (*take)(void *context, void *record, size_t size), void *context)
{
	struct note *note, *next;
	int r = 0;

	for (note = notes_take(&x->records); note; note = next) {
		next = note->next;
		if (!r)
			r = take(context, note->record, note->size);
		free(note);
	}
	return r < 0 ? r : 0;
}

/* ---- events on their way ---- */

static struct asked **bucket_of(struct external *x, int tid)
{
	return &x->buckets[(unsigned)tid % ASKED_BUCKETS];
}

static struct asked *find_asked(struct external *x, int tid)
{
	struct asked *asked = *bucket_of(x, tid);

	while (asked && asked->tid != tid)
		asked = asked->next;
	return asked;
}

static void unlink_asked(struct external *x, struct asked *asked)
{
	struct asked **at = bucket_of(x, asked->tid);

	while (*at && *at != asked)
		at = &(*at)->next;
	if (*at)
		*at = asked->next;
	asked->linked = false;
}

/* The answer in the form that the kernel side accepts, with its sender. */
static void answer(struct external *x, struct asked *asked)
{
	struct tsem_answer bytes = {
		.context = x->setup.id,
		.number = asked->record.number,
		.verdict = asked->judged && asked->trusted ? TSEM_ANSWER_TRUSTED : TSEM_ANSWER_UNTRUSTED,
	};

	memcpy(bytes.key, x->shared.key, sizeof(bytes.key));
	memcpy(bytes.coefficient, asked->record.coefficient, sizeof(bytes.coefficient));
	rendezvous_answer(asked->request, &bytes);
	asked->request = NULL;
	asked->dropped = true;
	if (asked->interrupted)
		watch_remove(x, asked->tid);
}

/* The task, or the agent, is done with it; when both are, it is freed. */
static void forget(struct external *x, struct asked *asked)
{
	if (asked->dropped && asked->linked)
		unlink_asked(x, asked);
	if (asked->dropped && asked->judged)
		free(asked);
}

/* The task never waited, or not for this event: it was killed, or could not ask. */
static void drop(struct external *x, struct asked *asked)
{
	if (asked->request) {
		rendezvous_reject(asked->request);
		asked->request = NULL;
	} else {
		x->expected -= x->expected > 0;
	}
	if (asked->interrupted)
		watch_remove(x, asked->tid);
	asked->dropped = true;
	forget(x, asked);
}

/* ---- consequences of a verdict ---- */

static bool is_enforcing(const struct external *x)
{
	return x->setup.mode == TSEM_MODE_ENFORCING && x->setup.action != TSEM_ACTION_LOG;
}

/* The maximum silence: after it an answer would be too late, too. */
static unsigned silence_limit_ms(const struct external *x)
{
	return x->setup.deadline_ms + 2 * SIGN_MS;
}

/* Under the lock. */
static int publish_state(struct external *x)
{
	tsem_u32 slot = x->setup.slot;

	x->shared.served_until = (tma_now() + silence_limit_ms(x)) * 1000000;
	return bpf_map_update_elem(x->setup.kernel->externals, &slot, &x->shared, BPF_ANY);
}

/*
 * The agent found an event untrusted that can no longer be refused: nothing passes from now on. Should the kernel side
 * not take it, it gets it with each sign of life again, and the tasks are killed all the same.
 */
static void stop_namespace(struct external *x)
{
	if (x->shared.stopped)
		return;
	pthread_mutex_lock(&x->lock);
	__atomic_store_n(&x->shared.stopped, 1, __ATOMIC_RELAXED);
	publish_state(x);
	x->stopped = true;
	pthread_mutex_unlock(&x->lock);
	eventfd_write(x->watch_wanted, 1);
}

/* The kernel side counted an event that did not wait as trusted. */
static void take_back(struct external *x, const struct tsem_record *record)
{
	struct tsem_namespace *ns = &x->setup.kernel->slots[x->setup.slot];
	struct tsem_point point = {};

	bpf_map_delete_elem(x->model, record->coefficient);
	if (bpf_map_lookup_elem(x->forensics, record->coefficient, &point))
		point.number = __atomic_add_fetch(&ns->points, 1, __ATOMIC_RELAXED);
	point.count++;
	if (bpf_map_update_elem(x->forensics, record->coefficient, &point, BPF_ANY))
		external_count(x, &ns->failures[TSEM_FAILURE_forensics_full]);
	__atomic_fetch_add(&ns->violations, 1, __ATOMIC_RELAXED);
}

/*
 * Stores the event where the kernel side recognises it. The key is as in abi/namespace.h; an exec has its new TASK_ID
 * in the record.
 */
static void keep_seen(struct external *x, const struct asked *asked)
{
	const struct tsem_record *record = &asked->record;
	tsem_u64 key[(TSEM_SEEN_HEAD + TSEM_SEEN_LONG) / 8] = {asked->subject,
							       (tsem_u64)record->event << 32 | record->cell_size};
	struct tsem_seen seen = {};

	if (!asked->subject || record->cell_size > TSEM_SEEN_LONG || record->event == TSEM_EVENT_bprm_committed_creds)
		return;
	memcpy((tsem_u8 *)key + TSEM_SEEN_HEAD, record + 1, record->cell_size);
	memcpy(seen.coefficient, record->coefficient, TSEM_DIGEST_SIZE);
	memcpy(seen.task_id, record->task_id, TSEM_DIGEST_SIZE);
	bpf_map_update_elem(record->cell_size > TSEM_SEEN_SHORT ? x->seen_long : x->seen, key, &seen, BPF_NOEXIST);
}

/* Adds the agent's coefficient if the kernel side knows it. Events that did not wait already have one. */
static void take_coefficient(struct external *x, struct tsem_record *record, const struct tsem_verdict *verdict)
{
	static const tsem_u8 none[TSEM_DIGEST_SIZE];

	if (memcmp(record->coefficient, none, sizeof(none)))
		return;
	if (x->setup.hash == TSEM_HASH_sha256 && verdict->size == TSEM_DIGEST_SIZE)
		memcpy(record->coefficient, verdict->coefficient, TSEM_DIGEST_SIZE);
	else
		tsem_record_coefficient(record, record->coefficient);
}

void external_judge(struct asked *asked, const struct tsem_verdict *verdict)
{
	struct external *x = asked->external;
	struct tsem_record *record = &asked->record;

	asked->judged = true;
	asked->trusted = verdict->trusted;
	take_coefficient(x, record, verdict);
	if (!verdict->trusted) {
		x->reasons[verdict->reason < TSEM_REASON_LIMIT ? verdict->reason : 0]++;
		record->flags |= TSEM_RECORD_VIOLATION | (is_enforcing(x) && asked->waits ? TSEM_RECORD_REFUSED : 0);
		if (!asked->waits)
			take_back(x, record);
		if (!asked->waits && is_enforcing(x))
			stop_namespace(x);
	}
	if (asked->request)
		answer(x, asked);
	if (verdict->trusted && verdict->same)
		keep_seen(x, asked);
	publish_once(x, record);
	if (!asked->waits)
		asked->dropped = true;
	forget(x, asked);
}

static void take_verdict(void *context, const struct tsem_verdict *verdict)
{
	struct asked *asked = context;

	asked->external->unjudged--;
	external_judge(asked, verdict);
}

/* For an event that was already decided: the agent is only informed. */
static void ignore_verdict(void *context, const struct tsem_verdict *verdict)
{
	struct external *x = context;

	(void)verdict;
	x->unjudged--;
}

static bool submit(struct external *x, bool waits, const struct tsem_record *record, tsem_verdict_fn fn, void *context)
{
	x->unjudged++; /* fn may be called at once */
	if (tsem_tma_submit(x->setup.agent, NAMESPACE, waits ? 0 : TSEM_TMA_ASYNC, record, fn, context) != -EAGAIN)
		return true;
	x->unjudged--;
	return false;
}

static bool put(struct external *x, struct asked *asked)
{
	return submit(x, asked->waits, &asked->record, take_verdict, asked);
}

static void put_backlog(struct external *x)
{
	static const struct tsem_verdict late = {.trusted = false, .reason = TSEM_REASON_late};
	struct asked *asked;

	while ((asked = x->backlog)) {
		bool is_late = tma_now() - asked->since >= x->setup.deadline_ms;
		struct asked *behind = asked->behind;

		if (!is_late && !put(x, asked))
			return;
		x->backlog = behind;
		if (!x->backlog)
			x->backlog_end = &x->backlog;
		if (is_late)
			external_judge(asked, &late);
	}
}

/* ---- the ring ---- */

static struct asked *make_asked(struct external *x, const struct tsem_record *record, tsem_u64 subject)
{
	struct asked *asked = malloc(sizeof(*asked) + record->cell_size), *older;

	if (!asked)
		return NULL;
	memset(asked, 0, offsetof(struct asked, record));
	memcpy(&asked->record, record, record->size);
	asked->external = x;
	asked->subject = subject;
	asked->since = tma_now();
	asked->tid = record->tid;
	asked->waits = record->flags & TSEM_RECORD_WAITS;
	asked->record.flags &= ~TSEM_RECORD_WAITS;
	if (!asked->waits)
		return asked;
	older = find_asked(x, asked->tid);
	if (older)
		drop(x, older);
	asked->next = *bucket_of(x, asked->tid);
	*bucket_of(x, asked->tid) = asked;
	asked->linked = true;
	x->expected++;
	return asked;
}

static void put_decided(struct external *x, const struct tsem_record *record)
{
	publish_once(x, record);
	if (x->setup.agent && record->flags & (TSEM_RECORD_UNTRUSTED | TSEM_RECORD_FAILED))
		submit(x, false, record, ignore_verdict, x);
}

static int take_event(void *context, void *bytes, size_t size)
{
	struct external *x = context;
	const struct tsem_record *record = bytes;
	struct asked *asked;
	tsem_u64 subject = 0;

	if (size < sizeof(*record) || size < record->size)
		return 0;
	if (size >= record->size + sizeof(subject)) /* see external_send in bpf/core/external.h */
		memcpy(&subject, (const tsem_u8 *)bytes + record->size, sizeof(subject));
	if (!(record->flags & TSEM_RECORD_WAITS) && record->flags & (TSEM_RECORD_VIOLATION | TSEM_RECORD_FAILED)) {
		put_decided(x, record);
		return 0;
	}
	asked = make_asked(x, record, subject);
	if (!asked && !(record->flags & TSEM_RECORD_WAITS) && is_enforcing(x))
		stop_namespace(x);
	if (asked && !x->setup.agent)
		question_put(x, asked);
	if (!asked || !x->setup.agent || (!x->backlog && put(x, asked)))
		return 0;
	asked->behind = NULL;
	*x->backlog_end = asked;
	x->backlog_end = &asked->behind;
	return 0;
}

/* ---- requests of waiting tasks ---- */

/* Called while the request is locked, so it only queues the work. */
static void note_interrupt(fuse_req_t request, void *context)
{
	struct asked *asked = context;

	(void)request;
	if (!asked->interrupted)
		watch_add(asked->external, asked->tid);
	asked->interrupted = true;
}

static void take_request(void *context, struct fuse_req *request, int tid)
{
	struct external *x = context;
	struct asked *asked = find_asked(x, tid);

	if (!asked) {
		ring_buffer__consume(x->ring);
		asked = find_asked(x, tid);
	}
	if (!asked || asked->request) {
		rendezvous_reject(request);
		return;
	}
	asked->request = request;
	x->expected -= x->expected > 0;
	if (asked->judged) {
		answer(x, asked);
		forget(x, asked);
	} else {
		fuse_req_interrupt_func(request, note_interrupt, asked);
	}
}

/* Releases the tasks that the second thread found killed. */
static void release_killed(struct external *x)
{
	struct watched killed;
	struct asked *asked;
	eventfd_t count;

	if (eventfd_read(x->watch_done, &count))
		return;
	pthread_mutex_lock(&x->lock);
	killed = x->killed;
	x->killed.count = 0;
	pthread_mutex_unlock(&x->lock);
	for (unsigned i = 0; i < killed.count; i++) {
		asked = find_asked(x, killed.tids[i]);
		if (asked)
			drop(x, asked);
	}
}

/* ---- the thread that answers ---- */

/* To the helper, and to the kernel side once the endpoint is published. */
static void sign(struct external *x)
{
	tsem_u64 now = tma_now();

	if (now - x->signed_at < SIGN_MS)
		return;
	x->signed_at = now;
	rendezvous_sign(&x->rendezvous);
	pthread_mutex_lock(&x->lock);
	if (x->shared.context)
		publish_state(x);
	pthread_mutex_unlock(&x->lock);
}

static int poll_all(struct external *x)
{
	struct pollfd fds[7] = {{.fd = external_cut(x) ? -1 : x->rendezvous.device, .events = POLLIN},
				{.fd = x->ring_fd, .events = POLLIN},
				{.fd = x->watch_done, .events = POLLIN},
				{.fd = x->ending, .events = POLLIN},
				{.fd = x->decided, .events = POLLIN}};
	int timeout = -1, count = x->setup.agent ? tsem_tma_poll(x->setup.agent, fds + 5, &timeout) : 0;

	if (x->dead)
		count = 0; /* a dead connection stays readable for ever */
	if (timeout < 0 || timeout > SIGN_MS)
		timeout = SIGN_MS;
	poll(fds, 5 + count, x->setup.agent && x->backlog && timeout > 1 ? 1 : timeout);
	x->asked = fds[0].revents;
	if (fds[2].revents)
		release_killed(x);
	return fds[3].revents;
}

/*
 * Waits until the agent has judged the events that the workload did not wait for, even if the workload has ended. Then
 * the agent has no open request of ours. Each event has its deadline.
 */
static void judge_last(struct external *x)
{
	put_backlog(x);
	while (x->unjudged || x->backlog) {
		tma_wait(x->setup.agent, tma_now() + LAST_MS);
		put_backlog(x);
	}
}

/* Checking for one more request costs as much as answering half of one. */
static void take_requests(struct external *x)
{
	int came = 1;

	while (x->asked && came > 0) {
		came = rendezvous_turn(&x->rendezvous);
		if (!x->expected)
			break;
	}
	if (came < 0)
		__atomic_store_n(&x->cut, true, __ATOMIC_RELAXED); /* its end is readable for ever */
}

static void *answer_all(void *context)
{
	struct external *x = context;

	prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0); /* allocating memory must not wait for a file system either */
	while (!poll_all(x)) {
		ring_buffer__consume(x->ring);
		take_requests(x);
		if (x->setup.agent) {
			put_backlog(x);
			x->dead = tsem_tma_turn(x->setup.agent);
		} else {
			questions_turn(x);
		}
		sign(x);
	}
	ring_buffer__consume(x->ring);
	if (x->setup.agent)
		judge_last(x);
	else
		questions_end(x);
	return NULL;
}

/* ---- beginning and end ---- */

static int start_thread(pthread_t *ret_thread, void *(*fn)(void *), struct external *x, struct tsem_error *error)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, THREAD_STACK);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(ret_thread, &attributes, fn, x);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return r ? tsem_error_set(error, r, "cannot start a thread: %s", strerror(r)) : 0;
}

static int open_maps(struct external *x, struct tsem_error *error)
{
	const struct tsem_kernel *kernel = x->setup.kernel;
	int ring = kernel_inner_map(kernel->rings, x->setup.slot);

	x->model = kernel_inner_map(kernel->models, x->setup.slot);
	x->forensics = kernel_inner_map(kernel->forensics, x->setup.slot);
	x->seen = kernel_inner_map(kernel->seen, x->setup.slot);
	x->seen_long = kernel_inner_map(kernel->seen_long, x->setup.slot);
	if (ring >= 0) {
		x->ring = capture_ring(ring, take_event, x);
		x->ring_fd = ring;
	}
	x->ending = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	x->decided = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	x->watch_wanted = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	x->watch_done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!x->ring || x->model < 0 || x->forensics < 0 || x->seen < 0 || x->seen_long < 0 || x->watch_done < 0)
		return tsem_error_set(error, EIO, "cannot open the maps of the namespace");
	return 0;
}

/* The kernel side asks only the endpoint that is published here. */
static int publish_endpoint(struct external *x, struct tsem_error *error)
{
	int r;

	if (getrandom(x->shared.key, sizeof(x->shared.key), 0) != sizeof(x->shared.key))
		return tsem_error_set(error, EIO, "cannot make a key");
	pthread_mutex_lock(&x->lock);
	x->shared.context = x->setup.id;
	x->shared.device = x->rendezvous.number;
	x->shared.helper = x->rendezvous.helper;
	r = publish_state(x);
	pthread_mutex_unlock(&x->lock);
	return r ? tsem_error_set(error, -r, "cannot register the modeling agent with the kernel: %s", strerror(-r)) :
		   0;
}

/* Nobody gets at its file system, before the helper has it for itself. */
static int start_rendezvous(struct external *x, struct tsem_error *error)
{
	int r = rendezvous_open(&x->rendezvous, take_request, x, error);

	if (!r)
		r = external_process_begin(x, error);
	if (r)
		return r;
	r = start_thread(&x->answering, answer_all, x, error);
	x->answers = !r;
	if (!r)
		r = start_thread(&x->watching, external_watch, x, error);
	x->watches = x->answers && !r;
	if (!r)
		r = rendezvous_start(&x->rendezvous, silence_limit_ms(x), error);
	return r;
}

static int start_all(struct external *x, struct tsem_error *error)
{
	int r = tsem_kernel_stay_outside(x->setup.kernel, error), shown;

	if (!r)
		r = kernel_attach(x->setup.kernel, "external_create", error);
	if (!r)
		r = open_maps(x, error);
	if (!r)
		r = kernel_hide(x->setup.kernel, error);
	if (r)
		return r;
	r = start_rendezvous(x, error);
	shown = kernel_show(x->setup.kernel, r ? NULL : error);
	if (!r)
		r = shown ? shown : kernel_guard_process(x->setup.kernel, x->rendezvous.helper, error);
	return r ? r : publish_endpoint(x, error);
}

static int make_notes(struct external *x, struct tsem_error *error)
{
	int r = notes_init(&x->records), also = notes_init(&x->questions);

	return r || also ? tsem_error_set(error, EMFILE, "cannot make an event counter") : 0;
}

int external_create(const struct external_setup *setup, struct external **ret_external, struct tsem_error *error)
{
	struct external *x = calloc(1, sizeof(*x));
	int r;

	if (!x)
		return tsem_error_set(error, ENOMEM, "out of memory");
	x->setup = *setup;
	x->ring_fd = x->model = x->forensics = x->seen = x->seen_long = x->ending = x->decided = x->watch_wanted =
		x->watch_done = -1;
	x->rendezvous.device = x->rendezvous.mount = x->rendezvous.signs = -1;
	x->backlog_end = &x->backlog;
	x->decisions_end = &x->decisions;
	pthread_mutex_init(&x->lock, NULL);
	r = make_notes(x, error);
	if (!r)
		r = start_all(x, error);
	if (r) {
		external_stop(x);
		external_destroy(x);
		return r;
	}
	*ret_external = x;
	return 0;
}

int external_fd(const struct external *x)
{
	return x->records.ready;
}

bool external_cut(const struct external *x)
{
	return __atomic_load_n(&x->cut, __ATOMIC_RELAXED);
}

const tsem_u64 *external_reasons(const struct external *x)
{
	return x->reasons;
}

bool external_ended(const struct external *x)
{
	return __atomic_load_n(&x->shared.stopped, __ATOMIC_RELAXED);
}

void external_stop(struct external *x)
{
	eventfd_write(x->ending, 1);
	if (x->answers)
		pthread_join(x->answering, NULL);
	pthread_mutex_lock(&x->lock);
	x->end = true; /* last, because the final verdicts may end the workload */
	pthread_mutex_unlock(&x->lock);
	eventfd_write(x->watch_wanted, 1);
	if (x->watches)
		pthread_join(x->watching, NULL);
	x->answers = x->watches = false;
	external_process_end(x);
	rendezvous_close(&x->rendezvous); /* refuses every task that still waits */
}

static void close_maps(struct external *x)
{
	const int fds[] = {x->ring_fd, x->model,   x->forensics,    x->seen,	  x->seen_long,
			   x->ending,  x->decided, x->watch_wanted, x->watch_done};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	ring_buffer__free(x->ring);
}

void external_destroy(struct external *x)
{
	struct tsem_external none = {};
	tsem_u32 slot = x->setup.slot;
	struct asked *asked;

	bpf_map_update_elem(x->setup.kernel->externals, &slot, &none, BPF_ANY);
	for (unsigned i = 0; i < ASKED_BUCKETS; i++)
		while ((asked = x->buckets[i])) {
			x->buckets[i] = asked->next;
			free(asked);
		}
	notes_deinit(&x->records);
	notes_deinit(&x->questions);
	tsem_set_deinit(&x->known);
	tsem_set_deinit(&x->refused);
	close_maps(x);
	pthread_mutex_destroy(&x->lock);
	free(x);
}
