/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TSEM_CLI_ASK_LINE_H
#define TSEM_CLI_ASK_LINE_H

#include "../../lib/tsem.h"
#include "../../sink/webhook.h"

/* What a front end sends: {"question":3,"answer":"once"} */
struct ask_line {
	tsem_u64 id;
	char word[16];
	char why[WEBHOOK_WHY_MAX]; /* only of who asks elsewhere (sink/webhook.h): why nobody has answered */
};

/* False: it is no such line. Whether the word is an answer is not looked at. */
bool ask_line_parse(const char *line, size_t size, struct ask_line *ret_line);

#endif
