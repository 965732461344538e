/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_LIB_ASK_KIND_H
#define TSEM_LIB_ASK_KIND_H

#include "../tsem.h"

/*
 * What a denial covers: each object of the event, whichever program wants it and in whichever way; an event without
 * one: itself, of that program. Returns the number of keys, at least 1.
 */
#define ASK_KINDS_MAX 4
size_t ask_kinds(const struct tsem_record *record, tsem_u8 (*ret_kinds)[TSEM_DIGEST_SIZE]);
/* What was done, whoever did it. */
void ask_deed(const struct tsem_record *record, tsem_u8 ret_deed[TSEM_DIGEST_SIZE]);
/* Who does it; of an exec: who started the process that executes. */
void ask_who(const struct tsem_record *record, tsem_u8 ret_id[TSEM_DIGEST_SIZE]);

/* Whether the file is opened in order to run it. */
bool ask_opens_to_execute(const struct tsem_record *record);
/* Of such an opening, and of the exec that follows it: by whom, and which file. */
void ask_execution(const struct tsem_record *record, tsem_u8 ret_key[TSEM_DIGEST_SIZE]);
/* Whether the program of that exec maps the file that it was started from. */
bool ask_maps_itself(const struct tsem_record *exec, const struct tsem_record *record);

#endif
