/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/exec.bpf.h>

TSEM_DETECTION(preload, "T1574.006",
	       "a program starts with a library of its caller's choice, by LD_PRELOAD, LD_AUDIT or LD_LIBRARY_PATH",
	       .ends = 1);

/* The first one, how many there are of it, and whether the program has more rights than its caller. */
INLINE int preload_signal(struct linux_binprm *bprm, struct tsem_exec *e)
{
	if (!tsem_exec_whole(e))
		return tsem_signal(bprm->file, "more arguments and variables than can be read");
	if (!e->found)
		return 0;
	return TSEM_SHOT({
		tsem_add_file(&shot_, bprm->file);
		tsem_add_string(&shot_, e->kept);
		tsem_add_number(&shot_, e->found + (tsem_exec_privileged(bprm) ? 1000 : 0));
	});
}

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	struct tsem_exec *e = tsem_exec_begin(bprm);
	int verdict;

	tsem_each_string(e)
	{
		if (!tsem_is_variable(e) || !tsem_begins(e->text, "LD_"))
			continue;
		if (!tsem_begins(e->text, "LD_PRELOAD=") && !tsem_begins(e->text, "LD_AUDIT=") &&
		    !tsem_begins(e->text, "LD_LIBRARY_PATH="))
			continue;
		if (!e->found++)
			tsem_keep(e);
	}
	verdict = preload_signal(bprm, e);
	tsem_exec_end();
	return verdict;
}
