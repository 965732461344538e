/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a person has decided about events that the model lacked: allowed from then on, or refused for good. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "model.h"

int decision_order(const struct tsem_decision *a, const struct tsem_decision *b)
{
	if (a->allow != b->allow)
		return a->allow ? -1 : 1; /* as the words "allow" and "deny" */
	return memcmp(a->key, b->key, TSEM_DIGEST_SIZE);
}

/* A time that the file cannot have comes back as another one. */
static bool time_valid(tsem_u64 time)
{
	char text[TSEM_TIME_SIZE];
	tsem_u64 again;

	tsem_time_format(time, text);
	return !tsem_time_parse(text, 0, &again, NULL) && again == time;
}

static bool who_valid(const char *who)
{
	return who && *who && strlen(who) < TSEM_DECISION_WHO && !strchr(who, ' ');
}

bool decision_valid(const struct tsem_model *model, const struct tsem_decision *decision)
{
	return time_valid(decision->time) && who_valid(decision->who) && decision->why &&
	       strlen(decision->why) < TSEM_DECISION_WHY &&
	       (!decision->allow || tsem_set_find(&model->set, decision->key));
}

static void deinit_decision(struct tsem_decision *decision)
{
	free(decision->who);
	free(decision->why);
}

void model_deinit_decisions(struct tsem_model *model)
{
	for (size_t i = 0; i < model->decision_count; i++)
		deinit_decision(&model->decisions[i]);
	free(model->decisions);
}

/* Where the decision is, or would be. */
static size_t find_place(const struct tsem_model *model, const struct tsem_decision *decision)
{
	size_t low = 0, high = model->decision_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (decision_order(&model->decisions[middle], decision) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct tsem_decision *find_decision(const struct tsem_model *model, const struct tsem_decision *decision)
{
	size_t place = find_place(model, decision);

	if (place == model->decision_count || decision_order(&model->decisions[place], decision))
		return NULL;
	return &model->decisions[place];
}

const struct tsem_decision *tsem_model_decision(const struct tsem_model *model, bool allow, const tsem_u8 *key)
{
	struct tsem_decision wanted = {.allow = allow};

	memcpy(wanted.key, key, sizeof(wanted.key));
	return find_decision(model, &wanted);
}

static int copy_decision(const struct tsem_decision *decision, struct tsem_decision *ret_copy)
{
	struct tsem_decision copy = *decision;

	copy.who = strdup(decision->who);
	copy.why = strdup(decision->why);
	if (!copy.who || !copy.why) {
		deinit_decision(&copy);
		return -ENOMEM;
	}
	*ret_copy = copy;
	return 0;
}

static int make_room(struct tsem_model *model)
{
	struct tsem_decision *more;

	if (model->decision_count == TSEM_DECISIONS_MAX)
		return -E2BIG;
	more = array_room(model->decisions, model->decision_count, sizeof(*more));
	if (!more)
		return -ENOMEM;
	model->decisions = more;
	return 0;
}

static int insert_decision(struct tsem_model *model, const struct tsem_decision *decision)
{
	size_t place = find_place(model, decision);
	int r = make_room(model);
	struct tsem_decision copy, *at;

	if (!r)
		r = copy_decision(decision, &copy);
	if (r)
		return r;
	at = model->decisions + place;
	memmove(at + 1, at, (model->decision_count - place) * sizeof(*at));
	*at = copy;
	model->decision_count++;
	return 0;
}

int model_add_decision(struct tsem_model *model, const struct tsem_decision *decision)
{
	struct tsem_decision *old = find_decision(model, decision), copy;
	int r;

	if (!old)
		return insert_decision(model, decision);
	if (old->time > decision->time)
		return 0;
	r = copy_decision(decision, &copy);
	if (r)
		return r;
	deinit_decision(old);
	*old = copy;
	return 0;
}

int tsem_model_decide(struct tsem_model *model, const struct tsem_decision *decision)
{
	return decision_valid(model, decision) ? model_add_decision(model, decision) : -EINVAL;
}

/* Both in their order, so that each one is added at the end. */
int model_join_decisions(struct tsem_model *joined, const struct tsem_model *a, const struct tsem_model *b)
{
	size_t i = 0, k = 0;
	int r = 0;

	while (!r && (i < a->decision_count || k < b->decision_count)) {
		int order = i == a->decision_count ? 1 :
			    k == b->decision_count ? -1 :
						     decision_order(&a->decisions[i], &b->decisions[k]);

		if (order <= 0)
			r = model_add_decision(joined, &a->decisions[i++]);
		if (!r && order >= 0)
			r = model_add_decision(joined, &b->decisions[k++]);
	}
	return r;
}

void model_drop_decisions(struct tsem_model *model)
{
	size_t kept = 0;

	for (size_t i = 0; i < model->decision_count; i++) {
		struct tsem_decision *decision = &model->decisions[i];

		if (decision->allow && !tsem_set_find(&model->set, decision->key))
			deinit_decision(decision);
		else
			model->decisions[kept++] = *decision;
	}
	model->decision_count = kept;
}

/* The rest of the order decides nothing, but gives the same model the same bytes. */
static int compare_latest(const void *a, const void *b)
{
	const struct tsem_decision *x = a, *y = b;
	int order = decision_order(x, y);

	if (!order)
		order = (y->time > x->time) - (y->time < x->time);
	if (!order)
		order = strcmp(x->who, y->who);
	return order ? order : strcmp(x->why, y->why);
}

void model_sort_decisions(struct tsem_model *model)
{
	struct tsem_decision *list = model->decisions;
	size_t kept = 0;

	if (model->decision_count)
		qsort(list, model->decision_count, sizeof(*list), compare_latest);
	for (size_t i = 0; i < model->decision_count; i++)
		if (kept && !decision_order(&list[kept - 1], &list[i]))
			deinit_decision(&list[i]);
		else
			list[kept++] = list[i];
	model->decision_count = kept;
}
