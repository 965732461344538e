/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Any bytes are refused, or are a model that can be written and read again, merged, and computed for other contents. */
#include <errno.h>
#include <string.h>

#include "../../lib/event/digest.h"
#include "../../lib/model/model.h"
#include "fuzz.h"

static void check_whole(const struct tsem_model *model)
{
	struct tsem_buffer text = {0};
	struct tsem_error error = {0};

	MUST(!model_format(model, &text, &error));
	tsem_buffer_deinit(&text);
}

static void merge_model(struct tsem_model *model, const struct tsem_model *same)
{
	struct tsem_error error = {0};
	size_t count = model->set.count, large = model->large.count;
	size_t decisions = model->decision_count, trees = model->tree_count;
	int result = tsem_model_merge(model, same, &error);

	MUST(!result || (result == -EOVERFLOW && error.text[0]));
	MUST(model->set.count == count && model->large.count == large && model->decision_count == decisions);
	MUST(model->tree_count == trees);
	check_whole(model);
}

/* Every second content becomes another one. The TASK_IDs that exec events state may be wrong: that is refused. */
static void rebase_model(struct tsem_model *model)
{
	struct tsem_contents contents;
	struct tsem_rebased rebased;
	struct tsem_error error = {0};
	int result;

	MUST(!tsem_model_contents(model, &contents, &error));
	for (size_t i = 0; i < contents.count; i += 2)
		memset(contents.items[i].replacement, i + 1, TSEM_DIGEST_SIZE);
	result = tsem_model_rebase(model, &contents, &rebased, &error);
	MUST(!result || (result == -EBADMSG && error.text[0]));
	MUST(result || contents.count < 1 || contents.items[0].events);
	tsem_contents_deinit(&contents);
	check_whole(model);
}

static void use_model(const struct tsem_model *model)
{
	struct tsem_buffer text = {0}, again = {0};
	struct tsem_model *copy = NULL;
	struct tsem_error error = {0};

	MUST(!model_format(model, &text, &error));
	MUST(!model_parse(text.data, text.size, "copy", &copy, &error));
	MUST(copy->set.count == model->set.count && copy->runs == model->runs && copy->options == model->options);
	MUST(copy->source_count == model->source_count && copy->pseudonym_count == model->pseudonym_count);
	MUST(copy->large.count == model->large.count && copy->decision_count == model->decision_count);
	MUST(copy->tree_count == model->tree_count);
	MUST(!model_format(copy, &again, &error));
	MUST(again.size == text.size && !memcmp(again.data, text.data, text.size));
	merge_model(copy, model);
	rebase_model(copy);
	tsem_buffer_deinit(&text);
	tsem_buffer_deinit(&again);
	tsem_model_destroy(copy);
}

static void try_text(const char *bytes, size_t size)
{
	struct tsem_model *model = NULL;
	struct tsem_error error = {0};

	if (model_parse(bytes, size, "input", &model, &error) < 0) {
		MUST(error.code && error.text[0] && !model);
		return;
	}
	use_model(model);
	tsem_model_destroy(model);
}

/* As it is, and with the checksum that no fuzzer finds. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct tsem_buffer ended = {0};
	tsem_u8 digest[TSEM_DIGEST_SIZE];

	try_text((const char *)bytes, size);
	tsem_buffer_add(&ended, bytes, size);
	digest_bytes(bytes, size, digest);
	tsem_buffer_printf(&ended, "end ");
	for (int i = 0; i < TSEM_DIGEST_SIZE; i++)
		tsem_buffer_printf(&ended, "%02x", digest[i]);
	tsem_buffer_printf(&ended, "\n");
	try_text(ended.data, ended.size);
	tsem_buffer_deinit(&ended);
	return 0;
}
