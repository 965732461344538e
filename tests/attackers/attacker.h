/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * An idea is a row: what is there to be attacked, what is harmless and learned, what gets around it, and how that is
 * seen from outside. To add one: a row and the functions that it names, in the table of its kind.
 *
 * setup, effect and undo run outside of every namespace, as root; benign and attack run inside, as user or as root, in
 * the directory `place`. There are two files in it: `allowed`, and `secret`, of which nobody inside knows the content.
 */
#ifndef TSEM_ATTACKER_H
#define TSEM_ATTACKER_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum { USER = 1, ROOT = 2, BOTH = USER | ROOT };
enum {
	DENY = 1,
	UNTRUST = 2,
	KILL = 4,
	FREEZE = 8,
	FREE = 16, /* without a model; what is guarded holds there, too */
	NEVER = 32 /* what its harmless half does has no description: it is refused under a model of it, too */
};

struct idea {
	const char *name;
	unsigned who;
	const char *event; /* a regular expression: a line of `tsem why`, "TYPE ACTION", that concerns it */
	void (*setup)(void);
	void (*benign)(void);
	void (*attack)(void);
	bool (*effect)(void);
	void (*undo)(void);
	unsigned how; /* 0: DENY | UNTRUST */
	int limit; /* seconds; 0: 15 */
	void (*other)(void); /* done by another namespace, if setup starts one */
	bool itself; /* attack is done by the process that was started, not by a child of it */
};

#define KIND(kind, ...) const struct idea ideas_##kind[] = {__VA_ARGS__{NULL}}

/* Outside: what setup leaves for the others. */
extern char place[256]; /* of this idea; also known inside */
extern char secret[33]; /* told by nobody but by `secret` */
extern const char *how; /* plain, benign, deny, untrust, kill, freeze, free */
extern bool patient; /* what there may be takes its time; not yet there before it is tried */
extern int inherited; /* a descriptor that the workload gets as INHERITED */
extern int terminal; /* one that becomes its controlling terminal */
extern void (*beside)(void); /* starts another job in the session of the workload, before it, and says its number */
#define BEGUN "\n@begun\n" /* said by who begins inside, before all else */
extern int status; /* of who started the workload, when it has ended */
extern long number; /* what the workload is told: a process, a port; also known inside */
extern unsigned who; /* also known inside */
#define INHERITED 10
#define NOBODYS_UID 1000

/* Inside: who started the workload. */
extern pid_t orchestrator;

/* outside.c: what is outside */
void cannot(const char *reason); /* there is no such thing on this machine; does not return */
void put(const char *path, const char *text, unsigned mode);
bool holds(const char *path, const char *text);
void victim(void); /* number: a process of the same user that only waits */
void victim_prepared(void (*prepare)(void)); /* the same, which has done that as root before */
bool victim_ended(void);
int listen_tcp(unsigned port); /* outside: a server */
int listen_unix(const char *path, size_t size, int type);
int listen_udp(unsigned port);
extern int server; /* the one that must not be reached */
void disk_at(const char *where); /* an empty file system on the machine's disk */
bool another(const char *name); /* starts another namespace, without a model, that does what the idea has for it */
bool another_enforced(const char *name); /* the same, under the model of what it does before there is `begins` */
void become_another(const char *name); /* this process is who starts it */
bool reached(void); /* something came to the server */
bool opening_hangs(const char *path); /* whoever opens it outside has to wait for an answer that does not come */
int open_pty(int *slave); /* the master */
bool told(void); /* it told the secret, or that it succeeded */
bool output_has(const char *text);
uid_t uid(void);

/* attacker.c: what is inside */
/* The address of the family, by its text, and its size. */
socklen_t internet_address(int family, const char *text, unsigned port, struct sockaddr_storage *ret_address);
void die(const char *what);
const char *here(const char *name);
void say(const char *text);
void succeeded(bool yes); /* tells so */
void look(void); /* lets those outside look whether there is an effect by now */
void show(int fd); /* tells what is in it */
int show_path(const char *path, int flags);
void nothing(void);
void open_allowed(void); /* the usual benign half, and tells */
void open_secret(void); /* what is refused in any case */
pid_t child_of(void (*act)(void)); /* forks; the child does that and ends */
void sleep_ms(long ms);
bool wait_for(const char *name); /* five seconds, until there is such a file */

#endif
