/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Directories below which a workload may do what it likes: read, write, execute. For work that is never twice the same,
 * of which no run can be learned.
 */
#ifndef TSEM_LIB_TREE_H
#define TSEM_LIB_TREE_H

#include "../tsem.h"

#define TREE_READ 0x1u
#define TREE_WRITE 0x2u
#define TREE_EXECUTE 0x4u

struct tree {
	char *path; /* absolute, without links */
	unsigned rights; /* TREE_* */
	int held; /* its descriptor: its name stays as long as it is open */
};

struct trees {
	struct tree *items;
	size_t count;
};

/* text: DIR:r, DIR:rw or DIR:rwx. The directory has to be there. */
int trees_add(struct trees *trees, const char *text, struct tsem_error *error);
void trees_deinit(struct trees *trees);
/*
 * The tree that lets a workload write to the file or directory, make it there if it is missing, or replace a link on the
 * way to it; NULL: none does.
 */
const struct tree *trees_writable(const struct trees *trees, const char *path);
/*
 * Whether the event is only about regular files, directories, pipes and links below such directories, and is reading,
 * writing or executing. Devices, set-user-ID and set-group-ID modes and what has one, owners, attributes that grant power,
 * and writing to what runs are not.
 */
bool trees_allow(const struct trees *trees, const struct tsem_record *record);

#endif
