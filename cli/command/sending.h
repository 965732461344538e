/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The options of the commands that write events to a file or send them to a sink. */
#ifndef TSEM_SENDING_H
#define TSEM_SENDING_H

#include "../frame/cmd.h"
#include "../session/stream.h"

#define SENDING_LINGER 10 /* seconds; see struct stream_options */

/* OPTION_* of one command. */
struct sending_words {
	int to, output, spool, format;
};

/* What of them excludes or needs another, and whether the sink's URL is one. */
int sending_check(const struct invocation *v, const struct sending_words *words);
/* What they say, and what holds where nothing is said. The rest is 0. */
struct stream_options sending_options(const struct invocation *v, const struct sending_words *words);

#endif
