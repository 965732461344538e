/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "book.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../lib/ask/kind.h"
#include "../../lib/kernel/runtime.h"
#include "../../lib/model/model.h"

void book_open(struct book *b, const char *path)
{
	*b = (struct book){.path = path};
}

static void forget(struct book *b)
{
	for (size_t i = 0; i < b->decision_count; i++) {
		free(b->decisions[i].who);
		free(b->decisions[i].why);
	}
	free(b->decisions);
	b->decisions = NULL;
	b->decision_count = 0;
	tsem_set_deinit(&b->events);
}

void book_close(struct book *b)
{
	forget(b);
}

static int note_event(struct book *b, const struct tsem_record *record)
{
	bool fresh = false;
	struct tsem_entry *entry = tsem_set_add(&b->events, record->coefficient, &fresh);

	if (!entry)
		return -ENOMEM;
	if (!fresh)
		return 0;
	entry->record = record_copy(record);
	entry->count = 1;
	return entry->record ? 0 : -ENOMEM;
}

static int note_decision(struct book *b, bool allow, const tsem_u8 *key, const char *who, const char *why)
{
	struct tsem_decision *list = reallocarray(b->decisions, b->decision_count + 1, sizeof(*list)), *decision;

	if (!list)
		return -ENOMEM;
	b->decisions = list;
	decision = list + b->decision_count;
	*decision = (struct tsem_decision){.allow = allow, .time = time(NULL)};
	memcpy(decision->key, key, sizeof(decision->key));
	decision->who = strndup(who, TSEM_DECISION_WHO - 1);
	decision->why = strndup(why, TSEM_DECISION_WHY - 1);
	if (decision->why && why[strlen(decision->why)])
		memcpy(decision->why + TSEM_DECISION_WHY - 4, "...", 3);
	b->decision_count++;
	return decision->who && decision->why ? 0 : -ENOMEM;
}

int book_note(struct book *b, const struct tsem_record *record, const char *sentence, bool allow, const char *who)
{
	tsem_u8 kinds[ASK_KINDS_MAX][TSEM_DIGEST_SIZE];
	size_t count = allow ? 0 : ask_kinds(record, kinds);
	int r = 0;

	b->due = true;
	if (allow)
		r = note_event(b, record);
	if (allow && !r)
		r = note_decision(b, true, record->coefficient, who, sentence);
	for (size_t i = 0; i < count && !r; i++)
		r = note_decision(b, false, kinds[i], who, sentence);
	return r;
}

static int adopt_all(const struct book *b, struct tsem_model *model, struct tsem_error *error)
{
	tsem_u64 number = set_last_number(&model->set);
	int r = 0;

	for (size_t i = 0; i < b->events.count && !r; i++)
		if (b->events.entries[i].record)
			r = model_adopt(model, &b->events.entries[i], ++number);
	for (size_t i = 0; i < b->decision_count && !r; i++)
		if (b->decisions[i].who && b->decisions[i].why)
			r = tsem_model_decide(model, &b->decisions[i]);
	return r ? tsem_error_set(error, -r, "model %s: %s", model->name, strerror(-r)) : 0;
}

/* Who signed it has not signed what is added, so a signed model stays as it is. */
static int read_model(const char *path, struct tsem_model **ret_model, struct tsem_error *error)
{
	struct tsem_signed *info = NULL;
	int r = tsem_model_read_signed(path, NULL, ret_model, &info, error);

	if (!r && info) {
		tsem_model_destroy(*ret_model);
		*ret_model = NULL;
		r = tsem_error_set(error, EPERM, "model %s is signed", path);
	}
	tsem_signed_destroy(info);
	return r;
}

bool book_takes(const char *path, struct tsem_error *error)
{
	struct tsem_model *model = NULL;
	int r = read_model(path, &model, error);

	tsem_model_destroy(model);
	return !r;
}

void book_write(struct book *b)
{
	struct tsem_error error = {};
	struct tsem_model *model = NULL;
	int r, lock;

	if (!b->due)
		return;
	b->due = false;
	lock = runtime_lock_models(&error);
	r = lock < 0 ? lock : read_model(b->path, &model, &error);
	if (!r)
		r = adopt_all(b, model, &error);
	if (!r)
		r = tsem_model_write(model, b->path, &error);
	if (lock >= 0)
		close(lock);
	tsem_model_destroy(model);
	if (r)
		fprintf(stderr, "tsem: the answer holds until the workload ends only: %s\n", error.text);
	else
		forget(b);
}
