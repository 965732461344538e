/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The wall: a seccomp filter that lets a list of system calls through. */
#ifndef TSEM_WALL_H
#define TSEM_WALL_H

#include <stdbool.h>

#include "namespace.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tsem_wall;

int tsem_wall_create(const struct tsem_calls *calls, struct tsem_wall **ret_wall, struct tsem_error *error);
/*
 * Puts this process, and whatever it starts, behind the wall; the process needs CAP_SYS_ADMIN. Returns the descriptor
 * by which refused calls are heard of, or a negative errno. Does nothing but system calls.
 */
int tsem_wall_enter(const struct tsem_wall *wall);
/* Takes that descriptor, of the process of a pidfd. */
int tsem_wall_listen(struct tsem_wall *wall, int pidfd, int descriptor, struct tsem_error *error);
/* Readable when a call waits for its answer; -1: nobody waits, or there is nobody left behind the wall. */
int tsem_wall_fd(const struct tsem_wall *wall);
/* Nobody is heard any more: what is not in the list gets ENOSYS. */
void tsem_wall_destroy(struct tsem_wall *wall);
/* Whether this process is behind a filter of somebody else already. */
bool tsem_wall_present(void);

/* Answers some of the calls that wait, and records each as drain does records. Never blocks. */
int tsem_orchestrator_answer(struct tsem_orchestrator *orchestrator, struct tsem_wall *wall, tsem_record_fn fn,
			     void *context, struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
