/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdarg.h>
#include <string.h>

#include "../../lib/kernel/reason.h"
#include "unit.h"

static void libbpf_says(enum libbpf_print_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void libbpf_says(enum libbpf_print_level level, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	reason_take(level, format, arguments);
	va_end(arguments);
}

static bool reason_is(const char *wanted)
{
	char text[1024];

	reason_print(text, sizeof(text));
	return !strcmp(text, wanted);
}

/* As libbpf writes it, before and after what nobody needs. */
#define LOG(text) "prog 'path_open': -- BEGIN PROG LOAD LOG --\n" text "\n-- END PROG LOAD LOG --\n"

void test_reason(void)
{
	char large[5000];

	reason_clear();
	CHECK(!reason_known() && reason_is(""));
	libbpf_says(LIBBPF_DEBUG, "prog '%s': nobody needs this\n", "path_open");
	libbpf_says(LIBBPF_WARN, "prog '%s': BPF program load failed: %s\n", "path_open", "Invalid argument");
	CHECK(!reason_known() && reason_is("prog 'path_open': BPF program load failed: Invalid argument"));
	libbpf_says(LIBBPF_WARN, LOG("12: R1=ctx()\nR2 has no range\nprocessed 9 insns (limit 1000000)"));
	CHECK(reason_known() && reason_is("the verifier refuses the program path_open: R2 has no range"));
	libbpf_says(LIBBPF_WARN, LOG("<invalid CO-RE relocation>\nfailed to resolve CO-RE relocation <byte_off> [7] "
				     "struct fs_struct.seq.sequence (0:0:0 @ offset 0)\nprocessed 2 insns"));
	CHECK(reason_known());
	CHECK(reason_is("the kernel's types have no struct fs_struct.seq.sequence (program path_open)"));

	reason_clear();
	libbpf_says(LIBBPF_WARN, "prog '%s': failed to find kernel BTF type ID of '%s': %d\n", "file_post_open",
		    "bpf_lsm_file_post_open", -3);
	CHECK(reason_is("the kernel has no security hook file_post_open (program file_post_open)"));
	reason_clear();
	libbpf_says(LIBBPF_WARN, "extern (func ksym) '%s': not found in kernel or module BTFs\n", "bpf_path_d_path");
	CHECK(reason_is("the kernel has no function bpf_path_d_path that programs can call, or another one"));

	/* However long it is. */
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = 0;
	reason_clear();
	libbpf_says(LIBBPF_WARN, "extern (func ksym) '%s': not found\n", large);
	libbpf_says(LIBBPF_WARN, "prog '%s': failed\n%s\nprocessed 1 insns", large, large);
	CHECK(reason_known());
}
