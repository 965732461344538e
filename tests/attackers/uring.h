/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A ring of one entry at a time. */
#ifndef TSEM_ATTACKERS_URING_H
#define TSEM_ATTACKERS_URING_H

#include "attacker.h"

#include <linux/io_uring.h>

#pragma GCC diagnostic ignored "-Wunused-function"

#ifndef IORING_SETUP_NO_MMAP
#define IORING_SETUP_NO_MMAP (1u << 14)
#endif

struct ring {
	int fd;
	struct io_uring_sqe *sqes;
	unsigned *sq_tail, *sq_mask, *sq_array, *sq_flags, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_cqe *cqes;
};

/* In memory of its own: nothing of the ring is mapped, which would be an event. */
static bool ring_make(struct ring *r, unsigned flags)
{
	char *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	char *sq = memory, *cq = memory;
	struct io_uring_params p = {.flags = flags | IORING_SETUP_NO_MMAP, .sq_thread_idle = 5000};

	p.cq_off.resv2 = (unsigned long)memory;
	p.sq_off.resv2 = (unsigned long)memory + 4096;
	r->sqes = (void *)(memory + 4096);
	r->fd = syscall(SYS_io_uring_setup, 8, &p);
	if (r->fd < 0)
		return false;
	r->sq_tail = (void *)(sq + p.sq_off.tail);
	r->sq_mask = (void *)(sq + p.sq_off.ring_mask);
	r->sq_array = (void *)(sq + p.sq_off.array);
	r->sq_flags = (void *)(sq + p.sq_off.flags);
	r->cq_head = (void *)(cq + p.cq_off.head);
	r->cq_tail = (void *)(cq + p.cq_off.tail);
	r->cq_mask = (void *)(cq + p.cq_off.ring_mask);
	r->cqes = (void *)(cq + p.cq_off.cqes);
	return true;
}

/* Waits at most three seconds for the next completion; its result. */
static int ring_wait(struct ring *r)
{
	unsigned head = *r->cq_head;
	int result;

	for (int i = 0; i < 600 && __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == head; i++)
		sleep_ms(5);
	if (__atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == head)
		return -ETIME;
	result = r->cqes[head & *r->cq_mask].res;
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

static int ring_do(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned tail = *r->sq_tail, at = tail & *r->sq_mask;

	r->sqes[at] = *sqe;
	r->sq_array[at] = at;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 0, IORING_ENTER_SQ_WAKEUP, NULL, 0) < 0)
		return -errno;
	return ring_wait(r);
}

#endif
