/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The orchestrator's part in an external namespace. One thread answers: it takes events from the ring, sends them to
 * the agent, and passes the answers to the waiting tasks. It opens no file and waits for nothing else. A second thread
 * does what may block: it watches for waiting tasks that were killed, and kills the tasks of a stopped namespace. The
 * caller of external_take gets the records.
 */
#ifndef TSEM_LIB_EXTERNAL_H
#define TSEM_LIB_EXTERNAL_H

#include "notes.h"
#include "rendezvous.h"
#include "../kernel/runtime.h"
#include "watched.h"

#include <pthread.h>

struct external_setup {
	struct tsem_kernel *kernel;
	tsem_u32 slot;
	tsem_u64 id;
	tsem_u32 mode, action; /* TSEM_MODE_*, TSEM_ACTION_* */
	struct tsem_tma *agent; /* NULL: the caller answers the questions, external_questions() */
	unsigned hash; /* TSEM_HASH_*: the agent's, of this namespace */
	unsigned deadline_ms;
	tsem_u32 process; /* TSEM_PROCESS_* */
	size_t limit; /* maximum of distinct events with a record, besides FORENSICS_LIMIT violations */
};

struct external;

/* The maps of the slot exist, the namespace does not exist yet. */
int external_create(const struct external_setup *setup, struct external **ret_external, struct tsem_error *error);
/* Readable when there are records to take. */
int external_fd(const struct external *external);
/* Calls take, as ring_buffer__consume does, for each new record. */
int external_take(struct external *external, int (*take)(void *context, void *record, size_t size), void *context);
/*
 * Without an agent. Readable when there are questions; each is given to fn once. The task waits for external_decide(),
 * with the number of the record. lasting: the kernel side answers this event itself from then on. False: nobody waits
 * for it any more.
 */
int external_questions_fd(const struct external *external);
void external_questions(struct external *external, void (*fn)(void *context, const struct tsem_record *record),
			void *context);
bool external_decide(struct external *external, tsem_u64 number, bool trusted, bool lasting);
/* Somebody outside aborted the file system through which tasks ask: no task can be answered any more. */
bool external_cut(const struct external *external);
/*
 * Waits for the events that the agent has not judged yet, at most until the deadline. Then the agent belongs to the
 * caller again.
 */
void external_stop(struct external *external);
/* After that: TSEM_REASON_LIMIT counts of untrusted events, and whether one of them has ended the workload. */
bool external_ended(const struct external *external);
const tsem_u64 *external_reasons(const struct external *external);
void external_destroy(struct external *external);

/* ---- within external*.c ---- */

#define ASKED_BUCKETS 1024

struct external;
/* Applies the process options of the setup; the descriptors of the rendezvous may change until the end. */
int external_process_begin(struct external *x, struct tsem_error *error);
void external_process_end(struct external *x);

/* An event on its way. */
struct asked {
	struct external *external;
	struct asked *next; /* in its bucket */
	struct asked *behind; /* in the backlog */
	struct fuse_req *request; /* NULL: the task does not wait yet */
	tsem_u64 since; /* milliseconds */
	tsem_u64 subject; /* the kernel side's number for the task; 0: none */
	int tid;
	bool waits; /* its task waits for the answer, or will, or did */
	bool linked; /* in its bucket */
	bool judged, trusted;
	bool dropped; /* no task will fetch the answer any more */
	bool interrupted; /* its task got a signal and is watched */
	struct tsem_record record;
	tsem_u8 cell[];
};

/* An answer of the caller, on its way to the thread that answers. */
struct decision {
	struct decision *next;
	tsem_u64 number;
	bool trusted, lasting;
};

struct external {
	struct external_setup setup;
	struct rendezvous rendezvous;
	struct external *next; /* of those that external_process.c lists */
	struct tsem_external shared; /* as the kernel has it */
	struct ring_buffer *ring;
	int ring_fd;
	int model, forensics, seen, seen_long; /* maps of the slot */
	pthread_t answering, watching;
	bool answers, watches; /* the threads run */
	bool dead; /* the agent */
	bool asked; /* requests wait to be read */
	bool cut; /* none will come any more */
	unsigned unjudged; /* number of events that the agent has not judged */
	unsigned expected; /* approximate number of tasks on their way to wait: their events have come */
	int ending, watch_wanted, watch_done,
		decided; /* eventfd: end; a task to watch; a watched task was killed; decisions */
	struct asked *buckets[ASKED_BUCKETS];
	struct asked *backlog,
		**backlog_end; /* not sent to the agent yet, which has as many as it can keep; or questions */
	struct tsem_set known, refused; /* coefficients that already have a record */
	tsem_u64 reasons[TSEM_REASON_LIMIT];
	tsem_u64 signed_at;
	struct notes records, questions; /* for the caller */
	pthread_mutex_t lock; /* from here on of all threads */
	struct decision *decisions, **decisions_end;
	struct watched watched, killed; /* requests of the first thread to the second, and its reports */
	bool end, stopped;
};

/* The consequences of the verdict, which may free it. */
void external_judge(struct asked *asked, const struct tsem_verdict *verdict);
void external_count(const struct external *external, tsem_u64 *counter);

/* external_question.c: the namespace has no agent. */
void question_put(struct external *external, struct asked *asked);
/* Takes the decisions of the caller. */
void questions_turn(struct external *external);
/* Nobody decides any more. */
void questions_end(struct external *external);

/* external_watch.c: the second thread. */
void *external_watch(void *external);
/* The answering thread asks the second one to watch tid, or not to watch it any more. */
void watch_add(struct external *external, int tid);
void watch_remove(struct external *external, int tid);

#endif
