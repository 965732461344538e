/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * pretend OTHER FILE: makes OTHER the executable of this process, as far as the kernel can tell (PR_SET_MM), and deletes
 * FILE in a child. OTHER is "-": it stays what it is. Prints the executable, and "done" or the error.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAPPINGS 16

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void executable(char *ret_path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", ret_path, size - 1);

	if (n < 0)
		die("readlink");
	ret_path[n] = 0;
}

/* The same bytes in memory of no file, in its place. */
static void detach(unsigned long begin, unsigned long end, const char *rights)
{
	int protection = PROT_READ | (rights[1] == 'w' ? PROT_WRITE : 0) | (rights[2] == 'x' ? PROT_EXEC : 0);
	void *copy = mmap(NULL, end - begin, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(copy, (void *)begin, end - begin);
	mprotect(copy, end - begin, protection);
	if (mremap(copy, end - begin, end - begin, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)begin) == MAP_FAILED)
		die("mremap");
}

/* No mapping may be of the file that is the executable no more. */
static void detach_all(void)
{
	struct {
		unsigned long begin, end;
		char rights[8];
	} mappings[MAPPINGS];
	char line[512], own[256];
	FILE *maps = fopen("/proc/self/maps", "r");
	int count = 0;

	executable(own, sizeof(own));
	while (fgets(line, sizeof(line), maps))
		if (strstr(line, own) && count < MAPPINGS &&
		    sscanf(line, "%lx-%lx %7s", &mappings[count].begin, &mappings[count].end, mappings[count].rights) ==
			    3)
			count++;
	fclose(maps);
	for (int i = 0; i < count; i++)
		detach(mappings[i].begin, mappings[i].end, mappings[i].rights);
}

/* Of /proc/self/stat, counted from 1. */
static unsigned long long number(int field)
{
	char line[2048] = {}, *at;
	int fd = open("/proc/self/stat", O_RDONLY);

	if (read(fd, line, sizeof(line) - 1) < 0)
		die("stat");
	close(fd);
	at = strrchr(line, ')') + 2;
	for (int i = 3; i < field; i++)
		at = strchr(at, ' ') + 1;
	return strtoull(at, NULL, 10);
}

static void pretend(const char *other)
{
	struct prctl_mm_map map = {.start_code = number(26), .end_code = number(27), .start_data = number(45)};

	map.end_data = number(46);
	map.start_brk = number(47);
	map.brk = (unsigned long)sbrk(0);
	map.start_stack = number(28);
	map.arg_start = number(48);
	map.arg_end = number(49);
	map.env_start = number(50);
	map.env_end = number(51);
	map.exe_fd = open(other, O_RDONLY);
	detach_all();
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0))
		die("PR_SET_MM");
	close(map.exe_fd);
}

int main(int argc, char **argv)
{
	char now[256];
	int status;

	if (argc != 3)
		return 2;
	if (strcmp(argv[1], "-"))
		pretend(argv[1]);
	executable(now, sizeof(now));
	printf("%s ", now);
	fflush(stdout);
	if (!fork()) {
		printf("%s\n", unlink(argv[2]) ? strerrorname_np(errno) : "done");
		return 0;
	}
	wait(&status);
	return 0;
}
