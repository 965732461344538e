/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ops: what an operation costs, in nanoseconds of CLOCK_MONOTONIC, which are
 * instructions where `tsem lab --deterministic` runs it.
 *
 *	ops --prepare [--disk DIR]            make the files that the operations use, in the present directory
 *	ops [--json] [--first] [--crowd N] [--disk DIR] [--forever] [OP...]
 */
#include "../cli/bench/operations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 5
#define BATCH_WINDOWS 250 /* a batch is about 20 million instructions, and a tick of the timer comes every 4 million */
#define WINDOWS 49
#define SETTLE_NS 60000000
#define FRESH_WARM 32 /* of these, not counted: they warm up the code */

static const char *disk_directory;
static void die(const char *what)
{
	fprintf(stderr, "ops: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int must(int result, const char *what)
{
	if (result < 0)
		die(what);
	return result;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static double batch(void (*once)(unsigned int turn), unsigned int start, unsigned int repetitions)
{
	double before = now();
	unsigned int i;

	for (i = 0; i < repetitions; i++)
		once(start + i);
	return (now() - before) / repetitions;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

struct result {
	double direct; /* of the operation itself */
	double sustained; /* over a long time, with what it leaves to be done later, and timer ticks */
};

static double median(double *costs, unsigned int count)
{
	qsort(costs, count, sizeof(costs[0]), by_size);
	return costs[count / 2];
}

/* Lets the kernel free what was deferred. In the deterministic guest, idle time costs nothing. */
static void settle(void)
{
	static const struct timespec pause = {.tv_nsec = SETTLE_NS};

	nanosleep(&pause, NULL);
}

static double windows(const struct op *op, unsigned int repetitions)
{
	unsigned int i, count = op->windows ? op->windows : WINDOWS;
	double costs[WINDOWS];

	for (i = 0; i < count; i++) {
		settle();
		if (!op->windows)
			op->once(0);
		costs[i] = batch(op->once, 0, repetitions);
	}
	return median(costs, count);
}

/* What the measurement itself costs. */
struct overhead {
	double turn;
	double clock; /* of one window or batch */
};

static struct overhead overhead_measure(void)
{
	double once = windows(&op_empty, 1), turn = windows(&op_empty, 1000);

	return (struct overhead){.turn = turn, .clock = once - turn};
}

/*
 * Windows that are short against the timer's ticks, each begun when all is
 * quiet, so that the median has neither ticks nor deferred work in it; then
 * batches that are long against both. What happens once, happens in the first
 * batch, which is not counted.
 */
static struct result measure(const struct op *op, const struct overhead *overhead)
{
	unsigned int i, window = op->repetitions > BATCH_WINDOWS ? op->repetitions / BATCH_WINDOWS : 1;
	struct result r;
	double costs[BATCHES];

	batch(op->once, 0, op->repetitions);
	r.direct = windows(op, window) - overhead->turn - overhead->clock / window;
	if (op->windows) { /* it is long itself */
		r.sustained = r.direct;
		return r;
	}
	for (i = 0; i < BATCHES; i++)
		costs[i] = batch(op->once, 0, op->repetitions);
	r.sustained = median(costs, BATCHES) - overhead->turn - overhead->clock / op->repetitions;
	return r;
}

/* An average, because each event has only one first time. */
static struct result measure_fresh(const struct op *op, const struct overhead *overhead)
{
	double cost;

	batch(op->fresh, 0, FRESH_WARM);
	cost = batch(op->fresh, FRESH_WARM, OPS_FRESH - FRESH_WARM) - overhead->turn;
	return (struct result){.direct = cost, .sustained = cost};
}

static void print(const struct op *op, const struct result *r, bool json)
{
	if (json)
		printf("{\"op\":\"%s\",\"instructions\":%.0f,\"sustained\":%.0f}\n", op->text, r->direct, r->sustained);
	else
		printf("%-32s %12.0f %12.0f\n", op->text, r->direct, r->sustained);
	fflush(stdout);
}

struct settings {
	bool json;
	bool first;
	bool forever;
	struct overhead overhead;
	int home;
};

static void run(const struct op *op, const struct settings *settings)
{
	struct result r;

	if (op->disk && must(chdir(disk_directory), disk_directory) < 0)
		return;
	if (op->begin)
		op->begin();
	while (settings->forever)
		op->once(0);
	r = (settings->first ? measure_fresh : measure)(op, &settings->overhead);
	if (op->end)
		op->end();
	must(fchdir(settings->home), "fchdir");
	print(op, &r, settings->json);
}

/* So many more processes beside this one, doing nothing, until it ends and with it the pipe. No signal: that is an event. */
static void crowd(unsigned long size)
{
	int ends[2];
	char byte;

	must(pipe(ends), "pipe");
	while (size--)
		if (!must(fork(), "fork")) {
			close(ends[1]);
			_exit(read(ends[0], &byte, 1) != 0);
		}
	close(ends[0]);
}

static bool wanted(const struct op *op, char *const names[], const struct settings *settings)
{
	if ((op->disk && !disk_directory) || (settings->first && !op->fresh) || (op->needs && access(op->needs, X_OK)))
		return false;
	if (!names[0])
		return true;
	while (*names && strcmp(*names, op->name))
		names++;
	return *names;
}

static bool known(const char *name)
{
	unsigned int i;

	for (i = 0; ops[i].name; i++)
		if (!strcmp(name, ops[i].name))
			return true;
	return false;
}

static int usage(void)
{
	unsigned int i;

	fprintf(stderr, "usage: ops [--json] [--first] [--crowd N] [--disk DIR] [--forever] [OP...]\n"
			"       ops --prepare\n");
	for (i = 0; ops[i].name; i++)
		fprintf(stderr, "  %-14s %s\n", ops[i].name, ops[i].text);
	return 2;
}

int main(int argc, char **argv)
{
	struct settings settings = {.home = must(open(".", O_PATH | O_CLOEXEC), ".")};
	unsigned long others = 0;
	unsigned int i;
	char **word;

	(void)argc;
	for (word = argv + 1; *word && !strncmp(*word, "--", 2); word++) {
		if (!strcmp(*word, "--json"))
			settings.json = true;
		else if (!strcmp(*word, "--first"))
			settings.first = true;
		else if (!strcmp(*word, "--forever"))
			settings.forever = true;
		else if (!strcmp(*word, "--crowd") && word[1])
			others = strtoul(*++word, NULL, 10);
		else if (!strcmp(*word, "--disk") && word[1])
			disk_directory = *++word;
		else if (!strcmp(*word, "--prepare") && !word[1])
			return ops_prepare(), 0;
		else
			return usage();
	}
	for (i = 0; word[i]; i++)
		if (!known(word[i]))
			return usage();
	crowd(others);
	settings.overhead = overhead_measure();
	for (i = 0; ops[i].name; i++)
		if (wanted(&ops[i], word, &settings))
			run(&ops[i], &settings);
	return 0;
}
