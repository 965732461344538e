/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The only integers that cross from the kernel side to the user side. Structs
 * of abi/ hold nothing but these and byte arrays, naturally aligned, with
 * explicit padding, so that their layout is one on every target.
 */
#ifndef TSEM_ABI_TYPES_H
#define TSEM_ABI_TYPES_H

typedef unsigned char tsem_u8;
typedef unsigned short tsem_u16;
typedef unsigned int tsem_u32;
typedef unsigned long long tsem_u64;
typedef signed int tsem_s32;
typedef signed long long tsem_s64;

/* C++ has another word for it. */
#ifdef __cplusplus
#define TSEM_ASSERT(condition, text) static_assert(condition, text)
#else
#define TSEM_ASSERT(condition, text) _Static_assert(condition, text)
#endif
#define TSEM_LAYOUT(type, member, offset) \
	TSEM_ASSERT(__builtin_offsetof(struct type, member) == (offset), #type "." #member)
#define TSEM_SIZE(type, size) TSEM_ASSERT(sizeof(struct type) == (size), #type)

#endif
