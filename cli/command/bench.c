/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Measures the time cost of modeling on the running kernel. One process measures each column: `tsem bench --worker DIR`
 * runs all operations once and prints a line for each: NAME NANOSECONDS.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../bench/bench.h"
#include "../frame/cmd.h"
#include "../bench/operations.h"
#include "../text/output.h"

#define ROUNDS_DEFAULT 5
#define ROUNDS_MAX 101
#define OPS_MAX 32
#define COLUMNS 5
#define NAME "tsem-bench"

enum column { NONE, OUTSIDE, FREE, SEALED, ENFORCING };

static const char *const column_names[COLUMNS] = {"none", "outside", "free", "sealed", "enforcing"};

struct bench {
	struct tsem_error *error;
	char self[4096];
	char directory[64];
	char model[96];
	char said[96];
	unsigned rounds;
	bool measured[COLUMNS];
	double costs[COLUMNS][OPS_MAX][ROUNDS_MAX];
	struct start_times start;
};

/* ---- the process that does the operations ---- */

static double batch(const struct op *op, unsigned repetitions)
{
	double before = bench_now();
	unsigned i;

	for (i = 0; i < repetitions; i++)
		op->once(i);
	return (bench_now() - before) / repetitions;
}

/* Ignores the first batch, which includes one-time work. */
static void work_one(const struct op *op)
{
	if (op->begin)
		op->begin();
	batch(op, op->repetitions / 10 + 1);
	printf("%s %.1f\n", op->name, batch(op, op->repetitions));
	if (op->end)
		op->end();
}

/* Leaves out operations that need files of the benchmark in the micro-VM. */
static bool is_here(const struct op *op)
{
	return !op->disk && !op->needs;
}

static int work(const char *directory, struct tsem_error *error)
{
	const struct op *op;

	if (chdir(directory))
		return tsem_error_set(error, errno, "cannot work in %s: %s", directory, strerror(errno));
	for (op = ops; op->name; op++) {
		if (is_here(op))
			work_one(op);
	}
	return 0;
}

/* ---- the process that measures ---- */

static int read_costs(struct bench *bench, FILE *from, enum column column, unsigned round)
{
	char name[32];
	double cost;
	size_t i = 0;

	for (i = 0; ops[i].name; i++) {
		if (!is_here(&ops[i]))
			continue;
		if (fscanf(from, "%31s %lf\n", name, &cost) != 2 || strcmp(name, ops[i].name))
			return -1;
		bench->costs[column][i][round] = cost;
	}
	return 0;
}

/* Runs WORDS; its standard output is *ret_file, its errors are in a file. */
static pid_t start(const struct bench *bench, char *const *words, FILE **ret_file)
{
	int ends[2], said;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		said = open(bench->said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		dup2(ends[1], STDOUT_FILENO);
		dup2(said, STDERR_FILENO);
		execv(words[0], words);
		_exit(127);
	}
	close(ends[1]);
	*ret_file = pid < 0 ? NULL : fdopen(ends[0], "r");
	if (!*ret_file)
		close(ends[0]);
	return *ret_file ? pid : -1;
}

/* The last line that it said. */
static int measure_failed(struct bench *bench, enum column column, int status)
{
	char line[512] = "", next[512];
	FILE *said = fopen(bench->said, "r");

	while (said && fgets(next, sizeof(next), said))
		strcpy(line, next);
	if (said)
		fclose(said);
	line[strcspn(line, "\n")] = 0;
	return tsem_error_set(bench->error, ECHILD, "column %s could not be measured (status %d): %s",
			      column_names[column], WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
			      line);
}

static int measure(struct bench *bench, char *const *words, enum column column, unsigned round)
{
	FILE *from = NULL;
	pid_t pid = start(bench, words, &from);
	int status = -1, r;

	if (pid < 0)
		return tsem_error_set(bench->error, errno, "cannot start a process: %s", strerror(errno));
	r = read_costs(bench, from, column, round);
	fclose(from);
	waitpid(pid, &status, 0);
	if (r || status)
		return measure_failed(bench, column, status);
	bench->measured[column] = true;
	return 0;
}

static int measure_column(struct bench *bench, enum column column, unsigned round)
{
	char *worker[] = {bench->self, "bench", "--worker", bench->directory, NULL};
	char *learn[] = {bench->self, "learn",	   "-o",    bench->model, "--name",	    NAME,
			 "--",	      bench->self, "bench", "--worker",	  bench->directory, NULL};
	char *sealed[] = {bench->self, "run",	    "-m",    bench->model, "--name",	     NAME, "--quiet",
			  "--",	       bench->self, "bench", "--worker",   bench->directory, NULL};
	char *enforcing[] = {bench->self, "run", "-e",	      "-m",    bench->model, "--name",	       NAME,
			     "--quiet",	  "--",	 bench->self, "bench", "--worker",   bench->directory, NULL};
	char *const *words[COLUMNS] = {worker, worker, learn, sealed, enforcing};

	return measure(bench, words[column], column, round);
}

/* In turn, so that changes on the machine affect all columns. */
static int measure_columns(struct bench *bench, enum column first, enum column last)
{
	unsigned round, column;
	int r = 0;

	for (round = 0; r == 0 && round < bench->rounds; round++) {
		for (column = first; r == 0 && column <= last; column++)
			r = measure_column(bench, column, round);
	}
	return r;
}

static int measure_all(struct bench *bench)
{
	struct tsem_kernel *kernel;
	int r = 0;

	if (!tsem_kernel_loaded())
		r = measure_columns(bench, NONE, NONE);
	if (r == 0)
		r = tsem_kernel_open(TSEM_KERNEL_LOAD, &kernel, bench->error);
	if (r)
		return r;
	r = measure_columns(bench, OUTSIDE, ENFORCING);
	if (r == 0)
		r = start_times_measure(bench->self, NAME, 3 * bench->rounds, &bench->start, bench->error);
	tsem_kernel_close(kernel);
	return r;
}

/* ---- results ---- */

static void sort_costs(struct bench *bench)
{
	unsigned column, op;

	for (column = 0; column < COLUMNS; column++) {
		for (op = 0; op < OPS_MAX; op++)
			bench_sort(bench->costs[column][op], bench->rounds);
	}
}

static double median(const struct bench *bench, enum column column, size_t op)
{
	return bench->costs[column][op][bench->rounds / 2];
}

static enum column base(const struct bench *bench)
{
	return bench->measured[NONE] ? NONE : OUTSIDE;
}

static double ratio(const struct bench *bench, enum column column, size_t op)
{
	return median(bench, column, op) / median(bench, base(bench), op);
}

/*
 * Half of the difference between the rounds of a column, without the best and the worst one, in per cent of the median.
 */
static double noise(const struct bench *bench, enum column column, size_t op)
{
	const double *costs = bench->costs[column][op];
	unsigned skip = bench->rounds >= 5 ? 1 : 0;

	return 50 * (costs[bench->rounds - 1 - skip] - costs[skip]) / median(bench, column, op);
}

static double worst_noise(const struct bench *bench, size_t op)
{
	double worst = 0;
	unsigned column;

	for (column = 0; column < COLUMNS; column++) {
		if (bench->measured[column] && noise(bench, column, op) > worst)
			worst = noise(bench, column, op);
	}
	return worst;
}

static void add_row(const struct bench *bench, struct table *table, size_t op)
{
	unsigned column;

	table_add(table, STYLE_STRONG, "%s", ops[op].text);
	for (column = base(bench); column < COLUMNS; column++) {
		table_add(table, STYLE_PLAIN, "%.0f", median(bench, column, op));
		if (column != base(bench))
			table_add(table, STYLE_FAINT, "%.2f", ratio(bench, column, op));
	}
	if (bench->rounds > 2)
		table_add(table, STYLE_FAINT, "%.0f %%", worst_noise(bench, op));
	else
		table_add(table, STYLE_FAINT, "unknown");
}

static void print_start(const struct start_times *start)
{
	printf("\nThe start of a workload, milliseconds: true %.1f", start->plain / 1e6);
	if (start->unshare > 0)
		printf(", unshare -p -f true %.1f", start->unshare / 1e6);
	printf(", tsem run -- true %.1f, which adds %.1f.\n", start->run / 1e6, (start->run - start->plain) / 1e6);
}

static int print_costs(const struct bench *bench)
{
	bool none = bench->measured[NONE];
	struct table table;
	int status;
	size_t i;

	table_init(&table, none ? 11 : 9, 0x7fe);
	table_head(&table, none ? "OPERATION NONE OUTSIDE x FREE x SEALED x ENFORCING x NOISE" :
				  "OPERATION OUTSIDE FREE x SEALED x ENFORCING x NOISE");
	for (i = 0; ops[i].name; i++) {
		if (is_here(&ops[i]))
			add_row(bench, &table, i);
	}
	status = table_print(&table, stdout, bench->error);
	table_deinit(&table);
	if (status)
		return status;
	printf("\nNanoseconds per operation, the median of %u rounds; x is the ratio to %s.\n"
	       "NONE: tsem is not loaded. OUTSIDE: it is loaded, and the process is in no namespace. FREE, SEALED, ENFORCING:\n"
	       "the process is in such a namespace. NOISE: half of the spread of the rounds, without the best and the worst.\n"
	       "A ratio closer to 1 than the noise says nothing.\n",
	       bench->rounds, none ? "NONE" : "OUTSIDE");
	print_start(&bench->start);
	if (!none)
		puts("There is no column NONE, because the programs are already loaded; `tsem unload` removes them.");
	return 0;
}

static void write_fraction(struct writer *writer, const char *key, const char *format, double number)
{
	struct tsem_buffer text = {0};

	tsem_buffer_printf(&text, format, number);
	writer_raw(writer, key, &text);
	tsem_buffer_deinit(&text);
}

static void write_cell(const struct bench *bench, struct writer *writer, enum column column, size_t op)
{
	writer_open(writer, NULL, '{');
	writer_string(writer, "op", ops[op].text);
	writer_string(writer, "column", column_names[column]);
	write_fraction(writer, "nanoseconds", "%.1f", median(bench, column, op));
	write_fraction(writer, "ratio", "%.4f", ratio(bench, column, op));
	if (bench->rounds > 2)
		write_fraction(writer, "noise", "%.1f", noise(bench, column, op));
	else
		writer_null(writer, "noise");
	writer_close(writer, '}');
}

static void write_start(const struct start_times *start, struct writer *writer)
{
	writer_open(writer, "start", '{');
	write_fraction(writer, "true", "%.0f", start->plain);
	if (start->unshare > 0)
		write_fraction(writer, "unshare", "%.0f", start->unshare);
	else
		writer_null(writer, "unshare");
	write_fraction(writer, "run", "%.0f", start->run);
	write_fraction(writer, "added", "%.0f", start->run - start->plain);
	writer_close(writer, '}');
}

static void write_costs(const struct bench *bench)
{
	struct utsname system = {0};
	struct writer writer;
	unsigned column;
	size_t i;

	uname(&system);
	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_string(&writer, "kernel", system.release);
	writer_number(&writer, "rounds", bench->rounds);
	writer_open(&writer, "results", '[');
	for (i = 0; ops[i].name; i++) {
		for (column = 0; is_here(&ops[i]) && column < COLUMNS; column++) {
			if (bench->measured[column])
				write_cell(bench, &writer, column, i);
		}
	}
	writer_close(&writer, ']');
	write_start(&bench->start, &writer);
	writer_close(&writer, '}');
}

/* ---- the directory to work in ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st;
	(void)kind;
	(void)walk;
	return remove(path);
}

/* The programs that the operations execute: this machine's own. */
static int link_program(const char *directory, struct tsem_error *error)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/nothing-dynamic", directory);
	return symlink("/bin/true", path) ? tsem_error_set(error, errno, "cannot make %s: %s", path, strerror(errno)) :
					    0;
}

static int prepare(struct bench *bench)
{
	int home = open(".", O_PATH | O_CLOEXEC | O_DIRECTORY), r;

	strcpy(bench->directory, "/tmp/tsem-bench-XXXXXX");
	if (!mkdtemp(bench->directory) || chdir(bench->directory))
		return tsem_error_set(bench->error, errno, "cannot make a directory in /tmp: %s", strerror(errno));
	ops_prepare();
	if (home < 0 || fchdir(home))
		home = -1;
	close(home);
	snprintf(bench->model, sizeof(bench->model), "%s/model", bench->directory);
	snprintf(bench->said, sizeof(bench->said), "%s/said", bench->directory);
	r = link_program(bench->directory, bench->error);
	return r;
}

static int report(const struct bench *bench, bool json)
{
	if (!json)
		return print_costs(bench);
	write_costs(bench);
	return 0;
}

int cmd_bench(const struct invocation *invocation)
{
	const char *directory = invocation_value(invocation, OPTION_bench_worker);
	unsigned long rounds = invocation_number(invocation, OPTION_bench_rounds, ROUNDS_DEFAULT);
	struct bench *bench;
	ssize_t length;
	int r;

	if (directory)
		return work(directory, invocation->error);
	if (rounds > ROUNDS_MAX)
		return usage_error(invocation, "at most %d rounds", ROUNDS_MAX);
	bench = calloc(1, sizeof(*bench));
	length = bench ? readlink("/proc/self/exe", bench->self, sizeof(bench->self) - 1) : -1;
	if (length < 0) {
		free(bench);
		return tsem_error_set(invocation->error, ENOMEM, "cannot begin: out of memory, or no /proc");
	}
	bench->error = invocation->error;
	bench->rounds = rounds;
	r = prepare(bench);
	if (r == 0)
		r = measure_all(bench);
	nftw(bench->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	sort_costs(bench);
	if (r == 0)
		r = report(bench, invocation_given(invocation, OPTION_bench_json));
	free(bench);
	return r;
}
