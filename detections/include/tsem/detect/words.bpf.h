/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Words that `--words A,B,C*` replaces: TSEM_WORDS("LD_*", "BASH_ENV"); names the first ones. A word that ends in * stands
 * for all that begin like it.
 */
#ifndef TSEM_DETECT_WORDS_BPF_H
#define TSEM_DETECT_WORDS_BPF_H

#include "../abi/detect.h"
#include "kernel.h"

#define TSEM_WORDS(...) \
	volatile char tsem_words[TSEM_DETECT_WORDS_MAX][TSEM_DETECT_WORD] SEC(".data.words") = {__VA_ARGS__}

extern volatile char tsem_words[TSEM_DETECT_WORDS_MAX][TSEM_DETECT_WORD];

struct word_search {
	const char *text;
	__u32 word;
	__u32 end;
	__u32 found;
};

static long word_letter(__u32 turn, struct word_search *s)
{
	char wanted = tsem_words[s->word & (TSEM_DETECT_WORDS_MAX - 1)][turn & (TSEM_DETECT_WORD - 1)], got = 0;

	bpf_probe_read_kernel(&got, 1, s->text + turn);
	if (wanted == '*' || (!wanted && (!got || got == s->end))) {
		s->found = 1;
		return 1;
	}
	return wanted != got;
}

static long word_try(__u32 turn, struct word_search *s)
{
	s->word = turn;
	if (!tsem_words[turn & (TSEM_DETECT_WORDS_MAX - 1)][0])
		return 1;
	bpf_loop(TSEM_DETECT_WORD, word_letter, s, 0);
	return s->found;
}

/* Whether text, up to its end or that character, is one of the words. */
INLINE bool tsem_is_word(const char *text, char end)
{
	struct word_search s = {.text = text, .end = end};

	bpf_loop(TSEM_DETECT_WORDS_MAX, word_try, &s, 0);
	return s.found;
}

#endif
