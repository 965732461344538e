/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * verifier: what the kernel's verifier says of each program: PROGRAM INSTRUCTIONS STATES PEAK, a line each.
 *
 * The source of the library is a part of it, because constants that the library sets decide what the verifier has to
 * look at: the programs have to be those that tsem loads.
 */
#include "../lib/kernel/kernel.c"

#define LOG_STATISTICS 4
#define LOG_SIZE 65536
#define PROGRAMS_MAX 512

static int print_statistics(const char *name, const char *log)
{
	const char *at = strstr(log, "processed ");
	unsigned long instructions, states, peak;

	if (!at ||
	    sscanf(at, "processed %lu insns (limit %*d) max_states_per_insn %*d total_states %lu peak_states %lu",
		   &instructions, &states, &peak) != 3) {
		fprintf(stderr, "verifier: no statistics of %s: %s\n", name, log);
		return 1;
	}
	printf("%s %lu %lu %lu\n", name, instructions, states, peak);
	return 0;
}

int main(void)
{
	struct tsem_bpf *skeleton = tsem_bpf__open();
	struct bpf_program *program;
	char reason[1024];
	unsigned count = 0, i = 0;
	char *logs;
	int failed = 0;

	if (!skeleton)
		return 1;
	capture_begin();
	if (configure(skeleton, TSEM_KERNEL_ALL_EVENTS, NULL))
		return 1;
	logs = calloc(PROGRAMS_MAX, LOG_SIZE);
	bpf_object__for_each_program (program, skeleton->obj) {
		if (!logs || count == PROGRAMS_MAX)
			return 1;
		bpf_program__set_log_level(program, LOG_STATISTICS);
		bpf_program__set_log_buf(program, logs + count++ * LOG_SIZE, LOG_SIZE);
	}
	if (tsem_bpf__load(skeleton)) {
		reason_print(reason, sizeof(reason));
		fprintf(stderr, "verifier: cannot load: %s\n", reason);
		return 1;
	}
	bpf_object__for_each_program (program, skeleton->obj)
		failed |= print_statistics(bpf_program__name(program), logs + i++ * LOG_SIZE);
	return failed;
}
