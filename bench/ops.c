/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ops: what an operation costs, in nanoseconds of CLOCK_MONOTONIC, which are
 * instructions where `tsem lab --deterministic` runs it.
 *
 *	ops --prepare [--disk DIR]            make the files that the operations use, in the present directory
 *	ops [--json] [--first] [--crowd N] [--disk DIR] [--forever] [OP...]
 *
 * Repetitions are fixed, never a matter of time: files that a namespace
 * creates are numbered, so a run has the coefficients of another only when it
 * does the same as often.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BATCHES 5
#define BATCH_WINDOWS 250 /* a batch is about 20 million instructions, and a tick of the timer comes every 4 million */
#define WINDOWS 49
#define SETTLE_NS 60000000
#define FRESH 256	/* different files, each opened once by --first */
#define FRESH_WARM 32	/* of these, not counted: they warm up the code */
#define PORT 18999
#define FRESH_PORT 20000
#define DEEP "d/d/d/d/d/d/d/d/d/file"

struct op {
	const char *name;
	const char *text;
	unsigned int repetitions; /* of one batch */
	bool disk;		  /* works in the directory of --disk */
	void (*begin)(void);
	void (*once)(unsigned int turn);
	void (*fresh)(unsigned int turn); /* an event never seen before, turn < FRESH; NULL: there is none */
	void (*end)(void);
};

static const char *disk_directory;
static int pipe_ends[2];
static int listener = -1;
static int mapped = -1;

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

static void open_close(const char *path)
{
	close(must(open(path, O_RDONLY | O_CLOEXEC), path));
}

static void empty_once(unsigned int turn)
{
	(void)turn;
}

static void null_once(unsigned int turn)
{
	(void)turn;
	syscall(SYS_getppid);
}

static void open_once(unsigned int turn)
{
	(void)turn;
	open_close("file");
}

static void open_fresh(unsigned int turn)
{
	char path[32];

	snprintf(path, sizeof(path), "fresh/%u", turn);
	open_close(path);
}

static void deep_once(unsigned int turn)
{
	(void)turn;
	open_close(DEEP);
}

static void stat_once(unsigned int turn)
{
	struct stat st;

	(void)turn;
	must(stat("file", &st), "stat");
}

static void pipe_begin(void)
{
	must(pipe2(pipe_ends, O_CLOEXEC), "pipe");
}

static void pipe_once(unsigned int turn)
{
	char byte = 0;

	(void)turn;
	if (write(pipe_ends[1], &byte, 1) != 1 || read(pipe_ends[0], &byte, 1) != 1)
		die("pipe");
}

static void pipe_end(void)
{
	close(pipe_ends[0]);
	close(pipe_ends[1]);
}

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "ops: a child failed with status 0x%x\n", status);
		exit(1);
	}
}

static void fork_once(unsigned int turn)
{
	pid_t pid = must(fork(), "fork");

	(void)turn;
	if (!pid)
		_exit(0);
	wait_for(pid);
}

static void execute(char *const argv[])
{
	static char *const environment[] = {"PATH=/bin", NULL};
	pid_t pid = must(vfork(), "vfork");

	if (!pid) {
		execve(argv[0], argv, environment);
		_exit(127);
	}
	wait_for(pid);
}

static void exec_once(unsigned int turn)
{
	static char *const argv[] = {"./nothing-static", NULL};

	(void)turn;
	execute(argv);
}

static void exec_dynamic_once(unsigned int turn)
{
	static char *const argv[] = {"./nothing-dynamic", NULL};

	(void)turn;
	execute(argv);
}

static void shell_once(unsigned int turn)
{
	static char *const argv[] = {"/bin/sh", "-c", "true", NULL};

	(void)turn;
	execute(argv);
}

static int connect_inet(int type, unsigned int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = must(socket(AF_INET, type | SOCK_CLOEXEC, 0), "socket");

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)), "connect");
	return fd;
}

static void udp_once(unsigned int turn)
{
	(void)turn;
	close(connect_inet(SOCK_DGRAM, PORT));
}

static void udp_fresh(unsigned int turn)
{
	close(connect_inet(SOCK_DGRAM, FRESH_PORT + turn));
}

static void listen_at(int domain, const void *address, socklen_t size)
{
	int one = 1;

	listener = must(socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
	must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)), "setsockopt");
	must(bind(listener, address, size), "bind");
	must(listen(listener, 16), "listen");
}

static void listener_end(void)
{
	close(listener);
}

static void accept_close(int client)
{
	int server = must(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");

	close(client);
	close(server);
}

static void tcp_begin(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listen_at(AF_INET, &address, sizeof(address));
}

/* Reset at the end, so that no connection lingers and ports do not run out. */
static void tcp_once(unsigned int turn)
{
	static const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	int client = connect_inet(SOCK_STREAM, PORT);

	(void)turn;
	must(setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), "setsockopt");
	accept_close(client);
}

static const struct sockaddr_un unix_address = {.sun_family = AF_UNIX, .sun_path = "socket"};

static void unix_begin(void)
{
	unlink(unix_address.sun_path);
	listen_at(AF_UNIX, &unix_address, sizeof(unix_address));
}

static void unix_once(unsigned int turn)
{
	int client = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	(void)turn;
	must(connect(client, (const struct sockaddr *)&unix_address, sizeof(unix_address)), "connect");
	accept_close(client);
}

static void create_unlink(const char *path)
{
	close(must(open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600), path));
	must(unlink(path), path);
}

static void create_once(unsigned int turn)
{
	(void)turn;
	create_unlink("created");
}

static void create_fresh(unsigned int turn)
{
	char path[32];

	snprintf(path, sizeof(path), "created-%u", turn);
	create_unlink(path);
}

static void rename_once(unsigned int turn)
{
	(void)turn;
	must(rename("old", "new"), "rename");
	must(rename("new", "old"), "rename");
}

static void map_file(const char *path)
{
	mapped = must(open(path, O_RDONLY | O_CLOEXEC), path);
}

static void map_begin(void)
{
	map_file("file");
}

static void map_unmap(void)
{
	void *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, mapped, 0);

	if (at == MAP_FAILED)
		die("mmap");
	munmap(at, 4096);
}

static void map_once(unsigned int turn)
{
	(void)turn;
	map_unmap();
}

static void map_end(void)
{
	close(mapped);
}

static void kill_once(unsigned int turn)
{
	(void)turn;
	must(kill(getpid(), 0), "kill");
}

/* There and back between two processes: what asking somebody costs at least. */
static int ping_ends[2], pong_ends[2];

static void ping_begin(void)
{
	char c;

	if (pipe2(ping_ends, O_CLOEXEC) || pipe2(pong_ends, O_CLOEXEC))
		die("pipe");
	if (must(fork(), "fork"))
		return;
	close(ping_ends[1]);
	while (read(ping_ends[0], &c, 1) == 1)
		must(write(pong_ends[1], &c, 1), "write");
	_exit(0);
}

static void ping_once(unsigned int turn)
{
	char c = turn;

	must(write(ping_ends[1], &c, 1), "write");
	must(read(pong_ends[0], &c, 1), "read");
}

static void ping_end(void)
{
	close(ping_ends[0]);
	close(ping_ends[1]);
	close(pong_ends[0]);
	close(pong_ends[1]);
	wait(NULL);
}

static const struct op empty = {.name = "empty", .once = empty_once};

static const struct op ops[] = {
	{"null", "null system call", 25000, false, NULL, null_once, NULL, NULL},
	{"open", "open + close", 3000, false, NULL, open_once, open_fresh, NULL},
	{"open10", "open + close, 10 components", 3000, false, NULL, deep_once, NULL, NULL},
	{"stat", "stat", 5000, false, NULL, stat_once, NULL, NULL},
	{"pipe", "write + read 1 byte, pipe", 4000, false, pipe_begin, pipe_once, NULL, pipe_end},
	{"ping", "pipe ping-pong, two processes", 1000, false, ping_begin, ping_once, NULL, ping_end},
	{"fork", "fork + exit + wait", 100, false, NULL, fork_once, NULL, NULL},
	{"exec", "vfork + exec + exit, static", 50, false, NULL, exec_once, NULL, NULL},
	{"exec-dynamic", "vfork + exec + exit, dynamic", 30, false, NULL, exec_dynamic_once, NULL, NULL},
	{"shell", "sh -c true", 25, false, NULL, shell_once, NULL, NULL},
	{"udp", "UDP socket + connect + close", 2500, false, NULL, udp_once, udp_fresh, NULL},
	{"tcp", "TCP connect + accept + close", 400, false, tcp_begin, tcp_once, NULL, listener_end},
	{"unix", "UNIX connect + accept + close", 1000, false, unix_begin, unix_once, NULL, listener_end},
	{"create", "create + unlink, tmpfs", 500, false, NULL, create_once, create_fresh, NULL},
	{"create-ext4", "create + unlink, ext4", 200, true, NULL, create_once, create_fresh, NULL},
	{"rename", "rename, there and back", 1000, false, NULL, rename_once, NULL, NULL},
	{"mmap", "mmap + munmap of a file", 2000, false, map_begin, map_once, NULL, map_end},
	{"kill", "kill(self, 0)", 10000, false, NULL, kill_once, NULL, NULL},
};

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
	double direct;	  /* of the operation itself */
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
	double costs[WINDOWS];
	unsigned int i;

	for (i = 0; i < WINDOWS; i++) {
		settle();
		op->once(0);
		costs[i] = batch(op->once, 0, repetitions);
	}
	return median(costs, WINDOWS);
}

/* What the measurement itself costs. */
struct overhead {
	double turn;
	double clock; /* of one window or batch */
};

static struct overhead overhead_measure(void)
{
	double once = windows(&empty, 1), turn = windows(&empty, 1000);

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
	cost = batch(op->fresh, FRESH_WARM, FRESH - FRESH_WARM) - overhead->turn;
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

static void make_file(const char *path)
{
	int fd = must(open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644), path);

	if (write(fd, "twenty-eight bytes of text.\n", 28) != 28)
		die(path);
	close(fd);
}

static void prepare(void)
{
	char path[PATH_MAX] = "";
	unsigned int i;

	make_file("file");
	make_file("old");
	for (i = 0; i < 9; i++) {
		strcat(path, i ? "/d" : "d");
		mkdir(path, 0755);
	}
	make_file(DEEP);
	mkdir("fresh", 0755);
	for (i = 0; i < FRESH; i++) {
		snprintf(path, sizeof(path), "fresh/%u", i);
		make_file(path);
	}
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
	if ((op->disk && !disk_directory) || (settings->first && !op->fresh))
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

	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (!strcmp(name, ops[i].name))
			return true;
	return false;
}

static int usage(void)
{
	unsigned int i;

	fprintf(stderr, "usage: ops [--json] [--first] [--crowd N] [--disk DIR] [--forever] [OP...]\n"
			"       ops --prepare\n");
	for (i = 0; i < ARRAY_SIZE(ops); i++)
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
			return prepare(), 0;
		else
			return usage();
	}
	for (i = 0; word[i]; i++)
		if (!known(word[i]))
			return usage();
	crowd(others);
	settings.overhead = overhead_measure();
	for (i = 0; i < ARRAY_SIZE(ops); i++)
		if (wanted(&ops[i], word, &settings))
			run(&ops[i], &settings);
	return 0;
}
