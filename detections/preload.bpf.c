/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/exec.bpf.h>

TSEM_DETECTION(preload, "T1574.006", "a program starts with LD_PRELOAD, LD_AUDIT or LD_LIBRARY_PATH", .ends = 1);

/* A function of its own, which the verifier walks once. */
__attribute__((noinline)) int is_preload(struct tsem_exec *e)
{
	if (!e || !tsem_is_variable(e) || !tsem_begins(e->text, "LD_"))
		return 0;
	return tsem_begins(e->text, "LD_PRELOAD=") || tsem_begins(e->text, "LD_AUDIT=") ||
	       tsem_begins(e->text, "LD_LIBRARY_PATH=");
}

/* The first one, how many there are, and whether the program has more rights than its caller. */
INLINE int preload_signal(struct linux_binprm *bprm, const struct tsem_exec *e, __u64 first, __u32 count)
{
	if (!tsem_exec_whole(e))
		return tsem_signal(bprm->file, "more arguments and variables than can be read");
	if (!count)
		return 0;
	return TSEM_SHOT({
		tsem_add_file(&shot_, bprm->file);
		tsem_add_exec_string(&shot_, first);
		tsem_add_number(&shot_, count + (tsem_exec_privileged(bprm) ? 1000 : 0));
	});
}

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	struct tsem_exec e;
	__u64 first = 0;
	__u32 count = 0;

	tsem_exec_begin(bprm, &e);
	tsem_each_string(&e)
	{
		if (!is_preload(&e))
			continue;
		first = first ? first : e.string;
		count = unknown(count + 1, e.at); /* so that the verifier walks one turn for all */
	}
	return preload_signal(bprm, &e, first, count);
}
