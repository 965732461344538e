/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Declarations that the parts of lib/detect share. */
#ifndef TSEM_LIB_DETECT_H
#define TSEM_LIB_DETECT_H

#include "../kernel/runtime.h"
#include "pins.h"

#include <bpf/libbpf.h>

#define DETECT_PINS TSEM_PINS "/detect"
#define DETECT_LOADING DETECT_PINS "/+loading" /* no detection has this name */
#define DETECT_BASE DETECT_PINS "/+base" /* programs that several detections need */
#define DETECT_PERIODIC \
	"bpf_link" /* what programs iterate over that are run now and then: for the last call, without one */
#define DETECT_RUN TSEM_RUN_DIRECTORY "/detect"

/* The maps that all detections share, besides those of the kernel side. M(member, name) */
#define DETECT_MAPS(M) \
	M(detections, tsem_detections) \
	M(counts, tsem_detect_counts) \
	M(state, tsem_detect_state) \
	M(signals, tsem_signals) \
	M(running, tsem_running)

struct tsem_detect {
	struct tsem_kernel *kernel;
#define M(member, name) int member;
	DETECT_MAPS(M)
#undef M
	struct tsem_detection *table; /* TSEM_DETECTIONS_MAX of them, shared with the programs */
	struct tsem_detect_state *shared; /* with the programs, too */
	struct ring_buffer *ring; /* while this process takes the signals */
	int taking; /* the lock for that; -1 */
	struct taking *context;
};

/* Serialises attaching and removing. A descriptor or a negative errno. */
int detect_lock(struct tsem_error *error);
/* The kernel side forgets that what is pinned there belongs to tsem, because it goes. */
void detect_unnote(const struct tsem_detect *detect, const char *directory);
/* The same of an object that was loaded and does not stay, and of a map. */
void detect_unnote_object(const struct tsem_detect *detect, const struct bpf_object *object);
void detect_unnote_map(const struct tsem_detect *detect, tsem_u32 id);
/* The number of the detection that is attached under that name; -ENOENT. */
int detect_find(const struct tsem_detect *detect, const char *name, struct tsem_error *error);

/* ---- object.c: the object of a detection, opened and looked at; nothing is loaded ---- */

struct detect_object {
	struct bpf_object *object;
	struct tsem_detection_head head; /* with the name that users see */
	struct tsem_detection_head *inside; /* of the object */
	bool shipped; /* comes with tsem */
	char *bytes;
	char *log; /* of the verifier */
};

#define DETECT_LOG_SIZE (1u << 20)

int detect_object_open(const char *name, struct detect_object *ret_object, struct tsem_error *error);
void detect_object_close(struct detect_object *object);
/* Lets it use the maps that all detections share. */
int detect_object_share(struct detect_object *object, const struct tsem_detect *detect, struct tsem_error *error);
/* Loads it. The error has the verifier's objection as a sentence. */
int detect_object_load(struct detect_object *object, struct tsem_error *error);
/* The hook of a program: its section without what comes before the slash. */
const char *detect_hook(const struct bpf_program *program);

/* ---- base.c ---- */

/* Attach the programs that count executables in use, and those that watch the births of tasks. */
int detect_base_running(struct tsem_detect *detect, struct tsem_error *error);
int detect_base_untrust(struct tsem_detect *detect, struct tsem_error *error);

/* ---- lists.c ---- */

int detect_lists_set(const struct tsem_detect *detect, const char *directory, const char *name,
		     const struct tsem_detect_change *change, struct tsem_error *error);
void detect_lists_count(const char *directory, size_t *ret_digests, size_t *ret_words);
/* The id of the map with the digests, which is in another one; 0: there is none. */
tsem_u32 detect_list_id(int outer);

/* ---- signals.c ---- */

/* For new shared state: continues the numbers of the signals in the file. */
int detect_number_on(struct tsem_detect *detect, struct tsem_error *error);
int detect_note_signal(struct tsem_detect *detect, struct tsem_signal *signal, struct tsem_error *error);
#endif
