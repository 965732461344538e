/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Agents: programs that are told what happens on the machine, or asked before it happens. docs/agents.md is the guide.
 *
 * An agent has to run as root with CAP_MAC_ADMIN in the initial user and PID namespaces. Any thread may call
 * tsem_agent_answer, tsem_message_retain and tsem_message_release. Only one thread at a time may call the other
 * functions of an agent. The library creates no threads. It creates one child process for each agent, its keeper.
 */
#ifndef TSEM_AGENT_H
#define TSEM_AGENT_H

#include <stddef.h>

#include "abi/agent.h"
#include "abi/emit.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tsem_agent;
struct tsem_message;

struct tsem_agent_options {
	size_t size; /* sizeof(struct tsem_agent_options) */
	const char *name; /* for `tsem agents ls`, at most 63 bytes; NULL: the name of the process */
	tsem_u32 scope; /* TSEM_SCOPE_*; 0: TSEM_SCOPE_HOST */
	tsem_u32 flags; /* TSEM_AGENT_SEES_ITSELF, TSEM_AGENT_ALL */
	const char *target; /* the name of the namespace, or the path of the control group; else NULL */
	size_t ring_size; /* bytes of messages that may wait, a power of two, at least 65536; 0: 1 MiB */
};

/* -EUSERS: there are TSEM_AGENT_MAX agents. -ENOENT: no such namespace or group. -EPERM: not root, or not outside. */
int tsem_agent_create(const struct tsem_agent_options *options, struct tsem_agent **ret_agent,
		      struct tsem_error *error);
/* The caller's messages stay valid until they are released, but cannot be answered. Waiting tasks get the default. */
void tsem_agent_destroy(struct tsem_agent *agent);

#define TSEM_DEADLINE_MIN_MS 10u
#define TSEM_DEADLINE_MAX_MS 60000u
#define TSEM_DEADLINE_MS 1000u /* the default */

struct tsem_subscription {
	tsem_u32 event; /* TSEM_EVENT_*, TSEM_AGENT_FORK, _EXEC, _EXIT, _EMIT */
	tsem_u32 action; /* TSEM_AGENT_NOTIFY, TSEM_AGENT_AUTH; 0: no more */
	tsem_u32 late; /* without an answer in time: 0: the operation is refused; TSEM_AGENT_ALLOWS: it is allowed */
	tsem_u32 deadline_ms; /* from TSEM_DEADLINE_MIN_MS to _MAX_MS; 0: TSEM_DEADLINE_MS */
	tsem_u64 reserved[2]; /* zeros */
};

/*
 * Adds to the subscriptions of the agent; for each event the last one counts. All of the list or nothing. Loading the
 * programs can take seconds, and the agent answers nothing meanwhile: so subscribe in one call to everything that it is
 * asked about. -EOPNOTSUPP: no agent can be asked about the event (its hook may not sleep), or no hook reports it.
 */
int tsem_agent_subscribe(struct tsem_agent *agent, const struct tsem_subscription *subscriptions, size_t count,
			 struct tsem_error *error);

/* For poll(2), epoll, io_uring: readable when tsem_agent_next has something to do. */
int tsem_agent_fd(const struct tsem_agent *agent);
/*
 * The next message: 0, -EAGAIN: none waits, -ENOMEM: one is lost, -ENODEV: root has ended the file system through which
 * tasks ask, so nobody is asked any more. The message belongs to the caller until tsem_message_release. Call this
 * whenever the descriptor is readable: it also delivers answers that were given before their task began to wait.
 */
int tsem_agent_next(struct tsem_agent *agent, const struct tsem_message **ret_message);

#define TSEM_ALLOW 1u
#define TSEM_DENY 2u
#define TSEM_CACHE 0x1u /* reserved for answers that are kept for the same event: refused with -EOPNOTSUPP */
/*
 * Answers a message of the action TSEM_AGENT_AUTH, in any order. flags: 0. -ETIME: too late, the default counts;
 * -EALREADY: already answered; -EINVAL: no task waits, another agent's message, or no verdict; -EOPNOTSUPP: flags.
 */
int tsem_agent_answer(struct tsem_agent *agent, const struct tsem_message *message, tsem_u32 verdict, tsem_u32 flags);

/* ---- messages ---- */

/* Made by the library only, as is the next: later versions may have more members. */
struct tsem_agent_process {
	size_t size;
	tsem_u32 pid;
	tsem_u32 tid;
	tsem_u32 parent;
	tsem_u32 executable_size; /* bytes of executable */
	tsem_u64 started; /* nanoseconds since boot, suspended time included */
	tsem_u64 parent_started;
	tsem_u64 namespace_id; /* of tsem; 0: in none */
	tsem_u64 cgroup; /* number of its control group */
	tsem_u64 device, inode; /* of what was executed, as the kernel numbers devices */
	/* Path as the process sees it, never NULL. Empty for kernel threads, at a process's end, and if it is hidden. */
	const char *executable;
	const char *comm; /* of the thread, 15 bytes at most */
	const tsem_u8 *task_id; /* TSEM_DIGEST_SIZE bytes; NULL outside of namespaces */
	const tsem_u8 *parent_task_id;
	const struct tsem_coe *ids; /* users, groups, capabilities */
};

#define TSEM_MESSAGE_VERSION 1u

struct tsem_message {
	size_t size;
	tsem_u32 version; /* TSEM_MESSAGE_VERSION */
	tsem_u32 event; /* TSEM_EVENT_* or TSEM_AGENT_FORK ... */
	tsem_u32 action; /* TSEM_AGENT_AUTH: a task waits; TSEM_AGENT_NOTIFY */
	tsem_u32 reserved;
	tsem_u64 sequence; /* of all messages of the agent, from 1: a gap is a loss */
	tsem_u64 event_sequence; /* of the messages of this event */
	tsem_u64 time; /* nanoseconds of CLOCK_MONOTONIC */
	tsem_u64 deadline; /* the same; 0: no task waits */
	const struct tsem_agent_process *process; /* who acts */
	tsem_u64 subject; /* TSEM_AGENT_FORK: the new process; _EXIT: its status, as wait(2) has it; _SYNC: the mark */
	tsem_u64 subject_started; /* TSEM_AGENT_FORK */
	const struct tsem_record *record; /* for tsem_record_to_json, tsem_record_describe; NULL of TSEM_AGENT_FORK ... */
};

/* The message then needs one more tsem_message_release. */
void tsem_message_retain(const struct tsem_message *message);
void tsem_message_release(const struct tsem_message *message);

/* Fields by number: the same for all events that have such a field. Numbers are never used twice. */
#define TSEM_FIELD_PATH 1u /* BYTES: the object; of a rename the old name */
#define TSEM_FIELD_TARGET 2u /* BYTES: the second path of an event that has two */
#define TSEM_FIELD_FLAGS 3u /* NUMBER */
#define TSEM_FIELD_MODE 4u /* NUMBER */
#define TSEM_FIELD_PORT 5u /* NUMBER, as people write it */
#define TSEM_FIELD_ADDRESS 6u /* BYTES: 4, 16, or the name of a UNIX socket */
#define TSEM_FIELD_SIGNAL 7u /* NUMBER */
#define TSEM_FIELD_PROTECTION 8u /* NUMBER: PROT_* */
#define TSEM_FIELD_NAME 9u /* BYTES: of a module, attribute, key, program event */
#define TSEM_FIELD_COMMAND 10u /* NUMBER: of ioctl, fcntl, bpf */
#define TSEM_FIELD_FAMILY 11u /* NUMBER: of a socket */
#define TSEM_FIELD_FIELDS 12u /* BYTES: of a program event, KEY=VALUE with a NUL behind each */
#define TSEM_FIELD_NOTES 13u /* BYTES: the same */

#define TSEM_VALUE_NUMBER 1u
#define TSEM_VALUE_BYTES 2u
struct tsem_field_value {
	size_t size; /* of bytes */
	const void *bytes; /* inside of the message; without a NUL behind it */
	tsem_u64 number;
	tsem_u32 type; /* TSEM_VALUE_* */
	tsem_u32 reserved;
};
/* -ENOENT: the event has no such field, or it is absent; -EINVAL: no such number. */
int tsem_message_field(const struct tsem_message *message, tsem_u32 field, struct tsem_field_value *ret_value);
/* Any field by its name in docs/events.md, such as "file.path.pathname". */
int tsem_message_named(const struct tsem_message *message, const char *name, struct tsem_field_value *ret_value);

/* ---- muting ---- */

/*
 * The kernel side checks mutes before it makes a message. Each mute is for some events, or for all (count 0). A mute by
 * the acting process names a process, an executable file, or the path of an executable. A mute by target names the path
 * that the event is about: if the event has two paths, it has to match both. Paths are as the process sees them, of at
 * most 255 bytes, literal or a prefix; an agent has at most TSEM_AGENT_RULES. A muted AUTH event is allowed.
 */
#define TSEM_MUTE_BY_PROCESS 1u /* pid */
#define TSEM_MUTE_BY_FILE 2u /* path: the executable that is there now, by device and inode */
#define TSEM_MUTE_BY_PATH 3u /* path of the executable */
#define TSEM_MUTE_BY_PREFIX 4u
#define TSEM_MUTE_BY_TARGET 5u
#define TSEM_MUTE_BY_TARGET_PREFIX 6u
struct tsem_mute {
	size_t size; /* sizeof(struct tsem_mute) */
	tsem_u32 by; /* TSEM_MUTE_BY_* */
	tsem_u32 pid;
	const char *path;
	const tsem_u32 *events;
	size_t count;
};
int tsem_agent_mute(struct tsem_agent *agent, const struct tsem_mute *mute, struct tsem_error *error);
/* -ENOENT: there is no such mute. */
int tsem_agent_unmute(struct tsem_agent *agent, const struct tsem_mute *mute, struct tsem_error *error);
/* Then the agent hears only of what is muted: by process (TSEM_AGENT_INVERTS_PROCESSES), by target (_TARGETS). */
int tsem_agent_mute_inverted(struct tsem_agent *agent, tsem_u32 flags, struct tsem_error *error);
/* There are no cached answers yet, so it does nothing and returns 0. */
int tsem_agent_clear_cache(struct tsem_agent *agent, struct tsem_error *error);

/*
 * Puts a message TSEM_AGENT_SYNC with this number as its subject into the stream, after everything that the agent was
 * told before. If a process has several agents, each of them gets the message.
 */
int tsem_agent_sync(struct tsem_agent *agent, tsem_u64 mark);

/* ---- events of programs ---- */

struct tsem_emit_field {
	const char *key; /* without = */
	const char *value;
	tsem_u32 note; /* 1: it differs each time, as a number of a session does */
	tsem_u32 reserved;
};
#define TSEM_EMIT_FIELDS 16
/*
 * Reports an event of the program to agents. Any program may call it, without privileges. The name has dots and at most
 * 64 bytes, such as "app.login.accepted". 0: agents may have heard it, or there are none;
 * -E2BIG: more than 16 fields, or 2048 bytes.
 */
int tsem_emit(const char *name, const struct tsem_emit_field *fields, size_t count);

/* ---- counters ---- */

struct tsem_agent_stats {
	tsem_u64 produced; /* messages: delivered, lost, and waiting */
	tsem_u64 delivered;
	tsem_u64 lost; /* the ring was full */
	tsem_u64 muted;
	tsem_u64 answered; /* in time */
	tsem_u64 denied; /* of these */
	tsem_u64 late; /* the default of the subscription counted */
	tsem_u64 unheard; /* events for which the kernel had no memory, or no working memory */
	tsem_u64 reserved[8]; /* zeros, for counters of later versions */
};
/* event: 0: all together. */
int tsem_agent_stats(const struct tsem_agent *agent, tsem_u32 event, struct tsem_agent_stats *ret_stats,
		     struct tsem_error *error);

struct tsem_agent_info {
	tsem_u64 id;
	tsem_u64 created; /* nanoseconds since boot */
	tsem_u64 target; /* TSEM_SCOPE_NAMESPACE, TSEM_SCOPE_CGROUP: the number */
	tsem_u32 scope;
	tsem_u32 pid;
	tsem_u32 notified, asked; /* number of events */
	struct tsem_agent_stats stats;
	char name[TSEM_NAME_MAX];
	tsem_u64 reserved[8];
};
/* The living agents of the machine, at most limit. */
int tsem_agent_list(struct tsem_agent_info *infos, size_t limit, size_t *ret_count, struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
