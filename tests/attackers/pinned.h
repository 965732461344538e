/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A page of a file that a ring holds when nobody has the file open or mapped for writing any more. */
#ifndef TSEM_ATTACKERS_PINNED_H
#define TSEM_ATTACKERS_PINNED_H

#include "code.h"
#include "uring.h"

struct pinned {
	struct ring ring;
	unsigned char *at; /* where it was mapped when the ring got it */
	int pair[2]; /* what is written to it next comes from here */
};

/* Harmless code, written by a mapping. */
static inline unsigned char *written_page(const char *path, int *ret_fd)
{
	unsigned char page[SIZE], *written;

	*ret_fd = open(path, O_RDWR);
	written = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, *ret_fd, 0);
	code_of(page, GOOD);
	if (written == MAP_FAILED)
		die("mmap");
	memcpy(written, page, SIZE);
	return written;
}

static inline bool pin_page(struct pinned *p, const char *path)
{
	struct iovec buffer = {.iov_len = SIZE};
	int fd;

	p->at = written_page(path, &fd);
	buffer.iov_base = p->at;
	if (!ring_make(&p->ring, 0) ||
	    syscall(SYS_io_uring_register, p->ring.fd, IORING_REGISTER_BUFFERS, &buffer, 1) || pipe(p->pair)) {
		succeeded(false);
		return false;
	}
	munmap(p->at, SIZE);
	close(fd);
	return true;
}

static inline bool change_pinned(struct pinned *p)
{
	struct io_uring_sqe e = {.opcode = IORING_OP_READ_FIXED,
				 .fd = p->pair[0],
				 .addr = (unsigned long)p->at,
				 .len = SIZE};
	unsigned char page[SIZE];

	code_of(page, EVIL);
	return write(p->pair[1], page, SIZE) == SIZE && ring_do(&p->ring, &e) == SIZE;
}

static inline void change_when_mapped(const char *path)
{
	const char *memory;
	struct pinned p;

	if (!pin_page(&p, path))
		return;
	memory = map_code(path, MAP_PRIVATE);
	if (memory && change_pinned(&p))
		evil_ran(run_code(memory));
}

#endif
