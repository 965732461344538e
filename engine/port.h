/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What differs between the targets of the engine: how a loop and a byte swap are said. */
#ifndef TSEM_ENGINE_PORT_H
#define TSEM_ENGINE_PORT_H

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

#endif
