/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A question on the terminal that tsem was started from. While it is open, nothing that CMD prints appears, and CMD gets
 * no input. What was typed before it appeared, or at that moment, is no answer.
 */
#ifndef TSEM_CLI_PROMPT_H
#define TSEM_CLI_PROMPT_H

#include "terminal.h"

struct prompt {
	struct terminal *terminal; /* NULL: no question is open */
	int id;
	char *text;
	size_t text_size;
	unsigned long long since; /* nanoseconds: when it was shown */
	bool unread; /* nobody can have read it yet */
	char line[64];
	size_t size;
	bool overlong; /* the line that is typed is no answer, whatever follows */
};

/* text: a descriptor with the question, which is closed. False: this is no time to ask here. */
bool prompt_open(struct prompt *prompt, struct terminal *terminal, int id, int text);
/* Shows it again, after tsem was stopped. False: we are a job in the background. */
bool prompt_resume(struct prompt *prompt);
/* The descriptor to read from; -1: no question is open. */
int prompt_fd(const struct prompt *prompt);
/* Milliseconds until prompt_settle drops what nobody can have meant as an answer; -1: there is nothing to wait for. */
/* Milliseconds until somebody can have read a question that was shown then (ticks_now()); 0: they are over. */
int prompt_unread_ms(tsem_u64 since);
int prompt_wait(const struct prompt *prompt);
/* Whether it has dropped what there was: then there is nothing to read. */
bool prompt_settle(struct prompt *prompt);
/* A whole line has come: what was typed, in the prompt's memory; NULL: not yet. "": the terminal is gone. */
const char *prompt_turn(struct prompt *prompt);
/* The answer was none. */
void prompt_again(struct prompt *prompt, const char *text);
/* text: what became of it, or NULL. Without an open question it does nothing. */
void prompt_close(struct prompt *prompt, const char *text);

#endif
