/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Directories below which a workload may do what it likes: read, write, execute. For work that is never twice the same,
 * of which no run can be learned.
 */
#ifndef TSEM_LIB_TREE_H
#define TSEM_LIB_TREE_H

#include "../tsem.h"

struct tree {
	char *path; /* absolute, without links */
	unsigned rights; /* TSEM_TREE_* */
	int held; /* its descriptor: its name stays as long as it is open */
};

struct trees {
	struct tree *items;
	size_t count;
};

/* text: DIR:r, DIR:rw, DIR:rx or DIR:rwx. The directory has to be there. Of two for one directory the later counts. */
int trees_add(struct trees *trees, const char *text, struct tsem_error *error);
/* The trees of the model, which have to be there under just these names. */
int trees_add_model(struct trees *trees, const struct tsem_model *model, struct tsem_error *error);
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
/*
 * Drops from the set what the trees allow, but for the starts of programs, because what else a program does is told by
 * its name, and for what no task can wait in.
 * -ENOMEM: some of what should stay is gone, too.
 */
int trees_drop(const struct trees *trees, struct tsem_set *set, size_t *ret_count);

#endif
