/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The verbs of tsem detect, and what they share. */
#ifndef TSEM_CLI_DETECT_H
#define TSEM_CLI_DETECT_H

#include "../frame/cmd.h"

int detect_build(const struct invocation *v);
int detect_add(const struct invocation *v);
int detect_ls(const struct invocation *v);
int detect_show(const struct invocation *v);
int detect_set(const struct invocation *v);
int detect_rm(const struct invocation *v);
int detect_test(const struct invocation *v);
int detect_arm(const struct invocation *v);
int detect_watch(const struct invocation *v);
int detect_forgive(const struct invocation *v);

/* What is asked for; usage errors are told. */
int change_read(const struct invocation *v, struct tsem_detect_change *ret_change);
/* Whether detections that come with tsem are for users. */
bool shipped_is_part(const char *name);
const char *outcome_word(tsem_u32 outcome);

/* Who untrusts needs a namespace for that, and a process that keeps it. */
int keep_untrusted(const struct invocation *v, struct tsem_detect *detect);
/* Somebody has to take the signals. */
int keep_signals(const struct invocation *v, struct tsem_detect *detect);

/* ---- signal.c: a signal as text, as JSON, as a finding of OCSF ---- */

enum signal_form { SIGNAL_TEXT, SIGNAL_JSON, SIGNAL_OCSF };
void signal_print(const struct tsem_signal *signal, enum signal_form form);
/* In a sentence; for the journal, too. */
void signal_describe(const struct tsem_signal *signal, struct tsem_buffer *out);

#endif
