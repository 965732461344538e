/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "agent.h"
#include "../kernel/capture.h"
#include "../kernel/group.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define RING_SIZE (1u << 20)
#define RING_MIN 65536u
#define RING_MAX (1u << 30)
#define TICK_MIN_MS 5u
#define TICKS 4 /* in a deadline */

static tsem_u64 clock_now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* ---- beginning ---- */

static int check_options(const struct tsem_agent_options *o, struct tsem_error *error)
{
	bool target = o->scope == TSEM_SCOPE_NAMESPACE || o->scope == TSEM_SCOPE_CGROUP;

	if (o->size < sizeof(*o))
		return tsem_error_set(error, EINVAL, "the size of an agent's options is %zu: set it to their sizeof",
				      o->size);
	if (o->scope > TSEM_SCOPE_CGROUP)
		return tsem_error_set(error, EINVAL, "an agent's scope is a TSEM_SCOPE_, not %u", o->scope);
	if (target != (o->target != NULL))
		return tsem_error_set(error, EINVAL,
				      "an agent's target is set for the scopes of a namespace and of a control group, "
				      "and for no other");
	if (o->flags & ~(TSEM_AGENT_SEES_ITSELF | TSEM_AGENT_ALL))
		return tsem_error_set(error, EINVAL, "an agent has no flags 0x%x", o->flags);
	if (o->name && strlen(o->name) >= TSEM_NAME_MAX)
		return tsem_error_set(error, EINVAL, "an agent's name has at most %d bytes", TSEM_NAME_MAX - 1);
	if (o->ring_size && (o->ring_size < RING_MIN || o->ring_size > RING_MAX || o->ring_size & (o->ring_size - 1)))
		return tsem_error_set(error, EINVAL, "the ring of an agent is a power of two from %u to %u bytes",
				      RING_MIN, RING_MAX);
	return 0;
}

static int find_namespace(const struct tsem_kernel *kernel, const char *name, tsem_u64 *ret_id,
			  struct tsem_error *error)
{
	tsem_u32 slot = kernel_slot_named(kernel, name);

	if (slot == SLOT_NONE)
		return tsem_error_set(error, ENOENT, "there is no living namespace named %s (`tsem ps`)", name);
	*ret_id = kernel->slots[slot].id;
	return 0;
}

static int find_group(const char *path, struct tsem_agent_slot *slot, struct tsem_error *error)
{
	struct tsem_group *group;
	int r = tsem_group_open(path, &group, error);

	if (r)
		return r;
	slot->target = group_number(group);
	slot->level = group_level(group);
	tsem_group_close(group);
	return 0;
}

static int fill_scope(const struct tsem_kernel *kernel, const struct tsem_agent_options *o,
		      struct tsem_agent_slot *slot, struct tsem_error *error)
{
	slot->scope = o->scope ? o->scope : TSEM_SCOPE_HOST;
	slot->flags = o->flags;
	if (o->name)
		memcpy(slot->name, o->name, strlen(o->name));
	else
		prctl(PR_GET_NAME, slot->name);
	if (slot->scope == TSEM_SCOPE_NAMESPACE)
		return find_namespace(kernel, o->target, &slot->target, error);
	return slot->scope == TSEM_SCOPE_CGROUP ? find_group(o->target, slot, error) : 0;
}

static int take_slot(struct tsem_agent *agent, struct tsem_error *error)
{
	for (agent->number = 0; agent->number < TSEM_AGENT_MAX; agent->number++)
		if (!agent->agents.slots[agent->number].id) {
			agent->slot = &agent->agents.slots[agent->number];
			return 0;
		}
	return tsem_error_set(error, EUSERS,
			      "there are %d agents already, which is the limit: `tsem agents ls` lists them",
			      TSEM_AGENT_MAX);
}

static int take_message(void *context, void *bytes, size_t size)
{
	struct tsem_agent *agent = context;

	agent->taken = message_make(bytes, size);
	if (!agent->taken)
		__atomic_fetch_add(&agent->slot->counts[TSEM_AGENT_SYNC].lost, 1, __ATOMIC_RELAXED);
	return -ECANCELED; /* one at a time */
}

static int make_ring(struct tsem_agent *agent, size_t size, struct tsem_error *error)
{
	tsem_u32 number = agent->number;

	agent->ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "tsem_messages", 0, 0, size ? size : RING_SIZE, NULL);
	if (agent->ring < 0 || bpf_map_update_elem(agent->agents.agent_rings, &number, &agent->ring, BPF_ANY))
		return tsem_error_set(error, errno, "cannot make the ring of an agent: %s", strerror(errno));
	agent->reader = capture_ring(agent->ring, take_message, agent);
	agent->positions = mmap(NULL, 2 * sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED, agent->ring, 0);
	if (agent->positions == MAP_FAILED)
		agent->positions = NULL;
	return agent->reader && agent->positions ?
		       0 :
		       tsem_error_set(error, errno, "cannot read the ring of an agent: %s", strerror(errno));
}

static int make_poll(struct tsem_agent *agent, struct tsem_error *error)
{
	struct epoll_event event = {.events = EPOLLIN};

	agent->poll = epoll_create1(EPOLL_CLOEXEC);
	if (agent->poll >= 0 && !epoll_ctl(agent->poll, EPOLL_CTL_ADD, agent->ring, &event) &&
	    !epoll_ctl(agent->poll, EPOLL_CTL_ADD, agent->endpoint.device, &event))
		return 0;
	return tsem_error_set(error, errno, "cannot make the descriptor of an agent: %s", strerror(errno));
}

/* Fills the slot in the table; the id comes last, and makes the slot valid. Attached programs then tell the agent. */
static int publish(struct tsem_agent *agent, const struct tsem_agent_slot *filled, struct tsem_error *error)
{
	tsem_u64 id = clock_now(CLOCK_BOOTTIME);

	*agent->slot = *filled;
	agent->slot->process = getpid();
	agent->slot->keeper = agent->endpoint.keeper;
	agent->slot->device = agent->endpoint.number;
	agent->slot->created = clock_now(CLOCK_MONOTONIC);
	agent->slot->generation = id;
	if (getrandom(agent->slot->key, TSEM_KEY_SIZE, 0) != TSEM_KEY_SIZE)
		return tsem_error_set(error, EIO, "cannot get random numbers");
	agent->id = id;
	agent->endpoint.memory->slot = agent->number;
	__atomic_store_n(&agent->endpoint.memory->agent, id, __ATOMIC_RELEASE);
	__atomic_store_n(&agent->slot->id, id, __ATOMIC_RELEASE);
	if (filled->scope != TSEM_SCOPE_DESCENDANTS)
		return 0;
	return agents_fit(agent->kernel, &agent->agents, NULL, error); /* who is born from now on is noted */
}

/* Hides the agent's file system until only the keeper can reach it. */
static int open_endpoint(struct tsem_agent *agent, struct tsem_error *error)
{
	int r = kernel_hide(agent->kernel, error), shown;

	if (r)
		return r;
	r = endpoint_open(&agent->endpoint, agent->agents.agents, error);
	shown = kernel_show(agent->kernel, r ? NULL : error);
	return r ? r : shown;
}

static int begin(struct tsem_agent *agent, const struct tsem_agent_options *options, struct tsem_error *error)
{
	struct tsem_agent_slot filled = {};
	int r = agents_open(agent->kernel, true, &agent->agents, error);

	if (r)
		return r;
	agents_sweep(agent->kernel);
	r = fill_scope(agent->kernel, options, &filled, error);
	if (!r)
		r = take_slot(agent, error);
	if (!r)
		r = agents_events(agent->events, error);
	if (!r)
		r = make_ring(agent, options->ring_size, error);
	if (!r)
		r = open_endpoint(agent, error);
	if (!r)
		r = make_poll(agent, error);
	if (!r)
		r = kernel_guard_process(agent->kernel, getpid(), error);
	if (!r)
		r = kernel_guard_process(agent->kernel, agent->endpoint.keeper, error);
	mutes_forget(&agent->agents, agent->number, 0);
	return r ? r : publish(agent, &filled, error);
}

static struct tsem_agent *agent_new(void)
{
	struct tsem_agent *agent = calloc(1, sizeof(*agent));

	if (!agent)
		return NULL;
	agent->agents = AGENTS_NONE;
	agent->endpoint = (struct endpoint){.device = -1, .wake = -1};
	agent->ring = -1;
	agent->poll = -1;
	pthread_mutex_init(&agent->lock, NULL);
	return agent;
}

int tsem_agent_create(const struct tsem_agent_options *options, struct tsem_agent **ret_agent, struct tsem_error *error)
{
	struct tsem_agent *agent;
	int lock, r = check_options(options, error);

	if (r)
		return r;
	agent = agent_new();
	if (!agent)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = tsem_kernel_open(TSEM_KERNEL_LOAD, &agent->kernel, error);
	if (!r) {
		lock = runtime_lock_state(error);
		r = lock < 0 ? lock : begin(agent, options, error);
		if (lock >= 0)
			close(lock);
	}
	if (r)
		tsem_agent_destroy(agent);
	else
		*ret_agent = agent;
	return r;
}

/* ---- subscriptions ---- */

static const char *name_of(tsem_u32 event)
{
	static const char *const own[] = {"fork", "exec", "exit", "sync", "emit"};
	const char *name = event < TSEM_EVENT_LIMIT ? tsem_event_name(event) : NULL;

	if (event >= TSEM_EVENT_LIMIT && event - TSEM_EVENT_LIMIT < sizeof(own) / sizeof(*own))
		name = own[event - TSEM_EVENT_LIMIT];
	return name ? name : "without a name";
}

static int check_subscription(const struct tsem_agent *agent, const struct tsem_subscription *s,
			      struct tsem_error *error)
{
	bool asked = s->action == TSEM_AGENT_AUTH;

	if (s->event >= TSEM_AGENT_EVENTS || s->event == TSEM_AGENT_SYNC ||
	    (s->action && s->action != TSEM_AGENT_NOTIFY && !asked))
		return tsem_error_set(error, EINVAL, "there is no event %u, or no action %u", s->event, s->action);
	if (!(agent->events[s->event] & AGENT_EVENT_KNOWN))
		return tsem_error_set(error, EOPNOTSUPP, "no hook tells agents of the event %s", name_of(s->event));
	if (asked && !(agent->events[s->event] & AGENT_EVENT_WAITS))
		return tsem_error_set(error, EOPNOTSUPP,
				      "nobody can be asked about the event %s, because its hook may not wait: subscribe "
				      "to it with TSEM_AGENT_NOTIFY",
				      name_of(s->event));
	if (s->reserved[0] || s->reserved[1])
		return tsem_error_set(error, EINVAL, "the reserved members of a subscription are zero");
	if ((!asked && (s->late || s->deadline_ms)) || (s->late && s->late != TSEM_AGENT_ALLOWS))
		return tsem_error_set(error, EINVAL, "only TSEM_AGENT_AUTH has a deadline and what is done behind it");
	if (s->deadline_ms && (s->deadline_ms < TSEM_DEADLINE_MIN_MS || s->deadline_ms > TSEM_DEADLINE_MAX_MS))
		return tsem_error_set(error, EINVAL, "a deadline is from %u to %u milliseconds, not %u",
				      TSEM_DEADLINE_MIN_MS, TSEM_DEADLINE_MAX_MS, s->deadline_ms);
	return 0;
}

/* The agent is asked at least once in this time, and the keeper looks in a part of it. */
static void fit_tick(struct tsem_agent *agent)
{
	tsem_u32 shortest = 0, longest = 0, deadline, tick;
	bool strict = false;

	for (unsigned i = 0; i < TSEM_AGENT_EVENTS; i++) {
		if (!(agent->slot->how[i] & TSEM_AGENT_AUTH))
			continue;
		deadline = agent->slot->deadline_ms[i];
		shortest = shortest && shortest < deadline ? shortest : deadline;
		longest = longest > deadline ? longest : deadline;
		strict |= !(agent->slot->how[i] & TSEM_AGENT_ALLOWS);
	}
	tick = shortest / TICKS;
	agent->asks = longest;
	if (strict)
		__atomic_fetch_or(&agent->slot->flags, TSEM_AGENT_STRICT, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&agent->slot->flags, ~TSEM_AGENT_STRICT, __ATOMIC_RELAXED);
	endpoint_tick(&agent->endpoint, longest && tick < TICK_MIN_MS ? TICK_MIN_MS : tick, longest * 1000000ull);
}

static void note_subscription(struct tsem_agent *agent, const struct tsem_subscription *s)
{
	if (agent->events[s->event] & AGENT_EVENT_ALL && s->action)
		__atomic_fetch_or(&agent->slot->flags, TSEM_AGENT_ALL, __ATOMIC_RELAXED);
	agent->slot->deadline_ms[s->event] = s->deadline_ms ? s->deadline_ms : TSEM_DEADLINE_MS;
	agent->slot->how[s->event] = s->action | s->late;
}

/* Attaching takes long, and nobody answers meanwhile: the kernel side hears of it when all of it is there. */
static int subscribe(struct tsem_agent *agent, const struct tsem_subscription *list, size_t count,
		     struct tsem_error *error)
{
	tsem_u8 how[TSEM_AGENT_EVENTS] = {};
	int r;

	for (size_t i = 0; i < count; i++)
		how[list[i].event] = list[i].action | list[i].late;
	r = agents_fit(agent->kernel, &agent->agents, how, error);
	for (size_t i = 0; !r && i < count; i++)
		note_subscription(agent, &list[i]);
	fit_tick(agent);
	if (r) /* what has been attached already */
		agents_fit(agent->kernel, &agent->agents, NULL, NULL);
	return r;
}

int tsem_agent_subscribe(struct tsem_agent *agent, const struct tsem_subscription *subscriptions, size_t count,
			 struct tsem_error *error)
{
	int lock, r = 0;

	for (size_t i = 0; !r && i < count; i++)
		r = check_subscription(agent, &subscriptions[i], error);
	if (r)
		return r;
	lock = runtime_lock_state(error);
	if (lock < 0)
		return lock;
	if (agent_lives(agent))
		r = subscribe(agent, subscriptions, count, error);
	else
		r = tsem_error_set(error, ESTALE, "the agent is gone from the kernel's table: destroy it");
	close(lock);
	return r;
}

/* ---- messages ---- */

int tsem_agent_fd(const struct tsem_agent *agent)
{
	return agent->poll;
}

static struct tsem_answer answer_of(const struct tsem_agent *agent, const struct question *question)
{
	struct tsem_answer answer = {.context = agent->id, .number = question->number, .verdict = question->verdict};

	memcpy(answer.key, agent->slot->key, sizeof(answer.key));
	memcpy(answer.coefficient, &question->given, sizeof(question->given));
	return answer;
}

/* Whether there are messages that nobody has taken. A task's question is in the ring before the task waits. */
static bool has_unread(const struct tsem_agent *agent)
{
	const char *reader = agent->positions, *writers = reader + sysconf(_SC_PAGESIZE);

	return __atomic_load_n((const unsigned long *)reader, __ATOMIC_ACQUIRE) !=
	       __atomic_load_n((const unsigned long *)writers, __ATOMIC_ACQUIRE);
}

/*
 * The question that the task waits for. NULL: it was asked none, or not in time: then nothing is waited for. Whoever
 * asks with no question at all takes nobody's place. Under the lock, under which messages are taken, too.
 */
static struct question *question_open(struct tsem_agent *agent, tsem_u32 tid)
{
	struct question *q = questions_find(&agent->questions, tid);
	tsem_u64 now = clock_now(CLOCK_MONOTONIC);

	if (q && (q->verdict || q->deadline > now))
		return q;
	if (!has_unread(agent) || questions_reserve(&agent->questions, now))
		return NULL;
	q = questions_put(&agent->questions, tid);
	*q = (struct question){.tid = tid, .deadline = now + agent->endpoint.memory->patience};
	return q;
}

/* A task that waits now: perhaps it has its answer already. Under the lock. */
static void meet(struct tsem_agent *agent, const struct asking *asking)
{
	struct question *q = question_open(agent, asking->tid);
	struct tsem_answer answer;

	if (q && q->verdict) {
		answer = answer_of(agent, q);
		endpoint_reply(&agent->endpoint, asking, &answer);
		questions_remove(&agent->questions, q);
	} else if (!q || asking->overdue) {
		endpoint_refuse(&agent->endpoint, asking);
	} else {
		q->place = endpoint_wait(&agent->endpoint, asking, q->deadline);
	}
}

/* The same of one that the keeper has let wait. */
static void meet_kept(struct tsem_agent *agent, struct tsem_asked *asked, tsem_u32 place)
{
	struct question *q = question_open(agent, asked->tid);
	struct tsem_answer answer;

	if (q && q->verdict) {
		answer = answer_of(agent, q);
		endpoint_answer(&agent->endpoint, asked, &answer);
		questions_remove(&agent->questions, q);
	} else if (!q) {
		endpoint_answer(&agent->endpoint, asked, NULL);
	} else {
		q->place = place;
		endpoint_leave(asked, q->deadline);
	}
}

static void take_kept(struct tsem_agent *agent)
{
	struct tsem_asked *asked;
	tsem_u32 at = 0;

	if (!endpoint_kept(&agent->endpoint))
		return;
	while ((asked = endpoint_next(&agent->endpoint, &at)))
		meet_kept(agent, asked, at);
}

#define WAITING_TURN 1024 /* tasks of one call; the descriptor stays readable for the others */

/* Tasks that wait are read by who answers them, too: both read to the same place. */
static int read_waiting(struct tsem_agent *agent)
{
	struct asking asking;
	int r = 1;

	pthread_mutex_lock(&agent->lock);
	take_kept(agent);
	for (unsigned i = 0; i < WAITING_TURN && r > 0; i++) {
		r = endpoint_read(&agent->endpoint, &asking);
		if (r > 0)
			meet(agent, &asking);
	}
	pthread_mutex_unlock(&agent->lock);
	return r;
}

/* Of a question: the task waits, or will. Under the lock. */
static void note_question(struct tsem_agent *agent, const struct tsem_message *told)
{
	struct question *q = questions_put(&agent->questions, told->process->tid);
	struct tsem_asked *asked = endpoint_take(&agent->endpoint, q->place, q->tid);

	*q = (struct question){.tid = q->tid, .place = q->place, .number = told->sequence, .deadline = told->deadline};
	if (asked)
		endpoint_leave(asked, told->deadline);
}

/*
 * The next message, and its question with it: who answers in another thread sees both or none. Without memory for the
 * question the message stays in the ring.
 */
static int take_next(struct tsem_agent *agent)
{
	int r;

	agent->taken = NULL;
	pthread_mutex_lock(&agent->lock);
	r = questions_reserve(&agent->questions, clock_now(CLOCK_MONOTONIC));
	if (!r)
		r = ring_buffer__consume(agent->reader);
	if (r == -ECANCELED && agent->taken && agent->taken->told.action == TSEM_AGENT_AUTH)
		note_question(agent, &agent->taken->told);
	pthread_mutex_unlock(&agent->lock);
	return r == -ECANCELED && !agent->taken ? -ENOMEM : r == -ENOMEM ? r : 0;
}

/* Somebody outside has ended the file system through which tasks ask: its end is readable for ever. */
static int cut(struct tsem_agent *agent)
{
	epoll_ctl(agent->poll, EPOLL_CTL_DEL, agent->endpoint.device, NULL);
	return -ENODEV;
}

int tsem_agent_next(struct tsem_agent *agent, const struct tsem_message **ret_message)
{
	int r;

	r = take_next(agent);
	if (r)
		return r;
	if (!agent->taken)
		return read_waiting(agent) == -ENODEV ? cut(agent) : -EAGAIN;
	__atomic_fetch_add(&agent->slot->counts[agent->taken->told.event % TSEM_AGENT_EVENTS].delivered, 1,
			   __ATOMIC_RELAXED);
	*ret_message = &agent->taken->told;
	return 0;
}

/* A waiting task continues. One that does not wait yet will find its answer. Under the lock. */
static void answer(struct tsem_agent *agent, const struct tsem_message *told, tsem_u32 verdict, tsem_u64 now)
{
	struct question *q = questions_find(&agent->questions, told->process->tid);
	struct tsem_asked *asked;
	struct tsem_answer bytes;

	if (!q || q->number != told->sequence)
		return; /* the task has not waited for it, and asks something else by now */
	q->verdict = verdict == TSEM_ALLOW ? TSEM_ANSWER_TRUSTED : TSEM_ANSWER_UNTRUSTED;
	q->given = now;
	asked = endpoint_take(&agent->endpoint, q->place, q->tid);
	if (!asked)
		return;
	bytes = answer_of(agent, q);
	endpoint_answer(&agent->endpoint, asked, &bytes);
	questions_remove(&agent->questions, q);
}

int tsem_agent_answer(struct tsem_agent *agent, const struct tsem_message *told, tsem_u32 verdict, tsem_u32 flags)
{
	struct message *message = (struct message *)told;
	tsem_u64 now = clock_now(CLOCK_MONOTONIC);

	if (told->action != TSEM_AGENT_AUTH || message->agent != agent->id ||
	    (verdict != TSEM_ALLOW && verdict != TSEM_DENY))
		return -EINVAL;
	if (flags)
		return -EOPNOTSUPP;
	if (__atomic_exchange_n(&message->answered, 1, __ATOMIC_ACQ_REL))
		return -EALREADY;
	if (now > told->deadline)
		return -ETIME;
	read_waiting(agent);
	pthread_mutex_lock(&agent->lock);
	answer(agent, told, verdict, now);
	pthread_mutex_unlock(&agent->lock);
	return 0;
}

int tsem_agent_clear_cache(struct tsem_agent *agent, struct tsem_error *error)
{
	(void)agent;
	(void)error;
	return 0;
}

/* ---- end ---- */

#define SETTLE_MS 1000

/* Waits until the tasks whose questions are already answered have fetched their answers. */
static void settle(struct tsem_agent *agent)
{
	struct pollfd device = {.fd = agent->endpoint.device, .events = POLLIN};
	tsem_u64 end = clock_now(CLOCK_MONOTONIC) + SETTLE_MS * 1000000ull;

	while (agent->asks && questions_answered(&agent->questions, clock_now(CLOCK_MONOTONIC)) &&
	       clock_now(CLOCK_MONOTONIC) < end) {
		poll(&device, 1, 10);
		read_waiting(agent);
	}
}

/* No task asks from here on; then the waiting tasks get the default, and the slot and its programs go. */
static void leave(struct tsem_agent *agent)
{
	int lock = runtime_lock_state(NULL);
	tsem_u32 number = agent->number;

	if (agent->id && agent_lives(agent))
		__atomic_store_n(&agent->slot->id, 0, __ATOMIC_RELEASE);
	endpoint_close(&agent->endpoint);
	if (agent->id && lock >= 0) {
		mutes_forget(&agent->agents, agent->number, agent->id);
		bpf_map_delete_elem(agent->agents.agent_rings, &number);
		agents_sweep(agent->kernel);
	}
	if (lock >= 0)
		close(lock);
}

void tsem_agent_destroy(struct tsem_agent *agent)
{
	if (!agent)
		return;
	if (agent->id)
		settle(agent);
	if (agent->kernel)
		leave(agent);
	ring_buffer__free(agent->reader);
	if (agent->poll >= 0)
		close(agent->poll);
	if (agent->ring >= 0)
		close(agent->ring);
	if (agent->positions)
		munmap((void *)agent->positions, 2 * sysconf(_SC_PAGESIZE));
	questions_free(&agent->questions);
	agents_close(&agent->agents);
	tsem_kernel_close(agent->kernel);
	pthread_mutex_destroy(&agent->lock);
	free(agent);
}
