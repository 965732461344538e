/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../explain/objects.h"
#include "selection.h"

int selection_init(const struct tsem_session *session, struct selection *ret_selection, struct tsem_error *error)
{
	struct selection selection = {.session = session};
	int r;

	if (!session->model)
		return tsem_error_set(error, EINVAL, "session %s has no model to which anything could be added",
				      session->name);
	if (!session->forensics.count)
		return tsem_error_set(error, ENOENT, "session %s has no violations", session->name);
	selection.chosen = calloc(session->forensics.count, sizeof(*selection.chosen));
	if (!selection.chosen)
		return tsem_error_set(error, ENOMEM, "out of memory");
	r = tsem_findings_init(&selection.findings, &session->forensics, error);
	if (r)
		free(selection.chosen);
	else
		*ret_selection = selection;
	return r;
}

void selection_deinit(struct selection *selection)
{
	tsem_findings_deinit(&selection->findings);
	free(selection->chosen);
	memset(selection, 0, sizeof(*selection));
}

static const struct tsem_record *record_at(const struct selection *selection, size_t index)
{
	return selection->session->forensics.entries[index].record;
}

const char *selection_fault(const struct selection *selection, size_t index)
{
	return tsem_session_adopt_fault(selection->session, index);
}

void selection_add(struct selection *selection, size_t index)
{
	selection->count += !selection->chosen[index];
	selection->chosen[index] = true;
}

/* Without a fault it has a record. */
static void add_matching(struct selection *selection, size_t first,
			 bool (*matches)(const struct selection *selection, size_t index, const void *wanted),
			 const void *wanted)
{
	for (size_t i = first; i < selection->session->forensics.count; i++)
		if (!selection_fault(selection, i) && matches(selection, i, wanted))
			selection_add(selection, i);
}

static bool is_any(const struct selection *selection, size_t index, const void *wanted)
{
	(void)selection, (void)index, (void)wanted;
	return true;
}

void selection_add_all(struct selection *selection)
{
	add_matching(selection, 0, is_any, NULL);
}

static bool is_of_class(const struct selection *selection, size_t index, const void *wanted)
{
	unsigned class = tsem_event_class_number(record_at(selection, index)->event);

	return *(const tsem_u32 *)wanted & TSEM_OPTION_BYPASS(class);
}

void selection_add_classes(struct selection *selection, tsem_u32 classes)
{
	add_matching(selection, 0, is_of_class, &classes);
}

/* With all its names: a rename from below the pattern to elsewhere does not match. */
static bool is_on_object(const struct selection *selection, size_t index, const void *wanted)
{
	return record_matches_all(record_at(selection, index), wanted);
}

void selection_add_objects(struct selection *selection, const char *pattern)
{
	add_matching(selection, 0, is_on_object, pattern);
}

static bool is_like(const struct selection *selection, size_t index, const void *wanted)
{
	return selection->findings.likes[index] == selection->findings.likes[*(const size_t *)wanted];
}

void selection_add_alike(struct selection *selection, size_t index)
{
	add_matching(selection, index, is_like, &index);
}

static int add_number(struct selection *selection, const char *text, size_t size, struct tsem_error *error)
{
	const char *name = selection->session->name, *fault;
	size_t count = selection->session->forensics.count;
	unsigned long long number = strtoull(text, NULL, 10);

	if (number < 1 || number > count)
		return tsem_error_set(error, EINVAL,
				      "there is no violation number %.*s: session %s has %zu; "
				      "`tsem model learn-from %s --forensics` lists them",
				      (int)size, text, name, count, name);
	fault = selection_fault(selection, number - 1);
	if (fault)
		return tsem_error_set(error, EINVAL, "violation number %llu cannot be added: %s", number, fault);
	selection_add(selection, number - 1);
	return 0;
}

int selection_add_numbers(struct selection *selection, const char *list, struct tsem_error *error)
{
	int r = 0;

	while (*list && !r) {
		size_t size = strcspn(list, ",");

		r = add_number(selection, list, size, error);
		list += size + (list[size] == ',');
	}
	return r;
}

bool selection_follows(const struct selection *selection, size_t index)
{
	const struct tsem_record *record = record_at(selection, index);

	return record && record->flags & TSEM_RECORD_UNTRUSTED;
}

size_t selection_followers(const struct selection *selection, bool chosen)
{
	size_t count = 0;

	for (size_t i = 0; i < selection->session->forensics.count; i++)
		count += selection_follows(selection, i) && (!chosen || selection->chosen[i]);
	return count;
}
