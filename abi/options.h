/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a namespace models, and what a violation does: each word, its bits, and its meaning. The kernel side, the
 * library, model files, and the command line with its help use these rows. Numbers and bits are never reused.
 */
#ifndef TSEM_ABI_OPTIONS_H
#define TSEM_ABI_OPTIONS_H

#include "types.h"

/* tsem_namespace.mode: W(number, NAME, word, meaning) */
#define TSEM_MODES(W) \
	W(0, FREE, "free", "every event is allowed and learned") \
	W(1, SEALED, "sealed", "events outside the model are recorded") \
	W(2, ENFORCING, "enforcing", "events outside the model are refused") \
	W(3, EXPORT, "export", "no model: every event becomes a record, none is refused")

/* tsem_namespace.action: W(number, NAME, word, meaning). The first is the default. */
#define TSEM_ACTIONS(W) \
	W(0, UNTRUST, "untrust", "every later event of the task and its children is a violation") \
	W(1, DENY, "deny", "only the event is a violation") \
	W(2, LOG, "log", "nothing is refused") \
	W(3, KILL, "kill", "the process is killed, by SIGKILL") \
	W(4, FREEZE, "freeze", "the process is stopped for inspection, until SIGCONT or SIGKILL from outside")

/*
 * tsem_namespace.options, with one word of every group for each namespace. W(bits, NAME, word, meaning); a word with
 * bits 0 is the meaning of a missing line in a model file of an earlier version.
 */
#define TSEM_PROFILES(W) \
	W(0x1, PORTABLE, "portable", "without fields that differ between hosts, such as device numbers") \
	W(0, EXACT, "exact", "with every field")
#define TSEM_CONTENTS(W) \
	W(0, DIGEST_EXEC, "exec", "the contents of executed files are in the model") \
	W(0x2, DIGEST_ALL, "all", "the contents of all opened files are in the model")
#define TSEM_EVENT_SETS(W) \
	W(0, DEFAULT_EVENTS, "default", "events with an effect outside the process, or that grant power") \
	W(0x4, ALL_EVENTS, "all", "also events that only read; such models are less reproducible")
#define TSEM_ID_KINDS(W) \
	W(0, IDS_INITIAL, "initial", "users and groups as the machine numbers them") \
	W(0x8000, IDS_CURRENT, "current", "as the user namespace of the task numbers them")

/* Normalisers: values that differ between runs are written in one way. W(bit, NAME, word, what it lets in) */
#define TSEM_NORMALISERS(W) \
	W(0x100, process, "process", \
	  "process numbers in /proc: a process's own number becomes one value, every other number another") \
	W(0x200, instance, "instance", "all files that one program created in one directory count as the same") \
	W(0x400, port, "port", "all ports from 32768 to 60999 at one address count as the same") \
	W(0x800, terminal, "terminal", \
	  "terminals in /dev/pts: a process's own terminal becomes one value, every other terminal another") \
	W(0x1000, anonymous, "anonymous", "all names that the kernel chose for sockets count as the same") \
	W(0x2000, size, "size", "a file that may be truncated or extended may get any length; only 0 is distinct") \
	W(0x400000, temporary, "temporary", \
	  "a new object that a program creates in a sticky directory that everybody may write to, or in its " \
	  "user's runtime directory, may have any name; so may a socket in or below a directory that was created in this way") \
	W(0x800000, storage, "storage", \
	  "all file systems that keep files on disks, in layers or in memory count as the same type") \
	W(0x1000000, inherited, "inherited", \
	  "the workload's standard streams may be any file: passing one to another process of the workload, and " \
	  "commands to it, do not depend on which it is")

/* Options that no word stands for: W(bit, NAME) */
#define TSEM_FLAGS(W) \
	W(0x8, ROOT) /* everything outside the other namespaces; export only */ \
	W(0x10, BLOCK) /* export: wait for room in the ring where the hook may sleep, instead of counting a loss */ \
	W(0x20, STREAM) /* records are handed out by the orchestrator and not kept */ \
	W(0x40, NAMES) /* there are rules of names: see tsem_name_rule */ \
	W(0x80, PSEUDONYMS) /* there are files whose content is replaced by a constant */ \
	W(0x4000, EXTERNAL) /* an agent outside the kernel decides: external.h */ \
	W(0x2000000, ASK) /* the kernel side decides, and asks outside about what its model does not have: external.h */

/* Classes of events that are not modeled: a bit for each class of events.def, from here to the last of BYPASSES. */
#define TSEM_OPTION_BYPASS(class) (0x10000u << (class))
#define TSEM_OPTION_BYPASSES 0x3f0000u

#define W(number, name, ...) TSEM_MODE_##name = (number),
enum { TSEM_MODES(W) };
#undef W
#define W(number, name, ...) TSEM_ACTION_##name = (number),
enum { TSEM_ACTIONS(W) };
#undef W
#define W(bits, name, ...) TSEM_OPTION_##name = (bits),
enum { TSEM_PROFILES(W) TSEM_CONTENTS(W) TSEM_EVENT_SETS(W) TSEM_ID_KINDS(W) TSEM_FLAGS(W) };
#undef W
#define W(bit, name, ...) TSEM_NORMALISE_##name = (bit),
enum { TSEM_NORMALISERS(W) };
#undef W
#define W(bit, ...) | (bit)
enum { TSEM_NORMALISE_ALL = 0 TSEM_NORMALISERS(W) };
#undef W
/* Those that are in the identity of programs: an export has them too, so that it is the same as in a model. */
enum { TSEM_NORMALISE_PROGRAMS = TSEM_NORMALISE_storage };

/* Whether files that are created are numbered: there has to be a map of the directories then. */
#define TSEM_OPTIONS_NUMBER(options) (!((options)&TSEM_NORMALISE_instance))

/* No bit stands for two things: then the sum of all is all of them together. */
#define TSEM_OPTION_ROWS(W) \
	TSEM_PROFILES(W) TSEM_CONTENTS(W) TSEM_EVENT_SETS(W) TSEM_ID_KINDS(W) TSEM_NORMALISERS(W) TSEM_FLAGS(W)
#define TSEM_SUM(bits, ...) +(bits##ull)
#define TSEM_UNION(bits, ...) | (bits##ull)
TSEM_ASSERT(TSEM_OPTION_BYPASSES TSEM_OPTION_ROWS(TSEM_SUM) == (TSEM_OPTION_BYPASSES TSEM_OPTION_ROWS(TSEM_UNION)),
	    "a bit of an option is used twice");
#undef TSEM_SUM
#undef TSEM_UNION

#endif
