/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The messages between a client that has events (the orchestrator) and a trusted modeling agent (docs/tma-protocol.md).
 * Little-endian; reserved members are zero. Numbers are never reused.
 */
#ifndef TSEM_ABI_TMA_H
#define TSEM_ABI_TMA_H

#include "limits.h"
#include "types.h"

#define TSEM_TMA_MAGIC 0x4d455354u /* "TSEM" */
#define TSEM_TMA_VERSION 1
#define TSEM_TMA_PAYLOAD_MAX 65536u
#define TSEM_TMA_PAYLOAD_MIN 20480u /* each side takes at least so much: one event fits in */
#define TSEM_TMA_HELLO_MAX 256u /* largest payload of a greeting: a wrong one cannot make a reader wait for long */
#define TSEM_TMA_WINDOW_MAX 64u /* requests without answer at one time */
#define TSEM_TMA_NONCE_SIZE 32
#define TSEM_TMA_TICKET_SIZE 16

/* Before each payload. Behind it: u32, CRC-32 over the first 28 bytes of the head and the payload. */
struct tsem_tma_head {
	tsem_u32 magic;
	tsem_u8 version;
	tsem_u8 type;
	tsem_u16 flags;
	tsem_u64 session; /* chosen by the client at random; frames with another one are noise */
	tsem_u32 sequence;
	tsem_u32 size; /* of the payload */
	tsem_u32 reserved;
	tsem_u32 check; /* CRC-32 over the 28 bytes before */
};
TSEM_SIZE(tsem_tma_head, 32);
TSEM_LAYOUT(tsem_tma_head, session, 8);
TSEM_LAYOUT(tsem_tma_head, check, 28);
#define TSEM_TMA_OVERHEAD (32u + 4u)

/* tsem_tma_head.type: requests. The answer has the same number and this bit, or is an error. */
#define TSEM_TMA_ANSWER 0x80u
#define TSEM_TMA_HELLO 0x01u
#define TSEM_TMA_BYE 0x02u
#define TSEM_TMA_CREATE 0x10u
#define TSEM_TMA_DESTROY 0x11u
#define TSEM_TMA_MODEL 0x12u
#define TSEM_TMA_BASE 0x13u
#define TSEM_TMA_PSEUDONYM 0x14u
#define TSEM_TMA_AGGREGATE 0x15u
#define TSEM_TMA_SEAL 0x16u
#define TSEM_TMA_ENFORCE 0x17u
#define TSEM_TMA_EVENT 0x18u
#define TSEM_TMA_SHOW 0x19u
#define TSEM_TMA_ERROR 0xffu

/* Digest functions. TSEM_HASH(number, name, size) */
#define TSEM_HASHES(H) \
	H(1, sha256, "sha256", 32) \
	H(2, sha384, "sha384", 48) H(3, sha512, "sha512", 64) H(4, sha3_256, "sha3-256", 32) H(5, sm3, "sm3", 32)
enum {
	TSEM_HASH_LIMIT = 6,
#define H(number, key, name, size) TSEM_HASH_##key = (number),
	TSEM_HASHES(H)
#undef H
};
#define TSEM_HASH_SIZE_MAX 64

/* capabilities, in both greetings */
#define TSEM_TMA_CAN_MODEL 0x1u /* MODEL, SEAL, ENFORCE */
#define TSEM_TMA_CAN_MEASURE 0x2u /* BASE, AGGREGATE, and SHOW of state and measurement */
#define TSEM_TMA_CAN_PSEUDONYM 0x4u /* PSEUDONYM */
#define TSEM_TMA_CAN_SHOW 0x8u /* SHOW of the rest */

struct tsem_tma_hello {
	tsem_u16 version_least;
	tsem_u16 version_most;
	tsem_u32 capabilities;
	tsem_u32 window;
	tsem_u32 payload_max; /* that the client takes */
	tsem_u8 nonce[TSEM_TMA_NONCE_SIZE];
	tsem_u8 name[TSEM_NAME_MAX];
};
TSEM_SIZE(tsem_tma_hello, 112);

struct tsem_tma_greeting {
	tsem_u16 version;
	tsem_u16 reserved;
	tsem_u32 capabilities;
	tsem_u32 window;
	tsem_u32 payload_max; /* that the agent takes */
	tsem_u32 hashes; /* bit 1 << TSEM_HASH_* */
	tsem_u32 namespaces; /* most of them in this session */
	tsem_u32 points; /* most coefficients of a namespace */
	tsem_u32 reserved2;
	tsem_u8 nonce[TSEM_TMA_NONCE_SIZE]; /* the client's */
	tsem_u8 own_nonce[TSEM_TMA_NONCE_SIZE]; /* the agent's */
	tsem_u8 name[TSEM_NAME_MAX];
};
TSEM_SIZE(tsem_tma_greeting, 160);

struct tsem_tma_create {
	tsem_u32 namespace_id; /* number that the client gives it, not 0 */
	tsem_u32 hash;
	tsem_u32 options; /* TSEM_OPTION_*: of the model */
	tsem_u32 points; /* most coefficients; 0: the agent's default */
	tsem_u64 records; /* bytes for descriptions of events; 0: the agent's default */
	tsem_u8 name[TSEM_NAME_MAX];
};
TSEM_SIZE(tsem_tma_create, 88);

struct tsem_tma_created {
	tsem_u32 namespace_id;
	tsem_u32 hash_size;
	tsem_u32 points;
	tsem_u32 reserved;
	tsem_u64 records;
};
TSEM_SIZE(tsem_tma_created, 24);

/* kind of the following data */
#define TSEM_TMA_COEFFICIENTS 0u /* count digests */
#define TSEM_TMA_RECORD 1u /* one event: its coefficient enters the model, unseen */
struct tsem_tma_model {
	tsem_u32 namespace_id;
	tsem_u32 kind;
	tsem_u32 count;
	tsem_u32 reserved;
};
TSEM_SIZE(tsem_tma_model, 16);

/* BASE, AGGREGATE, PSEUDONYM: a digest follows. */
struct tsem_tma_digest {
	tsem_u32 namespace_id;
	tsem_u32 size;
};
TSEM_SIZE(tsem_tma_digest, 8);

/* SEAL, ENFORCE, DESTROY */
struct tsem_tma_select {
	tsem_u32 namespace_id;
	tsem_u32 reserved;
};
TSEM_SIZE(tsem_tma_select, 8);

/* Answer to all that only change the namespace. */
struct tsem_tma_done {
	tsem_u32 namespace_id;
	tsem_u32 reserved;
	tsem_u64 points; /* coefficients in the namespace now */
};
TSEM_SIZE(tsem_tma_done, 16);

/* tsem_tma_event.flags */
#define TSEM_TMA_ASYNC 0x1u /* the task does not wait for the answer */
/* A record as in record.h follows. */
struct tsem_tma_event {
	tsem_u32 namespace_id;
	tsem_u32 flags;
	tsem_u8 ticket[TSEM_TMA_TICKET_SIZE]; /* random; the answer has to have it */
};
TSEM_SIZE(tsem_tma_event, 24);

#define TSEM_TMA_TRUSTED 0xa5u /* differ in many bits, also from what a dead or stuck line sends */
#define TSEM_TMA_UNTRUSTED 0x5au
#define TSEM_TMA_SAME 0x1u /* flags: the same answer for this exact event from now on */

/* Why. TSEM_REASON(number, name, sentence). From 64 on: found by the client, never on the wire. */
#define TSEM_REASONS(R) \
	R(1, known, "it is in the model") \
	R(2, learned, "it was added to the model") \
	R(3, violation, "it is not in the model") \
	R(4, task, "its task was untrusted before") \
	R(5, failed, "it could not be described completely") \
	R(6, malformed, "the agent could not read it") \
	R(7, identity, "the agent does not know the program that caused it") \
	R(8, full, "the agent has no room for it") \
	R(9, rule, "a rule of the agent says so") \
	R(64, late, "the agent did not answer in time") \
	R(65, dead, "the agent is gone") \
	R(66, garbled, "the agent's answer was invalid") \
	R(67, refused, "the agent answered with an error") \
	R(68, unsent, "it could not be sent to the agent")
enum {
	TSEM_REASON_LOCAL = 64,
	TSEM_REASON_LIMIT = 72,
#define R(number, name, sentence) TSEM_REASON_##name = (number),
	TSEM_REASONS(R)
#undef R
};

struct tsem_tma_verdict {
	tsem_u32 namespace_id;
	tsem_u8 verdict; /* TSEM_TMA_TRUSTED, _UNTRUSTED; anything else is nonsense */
	tsem_u8 flags;
	tsem_u16 reason;
	tsem_u8 ticket[TSEM_TMA_TICKET_SIZE];
	tsem_u32 size; /* of the coefficient that follows; 0: the agent has none */
	tsem_u32 reserved;
};
TSEM_SIZE(tsem_tma_verdict, 32);

/* tsem_tma_show.part */
#define TSEM_TMA_TRAJECTORY 1u /* tsem_tma_item, record, zeros up to a multiple of 8; and so on */
#define TSEM_TMA_FORENSICS 2u /* the same */
#define TSEM_TMA_POINTS 3u /* digests, in no order */
#define TSEM_TMA_COUNTS 4u /* tsem_tma_item with size 0, digest; and so on */
#define TSEM_TMA_STATE 5u /* one digest */
#define TSEM_TMA_MEASUREMENT 6u /* one digest */
#define TSEM_TMA_STATUS 7u /* tsem_tma_status */
#define TSEM_TMA_END (~0ull) /* cursor: that was all */
struct tsem_tma_show {
	tsem_u32 namespace_id;
	tsem_u32 part;
	tsem_u64 cursor; /* 0, then as in the last answer */
};
TSEM_SIZE(tsem_tma_show, 16);

struct tsem_tma_shown {
	tsem_u32 namespace_id;
	tsem_u32 part;
	tsem_u64 cursor;
	tsem_u32 count; /* of the items that follow */
	tsem_u32 reserved;
};
TSEM_SIZE(tsem_tma_shown, 24);

struct tsem_tma_item {
	tsem_u64 number; /* order of first appearance, from 1; 0: not seen */
	tsem_u64 count;
	tsem_u32 size; /* of the record that follows */
	tsem_u32 reserved;
};
TSEM_SIZE(tsem_tma_item, 24);

struct tsem_tma_status {
	tsem_u64 events;
	tsem_u64 points;
	tsem_u64 violations; /* events, also repeated ones */
	tsem_u64 lost_points; /* events that found the model full */
	tsem_u64 lost_records; /* coefficients whose event could not be kept */
	tsem_u32 mode; /* TSEM_MODE_* */
	tsem_u32 reserved;
};
TSEM_SIZE(tsem_tma_status, 48);

/* Codes of errors. TSEM_TMA_FAULT(number, name, sentence) */
#define TSEM_TMA_FAULTS(F) \
	F(1, version, "no common version of the protocol") \
	F(2, type, "the request is not known") \
	F(3, malformed, "the request is malformed") \
	F(4, namespace, "there is no such namespace") \
	F(5, exists, "the namespace already exists") \
	F(6, hash, "the digest function is not supported") \
	F(7, limit, "a limit of the agent is reached") \
	F(8, late, "it is too late for this request") \
	F(9, sequence, "the sequence number was used for another request") \
	F(10, internal, "the agent failed")
enum {
	TSEM_TMA_FAULT_LIMIT = 11,
#define F(number, name, sentence) TSEM_TMA_FAULT_##name = (number),
	TSEM_TMA_FAULTS(F)
#undef F
};
struct tsem_tma_fault {
	tsem_u32 code;
	tsem_u32 type; /* of the request */
	tsem_u32 namespace_id;
	tsem_u32 reserved;
};
TSEM_SIZE(tsem_tma_fault, 16);

#endif
