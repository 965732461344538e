/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Events in words: shared by the files describe*.c. */
#ifndef TSEM_LIB_DESCRIBE_H
#define TSEM_LIB_DESCRIBE_H

#include "../base/buffer.h"
#include "../event/codec.h"
#include "review.h"

/* Appends the path of the program with that TASK_ID; false, and nothing appended, when it is not known. */
typedef bool (*program_name_fn)(const void *context, const tsem_u8 *id, struct tsem_buffer *buffer);

/* __FMODE_EXEC, in the flags of a file that the kernel opens in order to run it. */
#define DESCRIBE_EXECUTION 0x20
/* __O_TMPFILE: the file is new, and has no name. */
#define DESCRIBE_TMPFILE 0x400000

/* RENAME_EXCHANGE, in the flags of inode_rename. */
#define DESCRIBE_EXCHANGE 2
/* ATTR_MODE, ATTR_UID, ATTR_GID, in valid of inode_setattr. */
#define DESCRIBE_SET_MODE 1
#define DESCRIBE_SET_USER 2
#define DESCRIBE_SET_GROUP 4

/*
 * The question of a reviewer (review.h) that the event answers; of a file that is opened or changed, unless what it is
 * opened for, or its name, says more. An event without a phrase answers that of its class.
 */
enum question describe_question(const struct tsem_record *record);

struct describing {
	const struct tsem_record *record;
	struct codec codec;
	struct tsem_buffer *buffer;
	program_name_fn name; /* NULL: programs are named by the first bytes of their TASK_ID */
	const void *context;
};

/* tsem_record_describe with programs by their names. */
void record_describe(const struct tsem_record *record, program_name_fn name, const void *context,
		     struct tsem_buffer *buffer);

/* Describes the deed to that object of the event (objects.h), without its name: "renames to /etc/hosts". */
void describe_deed(struct describing *d, const struct item *object);
/* Text with {field} and {field:word} in it (describe.c). */
void describe_phrase(struct describing *d, const char *text);
/* The bits of a file's mode by which it, or who executes it, is more than others: it is a device, setuid, setgid. */
tsem_u64 describe_special(tsem_u64 mode);

/* The items of a choice or shape: the one of that name among the direct members of an open item. */
const struct item *describe_member(const struct codec *codec, const struct item *open, const char *name);

/* Any item, as a noun or a number; item may be NULL: nothing. */
void describe_item(struct describing *d, const struct item *item);
/* PATH in short, for tables: a file created in the namespace is directory/(created N). */
void describe_path_short(struct describing *d, const struct item *path);
/* By the name after the colon in a phrase; false when there is no such word. */
bool describe_word(struct describing *d, const struct item *item, const char *name, size_t size);
/* The path of the program, or "the program 1a2b3c4d" */
void describe_program(struct describing *d, const tsem_u8 *id);

#endif
