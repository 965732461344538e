/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stdio.h>

#include "../frame/cmd.h"
#include "../model/file.h"
#include "../text/output.h"

int cmd_reload(const struct invocation *v)
{
	bool needless = invocation_given(v, OPTION_reload_serials) || invocation_given(v, OPTION_reload_about);
	const char *name = v->operands[0];
	struct tsem_model *model = NULL;
	int r;

	if (needless && !invocation_given(v, OPTION_reload_require_signed))
		return usage_error(v, "--serials and --about are for signed models: add --require-signed KEYDIR");
	r = model_file_read_judged(v, v->operands[1], &model);
	if (!r)
		r = tsem_session_reload(name, model, v->error);
	if (!r) {
		printf("Model ");
		print_styled(stdout, STYLE_PLAIN, model->name);
		printf(" now judges session %s: %zu coefficients.\n", name, model->set.count);
	}
	tsem_model_destroy(model);
	return r;
}
