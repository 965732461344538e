/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The reason why a kernel refuses the programs, from libbpf's messages: the hook, function or field by its name. */
#include "reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A phrase of libbpf's, and its meaning: the name comes after `then`, the next after the phrase, up to the end. */
struct phrase {
	const char *before;
	const char *then;
	char end;
	const char *meaning;
};

static const struct phrase phrases[] = {
	{"failed to find kernel BTF type ID of ", "'bpf_lsm_", '\'', "the kernel has no security hook %s"},
	{"failed to find kernel BTF type ID of ", "'", '\'', "the kernel has no function %s to attach to"},
	{"failed to resolve CO-RE relocation ", "] ", ' ', "the kernel's types have no %s"},
	{"extern (func ksym) ", "'", '\'', "the kernel has no function %s that programs can call, or another one"},
	{"extern (var ksym) ", "'", '\'', "the kernel has no variable %s, or another one"},
};

/* Written by libbpf's messages while this thread captures them (capture.h). */
static __thread char found[512]; /* the name of the missing thing, in a sentence */
static __thread char first[512]; /* libbpf's first message */
static __thread char program[128]; /* which program it was about */
static __thread char verdict[256]; /* the verifier's last word about it */

void reason_clear(void)
{
	*found = *first = *program = *verdict = 0;
}

/* A struct's name has two words. */
static size_t name_length(const char *name, char end)
{
	size_t words = !strncmp(name, "struct ", 7) || !strncmp(name, "union ", 6) ? strcspn(name, " ") + 1 : 0;
	const char *stop = strchr(name + words, end);

	return stop ? (size_t)(stop - name) : strlen(name);
}

static void find_phrase(const char *text)
{
	for (size_t i = 0; !*found && i < sizeof(phrases) / sizeof(*phrases); i++) {
		const char *at = strstr(text, phrases[i].before);
		char name[256];

		at = at ? strstr(at, phrases[i].then) : NULL;
		if (!at)
			continue;
		at += strlen(phrases[i].then);
		snprintf(name, sizeof(name), "%.*s", (int)name_length(at, phrases[i].end), at);
		snprintf(found, sizeof(found), phrases[i].meaning, name);
	}
}

/* The verifier prints its statistics last; its objection comes before that. */
static void find_verdict(const char *text)
{
	const char *end = strstr(text, "\nprocessed "), *begin = end;

	if (*verdict || !end)
		return;
	while (begin > text && begin[-1] != '\n')
		begin--;
	snprintf(verdict, sizeof(verdict), "%.*s", (int)(end - begin), begin);
}

static void find_program(const char *text)
{
	const char *at = strstr(text, "prog '");

	if (!*program && at)
		snprintf(program, sizeof(program), "%.*s", (int)strcspn(at + 6, "'"), at + 6);
}

int reason_take(enum libbpf_print_level level, const char *format, va_list arguments)
{
	char *text;

	/* Source lines that mk/strip-lines.sh left out: they explain nothing. */
	if (level != LIBBPF_WARN || strstr(format, "line info") || vasprintf(&text, format, arguments) < 0)
		return 0;
	if (!*first)
		snprintf(first, sizeof(first), "%.*s", (int)strcspn(text, "\n"), text);
	find_program(text);
	find_phrase(text);
	find_verdict(text);
	free(text);
	return 0;
}

bool reason_known(void)
{
	return *found || *verdict;
}

void reason_print(char *ret_text, size_t size)
{
	if (*found)
		snprintf(ret_text, size, "%s%s%s%s", found, *program ? " (program " : "", program, *program ? ")" : "");
	else if (*verdict)
		snprintf(ret_text, size, "the verifier refuses the program %s: %s", program, verdict);
	else
		snprintf(ret_text, size, "%s", first);
}
