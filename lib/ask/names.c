/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "names.h"

#include <string.h>

#include "../explain/objects.h"

/*
 * A name can contain blanks and commas, and so look like the rest of a sentence: here each stands for itself, in lines
 * of its own. Who executes is known by its parent only, and by the name that it has given itself.
 */
void ask_names(const struct tsem_explainer *explainer, const struct tsem_record *record, struct tsem_buffer *out)
{
	struct describing d = {.record = record, .buffer = out};
	const struct item *object = NULL;

	if (record->event == TSEM_EVENT_bprm_committed_creds) {
		tsem_buffer_printf(out, "      started by:  ");
		tsem_explain_parent(explainer, record, out);
	} else {
		tsem_buffer_printf(out, "      program:  ");
		tsem_explain_program(explainer, record, out);
	}
	tsem_buffer_printf(out, "\n");
	codec_decode_record(&d.codec, record);
	while ((object = object_next(&d.codec, object))) {
		tsem_buffer_printf(out, "      object:  ");
		object_describe(&d, object);
		tsem_buffer_printf(out, "\n");
	}
}

/* The fields in which the value that the event has may stand for others. */
static const struct {
	const char *word, *field, *begins; /* of the option "normalise"; begins: of the value, NULL: anything */
} stands[] = {
	{"port", "port", NULL},
	{"instance", "instance", NULL},
	{"size", "size", NULL},
	{"terminal", "pathname", "/dev/pts/"},
};

static bool has_value(const struct codec *codec, const char *field, const char *begins)
{
	size_t size = begins ? strlen(begins) : 0;

	for (const struct item *item = codec->items; item < codec->items + codec->count; item++)
		if (item->kind == ITEM_VALUE && !strcmp(item->field->name, field) && item->size >= size &&
		    (!size || !memcmp(item->data, begins, size)))
			return true;
	return false;
}

static bool matters(const struct codec *codec, const char *word)
{
	for (size_t i = 0; i < sizeof(stands) / sizeof(*stands); i++)
		if (!strcmp(stands[i].word, word))
			return has_value(codec, stands[i].field, stands[i].begins);
	return false;
}

void ask_wider(const struct tsem_record *record, tsem_u32 options, struct tsem_buffer *out)
{
	struct codec codec;

	codec_decode_record(&codec, record);
	for (const struct tsem_word *word = tsem_option_find("normalise")->words; word->word; word++)
		if (options & word->value && matters(&codec, word->word))
			tsem_buffer_printf(out, "      In the model %s.\n", word->text);
}
