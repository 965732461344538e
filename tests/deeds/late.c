// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * late FILE SOURCE memory|mapping   reads SOURCE past the page cache, six times a MiB, and then its last page into memory
 *                                   of its own, or into a writable mapping of FILE; and ends before these are answered.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"

#define PAGE 4096
#define LONG (1 << 20)

static void read_later(struct ring *r, int source, void *to, unsigned size, off_t from)
{
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ, .fd = source, .addr = (uintptr_t)to, .len = size, .off = from};

	ring_put(r, &sqe);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0) != 1)
		fprintf(stderr, "cannot submit: %s\n", strerror(errno));
}

int main(int argc, char **argv)
{
	int file = argc == 4 ? open(argv[1], O_RDWR) : -1, source = argc == 4 ? open(argv[2], O_RDONLY | O_DIRECT) : -1;
	char *mapping = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	char *memory = aligned_alloc(PAGE, PAGE), *buffer = aligned_alloc(PAGE, LONG);
	struct ring ring = {};

	if (source < 0 || mapping == MAP_FAILED || ring_open(&ring)) {
		perror("late");
		return 1;
	}
	*(volatile char *)mapping;
	for (int i = 0; i < 6; i++)
		read_later(&ring, source, buffer, LONG, i * LONG);
	read_later(&ring, source, !strcmp(argv[3], "mapping") ? mapping : memory, PAGE,
		   lseek(source, 0, SEEK_END) - PAGE);
	usleep(300000); /* the kernel has begun */
	return 0;
}
