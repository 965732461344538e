/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_TESTS_WRITTEN_H
#define TSEM_TESTS_WRITTEN_H

#include "../../lib/tsem.h"

/* Events as JSON, so that the tests can be read. */
#define ID0 "0000000000000000000000000000000000000000000000000000000000000000"
#define ID1 "1111111111111111111111111111111111111111111111111111111111111111"
#define ID2 "2222222222222222222222222222222222222222222222222222222222222222"
#define UUID "00000000000000000000000000000000"
#define INODE(mode) \
	"{\"uid\":\"0\",\"gid\":\"0\",\"mode\":\"" mode "\",\"s_magic\":\"0xef53\",\"s_id\":\"\",\"s_uuid\":\"" UUID \
	"\"}"
#define PATH(name) "{\"type\":\"root\",\"pathname\":\"" name "\"}"
#define CREATED(directory, instance, owner) \
	"{\"type\":\"root\",\"directory\":\"" directory "\",\"instance\":\"" instance "\",\"owner\":\"" owner "\"}"
#define FILE_(flags, path, digest) \
	"\"file\":{\"flags\":\"" flags "\",\"inode\":" INODE("0100644") ",\"path\":" path ",\"digest\":\"" digest "\"}"
#define DENTRY(name, path) "\"" name "\":{\"path\":" path "}"
#define DIR "\"dir\":" INODE("040755")
#define SOCK(family, type) \
	"\"sock\":{\"family\":\"" family "\",\"type\":\"" type "\",\"protocol\":\"0\",\"owner\":\"" ID1 "\"" \
	"}"

/* The event with these members of its CELL; free() it. */
struct tsem_record *parse_event(const char *type, const char *uid, const char *task, const char *cell);

#endif
