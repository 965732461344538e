/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A security event as it leaves the kernel: a fixed head, then the CELL in its
 * canonical encoding (the bytes that are hashed). Little-endian.
 */
#ifndef TSEM_ABI_RECORD_H
#define TSEM_ABI_RECORD_H

#include "limits.h"
#include "types.h"

/* Classes of events, for TSEM_OPTION_BYPASS. */
#define TSEM_CLASSES(C) \
	C(FILE, "file") C(PROCESS, "process") C(NETWORK, "network") C(IPC, "ipc") C(KEY, "key") C(SYSTEM, "system")
enum {
#define C(name, word) TSEM_CLASS_##name,
	TSEM_CLASSES(C)
#undef C
		TSEM_CLASS_COUNT
};

enum {
#define TSEM_EVENT(number, name, class, failure, fields) TSEM_EVENT_##name = (number),
#include "events.def"
#undef TSEM_EVENT
	TSEM_EVENT_LIMIT = 128 /* numbers are below this */
};

/* TSEM_CLASS_OF_x: the class of event x. */
enum {
#define TSEM_EVENT(number, name, class, failure, fields) TSEM_CLASS_OF_##name = TSEM_CLASS_##class,
#include "events.def"
#undef TSEM_EVENT
};

/* What a path is relative to, as a STR of a CELL: W(word) */
#define TSEM_PATH_TYPES(W) W("root") W("namespace") W("chroot") W("detached") W("inherited")

/* Choice tags inside a CELL. */
enum {
	TSEM_PATH_PLAIN = 0, /* pathname STR */
	TSEM_PATH_CREATED = 1, /* directory STR, instance u64, owner DIGEST */
	TSEM_ADDR_INET = 1, /* port, 2 bytes, address, 4 bytes, network byte order */
	TSEM_ADDR_INET6 = 2, /* port, 2 bytes network order, flow u32, scope u32, address, 16 bytes */
	TSEM_ADDR_UNIX = 3, /* STR: the address bytes, abstract names with their leading NUL */
	TSEM_ADDR_OTHER = 4 /* family u32, DIGEST over the address bytes */
};

/* Behind the path of a file that has been deleted. No path ends so. */
#define TSEM_DELETED "///deleted"

/* Bits that are no flags of the kernel's, in the flags of an opening; RUNNING also in valid of inode_setattr, with the size. */
#define TSEM_FLAG_RUNNING 0x80000000u /* it is opened for writing while it runs */
#define TSEM_FLAG_TERMINAL 0x40000000u /* it becomes the controlling terminal */
#define TSEM_FLAG_OTHERS 0x20000000u /* a pipe, or memory, of which the task has no descriptor itself */

/* Context of execution, in hashing order. Ids as the initial user namespace sees them. */
/*
 * The kernel's namespaces that the task is in: bits of capeff that no capability has say which of them are others than
 * where the namespace began. S(bit, NAME, the file in /proc/PID/ns, words)
 */
#define TSEM_SPACES(S) \
	S(63, NETWORK, "net", "network namespace") \
	S(62, HOST, "uts", "UTS namespace") \
	S(61, IPC, "ipc", "IPC namespace") \
	S(60, PROCESS, "pid", "PID namespace")
enum {
#define S(bit, name, file, words) TSEM_SPACE_##name,
	TSEM_SPACES(S)
#undef S
		TSEM_SPACE_COUNT
};
#define TSEM_SPACE_BIT(space) (1ull << (63 - (space)))

struct tsem_coe {
	tsem_u32 uid, euid, suid, gid, egid, sgid, fsuid, fsgid;
	tsem_u64 capeff; /* and TSEM_SPACES */
};
TSEM_SIZE(tsem_coe, 40);
TSEM_LAYOUT(tsem_coe, capeff, 32);

#define TSEM_RECORD_VERSION 1

/* tsem_record.flags */
#define TSEM_RECORD_VIOLATION 0x1u /* not in the sealed model */
#define TSEM_RECORD_REFUSED 0x2u /* the operation got EPERM */
#define TSEM_RECORD_UNTRUSTED 0x4u /* the task was untrusted before this event */
#define TSEM_RECORD_BARE 0x10u /* of an export: the coefficient was not computed; user space can */
#define TSEM_RECORD_WAITS 0x20u /* of an external namespace: not decided yet, its task waits for the answer */
#define TSEM_RECORD_FAILED \
	0x8u /* could not be modeled: no coefficient but 24 zeros, failure and event; the CELL may be cut */

struct tsem_record {
	tsem_u32 size; /* whole record in bytes: head and CELL */
	tsem_u16 version; /* TSEM_RECORD_VERSION */
	tsem_u16 event; /* TSEM_EVENT_* */
	tsem_u64 context; /* namespace id */
	tsem_u64 number; /* of the record in its namespace, from 1, without gaps */
	tsem_u64 ts; /* nanoseconds since boot, monotonic */
	tsem_u64 ttd; /* programs executed in the namespace when the task's own was */
	tsem_u64 p_ttd; /* the same of its parent at fork */
	tsem_u32 pid; /* process, as the initial PID namespace sees it */
	tsem_u32 tid; /* task */
	tsem_u32 ppid; /* parent process */
	tsem_u32 flags; /* TSEM_RECORD_* */
	tsem_u32 cell_size;
	tsem_u32 failure; /* TSEM_FAILURE_*, 0 when modeled */
	tsem_u8 comm[TSEM_COMM_SIZE];
	tsem_u8 task_id[TSEM_DIGEST_SIZE];
	tsem_u8 ptask_id[TSEM_DIGEST_SIZE];
	tsem_u8 coefficient[TSEM_DIGEST_SIZE];
	struct tsem_coe coe;
};
TSEM_SIZE(tsem_record, 224);
TSEM_LAYOUT(tsem_record, event, 6);
TSEM_LAYOUT(tsem_record, context, 8);
TSEM_LAYOUT(tsem_record, number, 16);
TSEM_LAYOUT(tsem_record, ts, 24);
TSEM_LAYOUT(tsem_record, ttd, 32);
TSEM_LAYOUT(tsem_record, pid, 48);
TSEM_LAYOUT(tsem_record, flags, 60);
TSEM_LAYOUT(tsem_record, cell_size, 64);
TSEM_LAYOUT(tsem_record, comm, 72);
TSEM_LAYOUT(tsem_record, task_id, 88);
TSEM_LAYOUT(tsem_record, coefficient, 152);
TSEM_LAYOUT(tsem_record, coe, 184);

#endif
