/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* lines: for all loaded BPF programs, which source line each piece of machine code comes from: ADDRESS FILE:LINE. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_lines(const struct bpf_prog_info *info, const struct btf *btf)
{
	const struct bpf_line_info *lines = (const void *)(unsigned long)info->line_info;
	const __u64 *addresses = (const void *)(unsigned long)info->jited_line_info;
	__u32 i;

	for (i = 0; i < info->nr_line_info && i < info->nr_jited_line_info; i++) {
		const char *file = btf__name_by_offset(btf, lines[i].file_name_off);
		const char *name = file ? strrchr(file, '/') : NULL;

		printf("%llx %s:%u\n", (unsigned long long)addresses[i],
		       name ? name + 1 :
		       file ? file :
			      "?",
		       BPF_LINE_INFO_LINE_NUM(lines[i].line_col));
	}
}

static void print_program(int fd)
{
	struct bpf_prog_info info = {}, counts = {};
	__u32 size = sizeof(counts);
	struct btf *btf;

	if (bpf_obj_get_info_by_fd(fd, &counts, &size) || !counts.nr_jited_line_info)
		return;
	btf = btf__load_from_kernel_by_id(counts.btf_id);
	info.nr_line_info = counts.nr_line_info;
	info.nr_jited_line_info = counts.nr_jited_line_info;
	info.line_info_rec_size = sizeof(struct bpf_line_info);
	info.jited_line_info_rec_size = sizeof(__u64);
	info.line_info = (unsigned long)calloc(counts.nr_line_info, sizeof(struct bpf_line_info));
	info.jited_line_info = (unsigned long)calloc(counts.nr_jited_line_info, sizeof(__u64));
	size = sizeof(info);
	if (btf && info.line_info && info.jited_line_info && !bpf_obj_get_info_by_fd(fd, &info, &size))
		print_lines(&info, btf);
	free((void *)(unsigned long)info.line_info);
	free((void *)(unsigned long)info.jited_line_info);
	btf__free(btf);
}

int main(void)
{
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd >= 0) {
			print_program(fd);
			close(fd);
		}
	}
	return 0;
}
