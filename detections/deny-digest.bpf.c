/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/digest.bpf.h>

TSEM_DETECTION(deny_digest, "T1204.002", "a program or library is executed whose SHA-256 digest is on the list",
	       .action = TSEM_ACTION_DENY);

INLINE int look(struct file *file)
{
	__u8 digest[TSEM_DIGEST_SIZE] = {};

	if (!tsem_list_given() || !tsem_digest(file, digest) || !tsem_listed(digest))
		return 0;
	return TSEM_SHOT({
		tsem_add_file(&shot_, file);
		tsem_add_digest(&shot_, digest);
	});
}

SEC("lsm.s/bprm_check_security")
int BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	struct file *file = bprm->file;

	return look(file);
}

SEC("lsm.s/mmap_file")
int BPF_PROG(on_map, struct file *file, unsigned long reqprot, unsigned long prot)
{
	return file && prot & PROT_EXEC ? look(file) : 0;
}
