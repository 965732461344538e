/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_KERNEL_REASON_H
#define TSEM_KERNEL_REASON_H

#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

void reason_clear(void);
/* libbpf's messages; see capture.h. */
int reason_take(enum libbpf_print_level level, const char *format, va_list arguments);
/* Whether the kernel objects to the programs, and not to the process that loads them. */
bool reason_known(void);
/* One sentence, "" when there was no message. */
void reason_print(char *ret_text, size_t size);

#endif
