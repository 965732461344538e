/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a process hands down to the one that it becomes.
 *
 *	inherit WORD... -- CMD...   takes on the state that the words say, and becomes CMD
 *	inherit show FILE           writes its own state to FILE
 *	inherit signals FILE        writes each signal that it gets, until SIGTERM has come twice
 *	inherit send PID            sends each signal that can be caught, with a value; SIGTERM last
 *
 * Words: ignore=N block=N (0: all) close=FD limit=NUMBER:VALUE umask=OCTAL nnp filter gone environment=BYTES alarm=SECONDS
 * fullpipe (as standard error)
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIGNALS 64

struct action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

static int log_file;

static int fail(const char *what)
{
	dprintf(STDERR_FILENO, "inherit: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- taking on ---- */

static void ignore(int number)
{
	struct action action = {.handler = SIG_IGN};

	for (int i = 1; i <= SIGNALS; i++)
		if (!number || i == number)
			syscall(SYS_rt_sigaction, i, &action, NULL, sizeof(action.mask));
}

static void block(int number)
{
	uint64_t mask = number ? 1ull << (number - 1) : ~0ull;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &mask, NULL, sizeof(mask));
}

static int limit(const char *words)
{
	unsigned long value;
	int number;

	if (sscanf(words, "%d:%lu", &number, &value) != 2)
		return -1;
	return setrlimit(number, &(struct rlimit){value, value});
}

/* acct(2) answers 99. */
static int filter(void)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_acct, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 99),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &(struct sock_fprog){4, program});
}

static int go_where_nothing_is(void)
{
	char path[] = "/tmp/inherit.XXXXXX";

	return mkdtemp(path) && !chdir(path) && !rmdir(path) ? 0 : -1;
}

/* In pieces, because one variable has a limit of its own. */
static int grow(size_t size)
{
	enum { PIECE = 100000 };
	char name[32], *value = malloc(PIECE + 1);

	if (!value)
		return -1;
	memset(value, 'x', PIECE);
	value[PIECE] = 0;
	for (size_t i = 0; i < size / PIECE; i++) {
		snprintf(name, sizeof(name), "LARGE%zu", i);
		setenv(name, value, 1);
	}
	free(value);
	return 0;
}

static int fill_pipe(void)
{
	int ends[2], flags;

	if (pipe(ends))
		return -1;
	flags = fcntl(ends[1], F_GETFL);
	fcntl(ends[1], F_SETFL, flags | O_NONBLOCK);
	while (write(ends[1], "full\n", 5) > 0)
		;
	fcntl(ends[1], F_SETFL, flags);
	return dup2(ends[1], STDERR_FILENO) < 0 ? -1 : 0;
}

static int take_on(const char *word)
{
	const char *value = strchr(word, '=');
	long number = value ? strtol(value + 1, NULL, 0) : 0;

	if (!strncmp(word, "ignore=", 7))
		return ignore(number), 0;
	if (!strncmp(word, "block=", 6))
		return block(number), 0;
	if (!strncmp(word, "close=", 6))
		return close(number);
	if (!strncmp(word, "limit=", 6))
		return limit(value + 1);
	if (!strncmp(word, "umask=", 6))
		return umask(strtol(value + 1, NULL, 8)), 0;
	if (!strncmp(word, "environment=", 12))
		return grow(number);
	if (!strncmp(word, "alarm=", 6))
		return alarm(number), 0;
	if (!strcmp(word, "nnp"))
		return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!strcmp(word, "filter"))
		return filter();
	if (!strcmp(word, "gone"))
		return go_where_nothing_is();
	if (!strcmp(word, "fullpipe"))
		return fill_pipe();
	errno = EINVAL;
	return -1;
}

/* ---- showing ---- */

static void show_signals(FILE *file)
{
	uint64_t ignored = 0, blocked = 0;
	struct action action;

	for (int i = 1; i <= SIGNALS; i++)
		if (!syscall(SYS_rt_sigaction, i, NULL, &action, sizeof(action.mask)) && action.handler == SIG_IGN)
			ignored |= 1ull << (i - 1);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &blocked, sizeof(blocked));
	fprintf(file, "ignored %llx\nblocked %llx\n", (unsigned long long)ignored, (unsigned long long)blocked);
}

static void show_limits(FILE *file)
{
	struct rlimit each;

	for (int i = 0; i < RLIM_NLIMITS; i++)
		if (!getrlimit(i, &each))
			fprintf(file, "limit %d %llu %llu\n", i, (unsigned long long)each.rlim_cur,
				(unsigned long long)each.rlim_max);
}

static size_t environment_size(void)
{
	size_t size = 0;

	for (char **each = environ; *each; each++)
		size += strlen(*each) + 1;
	return size;
}

/* The file is the lowest descriptor that is free, which is said by its number too. */
static int show(const char *path)
{
	int given[16], count = 0;
	char cwd[4096];
	mode_t mask;
	FILE *file;

	for (int fd = 0; fd < 16; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			given[count++] = fd;
	signal(SIGXFSZ, SIG_DFL);
	file = fopen(path, "r+"); /* it is there, whatever the umask */
	if (!file)
		return fail(path);
	show_signals(file);
	show_limits(file);
	mask = umask(0);
	fprintf(file, "umask %o\ndescriptors", mask);
	for (int i = 0; i < count; i++)
		fprintf(file, " %d", given[i]);
	fprintf(file, "\nprivileges %d\nfilters %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
		prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	fprintf(file, "directory %s\nenvironment %zu\n", getcwd(cwd, sizeof(cwd)) ? cwd : strerror(errno),
		environment_size());
	return fclose(file) ? fail(path) : 0;
}

/* ---- signals ---- */

static volatile int ends;

static void note(int number, siginfo_t *info, void *context)
{
	char line[64];
	int size = snprintf(line, sizeof(line), "%d %d\n", number,
			    info->si_code == SI_QUEUE ? info->si_value.sival_int : -1);

	(void)context;
	if (write(log_file, line, size) != size || number == SIGTERM)
		ends++;
}

static int log_signals(const char *path)
{
	struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_RESTART};

	log_file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	if (log_file < 0)
		return fail(path);
	sigfillset(&action.sa_mask);
	for (int i = 1; i <= SIGNALS; i++)
		sigaction(i, &action, NULL);
	if (write(log_file, "ready\n", 6) != 6)
		return fail(path);
	while (ends < 2)
		usleep(10000);
	return 7;
}

static int send_all(pid_t pid)
{
	for (int i = 1; i <= SIGNALS; i++) {
		if (i == SIGKILL || i == SIGSTOP || i == 32 || i == 33 || i == SIGTERM)
			continue;
		if (sigqueue(pid, i, (union sigval){.sival_int = 3 * i}))
			return fail("send");
		usleep(20000); /* a stop takes away a SIGCONT that was not taken yet */
	}
	return sigqueue(pid, SIGTERM, (union sigval){.sival_int = 3 * SIGTERM}) ? fail("send") : 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "show"))
		return show(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "signals"))
		return log_signals(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "send"))
		return send_all(atoi(argv[2]));
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			execvp(argv[i + 1], argv + i + 1);
			return fail(argv[i + 1]);
		}
		if (take_on(argv[i]))
			return fail(argv[i]);
	}
	return 2;
}
