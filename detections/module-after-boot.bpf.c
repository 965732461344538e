/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/digest.bpf.h>

TSEM_DETECTION(module_after_boot, "T1547.006",
	       "after `tsem detect arm`, a kernel module is loaded whose SHA-256 digest is not on the list");

#define MODULE 2 /* READING_MODULE and LOADING_MODULE of the kernel */

SEC("lsm.s/kernel_read_file")
int BPF_PROG(on_file, struct file *file, int id, bool contents)
{
	__u8 digest[TSEM_DIGEST_SIZE] = {};

	if (id != MODULE || !tsem_armed())
		return 0;
	if (file && tsem_digest(file, digest) && tsem_listed(digest))
		return 0;
	return TSEM_SHOT({
		if (file)
			tsem_add_file(&shot_, file);
		tsem_add_digest(&shot_, digest);
	});
}

/* From memory: of what there is no file there is no digest. */
SEC("lsm/kernel_load_data")
int BPF_PROG(on_memory, int id, bool contents)
{
	return id == MODULE && tsem_armed() ? tsem_signal() : 0;
}
