/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is written between the look at it and its use. */
#include "code.h"

#include <pthread.h>
#include <sys/mount.h>

#define LARGE (12 << 20)
#define MUCH (600l << 20)
#define ROUNDS 20

static void large_setup(void)
{
	code_file("code");
	if (truncate("code", LARGE))
		die("code");
}

static void small_setup(void)
{
	code_file("code");
}

static void *map_size(size_t size)
{
	int fd = open("code", O_RDONLY);
	void *memory = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	close(fd);
	return memory;
}

static void map_then_write_again(size_t size)
{
	void *memory = map_size(size);

	if (memory != MAP_FAILED) {
		run_code(memory);
		munmap(memory, size);
	}
	write_code("code", GOOD);
}

static void large_benign(void)
{
	map_then_write_again(LARGE);
}

static void small_benign(void)
{
	map_then_write_again(SIZE);
}

/* Returns whether what was mapped is what nobody has looked at. */
static bool evil_mapped(void *memory, size_t size)
{
	bool evil = memory != MAP_FAILED && run_code(memory) == EVIL;

	if (memory != MAP_FAILED)
		munmap(memory, size);
	if (evil)
		evil_ran(EVIL);
	return evil;
}

/* ---- while it is read ---- */

static void *write_later(void *ms)
{
	sleep_ms((long)ms);
	write_code("code", EVIL);
	return NULL;
}

static void digest_attack(void)
{
	bool evil = false;
	pthread_t thread;
	void *memory;

	for (long ms = 0; ms < ROUNDS && !evil; ms++) {
		write_code("code", GOOD);
		pthread_create(&thread, NULL, write_later, (void *)ms);
		memory = map_size(LARGE);
		pthread_join(thread, NULL);
		evil = evil_mapped(memory, LARGE);
	}
}

/* ---- when it has been looked at, and is not mapped yet: another thread has all of the memory locked ---- */

static void *drop(void *memory)
{
	madvise(memory, MUCH, MADV_DONTNEED);
	return NULL;
}

/* In a process of its own, which does not wait for the lock. Opened before the mapping, written to after it. */
static void write_around(int start, long ms)
{
	unsigned char page[SIZE];
	char c;
	int fd;

	code_of(page, EVIL);
	if (read(start, &c, 1) != 1)
		_exit(1);
	sleep_ms(ms);
	fd = open("code", O_WRONLY);
	sleep_ms(300);
	if (pwrite(fd, page, SIZE, 0) != SIZE)
		succeeded(false);
	_exit(0);
}

static bool map_locked(char *much, long ms)
{
	pthread_t thread;
	void *memory;
	int start[2];
	pid_t pid;

	madvise(much, MUCH, MADV_POPULATE_WRITE);
	write_code("code", GOOD);
	munmap(map_size(SIZE), SIZE); /* the digest is known from now on */
	if (pipe(start))
		die("pipe");
	pid = fork();
	if (!pid)
		write_around(start[0], ms);
	pthread_create(&thread, NULL, drop, much);
	sleep_ms(1);
	if (write(start[1], "x", 1) != 1)
		die("pipe");
	memory = map_size(SIZE);
	pthread_join(thread, NULL);
	waitpid(pid, NULL, 0);
	close(start[0]);
	close(start[1]);
	return evil_mapped(memory, SIZE);
}

static void lock_attack(void)
{
	char *much = mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(much, MUCH, MADV_NOHUGEPAGE);
	for (long ms = 1; ms < 12 && !map_locked(much, ms); ms++)
		;
}

/* ---- another mapping, of another program, is cut in two by the new one, which is not there yet ---- */

static void split_setup(void)
{
	code_file("code");
	code_file("before");
}

/* What is behind it takes a while to be taken away. */
static char *map_to_split(void)
{
	int fd = open("before", O_RDONLY);
	char *at = mmap(NULL, MUCH + 2 * SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *before = mmap(at, 2 * SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0);

	close(fd);
	if (before == MAP_FAILED)
		die("before");
	mmap(at + 2 * SIZE, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	madvise(at + 2 * SIZE, MUCH, MADV_NOHUGEPAGE);
	madvise(at + 2 * SIZE, MUCH, MADV_POPULATE_WRITE);
	return at;
}

static void map_over(int start, char *at)
{
	int fd = open("code", O_RDONLY);
	void *memory;

	if (write(start, "x", 1) != 1)
		die("pipe");
	memory = mmap(at + SIZE, MUCH, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0);
	close(fd);
	while (wait(NULL) > 0)
		;
	evil_mapped(memory, SIZE);
}

/* Where nothing has to be taken away. */
static void split_benign(void)
{
	char *at = map_to_split();
	int fd = open("code", O_RDONLY);
	void *memory;

	munmap(at + SIZE, MUCH + SIZE);
	memory = mmap(at + SIZE, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, fd, 0);
	close(fd);
	if (memory != MAP_FAILED) {
		run_code(memory);
		munmap(memory, SIZE);
	}
	small_benign();
}

static long split_ms;

static void split_try(void)
{
	char *at = map_to_split();
	int start[2];

	if (pipe(start))
		die("pipe");
	if (!fork())
		write_around(start[0], split_ms);
	map_over(start[1], at);
}

static void split_attack(void)
{
	munmap(map_code("code", MAP_PRIVATE), SIZE); /* the digest is known from now on */
	for (split_ms = 1; split_ms < 14; split_ms += 4)
		waitpid(child_of(split_try), NULL, 0);
}

/* ---- a script, before its interpreter opens it ---- */

#define SCRIPT(word) "#!/bin/sh\necho " word "\n"

static void script_setup(void)
{
	put("script", SCRIPT("good"), 0777);
}

static void write_script(int fd, const char *text)
{
	if (fd < 0 || pwrite(fd, text, strlen(text), 0) < 0)
		succeeded(false);
	close(fd);
}

static void run_script(void)
{
	execl("./script", "./script", NULL);
}

static void script_benign(void)
{
	waitpid(child_of(run_script), NULL, 0);
	write_script(open("script", O_WRONLY), SCRIPT("good"));
}

/* The kernel says itself for how long it holds the script for its execution. */
static int open_held(void)
{
	bool held = false;
	int fd;

	for (int i = 0; i < 3000; i++) {
		fd = open("script", O_WRONLY);
		if (fd >= 0 && held)
			return fd;
		if (fd >= 0)
			close(fd);
		held = held || errno == ETXTBSY;
	}
	return -1;
}

static void script_attack(void)
{
	pid_t pid;
	int fd;

	for (int i = 0; i < ROUNDS; i++) {
		write_script(open("script", O_WRONLY), SCRIPT("good"));
		pid = child_of(run_script);
		fd = open_held();
		if (fd >= 0)
			write_script(fd, SCRIPT("evil"));
		waitpid(pid, NULL, 0);
	}
}

static bool script_was_evil(void)
{
	return output_has("evil\n");
}

/* ---- scripts whose interpreters are scripts, while the last of them runs: it waits for a line ---- */

#define COMMENT "# ------------------------------------------------------------------------------\n"
#define LAST "last"

static const char *runs_by = "#!/bin/sh";

static void make_script(char *text, const char *word)
{
	text += sprintf(text, "%s\necho runs >&9\nread line\n", runs_by);
	for (int i = 0; i < 400; i++) /* more than a shell reads at once */
		text += sprintf(text, COMMENT);
	sprintf(text, "echo %s\n", word);
}

static char script[65536];

static void last_setup(void)
{
	make_script(script, "good");
	put(LAST, script, 0777);
}

static void two_setup(void)
{
	char line[600];

	last_setup();
	snprintf(line, sizeof(line), "#!%s\n", here(LAST));
	put("first", line, 0777);
}

static void first_is_last(void)
{
	last_setup();
	if (symlink(LAST, "first"))
		die("first");
}

/* What its first line names executes the interpreter. */
#define BY_ENV "#!/usr/bin/env sh"
#define BY_TWO "#!/usr/bin/env -S env sh"

static void env_setup(void)
{
	runs_by = BY_ENV;
	first_is_last();
}

static void env_twice_setup(void)
{
	runs_by = BY_TWO;
	first_is_last();
}

/* ---- what an interpreter reads that the machine has for what begins so, and begins as programs do ---- */

#define MAGIC \
	"\x7f" \
	"ELFtsem"
#define INTERPRETER ":tsem:M:0:" MAGIC "::/bin/sh:"

static void registered(const char *text)
{
	int fd = open("there/register", O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("there/register");
	close(fd);
}

static void magic_undo(void)
{
	int fd = open("there/tsem", O_WRONLY);

	if (fd < 0 || write(fd, "-1", 2) != 2)
		die("there/tsem");
	close(fd);
	umount2(here("there"), MNT_DETACH);
}

static void magic_setup(void)
{
	mkdir("there", 0777);
	if (mount("none", "there", "binfmt_misc", 0, NULL))
		cannot("the kernel of this machine has no interpreters of others, and no module of it is at hand");
	registered(INTERPRETER);
	runs_by = MAGIC;
	first_is_last();
}

static void four_setup(void)
{
	char line[600];

	last_setup();
	snprintf(line, sizeof(line), "#!%s\n", here(LAST));
	put("third", line, 0777);
	snprintf(line, sizeof(line), "#!%s\n", here("third"));
	put("second", line, 0777);
	snprintf(line, sizeof(line), "#!%s\n", here("second"));
	put("first", line, 0777);
}

static int says_runs[2], reads_line[2];

static void run_first(void)
{
	dup2(reads_line[0], 0);
	dup2(says_runs[1], 9);
	execl("./first", "./first", NULL);
}

static void write_last(const char *word)
{
	make_script(script, word);
	write_script(open(LAST, O_WRONLY), script);
}

static void run_last(const char *meanwhile)
{
	pid_t pid;
	char c;

	if (pipe(says_runs) || pipe(reads_line))
		die("pipe");
	pid = child_of(run_first);
	close(says_runs[1]);
	if (read(says_runs[0], &c, 1) != 1)
		succeeded(false);
	if (meanwhile)
		write_last(meanwhile);
	if (write(reads_line[1], "\n", 1) != 1)
		succeeded(false);
	waitpid(pid, NULL, 0);
}

static void last_benign(void)
{
	run_last(NULL);
	write_last("good");
}

static void last_attack(void)
{
	run_last("evil");
}

#define RUN_BY(name, does, line) \
	static void name(void) \
	{ \
		runs_by = line; \
		does(); \
	}
RUN_BY(env_benign, last_benign, BY_ENV)
RUN_BY(env_attack, last_attack, BY_ENV)
RUN_BY(env_twice_benign, last_benign, BY_TWO)
RUN_BY(env_twice_attack, last_attack, BY_TWO)
RUN_BY(magic_benign, last_benign, MAGIC)
RUN_BY(magic_attack, last_attack, MAGIC)

#define EVENT "^(file_open|mmap_file) "
KIND(moments, {"written_while_read", BOTH, EVENT, large_setup, large_benign, digest_attack, told, .limit = 30},
     {"written_before_mapped", BOTH, EVENT, small_setup, small_benign, lock_attack, told, .limit = 40},
     {"script_written", BOTH, "^file_open ", script_setup, script_benign, script_attack, script_was_evil, .limit = 30},
     {"mapping_split", BOTH, EVENT, split_setup, split_benign, split_attack, told, .limit = 40},
     {"script_of_script", BOTH, "^file_open .*last", two_setup, last_benign, last_attack, script_was_evil},
     {"script_by_env", BOTH, "^file_open .*last", env_setup, env_benign, env_attack, script_was_evil},
     {"script_s", BOTH, "^file_open .*last", env_twice_setup, env_twice_benign, env_twice_attack, script_was_evil},
     {"misc_elf", BOTH, "^file_open .*last", magic_setup, magic_benign, magic_attack, script_was_evil, magic_undo},
     {"script_of_scripts", BOTH, "^file_open .*last", four_setup, last_benign, last_attack, script_was_evil}, );
