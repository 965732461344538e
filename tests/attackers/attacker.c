/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ways around a model, or around what is guarded (attacker.h).
 *
 * attackers list [KIND]                               kind, name, who, how, event of each idea
 * attackers inside NAME benign|attack|other user|root N  does it
 * attackers try NAME user|root HOW -- [WORDS...]      sets up, starts `WORDS... attackers inside NAME ...`, tells by its
 *                                                     status what came of it: 0 an effect, 1 none, 2 could not be tried,
 *                                                     3 the effect was there before, 4 it was not even begun, or tsem itself
 *                                                     has failed, 77 not possible here; benign: its status
 */
#include "attacker.h"

#include <arpa/inet.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <sys/prctl.h>

#define KINDS(X) \
	X(openings) \
	X(connections) \
	X(names) \
	X(numbers) \
	X(memory) \
	X(descriptors) \
	X(helpers) \
	X(terminals) \
	X(guards) \
	X(trust) \
	X(bounds) \
	X(powers) \
	X(objects) \
	X(fuse) \
	X(layers) \
	X(routes) \
	X(mounts) \
	X(groups) \
	X(moments) \
	X(devices) \
	X(spaces) \
	X(others)
#define DECLARE(kind) extern const struct idea ideas_##kind[];
KINDS(DECLARE)

static const struct {
	const char *name;
	const struct idea *ideas;
} kinds[] = {
#define ROW(kind) {#kind, ideas_##kind},
	KINDS(ROW)};

char place[256];
long number;
unsigned who;
pid_t orchestrator;
int conduct(const struct idea *idea, const char *how, char **words);

socklen_t internet_address(int family, const char *text, unsigned port, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in *four = (void *)ret_address;
	struct sockaddr_in6 *six = (void *)ret_address;

	memset(ret_address, 0, sizeof(*ret_address));
	ret_address->ss_family = family;
	if (family == AF_INET) {
		four->sin_port = htons(port);
		inet_pton(family, text, &four->sin_addr);
		return sizeof(*four);
	}
	six->sin6_port = htons(port);
	inet_pton(family, text, &six->sin6_addr);
	return sizeof(*six);
}

void die(const char *what)
{
	fprintf(stderr, "attackers: %s: %s\n", what, strerror(errno));
	_exit(2);
}

/* ---- inside ---- */

const char *here(const char *name)
{
	static char paths[8][512];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, sizeof(*paths), "%s/%s", place, name);
	return path;
}

void say(const char *text)
{
	ssize_t written = write(1, text, strlen(text));

	(void)written;
}

void succeeded(bool yes)
{
	char text[128];

	snprintf(text, sizeof(text), yes ? "\neffect\n" : "\nfailed: %s\n", strerrorname_np(errno));
	say(text);
}

void look(void)
{
	char c;

	say("\n@look\n");
	while (read(0, &c, 1) < 0 && errno == EINTR)
		;
}

void show(int fd)
{
	char text[256];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n < 0)
		n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	say(text);
	if (n < 0)
		succeeded(false);
}

int show_path(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0) {
		succeeded(false);
		return -1;
	}
	show(fd);
	close(fd);
	return 0;
}

void nothing(void)
{
}

void open_allowed(void)
{
	show_path("allowed", O_RDONLY);
}

void open_secret(void)
{
	int fd = open("secret", O_RDONLY);

	if (fd >= 0)
		close(fd);
}

pid_t child_of(void (*act)(void))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	act();
	_exit(0);
}

void sleep_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

bool wait_for(const char *name)
{
	for (int i = 0; i < 500; i++, sleep_ms(10))
		if (!access(name, F_OK))
			return true;
	errno = ETIME;
	return false;
}

static void become(void)
{
	if (who == ROOT)
		return;
	if (setgroups(0, NULL) || setresgid(NOBODYS_UID, NOBODYS_UID, NOBODYS_UID) ||
	    setresuid(NOBODYS_UID, NOBODYS_UID, NOBODYS_UID))
		die("setuid");
	prctl(PR_SET_DUMPABLE, 1);
}

/* In a child, so that who did it is the same in all runs, and its end does not end the workload. */
static int inside(const struct idea *idea, const char *what)
{
	int ended;
	pid_t pid;

	orchestrator = getppid();
	say(BEGUN);
	if (chdir(place))
		die(place);
	pid = idea->itself ? 0 : fork();
	if (!pid) {
		become();
		(*what == 'b' ? idea->benign : *what == 'o' ? idea->other : idea->attack)();
		_exit(0);
	}
	while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/* ---- the table ---- */

static void list_one(const char *kind, const struct idea *i)
{
	unsigned hows = i->how & ~NEVER ? i->how : i->how | DENY | UNTRUST;
	static const char *const names[] = {"deny", "untrust", "kill", "freeze", "free", "never"};

	printf("%s %s %s", kind, i->name, i->who == BOTH ? "user,root" : i->who == USER ? "user" : "root");
	for (unsigned n = 0, first = 1; n < 6; n++)
		if (hows & (1u << n)) {
			printf("%c%s", first ? ' ' : ',', names[n]);
			first = 0;
		}
	printf(" %s\n", i->event);
}

static const struct idea *find(const char *name, const char *only, bool list)
{
	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
		for (const struct idea *i = kinds[k].ideas; i->name; i++) {
			if (list && (!only || !strcmp(only, kinds[k].name)))
				list_one(kinds[k].name, i);
			if (name && !strcmp(name, i->name))
				return i;
		}
	return NULL;
}

int main(int argc, char **argv)
{
	const struct idea *idea;

	umask(0);
	if (argc >= 2 && !strcmp(argv[1], "list")) {
		find(NULL, argv[2], true);
		return 0;
	}
	idea = argc >= 5 ? find(argv[2], NULL, false) : NULL;
	if (!idea) {
		fprintf(stderr,
			"attackers: list [KIND] | inside NAME benign|attack|other user|root N | try NAME user|root HOW -- [WORDS...]\n");
		return 2;
	}
	snprintf(place, sizeof(place), "/tmp/tsem-attackers/%s", idea->name);
	if (!strcmp(argv[1], "inside") && argc == 6) {
		who = *argv[4] == 'u' ? USER : ROOT;
		number = atol(argv[5]);
		return inside(idea, argv[3]);
	}
	who = *argv[3] == 'u' ? USER : ROOT;
	return conduct(idea, argv[4], argv + 6);
}
