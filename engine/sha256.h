/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * SHA-256 (FIPS 180-4), one block at a time, in the shape that the BPF
 * verifier accepts: no pointer arithmetic, all state in one struct, loops
 * through TSEM_LOOP, whose body the verifier walks once instead of once a turn.
 */
#ifndef TSEM_ENGINE_SHA256_H
#define TSEM_ENGINE_SHA256_H

#include "../abi/limits.h"
#include "../abi/types.h"
#include "port.h"

struct tsem_sha256 {
	tsem_u32 h[8]; /* chaining value */
	tsem_u32 w[16]; /* message schedule, the last sixteen words */
	tsem_u32 v[8]; /* working variables between two groups of rounds */
};

static const tsem_u32 tsem_sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static TSEM_INLINE void tsem_sha256_init(struct tsem_sha256 *s)
{
	s->h[0] = 0x6a09e667;
	s->h[1] = 0xbb67ae85;
	s->h[2] = 0x3c6ef372;
	s->h[3] = 0xa54ff53a;
	s->h[4] = 0x510e527f;
	s->h[5] = 0x9b05688c;
	s->h[6] = 0x1f83d9ab;
	s->h[7] = 0x5be0cd19;
}

/* Turned to the right, xored. Where no instruction turns, a number that stands twice in a longer one is shifted. */
#ifdef __bpf__
#define TSEM_TWICE(x) tsem_u64 twice = (tsem_u64)(x) << 32 | (x)
#define TSEM_ROR(x, n) ((tsem_u32)(twice >> (n)))
#else
#define TSEM_TWICE(x)
#define TSEM_ROR(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#endif
#define TSEM_SIGMA(x, i, j, k) TSEM_ROR(x, i) ^ TSEM_ROR(x, j) ^ TSEM_ROR(x, k)
static TSEM_INLINE tsem_u32 tsem_sha256_sum0(tsem_u32 x)
{
	TSEM_TWICE(x);
	return TSEM_SIGMA(x, 2, 13, 22);
}

static TSEM_INLINE tsem_u32 tsem_sha256_sum1(tsem_u32 x)
{
	TSEM_TWICE(x);
	return TSEM_SIGMA(x, 6, 11, 25);
}

static TSEM_INLINE tsem_u32 tsem_sha256_spread0(tsem_u32 x)
{
	TSEM_TWICE(x);
	return TSEM_ROR(x, 7) ^ TSEM_ROR(x, 18) ^ (x >> 3);
}

static TSEM_INLINE tsem_u32 tsem_sha256_spread1(tsem_u32 x)
{
	TSEM_TWICE(x);
	return TSEM_ROR(x, 17) ^ TSEM_ROR(x, 19) ^ (x >> 10);
}

#define TSEM_ROUND(a, b, c, d, e, f, g, h, i) \
	do { \
		tsem_u32 t = h + tsem_sha256_sum1(e) + (g ^ (e & (f ^ g))) + k[i] + w[i]; \
		d += t; \
		h = t + tsem_sha256_sum0(a) + ((a & b) | (c & (a | b))); \
	} while (0)
#define TSEM_SCHEDULE(i) \
	(w[i] += tsem_sha256_spread0(s->w[(r + i + 1) & 15]) + s->w[(r + i + 9) & 15] + \
		 tsem_sha256_spread1(s->w[(r + i + 14) & 15]))

/*
 * Four rounds; turn 0 to 15. No more of them, because each program of the kernel
 * side has a copy. The context points to a pointer, because the verifier wants one
 * into the stack.
 */
static TSEM_LOOP_BODY tsem_sha256_rounds(tsem_u32 turn, void *context)
{
	struct tsem_sha256 *s = *(struct tsem_sha256 **)context;
	tsem_u32 r = turn * 4, *w = s->w + (r & 12);
	const tsem_u32 *k = tsem_sha256_k + (r & 60);
	tsem_u32 a = s->v[0], b = s->v[1], c = s->v[2], d = s->v[3];
	tsem_u32 e = s->v[4], f = s->v[5], g = s->v[6], h = s->v[7];

	if (r >= 16) {
		TSEM_SCHEDULE(0);
		TSEM_SCHEDULE(1);
		TSEM_SCHEDULE(2);
		TSEM_SCHEDULE(3);
	}
	TSEM_ROUND(a, b, c, d, e, f, g, h, 0);
	TSEM_ROUND(h, a, b, c, d, e, f, g, 1);
	TSEM_ROUND(g, h, a, b, c, d, e, f, 2);
	TSEM_ROUND(f, g, h, a, b, c, d, e, 3);
	s->v[0] = e;
	s->v[1] = f;
	s->v[2] = g;
	s->v[3] = h;
	s->v[4] = a;
	s->v[5] = b;
	s->v[6] = c;
	s->v[7] = d;
	return 0;
}

#undef TSEM_ROR
#undef TSEM_TWICE
#undef TSEM_SIGMA
#undef TSEM_ROUND
#undef TSEM_SCHEDULE

/* Takes the sixteen words in s->w into the chaining value. */
static TSEM_INLINE int tsem_sha256_block(struct tsem_sha256 *s)
{
	if (!s)
		return -1;
	for (int i = 0; i < 8; i++)
		s->v[i] = s->h[i];
	TSEM_LOOP(16, tsem_sha256_rounds, &s);
	for (int i = 0; i < 8; i++)
		s->h[i] += s->v[i];
	return 0;
}

#endif
