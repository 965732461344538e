/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"

int choice_init(const struct tsem_session *session, struct choice *ret_choice, struct tsem_error *error)
{
	struct choice choice = {.session = session};
	int r;

	if (!session->model)
		return tsem_error_set(error, EINVAL, "session %s has no model to which anything could be added",
				      session->name);
	if (!session->forensics.count)
		return tsem_error_set(error, ENOENT, "session %s has no violations", session->name);
	choice.chosen = calloc(session->forensics.count, sizeof(*choice.chosen));
	if (!choice.chosen)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = tsem_findings_init(&choice.findings, &session->forensics, error);
	if (r)
		free(choice.chosen);
	else
		*ret_choice = choice;
	return r;
}

void choice_deinit(struct choice *choice)
{
	tsem_findings_deinit(&choice->findings);
	free(choice->chosen);
	memset(choice, 0, sizeof(*choice));
}

static const struct tsem_record *record_at(const struct choice *choice, size_t index)
{
	return choice->session->forensics.entries[index].record;
}

const char *choice_fault(const struct choice *choice, size_t index)
{
	return tsem_session_adopt_fault(choice->session, index);
}

void choice_add(struct choice *choice, size_t index)
{
	choice->count += !choice->chosen[index];
	choice->chosen[index] = true;
}

/* Without a fault it has a record. */
static void add_matching(struct choice *choice, size_t first,
			 bool (*matches)(const struct choice *choice, size_t index, const void *wanted),
			 const void *wanted)
{
	for (size_t i = first; i < choice->session->forensics.count; i++)
		if (!choice_fault(choice, i) && matches(choice, i, wanted))
			choice_add(choice, i);
}

static bool is_any(const struct choice *choice, size_t index, const void *wanted)
{
	(void)choice, (void)index, (void)wanted;
	return true;
}

void choice_add_all(struct choice *choice)
{
	add_matching(choice, 0, is_any, NULL);
}

static bool is_of_class(const struct choice *choice, size_t index, const void *wanted)
{
	unsigned class = tsem_event_class_number(record_at(choice, index)->event);

	return *(const tsem_u32 *)wanted & TSEM_OPTION_BYPASS(class);
}

void choice_add_classes(struct choice *choice, tsem_u32 classes)
{
	add_matching(choice, 0, is_of_class, &classes);
}

static bool is_on_object(const struct choice *choice, size_t index, const void *wanted)
{
	struct tsem_buffer object = {0};
	bool is;

	tsem_record_object(record_at(choice, index), &object);
	is = object.size && !fnmatch(wanted, object.data, 0);
	tsem_buffer_deinit(&object);
	return is;
}

void choice_add_objects(struct choice *choice, const char *pattern)
{
	add_matching(choice, 0, is_on_object, pattern);
}

static bool is_like(const struct choice *choice, size_t index, const void *wanted)
{
	return choice->findings.likes[index] == choice->findings.likes[*(const size_t *)wanted];
}

void choice_add_alike(struct choice *choice, size_t index)
{
	add_matching(choice, index, is_like, &index);
}

static int add_number(struct choice *choice, const char *text, size_t size, struct tsem_error *error)
{
	const char *name = choice->session->name, *fault;
	size_t count = choice->session->forensics.count;
	unsigned long long number = strtoull(text, NULL, 10);

	if (number < 1 || number > count)
		return tsem_error_set(error, EINVAL,
				      "there is no violation number %.*s: session %s has %zu; "
				      "`tsem model learn-from %s --forensics` lists them",
				      (int)size, text, name, count, name);
	fault = choice_fault(choice, number - 1);
	if (fault)
		return tsem_error_set(error, EINVAL, "violation number %llu cannot be added: %s", number, fault);
	choice_add(choice, number - 1);
	return 0;
}

int choice_add_numbers(struct choice *choice, const char *list, struct tsem_error *error)
{
	int r = 0;

	while (*list && !r) {
		size_t size = strcspn(list, ",");

		r = add_number(choice, list, size, error);
		list += size + (list[size] == ',');
	}
	return r;
}

bool choice_follows(const struct choice *choice, size_t index)
{
	const struct tsem_record *record = record_at(choice, index);

	return record && record->flags & TSEM_RECORD_UNTRUSTED;
}

size_t choice_followers(const struct choice *choice, bool chosen)
{
	size_t count = 0;

	for (size_t i = 0; i < choice->session->forensics.count; i++)
		count += choice_follows(choice, i) && (!chosen || choice->chosen[i]);
	return count;
}
