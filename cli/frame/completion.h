/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_COMPLETION_H
#define TSEM_CLI_COMPLETION_H

#include "cmd.h"

extern const char completion_bash_head[];
extern const char completion_bash_tail[];

void completion_print_zsh(void);
void completion_print_fish(void);

#endif
