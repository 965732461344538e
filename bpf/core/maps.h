/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of the kernel side. Sizes that depend on the machine are set by the library before loading. */
#ifndef TSEM_BPF_MAPS_H
#define TSEM_BPF_MAPS_H

#include "kernel.h"
#include "../../abi/external.h"
#include "../../abi/namespace.h"
#include "../../abi/record.h"
#include "../../engine/event.h"

/* Task state. Written by the library when a process enters, then only by the kernel side. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_task);
} tsem_tasks SEC(".maps");

/* Credentials of overlay file systems that are mounted, by address; see task.h. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u64); /* the file system's superblock */
} tsem_overlays SEC(".maps");

/* The namespace of whoever last chose who gets a descriptor's signals, by the address of the fown_struct; guard.bpf.c. */
struct tsem_owner_set {
	__u64 context;
	__u64 slot;
};
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct tsem_owner_set);
} tsem_owners SEC(".maps");

/* Control groups whose tasks join a namespace; see tsem_binding. Written by the library, read by exec only. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u64);
	__type(value, struct tsem_binding);
} tsem_bindings SEC(".maps");

/* A variable, because every event of every task asks for it. */
volatile struct tsem_root tsem_root SEC(".data.root");

/* Namespaces by slot. The library maps it into its memory, so that both sides count in one place. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__type(value, struct tsem_namespace);
} tsem_namespaces SEC(".maps");

/* Whom the tasks of external namespaces ask, by slot; see external.h. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__type(value, struct tsem_external);
} tsem_externals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_answer);
} tsem_answers SEC(".maps");

/* Where tsem's own state lies; see guard.h. Written by the library. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct tsem_guard);
} tsem_guard SEC(".maps");

/* Our own maps, programs and links, noted by the library when it makes them. The value says nothing. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, TSEM_OBJECTS_MAX);
	__type(key, struct tsem_object);
	__type(value, __u8);
} tsem_guarded SEC(".maps");

/*
 * How many tasks use a file as code though it is not mapped: between the look at
 * a file that they map executable and the mapping, and while they run a script.
 * By a hash of the file's address: two files in one place are taken for one, for
 * so long.
 */
#define TSEM_CODES 16384
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TSEM_CODES);
	__type(key, __u32);
	__type(value, __u64);
} tsem_codes SEC(".maps");

/* For the same places: how often a file in a layer was opened for writing otherwise than through its overlay. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TSEM_CODES);
	__type(key, __u32);
	__type(value, __u64);
} tsem_layers SEC(".maps");

/* Working memory: an event takes a free one, and gives it back before the hook returns. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, struct tsem_event);
} tsem_pool SEC(".maps");

/* Files created in a namespace: who and as which. */
struct tsem_created {
	__u64 context;
	__u32 instance;
	__u32 nameless; /* 1: a directory that was made without its name being described */
	__u8 owner[TSEM_DIGEST_SIZE];
};
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_created);
} tsem_created SEC(".maps");

/* Content digest of a file; see content.h. */
#define HOLDERS 4
struct tsem_holder { /* the namespaces that had it so and may live */
	__u64 held[HOLDERS]; /* number and slot of one, in one word, so that nobody sees half of it; 0: none */
	__u64 more; /* there were more at one time: the newest of these; 0: no */
};
struct tsem_content {
	__u64 openings; /* for writing, since this was made */
	__u64 version; /* of the digest, and all that is said of it; odd while it is written */
	__u64 digested; /* the value of openings that the digest belongs to, plus 1; 0: no digest */
	__u64 ctime_sec;
	__u64 ctime_nsec;
	__u64 size;
	__u64 layer; /* content_layer() then */
	__u64 overlay; /* the device of the first one through which it was opened; 0: none */
	__u32 asking; /* whose opening for writing is looked at just now */
	__u32 marks; /* CONTENT_*, never taken back */
	struct tsem_holder writer; /* had it open for writing */
	struct tsem_holder mapper; /* had it mapped so that it could be written to */
	__u64 readers; /* who read it for its digest just now */
	__u8 digest[TSEM_DIGEST_SIZE];
};
struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_content);
} tsem_contents SEC(".maps");

/* The last namespaces that made or used an io_uring, by their numbers; see content.h. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 512);
	__type(key, __u64);
	__type(value, __u32);
} tsem_urings SEC(".maps");

/* The TASK_ID of the task that created an object: of sockets, and of System V IPC by address. */
struct tsem_owner {
	__u64 context;
	__u8 owner[TSEM_DIGEST_SIZE];
};
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tsem_owner);
} tsem_sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 32768);
	__type(key, __u64);
	__type(value, struct tsem_owner);
} tsem_ipc SEC(".maps");

/* Maps inside maps give sizes, not types: clang does not describe types that only they use. */
struct tsem_points {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, TSEM_DIGEST_SIZE);
	__uint(value_size, sizeof(struct tsem_point));
};

/*
 * By slot: the model, the forensics, the directories with created files, the events seen, the rules of names, the
 * pseudonyms, the sizes of what runs, and the ring of records.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__array(values, struct tsem_points);
} tsem_models SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__array(values, struct tsem_points);
} tsem_forensics SEC(".maps");

struct tsem_instances {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct tsem_directory));
	__uint(value_size, sizeof(__u64));
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__array(values, struct tsem_instances);
} tsem_directories SEC(".maps");

struct tsem_seens {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, TSEM_SEEN_HEAD + TSEM_SEEN_SHORT);
	__uint(value_size, sizeof(struct tsem_seen));
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__array(values, struct tsem_seens);
} tsem_seen SEC(".maps");

struct tsem_seens_long {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, TSEM_SEEN_HEAD + TSEM_SEEN_LONG);
	__uint(value_size, sizeof(struct tsem_seen));
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__array(values, struct tsem_seens_long);
} tsem_seen_long SEC(".maps");

/* See tsem_recent. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TSEM_RECENT_PLACES);
	__type(key, __u32);
	__type(value, struct tsem_recent);
} tsem_recents SEC(".maps");

struct tsem_rule_list {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, TSEM_NAME_RULES);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct tsem_name_rule));
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__array(values, struct tsem_rule_list);
} tsem_rules SEC(".maps");

struct tsem_replaced {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, TSEM_PSEUDONYM_PATH);
	__uint(value_size, TSEM_DIGEST_SIZE);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__array(values, struct tsem_replaced);
} tsem_pseudonyms SEC(".maps");

struct tsem_size_set {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(__u64));
	__uint(value_size, sizeof(__u64));
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__array(values, struct tsem_size_set);
} tsem_sizes SEC(".maps");

struct tsem_ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, TSEM_NAMESPACE_MAX);
	__type(key, __u32);
	__array(values, struct tsem_ring);
} tsem_rings SEC(".maps");

/* What a namespace has in one of the maps by slot, NULL when it is gone. */
INLINE void *of_slot(void *maps, __u32 slot)
{
	return bpf_map_lookup_elem(maps, &slot);
}

/* The namespace, NULL when another has its slot by now, which is as if there were none. */
INLINE struct tsem_namespace *namespace_at(__u32 slot, __u64 context)
{
	struct tsem_namespace *ns = of_slot(&tsem_namespaces, slot);

	return ns && ns->id == context ? ns : 0;
}

#endif
