/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <tsem/detect.bpf.h>
#include <tsem/detect/state.bpf.h>

TSEM_DETECTION(mass_rename, "T1486", "a process renames more than 100 files within 10 seconds");

TSEM_PROCESS_STATE(renames, struct tsem_rate);

SEC("lsm/path_rename")
int BPF_PROG(on_rename, const struct path *old_dir, struct dentry *old, const struct path *dir, struct dentry *entry)
{
	struct tsem_rate *rate = renames_of_process(TSEM_SECONDS(60));

	return rate && tsem_rate_over(rate, TSEM_SECONDS(10), 100) ? tsem_signal(dir, entry) : 0;
}
