/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/exec.bpf.h>
#include <tsem/detect/words.bpf.h>

TSEM_DETECTION(environment, "T1574.007", "a program starts with a variable in its environment that is on the list",
	       .ends = 1);

TSEM_WORDS("BASH_ENV", "ENV", "PROMPT_COMMAND", "PYTHONSTARTUP", "PYTHONPATH", "PERL5OPT", "PERL5LIB", "RUBYOPT",
	   "NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "GCONV_PATH", "LD_DEBUG*");

SEC("lsm.s/bprm_committed_creds")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	struct tsem_exec e;
	__u64 found = 0;

	tsem_exec_begin(bprm, &e);
	tsem_each_string(&e) if (tsem_is_variable(&e) && !found && tsem_is_word(e.text, '=')) found = e.string;
	if (!tsem_exec_whole(&e))
		tsem_failed();
	if (!found)
		return 0;
	return TSEM_SHOT({
		tsem_add_file(&shot_, bprm->file);
		tsem_add_exec_string(&shot_, found);
	});
}
