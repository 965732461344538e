/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What differs between the targets of the engine: how a loop and a byte swap are said. */
#ifndef TSEM_ENGINE_PORT_H
#define TSEM_ENGINE_PORT_H

#include "../abi/limits.h"
#include "../abi/types.h"

#define TSEM_INLINE inline __attribute__((always_inline))
#define TSEM_SWAP32(x) __builtin_bswap32(x)

#ifdef __bpf__
/* The mask must reach the verifier, so the compiler may not prove it superfluous. */
#define TSEM_BOUND(value, mask) \
	({ \
		tsem_u64 bound_ = (value); \
		__asm__ volatile("%0 &= %1" : "+r"(bound_) : "i"(mask)); \
		bound_; \
	})
/* Kernels that run our programs allow unaligned stores; clang would split a packed one into bytes. */
#define TSEM_STORE(bits, address, value) (*(tsem_u##bits *)(address) = (value))
typedef tsem_u64 tsem_word64 __attribute__((may_alias));
typedef tsem_u32 tsem_word32 __attribute__((may_alias));
/* A function of its own, which the verifier walks once for each program, with any arguments. */
#define TSEM_FUNCTION __attribute__((noinline)) int
/* The verifier knows a loop body as a function (u32 turn, void *context) that returns 0. */
#define TSEM_LOOP_BODY long __attribute__((noinline))
#define TSEM_LOOP(turns, body, context) bpf_loop(turns, body, context, 0)
#else
#define TSEM_BOUND(value, mask) ((value) & (mask))
#define TSEM_STORE(bits, address, value) \
	do { \
		tsem_u##bits stored_ = (value); \
		__builtin_memcpy(address, &stored_, sizeof(stored_)); \
	} while (0)
#define TSEM_FUNCTION static TSEM_INLINE int
#define TSEM_LOOP_BODY TSEM_INLINE long
#define TSEM_LOOP(turns, body, context) \
	do { \
		for (tsem_u32 turn_ = 0; turn_ < (turns); turn_++) \
			body(turn_, context); \
	} while (0)
#endif

/*
 * Memory in words: size is a multiple of four, and known when compiled. Where
 * clang does not know an alignment it makes single bytes for the kernel, which
 * are eight times as many instructions, for the verifier too. What lies on the
 * stack has to be aligned.
 */
static TSEM_INLINE void tsem_words_copy(void *to, const void *from, tsem_u32 size)
{
#ifdef __bpf__
	tsem_u32 i = 0;

	for (; i + 8 <= size; i += 8)
		*(tsem_word64 *)((tsem_u8 *)to + i) = *(const tsem_word64 *)((const tsem_u8 *)from + i);
	if (i < size)
		*(tsem_word32 *)((tsem_u8 *)to + i) = *(const tsem_word32 *)((const tsem_u8 *)from + i);
#else
	__builtin_memcpy(to, from, size);
#endif
}

static TSEM_INLINE void tsem_words_clear(void *to, tsem_u32 size)
{
#ifdef __bpf__
	tsem_u32 i = 0;

	for (; i + 8 <= size; i += 8)
		*(tsem_word64 *)((tsem_u8 *)to + i) = 0;
	if (i < size)
		*(tsem_word32 *)((tsem_u8 *)to + i) = 0;
#else
	__builtin_memset(to, 0, size);
#endif
}

static TSEM_INLINE void tsem_digest_copy(void *to, const void *from)
{
	tsem_words_copy(to, from, TSEM_DIGEST_SIZE);
}

#endif
