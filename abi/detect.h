/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by detections, which are BPF programs of their own, and the library: the values of their maps, and signals. */
#ifndef TSEM_ABI_DETECT_H
#define TSEM_ABI_DETECT_H

#include "limits.h"
#include "types.h"

#define TSEM_DETECT_VERSION 1u /* of what an object and the library agree on */
#define TSEM_DETECTIONS_MAX 64 /* attached at one time */
#define TSEM_DETECT_HOOK_MAX \
	32 /* programs of detections on one hook: the kernel has room for 38, also for those of tsem */
#define TSEM_DETECT_PROGRAMS_MAX 16 /* programs of one detection */
#define TSEM_DETECT_NAME 32
#define TSEM_DETECT_TECHNIQUE 16
#define TSEM_DETECT_TEXT 160
#define TSEM_DETECT_WORDS_MAX 32
#define TSEM_DETECT_WORD 64

/* tsem_detection.scope */
#define TSEM_DETECT_SCOPE_HOST 0u
#define TSEM_DETECT_SCOPE_NAMESPACE 1u
#define TSEM_DETECT_SCOPE_GROUP 2u

/* tsem_detection.once: signals that are left out are counted, and the action is taken all the same */
#define TSEM_ONCE_NEVER 0u
#define TSEM_ONCE_TASK 1u
#define TSEM_ONCE_MINUTE 2u

/* In the object of a detection, in the section .rodata.tsem. The last two are written by the library before loading. */
struct tsem_detection_head {
	tsem_u32 version;
	tsem_u32 action; /* TSEM_ACTION_*: the default */
	tsem_u32 ends; /* 1: its hook cannot refuse: to deny it ends the process, before that has done anything else */
	tsem_u32 observes; /* 1: its hooks can neither refuse nor end anything that has not happened yet */
	tsem_u8 name[TSEM_DETECT_NAME];
	tsem_u8 technique[TSEM_DETECT_TECHNIQUE];
	tsem_u8 text[TSEM_DETECT_TEXT];
	tsem_u64 id;
	tsem_u32 number;
	tsem_u32 zero;
};
TSEM_SIZE(tsem_detection_head, 240);

/* Value of map tsem_detections, by number. Written by the library; of a detection that is attached, while it runs. */
struct tsem_detection {
	tsem_u64 id; /* never used twice between two loads; 0: free, or not attached as a whole yet */
	tsem_u32 action;
	tsem_u32 scope;
	tsem_u64 place; /* the id of the namespace, or the number of the control group */
	tsem_u32 level; /* of the control group below the root */
	tsem_u32 once;
	tsem_u64 last; /* when the last signal was sent, for TSEM_ONCE_MINUTE; written by the programs */
	tsem_u64 added; /* nanoseconds of the monotonic clock */
	tsem_u32 armed; /* 1: what was allowed until now is not any more */
	tsem_u32 ends, observes; /* as in the head */
	tsem_u32 zero;
	tsem_u8 name[TSEM_DETECT_NAME];
	tsem_u8 technique[TSEM_DETECT_TECHNIQUE];
	tsem_u8 text[TSEM_DETECT_TEXT];
};
TSEM_SIZE(tsem_detection, 272);

/* Value of map tsem_detect_counts, by number, for each processor. */
struct tsem_detect_counts {
	tsem_u64 calls; /* of its programs */
	tsem_u64 signals; /* sent or lost */
	tsem_u64 refused; /* also: ended, stopped */
	tsem_u64 quiet; /* not sent, because of once */
	tsem_u64 failed; /* it could not look: too large, no memory */
};
TSEM_SIZE(tsem_detect_counts, 40);

/* The one value of map tsem_detect_state. */
struct tsem_detect_state {
	tsem_u64 number; /* of signals that were sent, by all detections, also of those that were lost */
	tsem_u64 lost; /* found the ring full, or could not be written */
	tsem_u64 last_id; /* of a detection; of the library only */
	tsem_u64 untrusted; /* id of the namespace for who is untrusted outside all others; 0: there is none */
	tsem_u32 untrusted_slot;
	tsem_u32 missed; /* executables in use that there was no room to keep account of */
	tsem_u64 taken; /* signals that were written to their file; of the library only */
};
TSEM_SIZE(tsem_detect_state, 48);

/* What came of a signal. */
#define TSEM_SIGNAL_LOGGED 0u
#define TSEM_SIGNAL_REFUSED 1u
#define TSEM_SIGNAL_UNTRUSTED 2u
#define TSEM_SIGNAL_KILLED 3u
#define TSEM_SIGNAL_FROZEN 4u
#define TSEM_SIGNAL_SPARED 5u /* process 1, or a thread of the kernel: only refused what it did */
#define TSEM_SIGNAL_FORGIVEN 6u /* written by the library: who was untrusted is let go */

#define TSEM_SIGNAL_PROGRAM 256
#define TSEM_SIGNAL_PATH 512
#define TSEM_SIGNAL_STRING 256
#define TSEM_SIGNAL_BELOW 256 /* room behind a path that is written from its end */

/* What is in map tsem_signals, a ring, and in the file of signals. */
struct tsem_signal {
	tsem_u64 number; /* from 1 on, in the order of the file, where those that were lost leave gaps */
	tsem_u64 time; /* nanoseconds of the monotonic clock, as everywhere here */
	tsem_u64 detection; /* its id */
	tsem_u32 outcome;
	tsem_u32 pid;
	tsem_u32 tid;
	tsem_u32 ppid;
	tsem_u32 uid;
	tsem_u32 euid;
	tsem_u64 started; /* the process, nanoseconds since boot */
	tsem_u64 context; /* namespace id; 0: outside every namespace */
	tsem_u64 group; /* the number of the control group */
	tsem_u64 value; /* evidence: a number; what it means depends on the detection */
	tsem_u32 other_pid; /* evidence: another process; 0: none */
	tsem_u32 path_at; /* where the path begins */
	tsem_u8 other_comm[TSEM_COMM_SIZE];
	tsem_u8 comm[TSEM_COMM_SIZE];
	tsem_u8 task_id[TSEM_DIGEST_SIZE];
	tsem_u8 digest[TSEM_DIGEST_SIZE]; /* evidence: of a content; all 0: none */
	tsem_u8 name[TSEM_DETECT_NAME];
	tsem_u8 technique[TSEM_DETECT_TECHNIQUE];
	tsem_u8 program[TSEM_SIGNAL_PROGRAM]; /* path of the executable of the process */
	tsem_u8 path[TSEM_SIGNAL_PATH + TSEM_SIGNAL_BELOW]; /* evidence */
	tsem_u8 string[TSEM_SIGNAL_STRING]; /* evidence */
};
TSEM_SIZE(tsem_signal, 1512);
TSEM_LAYOUT(tsem_signal, program, 232);

#endif
