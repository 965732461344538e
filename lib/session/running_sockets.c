/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events have the program that made a socket. Of sockets that were there before that is found as well as can be: who
 * handed one over from outside has it too, if it lives; else the first process of the group that has it made it. What
 * was accepted, and what is connected, needs no maker: nothing is done to it any more that is an event.
 */
#include "running_set.h"
#include "../base/array.h"

#include <bpf/bpf.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Value of the map: see bpf/core/maps.h. */
struct owner {
	tsem_u64 context;
	tsem_u8 owner[TSEM_DIGEST_SIZE];
};

struct sockets {
	const struct running_scope *scope;
	int map;
	unsigned long long *outside; /* the numbers of those that a process outside has */
	size_t count;
};

/* Calls fn for each descriptor of the process that is a socket. */
static int each_socket(tsem_u32 pid, int (*fn)(void *context, int fd, unsigned long long number), void *context)
{
	char path[64], link[64];
	unsigned long long number;
	struct dirent *entry;
	DIR *directory;
	ssize_t n;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	directory = opendir(path);
	while (!r && directory && (entry = readdir(directory))) {
		n = isdigit((unsigned char)entry->d_name[0]) ?
			    readlinkat(dirfd(directory), entry->d_name, link, sizeof(link) - 1) :
			    -1;
		link[n < 0 ? 0 : n] = 0;
		if (sscanf(link, "socket:[%llu]", &number) == 1)
			r = fn(context, atoi(entry->d_name), number);
	}
	if (directory)
		closedir(directory);
	return r;
}

static bool is_outside(const struct sockets *sockets, unsigned long long number)
{
	for (size_t i = 0; i < sockets->count; i++)
		if (sockets->outside[i] == number)
			return true;
	return false;
}

static int note_outside(void *context, int fd, unsigned long long number)
{
	struct sockets *sockets = context;
	unsigned long long *more;

	(void)fd;
	more = array_room(sockets->outside, sockets->count, sizeof(*more));
	if (!more)
		return -ENOMEM;
	sockets->outside = more;
	more[sockets->count++] = number;
	return 0;
}

static tsem_u32 parent_of(tsem_u32 pid)
{
	char path[64], *stat, *at;
	tsem_u32 parent = 0;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	if (runtime_read_file(path, &stat, &size, NULL))
		return 0;
	at = strrchr(stat, ')');
	if (at && sscanf(at, ") %*c %u", &parent) != 1)
		parent = 0;
	free(stat);
	return parent;
}

/* Of those who start what is in the group, and of those who start them. */
static int find_outside(struct sockets *sockets, const struct running_set *set)
{
	tsem_u32 last = 0;
	int r = 0;

	for (size_t i = 0; !r && i < set->process_count; i++) {
		tsem_u32 pid = set->processes[i].parent == RUNNING_NONE ? set->processes[i].parent_tgid : 0;

		if (pid == last)
			continue;
		last = pid;
		for (; !r && pid; pid = parent_of(pid))
			r = each_socket(pid, note_outside, sockets);
	}
	return r;
}

/* Whether nothing is done to it that has its maker: it was accepted, or is connected for good. */
static bool is_over(int fd)
{
	struct sockaddr_storage peer;
	socklen_t size = sizeof(int);
	int listens = 0, type = 0;

	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
	size = sizeof(int);
	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
	size = sizeof(peer);
	return !listens && (type == SOCK_STREAM || type == SOCK_SEQPACKET) &&
	       !getpeername(fd, (struct sockaddr *)&peer, &size);
}

struct holder {
	const struct sockets *sockets;
	const struct running_process *process;
	int pidfd;
};

static int note_owner(void *context, int fd, unsigned long long number)
{
	const struct holder *holder = context;
	struct owner owner = {.context = holder->sockets->scope->context}, before;
	int copy, r = 0;

	if (is_outside(holder->sockets, number))
		return 0;
	copy = syscall(SYS_pidfd_getfd, holder->pidfd, fd, 0);
	if (copy < 0)
		return errno == EBADF || errno == ESRCH ? 0 : -errno;
	memcpy(owner.owner, holder->process->task.task_id, sizeof(owner.owner));
	if (!is_over(copy) &&
	    (bpf_map_lookup_elem(holder->sockets->map, &copy, &before) || before.context != owner.context))
		r = bpf_map_update_elem(holder->sockets->map, &copy, &owner, BPF_ANY) ? -errno : 0;
	close(copy);
	return r;
}

static int own_those_of(const struct sockets *sockets, const struct running_process *p)
{
	struct holder holder = {.sockets = sockets, .process = p};
	int r;

	holder.pidfd = p->inside ? -1 : syscall(SYS_pidfd_open, p->tgid, 0);
	if (holder.pidfd < 0)
		return 0;
	r = each_socket(p->tgid, note_owner, &holder);
	close(holder.pidfd);
	return r;
}

struct place {
	size_t process, depth;
};

static int compare_depths(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->depth != y->depth ? (x->depth > y->depth) - (x->depth < y->depth) :
				      (x->process > y->process) - (x->process < y->process);
}

/* Above all that are known already, or whose parent is: each is walked over twice, however long a chain is. */
static void find_depth(const struct running_set *set, struct place *places, size_t process)
{
	size_t above = 0, at;

	for (at = process; !places[at].depth && set->processes[at].parent != RUNNING_NONE && above < set->process_count;
	     above++)
		at = set->processes[at].parent;
	above += places[at].depth ? places[at].depth : 1;
	for (at = process; at != RUNNING_NONE && !places[at].depth; at = set->processes[at].parent)
		places[at].depth = above--;
}

/* Those above in the tree first: a child has what its parent has made. Everybody waits meanwhile. */
static struct place *sort_by_depth(const struct running_set *set)
{
	struct place *places = calloc(set->process_count + 1, sizeof(*places));

	for (size_t i = 0; places && i < set->process_count; i++)
		places[i].process = i;
	for (size_t i = 0; places && i < set->process_count; i++)
		find_depth(set, places, i);
	if (places)
		qsort(places, set->process_count, sizeof(*places), compare_depths);
	return places;
}

static int own_all(const struct sockets *sockets, const struct running_set *set)
{
	struct place *places = sort_by_depth(set);
	int r = places ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < set->process_count; i++)
		r = own_those_of(sockets, &set->processes[places[i].process]);
	free(places);
	return r;
}

int running_own_sockets(const struct running_set *set, const struct running_scope *scope, struct tsem_error *error)
{
	struct sockets sockets = {.scope = scope, .map = bpf_obj_get(TSEM_PINS "/tsem_sockets")};
	int r = sockets.map < 0 ? -errno : find_outside(&sockets, set);

	if (!r)
		r = own_all(&sockets, set);
	if (sockets.map >= 0)
		close(sockets.map);
	free(sockets.outside);
	return r ? tsem_error_set(error, -r, "cannot note the sockets of processes that run already: %s",
				  strerror(-r)) :
		   0;
}
