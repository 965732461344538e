/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* events.def and fields.def as strings of codes, one byte for a field, and functions that walk along them. */
#include "shape.h"

enum {
	CODE_END,
	CODE_OPTIONAL, /* before another */
	CODE_2 = 2, /* so many bytes */
	CODE_4 = 4,
	CODE_8 = 8,
	CODE_16 = 16,
	CODE_32 = 32,
	CODE_STR = 64,
	CODE_BYTES,
	CODE_PATH,
	CODE_ADDR,
	CODE_DEVICE,
#define TSEM_COMPOSITE(type, members) CODE_##type,
#include "../abi/fields.def"
#undef TSEM_COMPOSITE
	CODE_LIMIT
};

#define U16(name) CODE_2,
#define MODE(name) CODE_2,
#define U32(name) CODE_4,
#define S32(name) CODE_4,
#define X32(name) CODE_4,
#define U64(name) CODE_8,
#define X64(name) CODE_8,
#define UUID(name) CODE_16,
#define DIGEST(name) CODE_32,
#define STR(name) CODE_STR,
#define BYTES(name) CODE_BYTES,
#define PATH(name) CODE_PATH,
#define ADDR(name) CODE_ADDR,
#define DEVICE(name) CODE_DEVICE,
#define INODE(name) CODE_INODE,
#define DENTRY(name) CODE_DENTRY,
#define FILE(name) CODE_FILE,
#define SOCK(name) CODE_SOCK,
#define CREDS(name) CODE_CREDS,
#define PERM(name) CODE_PERM,
#define TIME(name) CODE_TIME,
#define ZONE(name) CODE_ZONE,
#define OPT_U32(name) CODE_OPTIONAL, U32(name)
#define OPT_STR(name) CODE_OPTIONAL, STR(name)
#define OPT_ADDR(name) CODE_OPTIONAL, ADDR(name)
#define OPT_SOCK(name) CODE_OPTIONAL, SOCK(name)
#define OPT_FILE(name) CODE_OPTIONAL, FILE(name)
#define OPT_PATH(name) CODE_OPTIONAL, PATH(name)
#define OPT_INODE(name) CODE_OPTIONAL, INODE(name)
#define OPT_TIME(name) CODE_OPTIONAL, TIME(name)
#define OPT_ZONE(name) CODE_OPTIONAL, ZONE(name)

#define TSEM_COMPOSITE(type, members) static const tsem_u8 codes_##type[] = {members CODE_END};
#include "../abi/fields.def"
#undef TSEM_COMPOSITE
#define TSEM_EVENT(number, name, class, failure, fields) static const tsem_u8 event_##name[] = {fields CODE_END};
#include "../abi/events.def"
#undef TSEM_EVENT

static const tsem_u8 codes_DEVICE[] = {CODE_4, CODE_4, CODE_END};

static const tsem_u8 *const composites[CODE_LIMIT] = {
	[CODE_DEVICE] = codes_DEVICE,
#define TSEM_COMPOSITE(type, members) [CODE_##type] = codes_##type,
#include "../abi/fields.def"
#undef TSEM_COMPOSITE
};

static const struct {
	const tsem_u8 *codes;
	const char *name;
	tsem_u32 name_size;
} rows[TSEM_EVENT_LIMIT] = {
#define TSEM_EVENT(number, name, class, failure, fields) [number] = {event_##name, #name, sizeof(#name) - 1},
#include "../abi/events.def"
#undef TSEM_EVENT
};

struct walk {
	const tsem_u8 *cell;
	tsem_u32 at, size;
	tsem_u32 name, name_size; /* of the last plain path; name 0: it was none */
	struct shape_file file;
};

static int skip(struct walk *walk, tsem_u32 size)
{
	if (walk->size - walk->at < size)
		return -1;
	walk->at += size;
	return 0;
}

static int walk_string(struct walk *walk, int text)
{
	tsem_u32 size, start;

	if (walk->size - walk->at < 4)
		return -1;
	__builtin_memcpy(&size, walk->cell + walk->at, 4);
	walk->at += 4;
	start = walk->at;
	if (skip(walk, size))
		return -1;
	for (tsem_u32 i = start; text && i < walk->at; i++)
		if (!walk->cell[i])
			return -1;
	return 0;
}

/* The byte at the place, which is a tag; -1 at the end. */
static int walk_tag(struct walk *walk)
{
	return walk->at < walk->size ? walk->cell[walk->at++] : -1;
}

static int path_type_good(const tsem_u8 *string)
{
	static const struct {
		tsem_u8 size[4];
		char word[12];
	} types[] = {
#define W(word) {{sizeof(word) - 1}, word},
		TSEM_PATH_TYPES(W)
#undef W
	};

	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (string[0] == types[i].size[0] && !__builtin_memcmp(string, &types[i], 4u + string[0]))
			return 1;
	return 0;
}

static int walk_path(struct walk *walk)
{
	int tag = walk_tag(walk);
	tsem_u32 start;

	if (tag < 0 || tag > 1 || (tag && skip(walk, 8)))
		return -1;
	start = walk->at;
	if (walk_string(walk, 1) || !path_type_good(walk->cell + start))
		return -1;
	tag = walk_tag(walk);
	start = walk->at + 4;
	if ((tag != TSEM_PATH_PLAIN && tag != TSEM_PATH_CREATED) || walk_string(walk, 1))
		return -1;
	walk->name = tag == TSEM_PATH_PLAIN ? start : 0;
	walk->name_size = walk->at - start;
	return tag == TSEM_PATH_CREATED ? skip(walk, 8 + 32) : 0;
}

static int walk_address(struct walk *walk)
{
	switch (walk_tag(walk)) {
	case TSEM_ADDR_INET:
		return skip(walk, 2 + 4);
	case TSEM_ADDR_INET6:
		return skip(walk, 2 + 4 + 4 + 16);
	case TSEM_ADDR_UNIX:
		return walk_string(walk, 0);
	case TSEM_ADDR_OTHER:
		return skip(walk, 4 + 32);
	default:
		return -1;
	}
}

static int walk_codes(struct walk *walk, const tsem_u8 *codes);

static int walk_field(struct walk *walk, tsem_u8 code)
{
	int r;

	if (code <= CODE_32)
		return skip(walk, code);
	if (code == CODE_STR || code == CODE_BYTES)
		return walk_string(walk, code == CODE_STR);
	if (code == CODE_PATH)
		return walk_path(walk);
	if (code == CODE_ADDR)
		return walk_address(walk);
	r = walk_codes(walk, composites[code]);
	if (!r && code == CODE_FILE && walk->name)
		walk->file =
			(struct shape_file){walk->name, walk->name_size, walk->at - 32}; /* its digest is its last */
	return r;
}

/* Composites hold composites to a depth of three at most: fields.def cannot name itself. */
static int walk_codes(struct walk *walk, const tsem_u8 *codes)
{
	int present;

	for (; *codes != CODE_END; codes++) {
		present = 1;
		if (*codes == CODE_OPTIONAL) {
			present = walk_tag(walk);
			codes++;
		}
		if (present < 0 || present > 1 || (present && walk_field(walk, *codes)))
			return -1;
	}
	return 0;
}

const char *shape_event_name(tsem_u32 event, tsem_u32 *ret_size)
{
	if (event >= TSEM_EVENT_LIMIT || !rows[event].name)
		return (void *)0;
	*ret_size = rows[event].name_size;
	return rows[event].name;
}

int shape_check(tsem_u32 event, const tsem_u8 *cell, tsem_u32 size, struct shape_file *ret_file)
{
	struct walk walk = {.cell = cell, .size = size};

	if (event >= TSEM_EVENT_LIMIT || !rows[event].codes || walk_codes(&walk, rows[event].codes) || walk.at != size)
		return -1;
	*ret_file = walk.file;
	return 0;
}
