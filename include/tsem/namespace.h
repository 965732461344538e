/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Modeling namespaces, and their orchestrators. */
#ifndef TSEM_NAMESPACE_H
#define TSEM_NAMESPACE_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/failures.h"
#include "abi/tma.h"
#include "kernel.h"
#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The counters of a namespace. */
struct tsem_status {
	tsem_u64 id; /* never used twice while the programs are loaded */
	tsem_u32 mode; /* TSEM_MODE_* */
	tsem_u32 action; /* TSEM_ACTION_* */
	tsem_u32 options; /* TSEM_OPTION_* */
	tsem_u32 orchestrator; /* its process id, for display */
	tsem_s64 tasks; /* living ones */
	tsem_u64 created; /* nanoseconds since boot */
	tsem_u64 execs; /* programs executed */
	tsem_u64 events; /* all, also the repeated */
	tsem_u64 points; /* coefficients that entered the model or the forensics */
	tsem_u64 violations; /* all, also the repeated */
	tsem_u64 refused;
	tsem_u64 records; /* produced: delivered and lost, once none waits */
	tsem_u64 lost;
	tsem_u64 delivered;
	tsem_u64 untrusted; /* number of times that a task became untrusted */
	tsem_u64 failures[TSEM_FAILURE_LIMIT]; /* by TSEM_FAILURE_* */
	tsem_u64 reserved[16]; /* zeros, for counters of later versions */
};

/*
 * Effects on the whole process of the caller, only on request. Both are for a namespace with an agent, for which a
 * thread of the library answers. LOCK_MEMORY: mlockall(2), permanently. Without it, an answer may come too late, and be
 * a refusal, while the kernel reads the thread's memory back. AT_FORK: fork(2) handlers that close in the child the
 * descriptors that would keep tasks waiting when this process has died; a caller that forks without exec(2) must set
 * it.
 */
#define TSEM_PROCESS_LOCK_MEMORY 0x1u
#define TSEM_PROCESS_AT_FORK 0x2u

struct tsem_namespace_options {
	size_t size; /* sizeof(struct tsem_namespace_options) */
	const char *name;
	tsem_u32 mode; /* TSEM_MODE_* */
	tsem_u32 action; /* TSEM_ACTION_* */
	tsem_u32 options; /* TSEM_OPTION_*; with _STREAM records go to the caller of drain only, not into the session's files */
	tsem_u32 limit; /* coefficients that can be added; 0: default */
	/*
	 * The connection to a modeling agent that has namespace 1 of this kind, its digest function, and the deadline of
	 * the connection. The orchestrator's until it is destroyed. NULL: the kernel decides.
	 */
	struct tsem_tma *agent;
	unsigned agent_hash; /* TSEM_HASH_* */
	unsigned agent_deadline_ms;
	tsem_u32 process; /* TSEM_PROCESS_* */
	bool calls; /* of the free mode: note the system calls; every call of the machine is dearer until the end */
	const struct tsem_model *
		model; /* NULL: empty. Its rules of names hold in every mode, its coefficients in all but the free one */
	/*
	 * Of the enforcing and the sealed mode, without agent: before an event that is not in the model becomes a
	 * violation, the task waits for tsem_orchestrator_decide(). What cannot wait becomes one (docs/tma.md: hooks that
	 * may not sleep). A model with trees needs it: who decides looks at them.
	 */
	bool ask;
};

struct tsem_orchestrator;

/* Called for each record, already checked; a non-zero return ends the draining and is returned. */
typedef int (*tsem_record_fn)(void *context, const struct tsem_record *record);

int tsem_orchestrator_create(struct tsem_kernel *kernel, const struct tsem_namespace_options *options,
			     struct tsem_orchestrator **ret_orchestrator, struct tsem_error *error);
/* Puts the process of a pidfd into the namespace: it and every process that it starts are modeled from now on. */
int tsem_orchestrator_enter(struct tsem_orchestrator *orchestrator, int pidfd, struct tsem_error *error);
/* No workload can signal, trace or limit the process as long as it lives: it belongs to the orchestrator. */
int tsem_orchestrator_guard(const struct tsem_orchestrator *orchestrator, int pid, struct tsem_error *error);
/* Whether a violation has stopped the process of the pidfd for inspection (TSEM_ACTION_FREEZE). */
bool tsem_orchestrator_frozen(const struct tsem_orchestrator *orchestrator, int pidfd);
/* Whether the process is in a namespace, whichever: nobody there decides about one. Also if that cannot be known. */
bool tsem_orchestrator_models(const struct tsem_orchestrator *orchestrator, int pidfd);
/* Readable when records wait. */
int tsem_orchestrator_fd(const struct tsem_orchestrator *orchestrator);
/* Takes all waiting records into the session's files and calls fn (may be NULL) for each. */
int tsem_orchestrator_drain(struct tsem_orchestrator *orchestrator, tsem_record_fn fn, void *context,
			    struct tsem_error *error);
/* So many records that fn took, it could not pass on after all: they are not delivered but lost. */
void tsem_orchestrator_undelivered(struct tsem_orchestrator *orchestrator, tsem_u64 count);
int tsem_orchestrator_status(const struct tsem_orchestrator *orchestrator, struct tsem_status *ret_status,
			     struct tsem_error *error);
/* Sends the signal to each process that is in the namespace now; ret_count: their number. It may miss a new process. */
int tsem_orchestrator_signal(const struct tsem_orchestrator *orchestrator, int signal, size_t *ret_count,
			     struct tsem_error *error);
/*
 * Adds the system calls that were noted. ret_fresh: how many were not there. ret_left: uses of calls for whose argument
 * there was no room. ret_compat: calls of 32-bit programs, which no list has.
 */
int tsem_orchestrator_calls(const struct tsem_orchestrator *orchestrator, struct tsem_calls *calls, size_t *ret_fresh,
			    tsem_u64 *ret_left, tsem_u64 *ret_compat, struct tsem_error *error);

/*
 * Of a namespace with an agent: takes the connection back, so that the agent can be queried. No task gets an answer any
 * more. ret_reasons counts the untrusted events by TSEM_REASON_*. True: one of them could not be refused, and has ended
 * the workload.
 */
bool tsem_orchestrator_detach(struct tsem_orchestrator *orchestrator, tsem_u64 ret_reasons[TSEM_REASON_LIMIT]);
/* ... and before or after that: whether the file system through which tasks ask was cut off from outside. */
bool tsem_orchestrator_cut(const struct tsem_orchestrator *orchestrator);
/*
 * Of a namespace that asks. Readable when there are questions; fn gets each once: an event whose task waits. Its number
 * is that of the record.
 */
int tsem_orchestrator_questions_fd(const struct tsem_orchestrator *orchestrator);
void tsem_orchestrator_questions(struct tsem_orchestrator *orchestrator,
				 void (*fn)(void *context, const struct tsem_record *record), void *context);
/*
 * The answer to a question: the task continues, or gets EPERM. lasting: the same event is in the kernel's copy of the
 * model from now on. -ENOMEM: the task still waits. An unknown number has no effect: its task may have been killed.
 */
int tsem_orchestrator_decide(struct tsem_orchestrator *orchestrator, tsem_u64 number, bool allow, bool lasting);
/*
 * Drains, a stream to the fn of the last call of drain, writes the session's last state, and frees the slot when no
 * task is left.
 */
int tsem_orchestrator_destroy(struct tsem_orchestrator *orchestrator, struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
