/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The keeper of an agent (docs/agents.md): the process whose executable waiting tasks read an attribute of. It answers
 * in the agent's place when that is too late: then the task goes on as the subscription says. It outlives the agent for
 * a moment, and takes it out of the kernel side's table.
 *
 *	keeper PID: the agent's process; descriptors as in abi/keeper.h
 */
#include "../../abi/agent_slot.h"
#include "../../abi/keeper.h"
#include "../rendezvous/companion.h"

#include <errno.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ATTRIBUTE "user.tsem"

static struct tsem_keeper_memory *memory;
static struct tsem_agent_slot *slots;
static tsem_u8 request[TSEM_REQUEST_MAX];
/* What was there at the tick before. */
static tsem_u32 served_before;
static tsem_u64 stuck, stuck_since;

static tsem_u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* One that is gone, or has its answer: the kernel says so, and nothing is to be done. */
static void reply(tsem_u64 unique, int error)
{
	struct fuse_out_header out = {.len = sizeof(out), .error = -error, .unique = unique};

	if (write(TSEM_KEEPER_DEVICE, &out, sizeof(out)) < 0)
		return;
}

static void reply_late(tsem_u64 unique)
{
	reply(unique, ETIMEDOUT);
	__atomic_fetch_add(&memory->late, 1, __ATOMIC_RELAXED);
}

static bool change(struct tsem_asked *asked, tsem_u32 from, tsem_u32 to)
{
	return __atomic_compare_exchange_n(&asked->state, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* ---- requests that the agent does not read ---- */

static void note(const struct fuse_in_header *in)
{
	for (unsigned i = 0; i < TSEM_ASKED_MAX; i++) {
		struct tsem_asked *asked = &memory->asked[(in->pid + i) % TSEM_ASKED_MAX];

		if (!change(asked, TSEM_ASKED_FREE, TSEM_ASKED_TAKEN))
			continue;
		__atomic_fetch_add(&memory->waiting, 1, __ATOMIC_ACQ_REL);
		asked->tid = in->pid;
		asked->unique = in->unique;
		asked->deadline = now() + memory->patience;
		__atomic_store_n(&asked->state, TSEM_ASKED_WAITS, __ATOMIC_RELEASE);
		__atomic_store_n(&memory->kept, 1, __ATOMIC_RELEASE);
		return;
	}
	reply_late(in->unique);
}

static void take_question(const struct fuse_in_header *in)
{
	const struct fuse_getxattr_in *get = (const void *)(in + 1);

	if (strcmp((const char *)(get + 1), ATTRIBUTE))
		reply(in->unique, ENODATA);
	else if (get->size == sizeof(struct tsem_answer) + TSEM_ASKED_OVERDUE)
		reply_late(in->unique);
	else
		note(in);
}

static void take_request(void)
{
	const struct fuse_in_header *in = (const void *)request;

	if (in->opcode == FUSE_GETXATTR)
		take_question(in);
	else if (in->opcode != FUSE_FORGET && in->opcode != FUSE_BATCH_FORGET && in->opcode != FUSE_INTERRUPT)
		reply(in->unique, ENOSYS);
}

/* False: there is none. */
static bool read_request(void)
{
	ssize_t size = read(TSEM_KEEPER_DEVICE, request, sizeof(request));

	if (size >= (ssize_t)sizeof(struct fuse_in_header))
		take_request();
	return size > 0 || errno == EINTR || errno == ENOENT;
}

/* Only when the agent has read nothing for a whole tick while there was something to read. */
static void read_unserved(void)
{
	struct pollfd device = {.fd = TSEM_KEEPER_DEVICE, .events = POLLIN};
	tsem_u32 served = __atomic_load_n(&memory->served, __ATOMIC_RELAXED);

	for (unsigned i = 0; i < TSEM_ASKED_MAX && served == served_before; i++)
		if (poll(&device, 1, 0) <= 0 || !(device.revents & POLLIN) || !read_request())
			break;
	served_before = served;
}

/* ---- tasks whose time is over ---- */

static void end_waits(bool all)
{
	bool some = all || __atomic_load_n(&memory->waiting, __ATOMIC_ACQUIRE);
	tsem_u64 time = now();

	for (unsigned i = 0; some && i < TSEM_ASKED_MAX; i++) {
		struct tsem_asked *asked = &memory->asked[i];
		tsem_u32 state = __atomic_load_n(&asked->state, __ATOMIC_ACQUIRE);
		tsem_u64 unique = __atomic_load_n(&asked->unique, __ATOMIC_ACQUIRE); /* before its deadline */

		/* Who has taken it may have been stopped: a second answer does no harm, and the place stays his. */
		if (state == TSEM_ASKED_TAKEN && unique && (all || asked->deadline <= time))
			reply(unique, ETIMEDOUT);
		if (state != TSEM_ASKED_WAITS || (!all && asked->deadline > time))
			continue;
		if (!change(asked, TSEM_ASKED_WAITS, TSEM_ASKED_TAKEN))
			continue;
		reply_late(asked->unique);
		__atomic_store_n(&asked->state, TSEM_ASKED_FREE, __ATOMIC_RELEASE);
		__atomic_fetch_sub(&memory->waiting, 1, __ATOMIC_ACQ_REL);
	}
}

/* A request that the agent has read, and did not get to note: it was stopped in between. */
static void end_stuck(bool all)
{
	const struct fuse_in_header *in = (const void *)memory->reading;
	tsem_u64 unique = in->len ? in->unique : 0, time = now();

	if (unique != stuck) {
		stuck = unique;
		stuck_since = time;
	}
	if (unique && (all || time - stuck_since > memory->patience))
		reply(unique, ETIMEDOUT);
}

/* The agent is gone. Whoever has its end of the file system still, such as a child, does not keep tasks waiting. */
static void end_agent(void)
{
	struct tsem_agent_slot *slot = &slots[memory->slot];
	tsem_u64 id = memory->agent;

	if (id)
		__atomic_compare_exchange_n(&slot->id, &id, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
	while (read_request())
		continue;
	end_stuck(true);
	end_waits(true);
}

static bool keep(int agent)
{
	struct pollfd fds[2] = {{.fd = agent, .events = POLLIN}, {.fd = TSEM_KEEPER_WAKE, .events = POLLIN}};
	tsem_u32 tick = __atomic_load_n(&memory->tick_ms, __ATOMIC_RELAXED);
	tsem_u64 count;

	if (poll(fds, 2, tick ? (int)tick : -1) < 0)
		return errno == EINTR;
	if (fds[1].revents && read(TSEM_KEEPER_WAKE, &count, sizeof(count)) < 0 && errno != EAGAIN)
		return false;
	if (fds[0].revents) {
		end_agent();
		return false;
	}
	read_unserved();
	end_stuck(false);
	end_waits(false);
	return true;
}

int main(int argc, char **argv)
{
	int agent;

	if (argc != 2)
		return 2;
	agent = companion_begin(argv[1]);
	memory = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_SHARED, TSEM_KEEPER_MEMORY, 0);
	slots = mmap(NULL, TSEM_AGENT_MAX * sizeof(*slots), PROT_READ | PROT_WRITE, MAP_SHARED, TSEM_KEEPER_SLOTS, 0);
	if (agent < 0 || memory == MAP_FAILED || slots == MAP_FAILED || !companion_ready(TSEM_KEEPER_REPORT))
		return 1;
	while (keep(agent))
		continue;
	return 0;
}
