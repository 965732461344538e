/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A file with code of a few bytes, which is mapped and called: which code ran is what it returns. */
#ifndef TSEM_ATTACKERS_CODE_H
#define TSEM_ATTACKERS_CODE_H

#include "attacker.h"

#define GOOD 11
#define EVIL 77
#define SIZE 4096

typedef int function(void);

/* mov $result, %eax; ret */
static inline void code_of(unsigned char *page, unsigned char result)
{
	memset(page, 0xc3, SIZE);
	memcpy(page, (unsigned char[]){0xb8, result, 0, 0, 0, 0xc3}, 6);
}

static inline void write_code(const char *path, unsigned char result)
{
	unsigned char page[SIZE];
	int fd = open(path, O_WRONLY);

	code_of(page, result);
	if (fd < 0 || pwrite(fd, page, SIZE, 0) != SIZE)
		succeeded(false);
	if (fd >= 0)
		close(fd);
}

/* In a child, because it may be no code at all. */
static inline int run_code(const void *memory)
{
	int ended = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(((function *)memory)());
	waitpid(pid, &ended, 0);
	return WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
}

static inline void *map_code(const char *path, int flags)
{
	int fd = open(path, O_RDONLY);
	void *memory = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, flags, fd, 0);

	close(fd);
	if (memory != MAP_FAILED)
		return memory;
	succeeded(false);
	return NULL;
}

static inline void code_file(const char *path)
{
	put(path, "", 0666);
	write_code(path, GOOD);
	if (chown(path, uid(), uid()))
		die(path);
}

static inline void evil_ran(int result)
{
	errno = EFAULT;
	succeeded(result == EVIL);
}

/* What was written to does not run from memory; what ran may be written to when it is not mapped any more. */
static inline void run_then_write(const char *path, int flags)
{
	void *memory = map_code(path, flags);

	if (memory) {
		run_code(memory);
		munmap(memory, SIZE);
	}
	write_code(path, GOOD);
}

static inline void map_then_write(const char *path, int flags)
{
	const char *memory = map_code(path, flags);

	write_code(path, EVIL);
	if (memory)
		evil_ran(run_code(memory));
}

#endif
