/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sessions: namespaces, living or ended, by name; and following their events. */
#ifndef TSEM_SESSION_H
#define TSEM_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "namespace.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tsem_session {
	char name[TSEM_NAME_MAX];
	bool live; /* has tasks */
	bool orchestrated; /* its orchestrator lives */
	struct tsem_status status;
	tsem_u64 memory; /* bytes in the kernel; 0 when it has ended */
	struct tsem_model *model; /* the sealed model; NULL in free mode */
	struct tsem_set trajectory; /* the learned points; with a sealed model: those that this session has reached */
	struct tsem_set forensics;
	struct tsem_sizes large; /* of contents that were read, and those of the sealed model */
};

/* Names of all sessions, newest first; free() the array, which is one block. */
int tsem_session_list(char (**ret_names)[TSEM_NAME_MAX], size_t *ret_count, struct tsem_error *error);
/* Only the head of it: no model, no sets. */
int tsem_session_status(const char *name, struct tsem_session *ret_session, struct tsem_error *error);
/*
 * Sends the signal to each process of a session, whichever process orchestrates it; ret_count: their number, 0 when it
 * has ended.
 */
int tsem_session_signal(const char *name, int signal, size_t *ret_count, struct tsem_error *error);
/*
 * Judges a living session by another model from now on, whoever orchestrates it. Of both, what is modeled and how must
 * be the same. Events that were found in the one before are looked up anew. What the session keeps: its mode, its action
 * and its filter of system calls.
 */
int tsem_session_reload(const char *name, const struct tsem_model *model, struct tsem_error *error);
/* Which of a session's models it was when somebody looked; all 0: nobody has. */
struct tsem_model_stamp {
	tsem_u64 inode, seconds, nanoseconds;
};

/*
 * The model of a session, if another one has replaced that of the stamp, which becomes the stamp of what is there now;
 * else NULL: also at the first look, and when it cannot be read.
 */
struct tsem_model *tsem_session_replaced(const char *name, struct tsem_model_stamp *stamp);
int tsem_session_open(const char *name, struct tsem_session **ret_session, struct tsem_error *error);
void tsem_session_destroy(struct tsem_session *session);

struct tsem_follow;

/* Reads the records of a session, living or ended, from its first one on. */
int tsem_follow_open(const char *name, struct tsem_follow **ret_follow, struct tsem_error *error);
/* Calls fn, as drain does, for those that have come. *ret_ended: there will be no more. */
int tsem_follow_read(struct tsem_follow *follow, tsem_record_fn fn, void *context, bool *ret_ended,
		     struct tsem_error *error);
void tsem_follow_close(struct tsem_follow *follow);

/*
 * Legitimate violations. The reason why the entry of the forensics cannot become part of the session's model, as the
 * end of a sentence; NULL when it can.
 */
const char *tsem_session_adopt_fault(const struct tsem_session *session, size_t index);
/*
 * Adds those that are chosen, by index in the forensics, to the session's model. ret_strangers: how many of them are by
 * programs whose start the model does not allow. -EINVAL, and the model is as it was, when one cannot be added.
 */
int tsem_session_adopt(struct tsem_session *session, const bool *chosen, size_t *ret_strangers,
		       struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
