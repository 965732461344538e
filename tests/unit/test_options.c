/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>

#include "unit.h"

static void check_pattern(const char *text)
{
	struct tsem_buffer again = {0};
	struct tsem_error error = {0};
	struct tsem_name_rule rule;

	if (tsem_pattern_parse(text, strlen(text), &rule, &error)) {
		unit_fail(__FILE__, __LINE__, "%s", error.text);
		return;
	}
	tsem_pattern_format(&rule, &again);
	CHECK_TEXT(again.data, text);
	tsem_buffer_deinit(&again);
}

void test_pattern_round_trip(void)
{
	char longest[TSEM_NAME_START + TSEM_NAME_SUFFIX + 16] = "/";

	check_pattern("/tmp/job.{alnum 8}");
	check_pattern("/{digit}");
	check_pattern("/a b/{hex 64}.log");
	check_pattern("/a/{hex}g");
	check_pattern("/a/{digit 1}1");
	check_pattern("/tmp/job.///{digit}");
	memset(longest + 1, 'a', TSEM_NAME_START - 2);
	strcat(longest, "{digit}");
	memset(longest + strlen(longest), '.', TSEM_NAME_SUFFIX);
	check_pattern(longest);
}

void test_pattern_refused(void)
{
	static const char *const texts[] = {"", "/", "/a", "a{digit}", "{digit}", "/a{", "/a}", "/a}{", "/a{}", "/a{digits}",
					    "/a{digit 0}", "/a{digit 65}", "/a{digit 1x}", "/a{digit }", "/a{digit -1}",
					    "/a{digit 18446744073709551617}", "/a{digit}5", "/a{hex}a", "/a{alnum}_", "/a{hex}/b",
					    "/a{hex}{hex}", "/a\n{hex}", "/a{hex}\x7f"};
	char longer[TSEM_NAME_START + 16] = "/";
	struct tsem_name_rule rule = {.class = 77};
	struct tsem_error error;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		error.text[0] = 0;
		if (tsem_pattern_parse(texts[i], strlen(texts[i]), &rule, &error) != -EINVAL)
			unit_fail(__FILE__, __LINE__, "accepted: %s", texts[i]);
		CHECK_HOLDS(error.text, "is not a pattern of names");
	}
	memset(longer + 1, 'a', TSEM_NAME_START - 1);
	strcat(longer, "{digit}");
	CHECK(tsem_pattern_parse(longer, strlen(longer), &rule, &error) == -EINVAL);
	CHECK(rule.class == 77); /* written only on success */
}

void test_option_words(void)
{
	struct tsem_buffer text = {0};
	tsem_u32 options = 0;

	CHECK(!tsem_normalise_parse("size,process", 12, &options));
	CHECK(options == (TSEM_NORMALISE_size | TSEM_NORMALISE_process));
	tsem_normalise_format(options, &text);
	CHECK_TEXT(text.data, "process,size");
	CHECK(tsem_normalise_parse("size,", 5, &options) == -EINVAL);
	CHECK(tsem_normalise_parse("", 0, &options) == -EINVAL);
	CHECK(tsem_normalise_parse("size,size", 9, &options) == -EINVAL);
	CHECK(!tsem_bypass_parse("ipc,file", 8, &options));
	text.size = 0;
	tsem_bypass_format(options, &text);
	CHECK_TEXT(text.data, "file,ipc");
	tsem_buffer_deinit(&text);
	for (tsem_u32 bit = 1; bit; bit <<= 1)
		CHECK(!tsem_normalise_text(bit) == !(bit & TSEM_NORMALISE_ALL));
}
