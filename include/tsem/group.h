/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Control groups, and namespaces that are bound to one: programs that others start there join. */
#ifndef TSEM_GROUP_H
#define TSEM_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "namespace.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TSEM_GROUPS "/sys/fs/cgroup" /* where control groups of version 2 are mounted */

struct tsem_group;

/*
 * path: of its directory, or as in /proc/PID/cgroup. -EOPNOTSUPP where version 1 of control groups is in use, alone or
 * beside version 2; -ENOENT when there is no such group; -EINVAL for the root group, which has the whole machine.
 */
int tsem_group_open(const char *path, struct tsem_group **ret_group, struct tsem_error *error);
/* Of its directory. */
const char *tsem_group_path(const struct tsem_group *group);
void tsem_group_close(struct tsem_group *group);
/* The name of the session that is bound to just this group; -ENOENT: none is. */
int tsem_group_session(const struct tsem_group *group, char ret_name[TSEM_NAME_MAX], struct tsem_error *error);

/*
 * From now on each task of the group, or of one below it, joins the namespace by its next exec, unless it is in a
 * namespace already or a nearer group is bound. That exec is the first event that is judged. Its children inherit the
 * namespace, and no task leaves it by leaving the group. The binding lasts until it is removed or the group is,
 * whichever process dies; the namespace lives as long, even without tasks. A task that cannot join an enforcing
 * namespace cannot execute anything.
 */
int tsem_orchestrator_bind(struct tsem_orchestrator *orchestrator, const struct tsem_group *group,
			   struct tsem_error *error);

struct tsem_joined {
	tsem_u64 processes; /* that ran already, and have joined */
	tsem_u64 tasks; /* their threads */
	tsem_u64 unknown; /* of the processes: no program of the model, so that all that they do is outside it */
	tsem_u64 reserved[5]; /* zeros, for counters of later versions */
};

/*
 * The same, and all that runs in the group already joins at once: each process as the program of the model that has its
 * executable. All are stopped meanwhile. Where what the model lacks is refused, or is learned, each process has to be a
 * program of the model: -EINVAL. After an error nothing is bound, and nobody has joined. model: that of the namespace.
 */
int tsem_orchestrator_bind_now(struct tsem_orchestrator *orchestrator, const struct tsem_group *group,
			       const struct tsem_model *model, struct tsem_joined *ret_joined,
			       struct tsem_error *error);
/* Whether it still is. To be asked when the descriptor below is readable, and now and then: it lets go of a removed group. */
bool tsem_orchestrator_bound(struct tsem_orchestrator *orchestrator);
/* Readable when another process has removed the binding or the group; -1: it was never bound. */
int tsem_orchestrator_unbound_fd(const struct tsem_orchestrator *orchestrator);

/* The path of the group that a session is bound to. -ENOENT: to none, or not any more. */
int tsem_session_group(const char *name, char *ret_path, size_t size, struct tsem_error *error);
/* The same, and the one that it was bound to before it was unbound or ended. False: to none, and tsem starts its programs. */
bool tsem_session_origin(const char *name, char *ret_path, size_t size);
/* No task joins it any more; those that have joined stay in it. -ENOENT: it was not bound. */
int tsem_session_unbind(const char *name, struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
