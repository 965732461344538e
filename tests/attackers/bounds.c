/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Work that a workload chooses and others have to wait for. Each tells how long one call took: the effect is that it
 * took longer than what is asked of a refusal, or that it was done. The sizes are just large enough to tell.
 */
#include "attacker.h"

#include <sys/resource.h>

#define BOUND_MS 1000
#define LARGE (96L << 20)
#define MEMORY "/dev/shm/tsem-attackers-large"

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void took(long since, bool done)
{
	long ms = now_ms() - since;
	char text[64];

	snprintf(text, sizeof(text), "it took %ld ms\n", ms);
	say(text);
	errno = ETIME;
	succeeded(done || ms > BOUND_MS);
}

static int memory_file(unsigned seals)
{
	int fd = syscall(SYS_memfd_create, "memory", MFD_ALLOW_SEALING);

	if (fd < 0 || pwrite(fd, "x", 1, LARGE) != 1 || (seals && fcntl(fd, F_ADD_SEALS, seals)))
		die("memfd");
	return fd;
}

static void map_executable(int fd)
{
	long since = now_ms();

	took(since, mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED);
}

static void sparse_attack(void)
{
	map_executable(memory_file(0));
}

static void sealed_attack(void)
{
	map_executable(memory_file(F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW));
}

static void large_setup(void)
{
	int fd = open(MEMORY, O_RDWR | O_CREAT | O_TRUNC, 0777);

	if (fd < 0 || pwrite(fd, "\177ELF", 4, 0) != 4 || ftruncate(fd, LARGE) || fchmod(fd, 0777))
		die(MEMORY);
	close(fd);
}

static void large_undo(void)
{
	unlink(MEMORY);
}

static void open_large(void)
{
	close(open(MEMORY, O_RDONLY));
}

static void file_attack(void)
{
	map_executable(open(MEMORY, O_RDONLY));
}

/* It is no program: without tsem the kernel says so at once. */
static void exec_attack(void)
{
	long since = now_ms();

	execl(MEMORY, MEMORY, NULL);
	took(since, errno == ENOEXEC);
}

static void mprotect_attack(void)
{
	int fd = open(MEMORY, O_RDONLY);
	void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	long since = now_ms();

	took(since, !mprotect(memory, 4096, PROT_READ | PROT_EXEC));
}

static void map_read(void)
{
	mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open(MEMORY, O_RDONLY), 0);
}

/* After a violation nothing is to be read at all. */
static void untrusted_attack(void)
{
	open_secret();
	file_attack();
}

/* Somebody else asks the same processor for a millisecond, again and again. */
static void *progress(volatile long *longest)
{
	long last = now_ms(), now;

	for (long end = last + 3000; last < end; last = now) {
		sleep_ms(1);
		now = now_ms();
		if (now - last > *longest)
			*longest = now - last;
	}
	return NULL;
}

static void on_first_processor(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static volatile long *longest;
static pid_t runner;

static void others_setup(void)
{
	large_setup();
	longest = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* Measured while it is tried: the effect is that nobody else got that processor. Without tsem: the mapping is there. */
static bool others_wait(void)
{
	if (!output_has("@look\n"))
		return false;
	if (!runner) {
		runner = fork();
		if (!runner) {
			on_first_processor();
			progress(longest);
			_exit(0);
		}
		sleep_ms(50);
		return false;
	}
	waitpid(runner, NULL, 0);
	runner = -1;
	return told() || *longest > BOUND_MS;
}

static void others_attack(void)
{
	int fd = open(MEMORY, O_RDONLY);

	on_first_processor();
	look();
	map_executable(fd);
}

/* A signal that ends it ends it, whatever it is doing. */
static void killed_attack(void)
{
	int fd = open(MEMORY, O_RDONLY);
	long since = now_ms();
	pid_t pid = fork();

	if (!pid) {
		mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
		while (1)
			pause();
	}
	sleep_ms(30);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	took(since, false);
}

static void killed_benign(void)
{
	pid_t pid = fork();

	open_large();
	if (!pid)
		while (1)
			pause();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Without tsem it is there when the mapping is. */
static bool deaf(void)
{
	return told() || (!strcmp(how, "plain") && output_has("it took"));
}

KIND(bounds, {"digest_sparse", BOTH, "^mmap_file ", NULL, open_allowed, sparse_attack, told},
     {"digest_sealed", BOTH, "^mmap_file ", NULL, open_allowed, sealed_attack, told},
     {"digest_file", BOTH, "^mmap_file ", large_setup, open_large, file_attack, told, large_undo},
     {"digest_exec", BOTH, "^(bprm_committed_creds|file_open) ", large_setup, open_large, exec_attack, told,
      large_undo},
     {"digest_mprotect", BOTH, "^(mmap_file|file_mprotect) ", large_setup, map_read, mprotect_attack, told, large_undo},
     {"digest_untrusted", BOTH, "^file_open .*secret", large_setup, open_large, untrusted_attack, told, large_undo,
      UNTRUST},
     {"digest_others", BOTH, "^mmap_file ", others_setup, open_large, others_attack, others_wait, large_undo},
     {"digest_killed", BOTH, "^mmap_file ", large_setup, killed_benign, killed_attack, deaf, large_undo}, );
