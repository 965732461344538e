/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The tasks that run in a control group, and in those below it, when it is bound (tsem bind --now). */
#ifndef TSEM_RUNNING_SET_H
#define TSEM_RUNNING_SET_H

#include "../kernel/group.h"
#include "../kernel/running.h"

#include <sys/stat.h>

#define RUNNING_NONE ((size_t)-1)

struct running_process {
	tsem_u32 tgid;
	tsem_u32 tid; /* one of its threads that lives, by which /proc knows what the process is */
	size_t parent; /* place of the process that has it for a child; RUNNING_NONE: that one is not in the group */
	bool executes; /* it has executed something since its fork */
	bool parent_same; /* what its parent runs is what it ran at that fork */
	bool inside; /* it is in the namespace already */
	tsem_u64 execs, parent_execs;
	tsem_u32 parent_tgid;
	char *path; /* of its program, from its own root on */
	struct stat file;
	tsem_u8 content[TSEM_DIGEST_SIZE];
	struct tsem_coe coe;
	struct tsem_task task; /* what it is, or is going to be, in the namespace */
	bool settled; /* the next is found */
	const char *unknown; /* why nobody knows which program of the model it is; NULL: it is known */
};

struct running_thread {
	tsem_u32 tid;
	tsem_u64 began;
	size_t process;
	bool inside;
};

/* A content that was digested, so that it is not read again while all are stopped. */
struct running_content {
	struct stat file;
	tsem_u8 digest[TSEM_DIGEST_SIZE];
};

struct running_set {
	struct running_process *processes;
	struct running_thread *threads;
	struct running_content *contents;
	size_t process_count, thread_count, content_count;
	tsem_u32 spared; /* a task that counts as tsem's own, and is not tsem; 0: none */
	bool bare; /* only who is there: their programs may be files that one of them serves, and all are stopped */
};

struct running_scope {
	const struct tsem_kernel *kernel;
	const struct running *running;
	const struct tsem_group *group;
	tsem_u32 slot;
	tsem_u64 context;
};

/* Looks at all of them. What was found before is forgotten, except for contents. -EBUSY: the caller is one of them. */
int running_find(struct running_set *set, const struct running_scope *scope, struct tsem_error *error);
void running_deinit(struct running_set *set);
/* Those that are not in the namespace. */
size_t running_outside(const struct running_set *set);

/* ---- running_who.c ---- */

/*
 * Which program of the model each process is: by its executable, by the process that it descends from, by its
 * credentials.
 */
int running_recognise(struct running_set *set, const struct tsem_model *model, struct tsem_error *error);

/* ---- running_sockets.c ---- */

/* Each socket that still waits for connections or messages belongs to the first process of the set that has it. */
int running_own_sockets(const struct running_set *set, const struct running_scope *scope, struct tsem_error *error);

#endif
