/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Shared by the orchestrator and the kernel side about modeling namespaces: the values of the pinned maps. */
#ifndef TSEM_ABI_NAMESPACE_H
#define TSEM_ABI_NAMESPACE_H

#include "failures.h"
#include "limits.h"
#include "name_rule.h"
#include "options.h"
#include "record.h"
#include "types.h"

/* Value of map tsem_namespaces, by slot. id 0: the slot is free. */
struct tsem_namespace {
	tsem_u64 id; /* never used twice between two loads; written last at creation */
	tsem_u32 mode;
	tsem_u32 action;
	tsem_u32 options;
	tsem_u32 orchestrator; /* its process id, for display */
	tsem_s64 tasks; /* living tasks; from here on the kernel side counts, atomically */
	tsem_u64 created; /* nanoseconds since boot */
	tsem_u64 execs; /* programs executed: the source of ttd */
	tsem_u64 events; /* all, also the repeated */
	tsem_u64 points; /* coefficients that entered the model or the forensics: the source of their numbers */
	tsem_u64 violations; /* all, also the repeated */
	tsem_u64 refused;
	tsem_u64 records; /* produced = delivered + lost, once the ring is empty */
	tsem_u64 lost; /* of these, found the ring full, or were left in it by an end without a reader */
	tsem_u64 delivered; /* counted by the reader of the ring */
	tsem_u64 stalled; /* 1: a task waited in vain for the reader; no task waits until it has read again */
	/* Number of times that a task became untrusted, and TSEM_MARK_MODEL for each reload: tasks then look up everything again. */
	tsem_u64 marks;
	tsem_u32 homes[TSEM_SPACE_COUNT]; /* numbers of the kernel's namespaces in which it began; 0: not compared */
	tsem_u32 ending; /* 1: it is being ended from outside, and fork fails in it */
	tsem_u32 bound; /* TSEM_BOUND_*: who joins it, for whom one of its tasks stands; 0: nobody */
	tsem_u64 failures[TSEM_FAILURE_LIMIT];
	tsem_u8 name[TSEM_NAME_MAX];
	tsem_u64 unasked; /* distinct violations that are descriptors which somebody sent */
	tsem_u64 replaced; /* of points: which a reload has left out of the model */
};
TSEM_SIZE(tsem_namespace, 352);
TSEM_LAYOUT(tsem_namespace, options, 16);
TSEM_LAYOUT(tsem_namespace, tasks, 24);
TSEM_LAYOUT(tsem_namespace, records, 80); /* tests/tma/rogue.py */
TSEM_LAYOUT(tsem_namespace, failures, 144);
TSEM_LAYOUT(tsem_namespace, name, 272);

#define TSEM_BOUND_GROUP 1u /* tasks of a control group; see tsem_binding */
#define TSEM_BOUND_HELD 2u /* whom a detection makes untrusted; see abi/detect.h */

#define TSEM_MARK_MODEL (1ull << 32)

/* tsem_task.flags: set by any task of the thread group, atomically. UNTRUSTED is never cleared. */
#define TSEM_TASK_UNTRUSTED 0x1u
/*
 * Set when the state is created. LOOSE: a task of the root namespace, which it joined by its first event, and which it
 * leaves when that namespace has ended. OUTSIDE: never joins, because it exports the events.
 */
#define TSEM_TASK_LOOSE 0x2u
#define TSEM_TASK_OUTSIDE 0x4u
/* Stopped for inspection: no task inside may signal it. Who lets it go on clears it. */
#define TSEM_TASK_FROZEN 0x8u
/*
 * Orchestrates a namespace, or answers for one: no workload may reach it. Of the process itself; a child has it until it
 * executes something.
 */
#define TSEM_TASK_GUARDED 0x10u
/* The same of who has the file system through which tasks ask open, while it is made: nobody sees its descriptors. */
#define TSEM_TASK_HIDDEN 0x20u
#define TSEM_TASK_OURS (TSEM_TASK_GUARDED | TSEM_TASK_HIDDEN)

#define TSEM_STREAMS 3 /* standard input, output and error */

/* Value of map tsem_tasks (task storage). A task without it is outside every namespace. */
struct tsem_task {
	tsem_u64 context; /* namespace id */
	tsem_u32 slot;
	tsem_u32 flags;
	/* All below is written by the task itself only. */
	tsem_u64 ttd;
	tsem_u64 p_ttd;
	tsem_u32 internal; /* 1: inside a helper of ours, whose events are not the task's */
	tsem_u32 options; /* of the namespace */
	tsem_u64 creating; /* directory entry that is about to be created, 0 if none, and its name's hash */
	tsem_u64 creating_name;
	tsem_u64 creation_asked; /* number of the event, about which the agent is asked in the hook that may sleep; or 0 */
	tsem_u64 changing; /* directory entry whose attributes are about to change, and its mount */
	tsem_u64 changing_mount;
	tsem_u32 committing; /* 1: next_id becomes task_id when the exec commits */
	tsem_u32 creating_nameless; /* 1: the new object was described without its name; see nameless.h */
	tsem_u64 who; /* stands for the namespace, both TASK_IDs and the COE; 0: not known. See tsem_seen */
	tsem_u64 next_who; /* becomes who when the exec commits */
	tsem_u64 creds[5]; /* the ids and capabilities for which who was found, in the kernel's form */
	tsem_u32 spaces[TSEM_SPACE_COUNT]; /* the same of the kernel's namespaces */
	tsem_u64 marks; /* tsem_namespace.marks, plus 1, when the thread group was last seen to be trusted */
	tsem_u8 task_id[TSEM_DIGEST_SIZE];
	tsem_u8 ptask_id[TSEM_DIGEST_SIZE];
	tsem_u8 next_id[TSEM_DIGEST_SIZE];
	/* Each 1 and the place in tsem_codes of a file; 0: none. */
	tsem_u64 mapping; /* that it is about to map executable */
	/* The same of 16 bits each, of the scripts that it runs, and that it runs when the exec commits. */
	tsem_u64 scripts;
	tsem_u64 next_scripts;
	tsem_u64 next_program; /* the program of a pending exec, until its interpreter is executed, or it runs */
	tsem_u64 executes
		[2]; /* the entries that a pending exec has found by their names: the last one, and the one before */
	tsem_u64 emptied; /* a file that is being opened and truncated, so it has no content to check; 0: none */
	tsem_u64 capable_who; /* the identity for which the following holds */
	tsem_u64 capable_found[2]; /* capabilities that were found in the model: in the initial user namespace, in others */
	tsem_u64 looked_openings; /* of a file for writing, and of layers, when the task began to look whether it may run */
	tsem_u64 looked_layer;
	tsem_u64 reconfigures; /* the flags of a file system that the task is about to change; 0: none */
	tsem_u64 home; /* the mount namespace that paths of type "root" belong to, by the number that no other ever has */
	tsem_u32 looks; /* 1: the kernel was asked to look a second time for what it opens */
	tsem_u32 changes_running; /* 1: what it changes now runs, and its event says so */
	tsem_u64 streams[TSEM_STREAMS]; /* what it, or whoever it descends from, was started with; see inherited.h */
};
TSEM_SIZE(tsem_task, 408);
TSEM_LAYOUT(tsem_task, task_id, 168);

/* The name of the process that has the terminal of a workload. */
#define TSEM_TERMINAL_KEEPER "tsem-terminal"

/* Value of the maps of coefficients: a namespace's model and its forensics. */
struct tsem_point {
	tsem_u64 number; /* order of first appearance in the namespace, from 1; 0: loaded from a model and not seen yet */
	tsem_u64 count;
};
TSEM_SIZE(tsem_point, 16);

/*
 * Events that were found in the model, by the exact event, so that no two share
 * an entry. A key is a head of two numbers - who, which stands for all of the
 * event but itself, and the event with the size of its CELL - and the CELL, with
 * zeros behind it. Short and long keys have a map each. The same maps give who
 * its number: in a short key with the head 0, 0 in the place of the CELL are both
 * TASK_IDs and the COE, and the number is the entry's count.
 */
#define TSEM_SEEN_HEAD 16
#define TSEM_SEEN_SHORT 208 /* bytes of CELL */
#define TSEM_SEEN_LONG 496
/*
 * Events of which a CELL can be longer than a short key, so that what is behind it has to be cleared: all that can have
 * the name of a file, and texts. In the classes NETWORK and IPC these are two; see tests/unit/test_codec.c.
 */
#define TSEM_SEEN_IS_LONG(event, class) \
	(((class) != TSEM_CLASS_NETWORK && (class) != TSEM_CLASS_IPC) || (event) == TSEM_EVENT_unix_stream_connect || \
	 (event) == TSEM_EVENT_unix_may_send)
struct tsem_seen {
	tsem_u64 count; /* to be added to the point's */
	tsem_u64 next_who; /* of an exec: the identity of the task after it; 0: not known yet */
	tsem_u8 coefficient[TSEM_DIGEST_SIZE];
	tsem_u8 task_id[TSEM_DIGEST_SIZE]; /* of an exec: the one it produces */
};
TSEM_SIZE(tsem_seen, 80);

/*
 * The same events once more, the newest in each place of a table that all share,
 * so that most are found without hashing the whole of a key. Nothing is counted
 * here. The place follows from the key; what is compared is all of it.
 */
#define TSEM_RECENT_CELL 192
#define TSEM_RECENT_PLACES 1024
struct tsem_recent {
	tsem_u64 version; /* odd while it is written */
	tsem_u64 who; /* 0: empty */
	tsem_u64 head; /* the event with the size of its CELL */
	tsem_u64 cell[TSEM_RECENT_CELL / 8];
};
TSEM_SIZE(tsem_recent, 216);

/* The one value of map tsem_guard: where tsem keeps its own state, as the kernel numbers devices and inodes. */
struct tsem_guard {
	tsem_u64 pins_device; /* the file system with the pins */
	tsem_u64 run_device; /* the directory with the sessions */
	tsem_u64 run_inode;
	tsem_u64 last_id; /* of a namespace, since the programs were loaded; of the library only */
};
TSEM_SIZE(tsem_guard, 32);

/* Key of map tsem_guarded: a map, program or link of tsem, by the number that the kernel never gives twice. */
#define TSEM_OBJECT_MAP 1u
#define TSEM_OBJECT_PROGRAM 2u
#define TSEM_OBJECT_LINK 3u
struct tsem_object {
	tsem_u32 kind;
	tsem_u32 id;
};
TSEM_SIZE(tsem_object, 8);

/* Key of a namespace's map of pseudonyms, followed by zeros; the value is a digest. */
#define TSEM_PSEUDONYM_PATH 256

/* Key and value of the map of directories in which tasks created files. */
struct tsem_directory {
	tsem_u64 device;
	tsem_u64 inode;
	tsem_u8 owner[TSEM_DIGEST_SIZE];
};
TSEM_SIZE(tsem_directory, 48);

/*
 * Value of map tsem_bindings, by the number of a control group, which the kernel never gives twice: the namespace that
 * a task in the group, or in one below it, joins by its next exec. Of several the nearest one counts. Groups deeper than
 * the limit are never bound, so that whoever looks at so many levels has seen all bindings.
 */
#define TSEM_BINDING_DEPTH 32 /* levels below the root */
#define TSEM_BINDING_TOOL 128
struct tsem_binding {
	tsem_u64 context; /* namespace id */
	tsem_u32 slot;
	tsem_u32 refuses; /* 1: who cannot join does not execute anything */
	tsem_u8 tool[TSEM_BINDING_TOOL]; /* path of the tsem that made it, which does not join: it can unbind */
};
TSEM_SIZE(tsem_binding, 144);

/* The root namespace, which tasks outside all others join with their first event. id 0: there is no root namespace. */
struct tsem_root {
	tsem_u64 id; /* written last */
	tsem_u32 slot;
	tsem_u32 options;
};
TSEM_SIZE(tsem_root, 16);

#endif
