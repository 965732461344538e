/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "schema.h"

#include <errno.h>
#include <string.h>

#define FIELD_ROW(type, optional, name) {FIELD_##type, optional, sizeof(#name) - 1, #name, "\"" #name "\":"},

/* No header of the C library may be included from here on: it knows FILE as a type. */
#define U16(x) FIELD_ROW(U16, 0, x)
#define U32(x) FIELD_ROW(U32, 0, x)
#define S32(x) FIELD_ROW(S32, 0, x)
#define U64(x) FIELD_ROW(U64, 0, x)
#define X32(x) FIELD_ROW(X32, 0, x)
#define X64(x) FIELD_ROW(X64, 0, x)
#define MODE(x) FIELD_ROW(MODE, 0, x)
#define STR(x) FIELD_ROW(STR, 0, x)
#define BYTES(x) FIELD_ROW(BYTES, 0, x)
#define DIGEST(x) FIELD_ROW(DIGEST, 0, x)
#define UUID(x) FIELD_ROW(UUID, 0, x)
#define DEVICE(x) FIELD_ROW(DEVICE, 0, x)
#define INODE(x) FIELD_ROW(INODE, 0, x)
#define PATH(x) FIELD_ROW(PATH, 0, x)
#define DENTRY(x) FIELD_ROW(DENTRY, 0, x)
#define FILE(x) FIELD_ROW(FILE, 0, x)
#define SOCK(x) FIELD_ROW(SOCK, 0, x)
#define ADDR(x) FIELD_ROW(ADDR, 0, x)
#define CREDS(x) FIELD_ROW(CREDS, 0, x)
#define PERM(x) FIELD_ROW(PERM, 0, x)
#define TIME(x) FIELD_ROW(TIME, 0, x)
#define ZONE(x) FIELD_ROW(ZONE, 0, x)
#define OPT_U16(x) FIELD_ROW(U16, 1, x)
#define OPT_U32(x) FIELD_ROW(U32, 1, x)
#define OPT_S32(x) FIELD_ROW(S32, 1, x)
#define OPT_U64(x) FIELD_ROW(U64, 1, x)
#define OPT_X32(x) FIELD_ROW(X32, 1, x)
#define OPT_X64(x) FIELD_ROW(X64, 1, x)
#define OPT_MODE(x) FIELD_ROW(MODE, 1, x)
#define OPT_STR(x) FIELD_ROW(STR, 1, x)
#define OPT_BYTES(x) FIELD_ROW(BYTES, 1, x)
#define OPT_DIGEST(x) FIELD_ROW(DIGEST, 1, x)
#define OPT_UUID(x) FIELD_ROW(UUID, 1, x)
#define OPT_DEVICE(x) FIELD_ROW(DEVICE, 1, x)
#define OPT_INODE(x) FIELD_ROW(INODE, 1, x)
#define OPT_PATH(x) FIELD_ROW(PATH, 1, x)
#define OPT_DENTRY(x) FIELD_ROW(DENTRY, 1, x)
#define OPT_FILE(x) FIELD_ROW(FILE, 1, x)
#define OPT_SOCK(x) FIELD_ROW(SOCK, 1, x)
#define OPT_ADDR(x) FIELD_ROW(ADDR, 1, x)
#define OPT_CREDS(x) FIELD_ROW(CREDS, 1, x)
#define OPT_PERM(x) FIELD_ROW(PERM, 1, x)
#define OPT_TIME(x) FIELD_ROW(TIME, 1, x)
#define OPT_ZONE(x) FIELD_ROW(ZONE, 1, x)

#define END \
	{ \
		FIELD_END, 0, 0, NULL, NULL \
	}
#define FIELDS(of, ...) static const struct field fields_##of[] = {__VA_ARGS__ END};

#define TSEM_COMPOSITE(type, members) FIELDS(type, members)
#include "../../abi/fields.def"
#undef TSEM_COMPOSITE
#define TSEM_EVENT(number, name, class, failure, fields) FIELDS(name, fields)
#include "../../abi/events.def"
#undef TSEM_EVENT

FIELDS(none, )
FIELDS(DEVICE, U32(major) U32(minor))
FIELDS(INET, FIELD_ROW(PORT, 0, port) FIELD_ROW(IPV4, 0, address))
FIELDS(INET6, FIELD_ROW(PORT, 0, port) U32(flow) U32(scope) FIELD_ROW(IPV6, 0, address))
FIELDS(UNIX, BYTES(address))
FIELDS(OTHER, U32(family) DIGEST(digest))
FIELDS(PATH, OPT_DEVICE(dev) FIELD_ROW(PATH_TYPE, 0, type))
FIELDS(path_plain, STR(pathname))
FIELDS(path_created, STR(directory) U64(instance) DIGEST(owner))
FIELDS(addr_inet, FIELD_ROW(INET, 0, af_inet))
FIELDS(addr_inet6, FIELD_ROW(INET6, 0, af_inet6))
FIELDS(addr_unix, FIELD_ROW(UNIX, 0, af_unix))
FIELDS(addr_other, FIELD_ROW(OTHER, 0, af_other))

/* The head of a record as a stream of fields: codec.c moves it from and to struct tsem_record. */
FIELDS(export, FIELD_ROW(EXPORT, 0, type))
FIELDS(head, U32(pid) U32(tid) U32(ppid) U64(context) U64(number) FIELD_ROW(COMM, 0, process) FIELD_ROW(EVENT, 0, type)
		     U64(ttd) U64(p_ttd) DIGEST(task_id) DIGEST(p_task_id) U64(ts) X32(flags)
			     FIELD_ROW(FAILURE, 1, failure) OPT_DIGEST(coefficient))
FIELDS(coe, U32(uid) U32(euid) U32(suid) U32(gid) U32(egid) U32(sgid) U32(fsuid) U32(fsgid) X64(capeff))
FIELDS(cut, FIELD_ROW(HEX, 0, cut))

static const struct choice choices_path[] = {
	{TSEM_PATH_PLAIN, fields_path_plain},
	{TSEM_PATH_CREATED, fields_path_created},
	{0, NULL},
};

static const struct choice choices_addr[] = {
	{TSEM_ADDR_INET, fields_addr_inet},
	{TSEM_ADDR_INET6, fields_addr_inet6},
	{TSEM_ADDR_UNIX, fields_addr_unix},
	{TSEM_ADDR_OTHER, fields_addr_other},
	{0, NULL},
};

const struct shape schema_export = {fields_export, NULL};
const struct shape schema_head = {fields_head, NULL};
const struct shape schema_coe = {fields_coe, NULL};
const struct shape schema_cut = {fields_cut, NULL};

/* The types do not matter: each of the three has its own shape. */
const struct field schema_line[] = {FIELD_ROW(HEX, 0, export) FIELD_ROW(HEX, 0, event) FIELD_ROW(HEX, 0, COE) END};

const struct shape schema_shapes[FIELD_LIMIT] = {
	[FIELD_DEVICE] = {fields_DEVICE, NULL},	    [FIELD_INET] = {fields_INET, NULL},
	[FIELD_INET6] = {fields_INET6, NULL},	    [FIELD_UNIX] = {fields_UNIX, NULL},
	[FIELD_OTHER] = {fields_OTHER, NULL},	    [FIELD_PATH] = {fields_PATH, choices_path},
	[FIELD_ADDR] = {fields_none, choices_addr},
#define TSEM_COMPOSITE(type, members) [FIELD_##type] = {fields_##type, NULL},
#include "../../abi/fields.def"
#undef TSEM_COMPOSITE
};

static const char *const classes[TSEM_CLASS_COUNT] = {
#define C(name, word) [TSEM_CLASS_##name] = word,
	TSEM_CLASSES(C)
#undef C
};

const struct event_row schema_events[TSEM_EVENT_LIMIT] = {
#define TSEM_EVENT(number, name, class, failure, fields) \
	[number] = {#name, TSEM_CLASS_##class, FIELD_ROW(HEX, 0, name){fields_##name, NULL}},
#include "../../abi/events.def"
#undef TSEM_EVENT
};

static const char *const failures[TSEM_FAILURE_LIMIT] = {
#define F(number, name, sentence) [number] = #name,
	TSEM_FAILURES(F)
#undef F
};

const char *tsem_event_name(unsigned number)
{
	const struct event_row *row = schema_event(number);

	return row ? row->name : NULL;
}

const char *schema_class_name(unsigned class)
{
	return class < TSEM_CLASS_COUNT ? classes[class] : NULL;
}

const char *tsem_event_class(unsigned number)
{
	return schema_class_name(tsem_event_class_number(number));
}

unsigned tsem_event_class_number(unsigned number)
{
	const struct event_row *row = schema_event(number);

	return row ? row->class : TSEM_CLASS_COUNT;
}

unsigned tsem_event_number(const char *name)
{
	size_t size = strlen(name);

	for (unsigned number = 0; size && number < TSEM_EVENT_LIMIT; number++) {
		const struct event_row *row = &schema_events[number];

		if (row->cell.name_size == size && !memcmp(row->name, name, size))
			return number;
	}
	return 0;
}

const char *schema_failure(tsem_u32 number)
{
	return number < TSEM_FAILURE_LIMIT ? failures[number] : NULL;
}

tsem_u32 schema_failure_number(const char *name)
{
	for (tsem_u32 number = 0; number < TSEM_FAILURE_LIMIT; number++)
		if (failures[number] && !strcmp(failures[number], name))
			return number;
	return 0;
}
