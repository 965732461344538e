/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "model_lines.h"

#include "../../lib/event/digest.h"
#include "../../lib/model/model.h"

int model_lines_parse(const char *lines, struct tsem_model **ret_model, struct tsem_error *error)
{
	struct tsem_buffer file = {};
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	int r;

	tsem_buffer_printf(&file, "%s%s", MODEL_LINES_HEAD, lines);
	digest_bytes(file.data, file.size, digest);
	tsem_buffer_printf(&file, "end ");
	for (int i = 0; i < TSEM_DIGEST_SIZE; i++)
		tsem_buffer_printf(&file, "%02x", digest[i]);
	tsem_buffer_printf(&file, "\n");
	r = model_parse(file.data, file.size, "m", ret_model, error);
	tsem_buffer_deinit(&file);
	return r;
}
