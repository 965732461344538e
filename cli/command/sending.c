/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sending.h"

#include <errno.h>

#define SPOOL_SIZE (256ull << 20)

int sending_check(const struct invocation *v, const struct sending_words *words)
{
	bool to = invocation_given(v, words->to);

	if (to && invocation_given(v, words->output))
		return usage_error(v, "--to and --output exclude each other; a file that rotates is --to file:PATH");
	if (!to && invocation_given(v, words->spool))
		return usage_error(v, "--spool needs --to");
	return to ? carrier_check(invocation_value(v, words->to), v->error) : 0;
}

struct stream_options sending_options(const struct invocation *v, const struct sending_words *words)
{
	return (struct stream_options){
		.path = invocation_value(v, words->output),
		.url = invocation_value(v, words->to),
		.spool = invocation_value(v, words->spool),
		.spool_size = SPOOL_SIZE,
		.format = invocation_is(v, words->format, "ocsf") ? FORMAT_OCSF : FORMAT_TSEM,
		.linger = SENDING_LINGER,
		.signals = -1,
	};
}
