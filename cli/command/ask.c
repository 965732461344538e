/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../frame/cmd.h"
#include "../ask/client.h"

int cmd_ask(const struct invocation *v)
{
	return ask_client(v->operands[0], invocation_given(v, OPTION_ask_json), v->error);
}
