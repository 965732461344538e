/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Detections: BPF programs that report when something happens. They are attached while the system runs. */
#ifndef TSEM_DETECT_H
#define TSEM_DETECT_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/detect.h"
#include "buffer.h"
#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tsem_detect;

/*
 * Opens the maps of detections. TSEM_DETECT_LOAD: loads the kernel side, which then stays, and creates missing maps.
 * Without this flag: -ENOENT if nothing is loaded, or no detection was ever attached.
 */
#define TSEM_DETECT_LOAD 0x1u
int tsem_detect_open(unsigned flags, struct tsem_detect **ret_detect, struct tsem_error *error);
void tsem_detect_close(struct tsem_detect *detect);

/* Changes to a detection. Members that are NULL or not among the bits of `which` keep their value or the default. */
#define TSEM_DETECT_ACTION 0x1u
#define TSEM_DETECT_ONCE 0x2u
#define TSEM_DETECT_ARMED 0x4u
#define TSEM_DETECT_HOST 0x8u /* its scope is the host */
struct tsem_detect_change {
	size_t size;
	tsem_u32 which;
	tsem_u32 action; /* TSEM_ACTION_* */
	tsem_u32 once; /* TSEM_ONCE_* */
	tsem_u32 armed;
	const char *scope_namespace; /* its scope is the living session of that name */
	const char *scope_group; /* its scope is the control group of that path */
	const char *digests; /* replaces the whole list: a file with one digest on each line, as sha256sum prints them */
	const char *words; /* replaces the whole list of words: separated by commas */
};

/*
 * Attaches a detection: that of an object file, or one that comes with tsem, by its name. Detections that are already
 * attached continue to run meanwhile. ret_name has room for TSEM_DETECT_NAME bytes.
 */
int tsem_detect_add(struct tsem_detect *detect, const char *object, const struct tsem_detect_change *change,
		    char *ret_name, struct tsem_error *error);
/* Changes an attached detection, without a gap. */
int tsem_detect_set(struct tsem_detect *detect, const char *name, const struct tsem_detect_change *change,
		    struct tsem_error *error);
int tsem_detect_remove(struct tsem_detect *detect, const char *name, struct tsem_error *error);
/* Loads it, attaches nothing, leaves nothing behind. log: the verifier's output; on success only if it is wanted. */
int tsem_detect_test(struct tsem_detect *detect, const char *object, bool verbose, struct tsem_buffer *log,
		     struct tsem_error *error);

struct tsem_detect_status {
	struct tsem_detection detection;
	struct tsem_detect_counts counts; /* of all processors */
	tsem_u32 programs;
	char hooks[256]; /* with blanks between them */
	char scope[512]; /* in words */
	tsem_u64 runs, nanoseconds; /* of its programs, while the kernel measures them */
	size_t digests, words; /* of its lists */
};
/* The attached detections, in the order in which they were attached; free() the array, which is one block. */
int tsem_detect_list(struct tsem_detect *detect, struct tsem_detect_status **ret_list, size_t *ret_count,
		     struct tsem_error *error);
/* Lets the kernel measure programs as long as the descriptor is open. */
int tsem_detect_measure(struct tsem_error *error);

/* Files that come with tsem: objects by name, in alphabetical order, and headers by their paths below include/. */
struct tsem_detect_shipped {
	const char *name;
	const unsigned char *bytes;
	size_t size;
};
/* The index-th; false: there are no more. */
bool tsem_detect_object(size_t index, struct tsem_detect_shipped *ret_object);
bool tsem_detect_header(size_t index, struct tsem_detect_shipped *ret_header);
/* The head of the object: its name, technique, description and defaults. */
int tsem_detect_head(const char *object, struct tsem_detection_head *ret_head, struct tsem_error *error);

typedef void (*tsem_signal_fn)(void *context, const struct tsem_signal *signal);
/*
 * Moves the signals from the ring into the file of signals, and calls fn (which may be NULL) for each. -EWOULDBLOCK
 * without a sentence: another process does this already.
 */
int tsem_detect_take(struct tsem_detect *detect, tsem_signal_fn fn, void *context, struct tsem_error *error);
/*
 * Ensures that all signals sent before the call are in the file: takes them, or waits for the process that does.
 * -ETIMEDOUT: that process has not done it within ten seconds.
 */
int tsem_detect_take_all(struct tsem_detect *detect, struct tsem_error *error);
/* Runs the programs of detections that examine the system periodically. */
void tsem_detect_look(struct tsem_detect *detect);
/* From now on another process may take the signals. */
void tsem_detect_let(struct tsem_detect *detect);
/* Readable when there are signals to take. */
int tsem_detect_fd(const struct tsem_detect *detect);
/* Calls fn (which may be NULL) for each signal in the file after number *after, and sets *after to the last number. */
int tsem_detect_read(tsem_u64 *after, tsem_signal_fn fn, void *context, struct tsem_error *error);
/* How many signals were sent, and how many of these were lost because nobody took them in time. */
void tsem_detect_signals(struct tsem_detect *detect, tsem_u64 *ret_sent, tsem_u64 *ret_lost);

struct tsem_orchestrator;
struct tsem_untrusted {
	tsem_u32 pid;
	bool frozen;
	char comm[TSEM_COMM_SIZE + 1];
	char session[TSEM_NAME_MAX]; /* whose model or detection made it untrusted */
};
/* Whether there is a namespace for untrusted processes that are outside of all others. */
bool tsem_detect_untrusts(struct tsem_detect *detect);
/*
 * Makes this orchestrator's namespace, which is empty and enforces an empty model, that namespace. It then stays.
 * tsem_detect_add and tsem_detect_set create none, so call this before a detection gets TSEM_ACTION_UNTRUST or
 * TSEM_ACTION_FREEZE: without that namespace, a process outside of all others does not become untrusted.
 */
int tsem_detect_untrust_by(struct tsem_detect *detect, struct tsem_orchestrator *orchestrator, const char *name,
			   struct tsem_error *error);
/* All untrusted processes; free() the array. */
int tsem_untrusted_list(struct tsem_untrusted **ret_list, size_t *ret_count, struct tsem_error *error);
/*
 * Makes a process trusted again, with all its threads, and records the reason among the signals. Its children stay
 * untrusted.
 */
int tsem_detect_forgive(struct tsem_detect *detect, tsem_u32 pid, const char *reason, struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
