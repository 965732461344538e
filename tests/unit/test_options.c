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
	char longest[TSEM_NAME_START + TSEM_NAME_FORM + 16] = "/";

	check_pattern("/tmp/job.{alnum 8}");
	check_pattern("/{digit}");
	check_pattern("/a b/{hex 64}.log");
	check_pattern("/a/{hex}g");
	check_pattern("/a/{digit 1}1");
	check_pattern("/tmp/job.///{digit}");
	check_pattern("/t/conf.json.tmp.{digit}.{digit}");
	check_pattern("/t/{hex 4}{digit 2}{alnum}.o");
	check_pattern("/t/.{name}.{alnum 6}");
	check_pattern("/t/{alnum 32}-{name}");
	check_pattern("/t/{name}{digit}");
	check_pattern("@job-{digit}");
	check_pattern("@{hex 8}");
	check_pattern("./job-{digit}.sock");
	check_pattern("./@job-{digit}");
	check_pattern("./{digit}");
	memset(longest + 1, 'a', TSEM_NAME_START - 2);
	strcat(longest, "{digit}");
	memset(longest + strlen(longest), '.', TSEM_NAME_FORM - 2);
	check_pattern(longest);
}

void test_pattern_refused(void)
{
	static const char *const texts[] = {"",
					    "/",
					    "/a",
					    "a{digit}",
					    "{digit}",
					    "/a{",
					    "/a}",
					    "/a}{",
					    "/a{}",
					    "/a{digits}",
					    "/a{digit 0}",
					    "/a{digit 65}",
					    "/a{digit 1x}",
					    "/a{digit }",
					    "/a{digit -1}",
					    "/a{digit 18446744073709551617}",
					    "/a{digit}5",
					    "/a{hex}a",
					    "/a{alnum}_",
					    "/a{hex}/b",
					    "/a{hex}{hex}",
					    "/a{hex}{name}",
					    "/a{name}",
					    "/a{name}{name}{digit}",
					    "/a{name 3}{digit}",
					    "/a{digit}.{digit}5",
					    "/a{digit}.{digit",
					    "/a{digit}/{digit}",
					    "./",
					    ".//a{digit}",
					    "a/./b{digit}",
					    "/a\n{hex}",
					    "/a{hex}\x7f"};
	char longer[TSEM_NAME_START + 16] = "/";
	struct tsem_name_rule rule = {.form_size = 77};
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
	CHECK(rule.form_size == 77); /* written only on success */
}

static int parse(const char *name, const char *text, tsem_u32 *ret_bits)
{
	return tsem_option_parse(tsem_option_find(name), text, strlen(text), ret_bits);
}

static void check_format(const char *name, tsem_u32 bits, const char *expected)
{
	struct tsem_buffer text = {0};

	tsem_option_format(tsem_option_find(name), bits, &text);
	CHECK_TEXT(text.data ? text.data : "", expected);
	tsem_buffer_deinit(&text);
}

void test_option_words(void)
{
	tsem_u32 bits = 77;

	CHECK(!parse("normalise", "size,process", &bits) && bits == (TSEM_NORMALISE_size | TSEM_NORMALISE_process));
	check_format("normalise", bits | TSEM_OPTION_PORTABLE, "process,size");
	check_format("normalise", 0, "");
	CHECK(parse("normalise", "size,", &bits) == -EINVAL && parse("normalise", ",size", &bits) == -EINVAL);
	CHECK(parse("normalise", "", &bits) == -EINVAL && parse("normalise", "size,size", &bits) == -EINVAL);
	CHECK(parse("normalise", "siz", &bits) == -EINVAL && parse("profile", "portable,exact", &bits) == -EINVAL);
	CHECK(!parse("bypass", "ipc,file", &bits));
	check_format("bypass", bits, "file,ipc");
	CHECK(!parse("profile", "exact", &bits) && !bits && !parse("profile", "portable", &bits) &&
	      bits == TSEM_OPTION_PORTABLE);
	check_format("profile", TSEM_OPTION_ALL_EVENTS, "exact");
	CHECK_TEXT(tsem_option_word("digest", TSEM_OPTION_DIGEST_ALL | TSEM_OPTION_PORTABLE), "all");
	CHECK_TEXT(tsem_option_word("speed", 0), "unknown");
	CHECK(!tsem_option_find("speed") && !tsem_option_at(1000));
}

/* Each row: its words give what they stand for and nothing else, and no bit belongs to two options. */
void test_option_table(void)
{
	const struct tsem_option *option;
	tsem_u32 all = 0, bits;

	for (unsigned i = 0; (option = tsem_option_at(i)); i++) {
		tsem_u32 seen = 0;

		CHECK(tsem_option_find(option->name) == option && !(all & option->mask) && option->mask);
		all |= option->mask;
		for (const struct tsem_word *word = option->words; word->word; word++) {
			CHECK(!parse(option->name, word->word, &bits) && bits == word->value);
			check_format(option->name, word->value, word->word);
			CHECK(!(word->value & ~option->mask) && !(word->value & seen) &&
			      (word->value || !option->list));
			CHECK(word->text || option->mask == TSEM_OPTION_BYPASSES);
			seen |= word->value;
		}
		CHECK(seen == option->mask);
	}
}

/* What a violation does is what its word says, whatever the order of the words. */
void test_option_actions(void)
{
	static const struct {
		const char *word;
		tsem_u32 action;
	} actions[] = {{"freeze", TSEM_ACTION_FREEZE},
		       {"kill", TSEM_ACTION_KILL},
		       {"log", TSEM_ACTION_LOG},
		       {"deny", TSEM_ACTION_DENY},
		       {"untrust", TSEM_ACTION_UNTRUST}};
	tsem_u32 action = 77;

	CHECK(tsem_action_parse("", strlen(""), &action) == -EINVAL &&
	      tsem_action_parse("den", strlen("den"), &action) == -EINVAL);
	CHECK(tsem_action_parse("untrust|deny", strlen("untrust|deny"), &action) == -EINVAL && action == 77);
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		CHECK(!tsem_action_parse(actions[i].word, strlen(actions[i].word), &action) &&
		      action == actions[i].action);
		CHECK_TEXT(tsem_action_name(actions[i].action), actions[i].word);
	}
	CHECK(!tsem_action_name(sizeof(actions) / sizeof(*actions)) && !tsem_mode_name(99));
	CHECK_TEXT(tsem_mode_name(TSEM_MODE_ENFORCING), "enforcing");
	CHECK_TEXT(tsem_mode_name(TSEM_MODE_SEALED), "sealed");
}
