// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * late FILE SOURCE memory|mapping   reads SOURCE past the page cache, six times a MiB, and then its last page into memory
 *                                   of its own, or into a writable mapping of FILE; and ends before these are answered.
 *                                   By the io_uring that is descriptor 9, if there is one, else by its own.
 * late ring CMD ARG...              executes CMD with such a descriptor.
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
#define HANDED 9
#define WHERE "late.ring"

static void read_later(struct ring *r, int source, void *to, unsigned size, off_t from)
{
	const struct io_uring_sqe sqe = {
		.opcode = IORING_OP_READ, .fd = source, .addr = (uintptr_t)to, .len = size, .off = from};

	ring_put(r, &sqe);
	if (syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0) != 1)
		fprintf(stderr, "cannot submit: %s\n", strerror(errno));
}

static int with_ring(char **argv)
{
	struct io_uring_params parameters;
	struct ring ring = {};
	FILE *file;

	/* The descriptor alone does not say where its parts are. */
	if (ring_setup(&ring, &parameters) || dup2(ring.fd, HANDED) < 0 || !(file = fopen(WHERE, "w")) ||
	    fwrite(&parameters, sizeof(parameters), 1, file) != 1 || fclose(file))
		return 1;
	execvp(argv[0], argv);
	return 127;
}

static int open_any(struct ring *ring)
{
	struct io_uring_params parameters;
	FILE *file;

	ring->fd = HANDED;
	if (fcntl(HANDED, F_GETFD) < 0)
		return ring_open(ring);
	file = fopen(WHERE, "r");
	if (!file || fread(&parameters, sizeof(parameters), 1, file) != 1)
		return -1;
	return ring_map(ring, &parameters);
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "ring"))
		return with_ring(argv + 2);

	int file = argc == 4 ? open(argv[1], O_RDWR) : -1, source = argc == 4 ? open(argv[2], O_RDONLY | O_DIRECT) : -1;
	char *mapping = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	char *memory = aligned_alloc(PAGE, PAGE), *buffer = aligned_alloc(PAGE, LONG);
	struct ring ring = {};

	if (source < 0 || mapping == MAP_FAILED || open_any(&ring)) {
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
