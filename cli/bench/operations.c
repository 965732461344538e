/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
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

#define PORT 18999
#define NGINX_PORT 18998
#define REDIS_PORT 18997
#define FRESH_PORT 20000
#define PROJECT_FILES 12
#define DEEP "d/d/d/d/d/d/d/d/d/file"

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

/* There and back between two processes: the minimum cost of asking another process. */
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

/* Many concurrent opens: each waits for its turn, but none for another one's open. */
#define HERD 100

static void herd_member(void)
{
	char c;

	close(ping_ends[1]);
	while (read(ping_ends[0], &c, 1) == 1) {
		open_once(0);
		must(write(pong_ends[1], &c, 1), "write");
	}
	_exit(0);
}

static void herd_begin(void)
{
	unsigned int i;

	if (pipe2(ping_ends, O_CLOEXEC) || pipe2(pong_ends, O_CLOEXEC))
		die("pipe");
	for (i = 0; i < HERD; i++)
		if (!must(fork(), "fork"))
			herd_member();
}

static void herd_once(unsigned int turn)
{
	char bytes[HERD] = {0};
	unsigned int come = 0;

	(void)turn;
	must(write(ping_ends[1], bytes, HERD), "write");
	while (come < HERD)
		come += must(read(pong_ends[0], bytes, HERD), "read");
}

static void herd_end(void)
{
	unsigned int i;

	ping_end();
	for (i = 1; i < HERD; i++)
		wait(NULL);
}

/* ---- real programs ---- */

static pid_t server_pid;
static int redis_connection = -1;

static void server_start(char *const argv[])
{
	static char *const environment[] = {"PATH=/bin", NULL};

	server_pid = must(vfork(), "vfork");
	if (!server_pid) {
		execve(argv[0], argv, environment);
		_exit(127);
	}
}

static void server_end(void)
{
	int status;

	kill(server_pid, SIGKILL);
	waitpid(server_pid, &status, 0);
}

static int connect_server(unsigned int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	close(fd);
	return -1;
}

/* At most 20 seconds. */
static int await_server(unsigned int port)
{
	static const struct timespec pause = {.tv_nsec = 50000000};
	int fd = -1;

	for (unsigned int i = 0; i < 400 && fd < 0; i++) {
		nanosleep(&pause, NULL);
		fd = connect_server(port);
	}
	return must(fd, "server");
}

static void nginx_begin(void)
{
	static char *const argv[] = {"/bin/nginx", "-e", "/dev/null", "-p", "./nginx", "-c", "nginx.conf", NULL};

	server_start(argv);
	close(await_server(NGINX_PORT));
}

static void nginx_once(unsigned int turn)
{
	static const char request[] = "GET / HTTP/1.0\r\n\r\n";
	int fd = must(connect_server(NGINX_PORT), "nginx");
	char answer[4096];
	ssize_t got, all = 0;

	(void)turn;
	if (write(fd, request, sizeof(request) - 1) < 0)
		die("nginx");
	while ((got = read(fd, answer, sizeof(answer))) > 0)
		all += got;
	close(fd);
	if (all < 28)
		die("nginx");
}

static void redis_begin(void)
{
	static char *const argv[] = {"/bin/redis-server", "--port", "18997",	 "--bind",    "127.0.0.1", "--save", "",
				     "--appendonly",	  "no",	    "--logfile", "/dev/null", NULL};

	server_start(argv);
	redis_connection = await_server(REDIS_PORT);
}

static void redis_once(unsigned int turn)
{
	static const char words[] = "SET key value\r\nGET key\r\n", answer[] = "+OK\r\n$5\r\nvalue\r\n";
	char got[sizeof(answer)];
	ssize_t all = 0, more;

	(void)turn;
	if (write(redis_connection, words, sizeof(words) - 1) < 0)
		die("redis");
	while (all < (ssize_t)sizeof(answer) - 1) {
		more = read(redis_connection, got + all, sizeof(answer) - 1 - all);
		if (more <= 0)
			die("redis");
		all += more;
	}
	if (memcmp(got, answer, all))
		die("redis");
}

static void redis_end(void)
{
	close(redis_connection);
	server_end();
}

static void make_once(unsigned int turn)
{
	static char *const argv[] = {"/bin/make", "-s", "-B", "-C", "project", NULL};

	(void)turn;
	execute(argv);
}

const struct op op_empty = {.name = "empty", .once = empty_once};

const struct op ops[] = {
	{"null", "null system call", 25000, false, NULL, null_once, NULL, NULL, NULL, 0},
	{"open", "open + close", 3000, false, NULL, open_once, open_fresh, NULL, NULL, 0},
	{"open10", "open + close, 10 components", 3000, false, NULL, deep_once, NULL, NULL, NULL, 0},
	{"stat", "stat", 5000, false, NULL, stat_once, NULL, NULL, NULL, 0},
	{"pipe", "write + read 1 byte, pipe", 4000, false, pipe_begin, pipe_once, NULL, pipe_end, NULL, 0},
	{"ping", "pipe ping-pong, two processes", 1000, false, ping_begin, ping_once, NULL, ping_end, NULL, 0},
	{"fork", "fork + exit + wait", 100, false, NULL, fork_once, NULL, NULL, NULL, 0},
	{"exec", "vfork + exec + exit, static", 50, false, NULL, exec_once, NULL, NULL, "./nothing-static", 0},
	{"exec-dynamic", "vfork + exec + exit, dynamic", 30, false, NULL, exec_dynamic_once, NULL, NULL, NULL, 0},
	{"shell", "sh -c true", 25, false, NULL, shell_once, NULL, NULL, NULL, 0},
	{"udp", "UDP socket + connect + close", 2500, false, NULL, udp_once, udp_fresh, NULL, NULL, 0},
	{"tcp", "TCP connect + accept + close", 400, false, tcp_begin, tcp_once, NULL, listener_end, NULL, 0},
	{"unix", "UNIX connect + accept + close", 1000, false, unix_begin, unix_once, NULL, listener_end, NULL, 0},
	{"create", "create + unlink, tmpfs", 500, false, NULL, create_once, create_fresh, NULL, NULL, 0},
	{"create-ext4", "create + unlink, ext4", 200, true, NULL, create_once, create_fresh, NULL, NULL, 0},
	{"rename", "rename, there and back", 1000, false, NULL, rename_once, NULL, NULL, NULL, 0},
	{"mmap", "mmap + munmap of a file", 2000, false, map_begin, map_once, NULL, map_end, NULL, 0},
	{"kill", "kill(self, 0)", 10000, false, NULL, kill_once, NULL, NULL, NULL, 0},
	{"nginx", "nginx, one request", 200, false, nginx_begin, nginx_once, NULL, server_end, "/bin/nginx", 0},
	{"redis", "redis, SET + GET", 1000, false, redis_begin, redis_once, NULL, redis_end, "/bin/redis-server", 0},
	{"make", "make of a C project", 1, false, NULL, make_once, NULL, NULL, "/bin/gcc", 3},
	/* Last, because the objects that it leaves in the kernel's pools change the cost of the next fork. */
	{"herd", "open + close by 100 tasks at a time", 10, false, herd_begin, herd_once, NULL, herd_end, NULL, 9},
	{.name = NULL},
};

static void make_file(const char *path)
{
	int fd = must(open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644), path);

	if (write(fd, "twenty-eight bytes of text.\n", 28) != 28)
		die(path);
	close(fd);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (!file || fputs(text, file) < 0 || fclose(file))
		die(path);
}

static void prepare_nginx(void)
{
	mkdir("nginx", 0755);
	mkdir("nginx/html", 0755);
	make_file("nginx/html/index.html");
	write_text("nginx/nginx.conf", "daemon off;\nmaster_process off;\npid pid;\nerror_log /dev/null;\nevents {}\n"
				       "http {\n access_log off;\n client_body_temp_path t1;\n proxy_temp_path t2;\n"
				       " fastcgi_temp_path t3;\n uwsgi_temp_path t4;\n scgi_temp_path t5;\n"
				       " server { listen 127.0.0.1:18998; root html; }\n}\n");
}

/* No file has a random name, as gcc would create for the assembler and the linker. */
static void prepare_project(void)
{
	char path[64], text[512];
	unsigned int i;

	mkdir("project", 0755);
	write_text("project/common.h",
		   "struct item { struct item *next; int key, value; };\nint sum(const struct item *first);\n");
	for (i = 0; i < PROJECT_FILES; i++) {
		snprintf(path, sizeof(path), "project/part%u.c", i);
		snprintf(text, sizeof(text),
			 "#include \"common.h\"\n"
			 "int part%u(const struct item *i, int n)\n"
			 "{\n\tint all = n;\n\tfor (; i; i = i->next)\n\t\tall += i->key > n ? i->value * %u : -i->value;\n"
			 "\treturn all;\n}\n",
			 i, i + 3);
		write_text(path, text);
	}
	write_text("project/Makefile",
		   "OBJECTS := $(patsubst %.c,%.o,$(wildcard *.c))\nall.o: $(OBJECTS)\n\tld -r -o $@ $^\n"
		   "%.o: %.c common.h\n\tgcc -O2 -ffreestanding -pipe -c -o $@ $<\n");
}

void ops_prepare(void)
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
	for (i = 0; i < OPS_FRESH; i++) {
		snprintf(path, sizeof(path), "fresh/%u", i);
		make_file(path);
	}
	prepare_nginx();
	prepare_project();
}
