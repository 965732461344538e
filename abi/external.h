/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a task of an external namespace asks: its event goes to the ring, and it
 * reads one attribute of the helper's executable, which the orchestrator serves.
 * The bytes of the attribute are the answer.
 */
#ifndef TSEM_ABI_EXTERNAL_H
#define TSEM_ABI_EXTERNAL_H

#include "limits.h"
#include "types.h"

#define TSEM_KEY_SIZE 32
#define TSEM_RENDEZVOUS "tsem" /* type of the file system, after "fuse." */

/* Value of map tsem_externals, by slot. Written by the orchestrator: before the namespace, at each sign of life, and to stop it. */
struct tsem_external {
	tsem_u8 key[TSEM_KEY_SIZE]; /* random; an answer must contain it */
	tsem_u64 context; /* the namespace; 0: none */
	tsem_u64 device; /* of the file system that the helper's executable is on */
	tsem_u32 helper; /* its process id */
	tsem_u32 stopped; /* 1: nothing passes any more, and every task that tries is killed */
	tsem_u64 served_until; /* nanoseconds since boot: without a newer sign of life nothing passes then that cannot wait */
};
TSEM_SIZE(tsem_external, 64);
TSEM_LAYOUT(tsem_external, served_until, 56);
TSEM_LAYOUT(tsem_external, context, 32);
TSEM_LAYOUT(tsem_external, helper, 48);

#define TSEM_ANSWER_TRUSTED 0xa5u /* anything else is not */
#define TSEM_ANSWER_UNTRUSTED 0x5au
struct tsem_answer {
	tsem_u8 key[TSEM_KEY_SIZE];
	tsem_u64 context;
	tsem_u64 number; /* of the record, which no other event has */
	tsem_u32 verdict;
	tsem_u32 reserved;
	tsem_u8 coefficient[TSEM_DIGEST_SIZE]; /* of the event, for the counts */
};
TSEM_SIZE(tsem_answer, 88);
TSEM_LAYOUT(tsem_answer, number, 40);
TSEM_LAYOUT(tsem_answer, coefficient, 56);

#endif
