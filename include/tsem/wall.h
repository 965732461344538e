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
 * Puts this process, and every process that it starts, behind the filter; the process needs CAP_SYS_ADMIN. Returns the
 * descriptor that reports refused calls, or a negative errno. Makes nothing but system calls.
 */
int tsem_wall_enter(const struct tsem_wall *wall);
/* Takes that descriptor, of the process of a pidfd. */
int tsem_wall_listen(struct tsem_wall *wall, int pidfd, int descriptor, struct tsem_error *error);
/* Readable when a call waits for its answer; -1: no call waits, or no process is left behind the filter. */
int tsem_wall_fd(const struct tsem_wall *wall);
/* Stops answering: calls outside the list get ENOSYS. */
void tsem_wall_destroy(struct tsem_wall *wall);
/* Whether this process already has a filter of another program. */
bool tsem_wall_present(void);

/* Answers some of the calls that wait, and records each as drain does records. Never blocks. */
int tsem_orchestrator_answer(struct tsem_orchestrator *orchestrator, struct tsem_wall *wall, tsem_record_fn fn,
			     void *context, struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
