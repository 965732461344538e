/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is outside: who starts the workload, looks at what comes of it, and takes it back. */
#include "attacker.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/un.h>

char secret[33];
const char *how;
bool patient;
int inherited = -1, terminal = -1, server = -1, status;
void (*beside)(void);

static char output[65536];
static size_t output_size;
static pid_t a_victim;
static char self[4096];
static const char *tsem; /* NULL: without */

void cannot(const char *reason)
{
	printf("%s\n", reason);
	exit(77);
}

uid_t uid(void)
{
	return who == USER ? NOBODYS_UID : 0;
}

void put(const char *path, const char *text, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, mode))
		die(path);
	close(fd);
}

bool holds(const char *path, const char *text)
{
	char is[4096];
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, is, sizeof(is) - 1);

	if (fd >= 0)
		close(fd);
	is[n > 0 ? n : 0] = '\0';
	return n > 0 && strstr(is, text);
}

void victim_prepared(void (*prepare)(void))
{
	a_victim = fork();
	if (!a_victim) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (prepare)
			prepare();
		if (setresgid(uid(), uid(), uid()) || setresuid(uid(), uid(), uid()))
			_exit(1);
		prctl(PR_SET_DUMPABLE, 1);
		raise(SIGSTOP);
		while (1)
			pause();
	}
	waitpid(a_victim, NULL, WUNTRACED);
	kill(a_victim, SIGCONT);
	number = a_victim;
}

void victim(void)
{
	victim_prepared(NULL);
}

bool victim_ended(void)
{
	siginfo_t info = {};

	for (int i = 0; i < (patient ? 20 : 1); i++, sleep_ms(10))
		if (!waitid(P_PID, a_victim, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid)
			return true;
	return false;
}

static int bound(int s, const void *address, socklen_t size)
{
	int on = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s < 0 || bind(s, address, size))
		die("bind");
	fcntl(s, F_SETFD, FD_CLOEXEC);
	return s;
}

static int bound_inet(unsigned port, int type)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	return bound(socket(AF_INET, type | SOCK_NONBLOCK, 0), &in, sizeof(in));
}

int listen_tcp(unsigned port)
{
	int s = bound_inet(port, SOCK_STREAM);

	if (listen(s, 9))
		die("listen");
	return s;
}

int listen_udp(unsigned port)
{
	return bound_inet(port, SOCK_DGRAM);
}

int listen_unix(const char *path, size_t size, int type)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int s;

	memcpy(un.sun_path, path, size);
	if (*path)
		unlink(path);
	s = bound(socket(AF_UNIX, type | SOCK_NONBLOCK, 0), &un, offsetof(struct sockaddr_un, sun_path) + size);
	if (type != SOCK_DGRAM && listen(s, 9))
		die("listen");
	return s;
}

bool reached(void)
{
	struct pollfd p = {.fd = server, .events = POLLIN};

	return poll(&p, 1, 10) == 1;
}

bool opening_hangs(const char *path)
{
	int pid = fork(), n = 0;

	if (!pid) {
		close(open(path, O_RDONLY));
		_exit(0);
	}
	while (n++ < 50 && !waitpid(pid, NULL, WNOHANG))
		sleep_ms(10);
	kill(pid, SIGKILL);
	return n >= 50;
}

int open_pty(int *slave)
{
	char name[64];
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), zero = 0;
	unsigned index;

	if (master < 0 || ioctl(master, TIOCSPTLCK, &zero) || ioctl(master, TIOCGPTN, &index))
		die("/dev/ptmx");
	snprintf(name, sizeof(name), "/dev/pts/%u", index);
	chmod(name, 0666);
	*slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (*slave < 0)
		die(name);
	return master;
}

#define DISK "/dev/vda"

void disk_at(const char *where)
{
	mkdir(where, 0777);
	if (system("mke2fs -q -F -t ext4 " DISK " >/dev/null 2>&1") || mount(DISK, where, "ext4", 0, NULL))
		cannot("a disk");
	if (chmod(where, 0777))
		die(where);
}

bool output_has(const char *text)
{
	output[output_size] = '\0';
	return strstr(output, text);
}

bool told(void)
{
	return output_has(secret) || output_has("\neffect\n");
}

static int forget(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st, (void)kind, (void)ftw;
	return remove(path);
}

static void prepare(void)
{
	unsigned char bytes[16];

	while (!umount2(here("there"), MNT_DETACH))
		;
	nftw(place, forget, 8, FTW_DEPTH | FTW_PHYS);
	mkdir("/tmp/tsem-attackers", 0777);
	mkdir(place, 0777);
	if (chdir(place) || getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		die(place);
	for (int i = 0; i < 16; i++)
		snprintf(secret + 2 * i, 3, "%02x", bytes[i]);
	put("allowed", "harmless\n", 0644);
	put("secret", secret, 0644);
}

static const char *told_number(void)
{
	static char text[32]; /* it is one of the words */

	snprintf(text, sizeof(text), "%ld", number);
	return text;
}

/* As a shell has its jobs: somebody else's is there first. */
static void start_beside(void)
{
	int ended;
	pid_t pid;

	beside();
	told_number();
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		return;
	}
	while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(ended) ? WEXITSTATUS(ended) : 128);
}

static void run(char **words, int in, int out)
{
	setsid();
	dup2(in, 0);
	dup2(out, 1);
	if (terminal >= 0)
		ioctl(terminal, TIOCSCTTY, 1);
	if (inherited >= 0)
		dup2(inherited, INHERITED);
	if (beside)
		start_beside();
	execvp(*words, words);
	die(*words);
}

/* Without tsem somebody else is in the place of who orchestrates. */
static void start_plain(char **words, int in, int out)
{
	int ended;
	pid_t pid = fork();

	if (!pid)
		run(words, in, out);
	waitpid(pid, &ended, 0);
	_exit(WIFEXITED(ended) ? WEXITSTATUS(ended) : 128);
}

static pid_t start(char **words, bool plain, int *in, int *out)
{
	int to[2], from[2];
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		die("pipe");
	fflush(stdout);
	pid = fork();
	if (!pid && plain)
		start_plain(words, to[0], from[1]);
	if (!pid)
		run(words, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	*in = to[1];
	*out = from[0];
	return pid;
}

/* Another namespace, as a verb of tsem makes it; without tsem what it does alone. */
static void exec_another(const char *name, const char *verb, const char *model)
{
	const char *inside[] = {"--name", "another", "--", self, "inside", name, "other", who == USER ? "user" : "root",
				"0",	  NULL};
	const char *words[32] = {tsem, verb, "-q"};
	int n = 3, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (*verb == 'l')
		words[2] = "-o", words[n++] = model;
	else if (model)
		words[n++] = "--model", words[n++] = model, words[n++] = "--enforce";
	memcpy(words + n, inside, sizeof(inside));
	dup2(null, 0);
	dup2(null, 1);
	if (tsem)
		execvp(*words, (char **)words);
	else
		execvp(self, (char **)inside + 3);
	die(*words);
}

void become_another(const char *name)
{
	exec_another(name, "run", NULL);
}

#define ANOTHER_MODEL "another.model"

bool another_enforced(const char *name)
{
	int ended = 0;
	pid_t pid = tsem ? fork() : -1;

	if (!pid) {
		setsid();
		exec_another(name, "learn", ANOTHER_MODEL);
	}
	if (tsem && (waitpid(pid, &ended, 0) != pid || ended))
		return false;
	mkdir("begins", 0777);
	pid = fork();
	if (pid)
		return pid > 0;
	setsid();
	exec_another(name, "run", ANOTHER_MODEL);
	return false;
}

bool another(const char *name)
{
	pid_t pid = fork();

	if (pid)
		return pid > 0;
	setsid();
	become_another(name);
	_exit(1);
}

static void listen_to(int out)
{
	ssize_t n = output_size < sizeof(output) - 1 ?
			    read(out, output + output_size, sizeof(output) - 1 - output_size) :
			    0;

	if (n > 0)
		output_size += n;
}

/* Not of the clock that can be set. */
static time_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Until who was started has ended, or the time is over. Returns whether there was an effect meanwhile. */
static bool watch(const struct idea *idea, pid_t pid, int in, int out)
{
	struct pollfd p = {.fd = out, .events = POLLIN};
	time_t end = seconds() + (idea->limit ? idea->limit : 15);
	bool seen = false, ended = false;
	const char *asked;
	size_t looked = 0;

	while (seconds() < end && !ended) {
		ended = waitpid(pid, &status, WNOHANG) == pid;
		if (ended && !strcmp(how, "freeze"))
			sleep_ms(500); /* what was stopped may go on now */
		while (poll(&p, 1, ended ? 0 : 10) == 1 && p.revents & POLLIN)
			listen_to(out);
		output[output_size] = '\0';
		while ((asked = strstr(output + looked, "@look\n"))) {
			looked = asked + 6 - output;
			seen = seen || idea->effect();
			if (write(in, "x", 1) != 1)
				break;
		}
		if (p.revents & POLLHUP)
			p.fd = -1;
	}
	return idea->effect() || seen;
}

/* All that came from here, and what lost its parent. */
static void end_all(void)
{
	char path[64], list[4096];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	for (int i = 0; i < 100; i++) {
		fd = open(path, O_RDONLY);
		n = read(fd, list, sizeof(list) - 1);
		close(fd);
		if (n <= 0)
			return;
		list[n] = '\0';
		for (char *s = strtok(list, " "); s; s = strtok(NULL, " "))
			kill(atoi(s), SIGKILL);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		sleep_ms(5);
	}
}

/* Who never came so far has no effect, either: tsem that does not start, or that fails. What a workload is ended by, if
 * at all, differs by what follows a violation. */
#define TSEM_FAILED 125
static bool tried(void)
{
	return output_has(BEGUN) && !(WIFEXITED(status) && WEXITSTATUS(status) == TSEM_FAILED);
}

static void report(const char *text)
{
	fprintf(stderr, "%s\n%.2000s\n", text, output);
}

int conduct(const struct idea *idea, const char *by, char **words)
{
	char *all[64];
	int n = 0, in, out;
	bool benign = !strcmp(by, "benign"), plain = !*words, effect;
	pid_t pid;

	how = by;
	tsem = *words;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		die("/proc/self/exe");
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prepare();
	if (idea->setup)
		idea->setup();
	if (!benign && idea->effect())
		return 3;
	patient = true;
	while (words[n] && n < 50) {
		all[n] = words[n];
		n++;
	}
	all[n++] = self;
	all[n++] = "inside";
	all[n++] = (char *)idea->name;
	all[n++] = benign ? "benign" : "attack";
	all[n++] = who == USER ? "user" : "root";
	all[n++] = (char *)told_number();
	all[n] = NULL;
	pid = start(all, plain, &in, &out);
	effect = watch(idea, pid, in, out);
	report(effect ? "effect" : "no effect");
	kill(-pid, SIGKILL);
	end_all();
	if (idea->undo)
		idea->undo();
	if (benign)
		return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	return effect ? 0 : tried() ? 1 : 4;
}
