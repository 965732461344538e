// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * held FILE DIR SECONDS   maps FILE where this process's arguments end, fills the ring with openings in two threads, and
 *                         makes and removes a directory in DIR. The number of directories is printed then;
 *                         it does not end by itself.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096
#define START_STACK 28 /* field of /proc/self/stat */

static char name[4096];
static int silent, seconds;
static volatile unsigned made;

static char *start_stack(void);

static void *fill(void *none)
{
	for (;;)
		close(open("/etc/passwd", O_RDONLY));
	return none;
}

/* The environment and the first thread's frames never answer from here on. */
static void *make(void *none)
{
	if (mmap(start_stack(), PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, silent, 0) == MAP_FAILED)
		_exit(1);
	for (;;) {
		made += !mkdir(name, 0700);
		rmdir(name);
	}
	return none;
}

static void *tell(void *none)
{
	sleep(seconds);
	dprintf(STDOUT_FILENO, "%u\n", made);
	return none;
}

static char *start_stack(void)
{
	char line[4096], *at;
	FILE *file = fopen("/proc/self/stat", "r");

	if (!file || !fgets(line, sizeof(line), file))
		return NULL;
	at = strrchr(line, ')') + 2;
	for (int i = 3; i < START_STACK; i++)
		at = strchr(at, ' ') + 1;
	fclose(file);
	return (char *)(strtoul(at, NULL, 10) & ~(PAGE - 1ul));
}

int main(int argc, char **argv)
{
	pthread_t thread;

	seconds = argc == 4 ? atoi(argv[3]) : 0;
	silent = seconds ? open(argv[1], O_RDONLY) : -1;
	if (silent < 0)
		return 2;
	snprintf(name, sizeof(name), "%s/held", argv[2]);
	pthread_create(&thread, NULL, fill, NULL);
	pthread_create(&thread, NULL, fill, NULL);
	pthread_create(&thread, NULL, tell, NULL);
	pthread_create(&thread, NULL, make, NULL);
	for (;;)
		syscall(SYS_pause);
}
