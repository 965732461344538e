/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Parts of names that belong to this machine and this day. */
#ifndef TSEM_LIB_LOCAL_H
#define TSEM_LIB_LOCAL_H

#include <time.h>

#include "propose_part.h"

#define LOCAL_WORDS_MAX 5 /* the host name and two forms of two dates */
#define LOCAL_WORD_SIZE 64

struct local_word {
	char text[LOCAL_WORD_SIZE];
	size_t size;
	const char *parts; /* pairs of class and length, and literals between them */
	size_t part_count;
};

struct local_words {
	struct local_word words[LOCAL_WORDS_MAX];
	size_t count;
};

void local_words_of(const char *host, time_t now, struct local_words *ret_words);
void local_words_now(struct local_words *ret_words);
/* Proposals for the names with such a word that the workload gave, and for the devices that it used, in more than one run. */
int proposals_find_local(const struct tsem_model *model, const tsem_u32 *seen, const struct local_words *words,
			 struct tsem_proposals *ret_proposals);
/* Makes parts of such words in the fixed text of a rule. As it was, when that is too long for a rule. */
void name_rule_localise(const struct local_words *words, struct tsem_name_rule *rule);

#endif
