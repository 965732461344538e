/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Detections: BPF programs of anybody's that say when something happened, attached while the system runs. */
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
 * Opens what the loaded kernel side has of detections. TSEM_DETECT_LOAD: loads the kernel side, which then stays, and
 * makes what there is not. Without it: -ENOENT where nothing is loaded or no detection was ever attached.
 */
#define TSEM_DETECT_LOAD 0x1u
int tsem_detect_open(unsigned flags, struct tsem_detect **ret_detect, struct tsem_error *error);
void tsem_detect_close(struct tsem_detect *detect);

/* What is changed about a detection. What is NULL or not among the bits of `which` stays, or is the default. */
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
	const char *digests; /* instead of all of its list: a file with one in each line, as sha256sum prints them */
	const char *words; /* instead of all of its words: with commas between them */
};

/*
 * Attaches the detection of an object, a file, or of the name of one that tsem has with it. Those that are attached
 * already run on meanwhile. ret_name has room for TSEM_DETECT_NAME bytes.
 */
int tsem_detect_add(struct tsem_detect *detect, const char *object, const struct tsem_detect_change *change,
		    char *ret_name, struct tsem_error *error);
/* Changes one that is attached, without a gap. */
int tsem_detect_set(struct tsem_detect *detect, const char *name, const struct tsem_detect_change *change,
		    struct tsem_error *error);
int tsem_detect_remove(struct tsem_detect *detect, const char *name, struct tsem_error *error);
/* Loads it, attaches nothing, and leaves nothing. log: what the verifier says; when it agrees only if that is wanted. */
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
/* Those that are attached, in the order in which that was done; free() the array, which is one block. */
int tsem_detect_list(struct tsem_detect *detect, struct tsem_detect_status **ret_list, size_t *ret_count,
		     struct tsem_error *error);
/* Lets the kernel measure programs as long as the descriptor is open. */
int tsem_detect_measure(struct tsem_error *error);

/* What tsem has with it: objects by their names, in alphabetical order, and headers by their paths below include/. */
struct tsem_detect_shipped {
	const char *name;
	const unsigned char *bytes;
	size_t size;
};
/* The index-th; false: there are no more. */
bool tsem_detect_object(size_t index, struct tsem_detect_shipped *ret_object);
bool tsem_detect_header(size_t index, struct tsem_detect_shipped *ret_header);
/* What the object says about itself. */
int tsem_detect_head(const char *object, struct tsem_detection_head *ret_head, struct tsem_error *error);

typedef void (*tsem_signal_fn)(void *context, const struct tsem_signal *signal);
/*
 * Takes the signals that have come into the file of signals, and calls fn (which may be NULL) for each. -EWOULDBLOCK
 * without a sentence: another process does.
 */
int tsem_detect_take(struct tsem_detect *detect, tsem_signal_fn fn, void *context, struct tsem_error *error);
/*
 * All signals that were sent before the call are in the file afterwards: takes them, or waits for the process that does.
 * -ETIMEDOUT: that one has not within ten seconds.
 */
int tsem_detect_take_all(struct tsem_detect *detect, struct tsem_error *error);
/* Runs the programs of detections that look by themselves now and then. */
void tsem_detect_look(struct tsem_detect *detect);
/* Another process may take them from now on. */
void tsem_detect_let(struct tsem_detect *detect);
/* Readable when there are signals to take. */
int tsem_detect_fd(const struct tsem_detect *detect);
/* Calls fn (which may be NULL) for each in the file of signals behind number *after, which becomes that of the last one. */
int tsem_detect_read(tsem_u64 *after, tsem_signal_fn fn, void *context, struct tsem_error *error);
/* How many were sent, and of these lost because nobody took them in time. */
void tsem_detect_signals(struct tsem_detect *detect, tsem_u64 *ret_sent, tsem_u64 *ret_lost);

struct tsem_orchestrator;
struct tsem_untrusted {
	tsem_u32 pid;
	bool frozen;
	char comm[TSEM_COMM_SIZE + 1];
	char session[TSEM_NAME_MAX]; /* whose model or detection it was */
};
/* Whether there is a namespace for the untrusted outside all others. */
bool tsem_detect_untrusts(struct tsem_detect *detect);
/* That of this orchestrator, which is empty and enforces an empty model, becomes it, and stays without tasks. */
int tsem_detect_untrust_by(struct tsem_detect *detect, struct tsem_orchestrator *orchestrator, const char *name,
			   struct tsem_error *error);
/* All untrusted processes; free() the array. */
int tsem_untrusted_list(struct tsem_untrusted **ret_list, size_t *ret_count, struct tsem_error *error);
/* Lets a process go, with all its threads, and notes why among the signals. Its children stay untrusted. */
int tsem_detect_forgive(struct tsem_detect *detect, tsem_u32 pid, const char *reason, struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
