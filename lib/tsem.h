/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libtsem: models, events and modeling namespaces.
 *
 * Functions that can fail return 0 or a negative errno and fill the caller's
 * struct tsem_error (which may be NULL) with one sentence: what failed, on
 * what, why, and what to do. The library never prints. Out-parameters are
 * called ret_x, come last, and are written only on success.
 */
#ifndef TSEM_H
#define TSEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../abi/namespace.h"
#include "../abi/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---------------------------------------------------------- */

struct tsem_error {
	int code; /* positive errno */
	char text[1024];
};

/* Returns -code, so that a caller can write return tsem_error_set(...). */
int tsem_error_set(struct tsem_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts "context: " before the present text. Returns -error->code. */
int tsem_error_wrap(struct tsem_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- byte buffer that grows; all zeros is an empty one ---------------- */

struct tsem_buffer {
	char *data; /* always followed by a NUL that size does not count, once anything was added */
	size_t size;
	size_t capacity;
	bool failed; /* out of memory: sticky, checked once at the end */
};

void tsem_buffer_deinit(struct tsem_buffer *buffer);
void tsem_buffer_add(struct tsem_buffer *buffer, const void *bytes, size_t size);
void tsem_buffer_printf(struct tsem_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- events ----------------------------------------------------------- */

/* NULL when there is no event of that number. */
const char *tsem_event_name(unsigned number);
/* 0 when there is no event of that name. */
unsigned tsem_event_number(const char *name);
/* One of the class names of events.def in lower case ("file", "process", ...), NULL when there is no such event. */
const char *tsem_event_class(unsigned number);

/* Classes by name, separated by commas, as TSEM_OPTION_BYPASS bits. -EINVAL: a name that is none, or there twice. */
int tsem_bypass_parse(const char *text, size_t size, tsem_u32 *ret_options);
/* Appends what tsem_bypass_parse reads; nothing when there are none. */
void tsem_bypass_format(tsem_u32 options, struct tsem_buffer *buffer);

/*
 * Checks that size bytes are one whole record: head, known event, and a CELL
 * that decodes to its last byte by the event's row. A record with
 * TSEM_RECORD_FAILED may have a CELL that is cut anywhere.
 */
int tsem_record_check(const void *bytes, size_t size, struct tsem_error *error);

/* Appends the event as one line of JSON without a newline. The record has been checked. */
void tsem_record_to_json(const struct tsem_record *record, struct tsem_buffer *buffer);

/* Parses what tsem_record_to_json writes. The caller frees *ret_record with free(). Errors name the position in bytes. */
int tsem_record_from_json(const char *text, size_t size, struct tsem_record **ret_record, struct tsem_error *error);

/*
 * Appends what the event does, as the end of a sentence that begins with a
 * program ("opens /etc/passwd for reading", "connects to 127.0.0.1 port 80").
 * Control characters and bytes that are not UTF-8 are escaped.
 */
void tsem_record_describe(const struct tsem_record *record, struct tsem_buffer *buffer);

/* Appends the path (or name) of the object that the event is about, escaped as above; nothing when it has none. */
void tsem_record_object(const struct tsem_record *record, struct tsem_buffer *buffer);

/* Computes the coefficient from the record's own fields (docs/coefficients.md). */
void tsem_record_coefficient(const struct tsem_record *record, tsem_u8 ret_coefficient[TSEM_DIGEST_SIZE]);

/*
 * How far two events are apart, as weighted number of differing fields; 0 when
 * equal, and events of different kinds are farther than any two of one kind.
 * For the search of the nearest allowed event.
 */
unsigned tsem_record_distance(const struct tsem_record *a, const struct tsem_record *b);

/* Appends the names and values of the fields in which b differs from a, in words. */
void tsem_record_difference(const struct tsem_record *a, const struct tsem_record *b, struct tsem_buffer *buffer);

/* ---- sets of coefficients --------------------------------------------- */

struct tsem_entry {
	tsem_u8 coefficient[TSEM_DIGEST_SIZE];
	tsem_u64 number; /* order of first appearance, from 1; 0 when not known */
	tsem_u64 count;  /* times seen */
	tsem_u32 run;    /* learning run in which it first appeared, from 1; 0 when not known */
	tsem_u32 reserved;
	struct tsem_record *record; /* owned; NULL when only the coefficient is known */
};

/* Look-up is by hash; entries stay in the order in which they were added. All zeros is an empty set. */
struct tsem_set {
	struct tsem_entry *entries;
	size_t count;
	size_t capacity;
	tsem_u32 *slots; /* private: open addressing, index + 1 */
	size_t slot_count;
};

void tsem_set_deinit(struct tsem_set *set);
struct tsem_entry *tsem_set_find(const struct tsem_set *set, const tsem_u8 coefficient[TSEM_DIGEST_SIZE]);
/* Adds or finds; *ret_new (may be NULL) tells which. NULL when out of memory. */
struct tsem_entry *tsem_set_add(struct tsem_set *set, const tsem_u8 coefficient[TSEM_DIGEST_SIZE], bool *ret_new);

/*
 * Measurement: H(measurement || extend(c)) over the aggregate and then the
 * coefficients by number. State: H(state || extend(c)) over the aggregate and
 * then the coefficients sorted as big-endian numbers. extend(v) = H(base || v).
 * aggregate and base may be NULL: zeros. (docs/coefficients.md)
 */
int tsem_set_measurement(const struct tsem_set *set, const tsem_u8 *aggregate, const tsem_u8 *base,
			 tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);
int tsem_set_state(const struct tsem_set *set, const tsem_u8 *aggregate, const tsem_u8 *base,
		   tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);

/* ---- models ----------------------------------------------------------- */

struct tsem_model {
	char name[TSEM_NAME_MAX];
	tsem_u32 options; /* TSEM_OPTION_*: profile and digest policy */
	tsem_u32 runs;    /* learning runs that made it */
	struct tsem_set set;
};

struct tsem_model *tsem_model_create(const char *name, tsem_u32 options);
void tsem_model_destroy(struct tsem_model *model);
/* Errors name the file, the line and the reason. Nothing is guessed: a file that is not whole is refused. */
int tsem_model_read(const char *path, struct tsem_model **ret_model, struct tsem_error *error);
/* Temporary file beside path, fsync, rename: path is either as it was or complete. */
int tsem_model_write(const struct tsem_model *model, const char *path, struct tsem_error *error);

/* ---- the kernel side --------------------------------------------------- */

struct tsem_feature {
	const char *name;   /* "BPF LSM active" */
	bool required;      /* for enforcement */
	bool present;
	char detail[256];   /* what was found */
	char remedy[512];   /* what to do; empty when present */
};

/* Asks the running kernel, feature by feature. *ret_count features, at most limit. Loads nothing for long. */
int tsem_features_probe(struct tsem_feature *features, size_t limit, size_t *ret_count, struct tsem_error *error);

struct tsem_kernel;

/*
 * Opens the pinned maps of the loaded programs; loads them when they are not
 * loaded yet and flags has TSEM_KERNEL_LOAD. Programs that were loaded without
 * TSEM_KERNEL_ALL_EVENTS are refused, with -EBUSY, to whoever asks for it.
 */
#define TSEM_KERNEL_LOAD 0x1u
#define TSEM_KERNEL_PERSISTENT 0x2u /* they stay loaded when the last namespace has ended */
#define TSEM_KERNEL_ALL_EVENTS 0x4u
int tsem_kernel_open(unsigned flags, struct tsem_kernel **ret_kernel, struct tsem_error *error);
/* Unloads programs that were not loaded as persistent and that no namespace needs. */
void tsem_kernel_close(struct tsem_kernel *kernel);
/* -EBUSY while a namespace lives, unless force is true. */
int tsem_kernel_unload(bool force, struct tsem_error *error);
bool tsem_kernel_loaded(void);

struct tsem_namespace_options {
	const char *name;
	tsem_u32 mode;    /* TSEM_MODE_* */
	tsem_u32 action;  /* TSEM_ACTION_* */
	tsem_u32 options; /* TSEM_OPTION_*; with _STREAM records go to the caller of drain only, not into the session's files */
	tsem_u32 limit;   /* coefficients that can be added; 0: default */
	const struct tsem_model *model; /* NULL: empty */
};

struct tsem_orchestrator;

/* Called for each record, already checked; a non-zero return ends the draining and is returned. */
typedef int (*tsem_record_fn)(void *context, const struct tsem_record *record);

int tsem_orchestrator_create(struct tsem_kernel *kernel, const struct tsem_namespace_options *options,
			     struct tsem_orchestrator **ret_orchestrator, struct tsem_error *error);
/* Puts the process of a pidfd into the namespace: it and whatever it starts are modeled from now on. */
int tsem_orchestrator_enter(struct tsem_orchestrator *orchestrator, int pidfd, struct tsem_error *error);
/* Readable when records wait. */
int tsem_orchestrator_fd(const struct tsem_orchestrator *orchestrator);
/* Takes all waiting records into the session's files and calls fn (may be NULL) for each. */
int tsem_orchestrator_drain(struct tsem_orchestrator *orchestrator, tsem_record_fn fn, void *context,
			    struct tsem_error *error);
/* So many records that fn took, it could not pass on after all: they are not delivered but lost. */
void tsem_orchestrator_undelivered(struct tsem_orchestrator *orchestrator, tsem_u64 count);
int tsem_orchestrator_status(const struct tsem_orchestrator *orchestrator, struct tsem_namespace *ret_status,
			     struct tsem_error *error);
/*
 * Drains, a stream to the fn of the last call of drain, writes the session's last state, and frees the slot when no
 * task is left.
 */
int tsem_orchestrator_destroy(struct tsem_orchestrator *orchestrator, struct tsem_error *error);

/*
 * Keeps this process and what it starts from now on out of the root namespace
 * (TSEM_OPTION_ROOT): who carries events away must not make new ones by it.
 */
int tsem_kernel_stay_outside(struct tsem_kernel *kernel, struct tsem_error *error);

/* ---- sessions: namespaces, living or ended, by name --------------------- */

struct tsem_session {
	char name[TSEM_NAME_MAX];
	bool live;             /* has tasks */
	bool orchestrated;     /* its orchestrator lives */
	struct tsem_namespace status;
	struct tsem_model *model; /* the sealed model; NULL in free mode */
	struct tsem_set trajectory; /* what was learned; of a sealed model: the points that this session has reached */
	struct tsem_set forensics;
};

/* Names of all sessions, newest first; free() the array, which is one block. */
int tsem_session_list(char (**ret_names)[TSEM_NAME_MAX], size_t *ret_count, struct tsem_error *error);
/* Only the head of it: no model, no sets. */
int tsem_session_status(const char *name, struct tsem_session *ret_session, struct tsem_error *error);
int tsem_session_open(const char *name, struct tsem_session **ret_session, struct tsem_error *error);
void tsem_session_destroy(struct tsem_session *session);

struct tsem_follow;

/* Reads the records of a session, living or ended, from its first one on. */
int tsem_follow_open(const char *name, struct tsem_follow **ret_follow, struct tsem_error *error);
/* Calls fn, as drain does, for those that have come. *ret_ended: there will be no more. */
int tsem_follow_read(struct tsem_follow *follow, tsem_record_fn fn, void *context, bool *ret_ended,
		     struct tsem_error *error);
void tsem_follow_close(struct tsem_follow *follow);

#ifdef __cplusplus
}
#endif
#endif
