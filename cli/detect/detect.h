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

/* Reads the options that change a detection. 0, or the status of wrong usage, which is then printed. */
int change_read(const struct invocation *v, struct tsem_detect_change *ret_change);
/* Whether it is a part of tsem itself, which other detections need, and none that users attach. */
bool shipped_is_part(const char *name);
const char *outcome_word(tsem_u32 outcome);

/* Ensures that the session for untrusted processes exists, with a process that orchestrates it. */
int keep_untrusted(const struct invocation *v, struct tsem_detect *detect);
/* Ensures that a process takes the signals. */
int keep_signals(const struct invocation *v, struct tsem_detect *detect);

/* ---- signal.c: a signal as text, as JSON, as a finding of OCSF ---- */

enum signal_form { SIGNAL_TEXT, SIGNAL_JSON, SIGNAL_OCSF };
void signal_print(const struct tsem_signal *signal, enum signal_form form);
/* As one line; the journal gets the same line. */
void signal_describe(const struct tsem_signal *signal, struct tsem_buffer *out);

#endif
