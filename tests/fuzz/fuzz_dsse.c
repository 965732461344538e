/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Any bytes are refused as an envelope, or can be written and read again; the same as a statement. */
#include <string.h>

#include "../../lib/json/dsse.h"
#include "../../lib/model/model.h"
#include "../../lib/sign/statement.h"
#include "fuzz.h"

static void try_statement(const void *bytes, size_t size)
{
	struct tsem_signed info = {0}, second = {0};
	struct tsem_model *model = NULL, *copy = NULL;
	struct tsem_buffer text = {0}, again = {0};
	struct tsem_error error = {0};

	if (statement_parse(bytes, size, "input", &model, &info, &error) < 0) {
		MUST(error.code && error.text[0] && !model && !info.subjects);
		return;
	}
	MUST(info.subject_count && info.subjects && !model_format(model, &text, &error));
	if (!statement_format(model, &text, info.subjects, info.subject_count, &info.validity, &again, &error)) {
		MUST(!statement_parse(again.data, again.size, "copy", &copy, &second, &error));
		MUST(copy->set.count == model->set.count);
		MUST(!memcmp(&info.validity, &second.validity, sizeof(info.validity)));
	}
	free(info.subjects);
	free(second.subjects);
	tsem_model_destroy(model);
	tsem_model_destroy(copy);
	tsem_buffer_deinit(&text);
	tsem_buffer_deinit(&again);
}

static void compare(const struct dsse *a, const struct dsse *b)
{
	MUST(a->payload_size == b->payload_size && !memcmp(a->payload, b->payload, a->payload_size));
	MUST(a->count == b->count && a->count && a->count <= DSSE_SIGNATURES_MAX);
	for (size_t i = 0; i < a->count; i++) {
		const struct dsse_signature *x = &a->signatures[i], *y = &b->signatures[i];

		MUST(!strcmp(x->keyid, y->keyid) && x->size == y->size && !memcmp(x->bytes, y->bytes, x->size));
	}
}

static void try_envelope(const char *bytes, size_t size)
{
	struct dsse dsse = {.count = 0}, copy = {.count = 0};
	struct tsem_buffer text = {0};
	struct tsem_error error = {0};

	if (dsse_parse(bytes, size, "input", &dsse, &error) < 0) {
		MUST(error.code && error.text[0] && !dsse.payload && !dsse.count);
		return;
	}
	MUST(dsse_begins(bytes, size));
	dsse_format(&dsse, &text);
	MUST(!dsse_parse(text.data, text.size, "copy", &copy, &error));
	compare(&dsse, &copy);
	try_statement(dsse.payload, dsse.payload_size);
	dsse_deinit(&dsse);
	dsse_deinit(&copy);
	tsem_buffer_deinit(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	try_envelope((const char *)bytes, size);
	try_statement(bytes, size);
	return 0;
}
