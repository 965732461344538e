/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Arguments and environment of a program that is about to begin, all of them, whatever their size:
 *
 *	SEC("lsm.s/bprm_committed_creds")
 *	int BPF_PROG(on_exec, struct linux_binprm *bprm)
 *	{
 *		struct tsem_exec e;
 *
 *		tsem_exec_begin(bprm, &e);
 *		tsem_each_string (&e)
 *			if (tsem_is_variable(&e) && tsem_begins(e.text, "LD_PRELOAD="))
 *				...
 *
 * In this hook the old program is gone, and the new one has not done anything yet: what is read here is what it gets,
 * and no thread of the old one can change it. To deny here ends the process (.ends = 1 in TSEM_DETECTION). A string
 * longer than e.text comes in pieces, of which tsem_is_first() is true for the first. When tsem_exec_whole() is false
 * behind the loop, there was more than is looked at, or a page could not be read.
 */
#ifndef TSEM_DETECT_EXEC_BPF_H
#define TSEM_DETECT_EXEC_BPF_H

#include "kernel.h"
#include "frame.bpf.h"
#include "signal.bpf.h"
#include "text.bpf.h"

#define TSEM_EXEC_TEXT 128
#define TSEM_EXEC_STEPS 131072 /* strings and pieces of them: 16 megabytes of long ones */

struct linux_binprm___exec {
	unsigned long p; /* where the strings begin */
	int argc, envc;
	unsigned int secureexec : 1;
} __attribute__((preserve_access_index));

/* On the stack of the program: an exec costs no memory. */
struct tsem_exec {
	__u64 at;
	__u64 string; /* where the one begins of which text is a piece */
	__s32 arguments, variables; /* still to come, with the one that is being read */
	__u32 bad; /* 1: a page could not be read */
	__u32 inside; /* 1: what comes next goes on with the string */
	__u32 first; /* 1: text begins a string */
	__u32 variable; /* 1: text is of the environment */
	char text[TSEM_EXEC_TEXT];
};

INLINE void tsem_exec_begin(struct linux_binprm *bprm, struct tsem_exec *e)
{
	const struct linux_binprm___exec *exec = (const void *)bprm;

	__builtin_memset(e, 0, sizeof(*e));
	e->at = BPF_CORE_READ(exec, p);
	e->arguments = BPF_CORE_READ(exec, argc);
	e->variables = BPF_CORE_READ(exec, envc);
}

/* A page that is not there at the moment is fetched. */
INLINE long exec_read(struct tsem_exec *e)
{
	long n = bpf_probe_read_user_str(e->text, sizeof(e->text), (const void *)e->at);
	char byte;

	if (n >= 0 || bpf_copy_from_user(&byte, 1, (const void *)e->at))
		return n;
	return bpf_probe_read_user_str(e->text, sizeof(e->text), (const void *)e->at);
}

/* The next string or piece; 0: there is none. A function of its own, which the verifier walks once. */
__attribute__((noinline)) int exec_step(struct tsem_exec *e)
{
	long n;

	if (!e || e->bad || (e->arguments <= 0 && e->variables <= 0))
		return 0;
	n = exec_read(e);
	if (n <= 0) {
		e->bad = 1;
		return 0;
	}
	e->first = !e->inside;
	if (e->first)
		e->string = e->at;
	e->variable = e->arguments <= 0;
	e->inside = n == TSEM_EXEC_TEXT; /* perhaps it ends just there: then the next piece is empty */
	e->at += e->inside ? n - 1 : n;
	if (!e->inside && !e->variable)
		e->arguments--;
	else if (!e->inside)
		e->variables--;
	return 1;
}

INLINE void turns_end(struct bpf_iter_num *turns)
{
	bpf_iter_num_destroy(turns);
}

#define tsem_each_string(e) \
	for (struct bpf_iter_num turns_ __attribute__((cleanup(turns_end))), \
	     *begun_ __attribute__((unused)) = (bpf_iter_num_new(&turns_, 0, TSEM_EXEC_STEPS), (void *)0); \
	     bpf_iter_num_next(&turns_) && exec_step(e);)

INLINE bool tsem_is_first(const struct tsem_exec *e)
{
	return e->first;
}

INLINE bool tsem_is_variable(const struct tsem_exec *e)
{
	return e->first && e->variable;
}

INLINE bool tsem_exec_whole(const struct tsem_exec *e)
{
	return !e->bad && e->arguments <= 0 && e->variables <= 0;
}

/* The program runs with more rights than who started it. */
INLINE bool tsem_exec_privileged(struct linux_binprm *bprm)
{
	const struct linux_binprm___exec *exec = (const void *)bprm;

	return BPF_CORE_READ_BITFIELD_PROBED(exec, secureexec);
}

/* The string at an address that was e->string, as much as there is room for. */
INLINE void tsem_add_exec_string(struct tsem_shot *shot, __u64 string)
{
	if (shot->signal)
		bpf_probe_read_user_str(shot->signal->string, TSEM_SIGNAL_STRING, (const void *)string);
}

#endif
