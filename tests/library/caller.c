/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * caller WHAT [ADDRESS]: a program that uses libtsem, and looks whether its own process is as it was.
 *
 *   kernel   asks for features, loads the kernel side, and orchestrates a namespace
 *   agent    orchestrates one whose agent is at ADDRESS
 *   locked   the same, and asks for locked memory: only to show that this would be seen
 *
 * Prints a line for each thing that is another one while the namespace lives, or behind it.
 */
#include <bpf/libbpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <tsem/tsem.h>
#include <unistd.h>

#define SIGNALS 64
#define LIMITS 16

static unsigned said;

static int own_print(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	(void)format;
	(void)arguments;
	said++;
	return 0;
}

struct process {
	mode_t mask;
	void (*handlers[SIGNALS + 1])(int);
	int handler_flags[SIGNALS + 1];
	sigset_t blocked;
	struct rlimit limits[LIMITS];
	char directory[4096], name[16], status[4096];
	size_t variables;
	int flags[3]; /* dumpable, no new privileges, keeps capabilities */
	unsigned heard; /* whether a message of libbpf's reaches own_print */
};

/* What /proc says of the process. Signals are asked for one by one: the C library takes one of its own for threads. */
static void read_status(char *status, size_t size)
{
	static const char *const keys[] = {"VmLck:",  "Uid:",	 "Gid:",     "Groups:", "CapEff:",
					   "CapPrm:", "CapBnd:", "Seccomp:", "Umask:"};
	FILE *file = fopen("/proc/self/status", "r");
	char line[512];

	*status = 0;
	while (file && fgets(line, sizeof(line), file))
		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			if (!strncmp(line, keys[i], strlen(keys[i])))
				strncat(status, line, size - strlen(status) - 1);
	if (file)
		fclose(file);
}

static void take_note(struct process *p)
{
	struct sigaction action;

	memset(p, 0, sizeof(*p));
	p->mask = umask(0);
	umask(p->mask);
	for (int i = 1; i <= SIGNALS; i++)
		if (!sigaction(i, NULL, &action)) {
			p->handlers[i] = action.sa_handler;
			p->handler_flags[i] = action.sa_flags;
		}
	sigprocmask(SIG_BLOCK, NULL, &p->blocked);
	for (int i = 0; i < LIMITS; i++)
		getrlimit(i, &p->limits[i]);
	if (!getcwd(p->directory, sizeof(p->directory)))
		*p->directory = 0;
	prctl(PR_GET_NAME, p->name);
	p->flags[0] = prctl(PR_GET_DUMPABLE);
	p->flags[1] = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	p->flags[2] = prctl(PR_GET_KEEPCAPS);
	read_status(p->status, sizeof(p->status));
	for (char **at = environ; *at; at++)
		p->variables += strlen(*at) + 1;
	said = 0;
	bpf_object__open_file("/nothing/is/here", NULL);
	p->heard = said;
}

/* Line by line. */
static void compare_status(const char *before, const char *after, const char *when)
{
	while (*before && *after) {
		int a = strcspn(before, "\n") + 1, b = strcspn(after, "\n") + 1;

		if (a != b || memcmp(before, after, a))
			printf("%s: %.*s was %.*s", when, b - 1, after, a, before);
		before += a;
		after += b;
	}
}

#define SAME(member) \
	do { \
		if (memcmp(&before->member, &after->member, sizeof(before->member))) \
			printf("%s: another %s\n", when, #member); \
	} while (0)

static void compare(const struct process *before, const struct process *after, const char *when)
{
	SAME(mask);
	SAME(handlers);
	SAME(handler_flags);
	SAME(blocked);
	SAME(limits);
	SAME(directory);
	SAME(name);
	compare_status(before->status, after->status, when);
	SAME(variables);
	SAME(flags);
	if (!after->heard)
		printf("%s: libbpf has another print function\n", when);
}

static int begin(struct tsem_kernel *kernel, const char *what, const char *address, struct tsem_orchestrator **ret_o,
		 struct tsem_error *error)
{
	struct tsem_namespace_options options = {.size = sizeof(options), .name = "caller", .mode = TSEM_MODE_FREE};
	struct tsem_tma_create create = {.namespace_id = 1, .hash = TSEM_HASH_sha256};
	struct tsem_tma_created created;
	int r = 0;

	if (address) {
		options.agent_hash = TSEM_HASH_sha256;
		options.agent_deadline_ms = 5000;
		options.process = strcmp(what, "locked") ? 0 : TSEM_PROCESS_LOCK_MEMORY;
		r = tsem_tma_connect(address, options.agent_deadline_ms, &options.agent, error);
		if (!r)
			r = tsem_tma_create(options.agent, &create, &created, error);
	}
	return r ? r : tsem_orchestrator_create(kernel, &options, ret_o, error);
}

static int use_library(const char *what, const char *address, const struct process *before, struct tsem_error *error)
{
	struct tsem_orchestrator *orchestrator;
	struct tsem_feature features[32];
	struct tsem_kernel *kernel;
	struct process now;
	size_t count;
	int r = tsem_features_probe(features, 32, &count, error);

	if (!r)
		r = tsem_kernel_open(TSEM_KERNEL_LOAD, &kernel, error);
	if (!r)
		r = begin(kernel, what, address, &orchestrator, error);
	if (r)
		return r;
	take_note(&now);
	compare(before, &now, "within");
	r = tsem_orchestrator_destroy(orchestrator, error);
	tsem_kernel_close(kernel);
	return r;
}

int main(int argc, char **argv)
{
	static struct process before, after;
	struct tsem_error error = {0};

	if (argc < 2)
		return 2;
	libbpf_set_print(own_print);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	umask(027);
	take_note(&before);
	if (!before.heard)
		puts("before: libbpf does not say what fails");
	if (use_library(argv[1], argc > 2 ? argv[2] : NULL, &before, &error))
		printf("%s\n", error.text);
	take_note(&after);
	compare(&before, &after, "behind");
	return 0;
}
