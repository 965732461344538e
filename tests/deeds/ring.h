/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An io_uring, by the kernel's own interface. */
#ifndef TSEM_TESTS_RING_H
#define TSEM_TESTS_RING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 8

struct ring {
	int fd;
	unsigned *head, *tail, *mask, *array, *flags;
	unsigned *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	bool async, poll;
};

static int ring_setup(struct ring *r, struct io_uring_params *p)
{
	*p = (struct io_uring_params){.flags = r->poll ? IORING_SETUP_SQPOLL : 0, .sq_thread_idle = 2000};
	r->fd = syscall(SYS_io_uring_setup, ENTRIES, p);
	return r->fd < 0 ? -1 : 0;
}

static int ring_map(struct ring *r, const struct io_uring_params *parameters)
{
	struct io_uring_params p = *parameters;
	size_t size;
	char *map;

	size = p.sq_off.array + p.sq_entries * sizeof(unsigned);
	if (size < p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe))
		size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQ_RING);
	r->sqes = mmap(NULL, p.sq_entries * sizeof(*r->sqes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		       IORING_OFF_SQES);
	if (map == MAP_FAILED || (void *)r->sqes == MAP_FAILED)
		return -1;
	r->head = (unsigned *)(map + p.sq_off.head);
	r->tail = (unsigned *)(map + p.sq_off.tail);
	r->mask = (unsigned *)(map + p.sq_off.ring_mask);
	r->flags = (unsigned *)(map + p.sq_off.flags);
	r->array = (unsigned *)(map + p.sq_off.array);
	r->cq_head = (unsigned *)(map + p.cq_off.head);
	r->cq_tail = (unsigned *)(map + p.cq_off.tail);
	r->cq_mask = (unsigned *)(map + p.cq_off.ring_mask);
	r->cqes = (struct io_uring_cqe *)(map + p.cq_off.cqes);
	return 0;
}

static int ring_open(struct ring *r)
{
	struct io_uring_params p;

	return ring_setup(r, &p) ? -1 : ring_map(r, &p);
}

/* Puts a request into the queue, which the caller submits by io_uring_enter. */
static void ring_put(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned tail = *r->tail, index = tail & *r->mask;

	r->sqes[index] = *sqe;
	if (r->async)
		r->sqes[index].flags |= IOSQE_ASYNC;
	r->array[index] = index;
	__atomic_store_n(r->tail, tail + 1, __ATOMIC_RELEASE);
}

#endif
