/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Any bytes are refused as a manifest or an index, with a sentence, or what they list can be found in them; an index with
 * one more item, and one with another in the place of the first, are read again and have it.
 */
#include <string.h>

#include "../../cli/image/artifact.h"
#include "../../cli/image/credentials.h"
#include "fuzz.h"

static bool lists(const struct tsem_buffer *text, const struct descriptor *item, size_t at, size_t count)
{
	struct document document;
	bool good;

	if (document_parse(text->data, text->size, "again", &document, NULL))
		return false;
	good = document.index && document.count == count && document.items[at].known &&
	       !memcmp(document.items[at].digest, item->digest, TSEM_DIGEST_SIZE);
	document_deinit(&document);
	return good;
}

static void try_index(const char *text, size_t size, const struct document *index)
{
	struct tsem_buffer longer = {0}, other = {0};
	struct descriptor item;

	descriptor_of("item", 4, OCI_MANIFEST, &item);
	document_format_index(text, size, index, NULL, &item, &longer);
	MUST(index->count == DOCUMENT_ITEMS_MAX || lists(&longer, &item, index->count, index->count + 1));
	if (index->count) {
		document_format_index(text, size, index, &index->items[0], &item, &other);
		MUST(lists(&other, &item, 0, index->count));
	}
	tsem_buffer_deinit(&longer);
	tsem_buffer_deinit(&other);
}

static void try_credentials(const char *text, size_t size)
{
	static struct credentials credentials;
	const struct reference reference = {.host = "a.b", .name = "web"};
	struct tsem_error error = {0};

	credentials = (struct credentials){};
	if (credentials_parse(text, size, &reference, &credentials, &error))
		MUST(error.code && error.text[0] && !credentials.known);
	else
		MUST(!credentials.known || (credentials.pair[0] && !strpbrk(credentials.pair, "\r\n")));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const struct tsem_buffer whole = {.data = (char *)bytes, .size = size};
	struct tsem_error error = {0};
	struct document document;
	struct descriptor envelope;

	try_credentials(whole.data, size);
	artifact_parse(&whole, "input", (const tsem_u8 *)"01234567890123456789012345678901", &envelope, NULL);
	if (document_parse(bytes, size, "input", &document, &error)) {
		MUST(error.code && error.text[0]);
		return 0;
	}
	for (size_t i = 0; i < document.count; i++)
		MUST(document.items[i].at < document.items[i].end && document.items[i].end <= document.items_end &&
		     bytes[document.items[i].at] == '{' && bytes[document.items[i].end - 1] == '}');
	if (document.index)
		try_index(whole.data, size, &document);
	document_deinit(&document);
	return 0;
}
