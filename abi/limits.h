/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sizes that the kernel side, the library and every trust root agree on. */
#ifndef TSEM_ABI_LIMITS_H
#define TSEM_ABI_LIMITS_H

#define TSEM_DIGEST_SIZE 32

/* Longest path that can be described, in bytes without a NUL. Longer ones cannot be modeled. */
#define TSEM_PATH_MAX 4095

/*
 * Largest canonical CELL in bytes. The largest row, inode_rename, holds two
 * paths and two directory inodes. A power of two, so that the kernel side can
 * bound an offset with a mask.
 */
#define TSEM_CELL_MAX 16384

/*
 * Contents above SMALL bytes are read only when they have the size of one that was learned, those above LARGEST never:
 * the kernel cannot be interrupted while it reads one.
 */
#define TSEM_CONTENT_SMALL (16ULL << 20)
#define TSEM_CONTENT_LARGEST (1ULL << 30)

#define TSEM_NAME_MAX 64 /* namespace name with its NUL */
#define TSEM_COMM_SIZE 16 /* the kernel's TASK_COMM_LEN */
#define TSEM_NAMESPACE_MAX 1024 /* namespaces at one time */
#define TSEM_OBJECTS_MAX 2048 /* maps, programs and links that are loaded once for all namespaces */

#endif
