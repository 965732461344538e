/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "asker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../event/digest.h"
#include "../event/locks.h"
#include "../model/model.h"
#include "kind.h"

#define QUESTIONS_MAX 256 /* open ones: what is beyond is refused */
#define EVENTS_MAX 1024 /* waiting events of a question */
#define GRANTS_MAX 65536

static const struct {
	char letter;
	const char *word;
} answers[] = {
#define A(name, letter, word, ...) {letter, word},
	ASK_ANSWERS(A)
#undef A
};

int ask_answer_parse(const char *text)
{
	for (int i = 0; i < ASK_ANSWER_COUNT; i++)
		if (!strcmp(text, answers[i].word) || (text[0] == answers[i].letter && !text[1]))
			return i;
	return -1;
}

const char *ask_answer_word(enum ask_answer answer)
{
	return answers[answer].word;
}

const char *ask_cause_text(enum ask_cause cause)
{
	static const char *const texts[] = {
		[ASK_BY_PERSON] = "a person decided",
		[ASK_BY_START] = "the program was allowed to start",
		[ASK_BY_TREE] = "it is below a tree",
		[ASK_BY_LIKE] = "the model lets other programs do it",
		[ASK_BY_DENIAL] = "this object was refused before",
		[ASK_BY_NOBODY] = "nobody is there to be asked",
		[ASK_BY_TIME] = "nobody answered in time",
		[ASK_BY_END] = "tsem was asked to end",
		[ASK_BY_FLOOD] = "too many questions are open",
	};

	return texts[cause];
}

/* ---- beginning and end ---- */

static int add_deeds(struct asker *a)
{
	const struct tsem_set *set = a->model;
	tsem_u8 deed[TSEM_DIGEST_SIZE];

	for (size_t i = 0; i < set->count; i++) {
		if (!set->entries[i].record)
			continue;
		ask_deed(set->entries[i].record, deed);
		if (!tsem_set_add(&a->deeds, deed, NULL))
			return -ENOMEM;
	}
	return 0;
}

int asker_init(struct asker *a, const struct asker_calls *calls, const struct tsem_set *model,
	       const struct trees *trees, unsigned patience_ms, struct tsem_error *error)
{
	*a = (struct asker){.calls = *calls, .model = model, .trees = trees, .patience_ms = patience_ms};
	a->end = &a->first;
	if (!add_deeds(a))
		return 0;
	asker_deinit(a);
	return tsem_error_set(error, ENOMEM, "out of memory");
}

static void question_free(struct question *q)
{
	tsem_set_deinit(&q->events);
	free(q->waiting);
	free(q);
}

void asker_deinit(struct asker *a)
{
	for (struct question *q = a->first, *next; q; q = next) {
		next = q->next;
		question_free(q);
	}
	tsem_set_deinit(&a->denied);
	tsem_set_deinit(&a->like);
	tsem_set_deinit(&a->started);
	tsem_set_deinit(&a->opened);
	tsem_set_deinit(&a->deeds);
	tsem_set_deinit(&a->given);
}

/* ---- grants and denials ---- */

static struct tsem_entry *add_bounded(struct tsem_set *set, const tsem_u8 *key)
{
	return set->count < GRANTS_MAX ? tsem_set_add(set, key, NULL) : NULL;
}

static bool is_exec(const struct tsem_record *record)
{
	return record->event == TSEM_EVENT_bprm_committed_creds;
}

/*
 * A program that was allowed to start has to map its own file. With "like" it gets that grant, too, and so do the
 * programs that it starts, if the model's programs start them.
 */
static void note_start(struct asker *a, const struct tsem_record *record, enum ask_answer answer)
{
	tsem_u8 id[TSEM_DIGEST_SIZE];
	struct tsem_entry *entry;

	record_task_id(record, id);
	if (answer == ASK_LIKE)
		add_bounded(&a->like, id);
	entry = add_bounded(&a->started, id);
	if (!entry)
		return;
	if (!entry->record)
		entry->record = record_copy(record);
	entry->number = answer;
}

/* Its starter opens the file before: that is the same deed, and gets the same answer; "once", as often as it was given. */
static void note_open(struct asker *a, const struct tsem_record *record, enum ask_answer answer, tsem_u64 times)
{
	tsem_u8 key[TSEM_DIGEST_SIZE];
	struct tsem_entry *entry;

	if (!ask_opens_to_execute(record))
		return;
	ask_execution(record, key);
	entry = add_bounded(&a->opened, key);
	if (!entry)
		return;
	entry->count = answer != ASK_ONCE ? 0 : entry->number == ASK_ONCE ? entry->count + times : times;
	entry->number = answer;
}

static const struct tsem_entry *start_of(const struct asker *a, const struct tsem_record *record)
{
	const struct tsem_entry *entry = is_exec(record) ? NULL : tsem_set_find(&a->started, record->task_id);

	return entry && entry->record && ask_maps_itself(entry->record, record) ? entry : NULL;
}

/* Of the opening before this exec, if it was allowed for it. */
static bool take_open(const struct asker *a, const struct tsem_record *record, enum ask_answer *ret_answer)
{
	tsem_u8 key[TSEM_DIGEST_SIZE];
	struct tsem_entry *entry;

	if (!is_exec(record))
		return false;
	ask_execution(record, key);
	entry = tsem_set_find(&a->opened, key);
	if (!entry || (entry->number == ASK_ONCE && !entry->count))
		return false;
	entry->count -= entry->count > 0;
	*ret_answer = entry->number;
	return true;
}

static bool is_like(struct asker *a, const struct tsem_record *record)
{
	tsem_u8 who[TSEM_DIGEST_SIZE], deed[TSEM_DIGEST_SIZE];

	if (!a->like.count)
		return false;
	ask_who(record, who);
	if (!tsem_set_find(&a->like, who))
		return false;
	ask_deed(record, deed);
	return tsem_set_find(&a->deeds, deed);
}

static bool is_denied(const struct asker *a, const struct tsem_record *record)
{
	tsem_u8 kinds[ASK_KINDS_MAX][TSEM_DIGEST_SIZE];
	size_t count = a->denied.count ? ask_kinds(record, kinds) : 0;

	for (size_t i = 0; i < count; i++)
		if (tsem_set_find(&a->denied, kinds[i]))
			return true;
	return false;
}

static int deny(struct asker *a, const struct tsem_record *record)
{
	tsem_u8 kinds[ASK_KINDS_MAX][TSEM_DIGEST_SIZE];
	size_t count = ask_kinds(record, kinds);
	bool added = true;

	for (size_t i = 0; i < count; i++)
		added &= add_bounded(&a->denied, kinds[i]) != NULL;
	return added ? 0 : -ENOMEM;
}

int asker_refuse_kind(struct asker *a, const tsem_u8 kind[TSEM_DIGEST_SIZE])
{
	return add_bounded(&a->denied, kind) ? 0 : -ENOMEM;
}

/* ---- events ---- */

static void settle(struct asker *a, const struct tsem_record *record, bool allow, bool lasting, enum ask_cause cause)
{
	a->calls.decide(a->calls.context, record->number, allow, lasting);
	a->calls.told(a->calls.context, record, allow, cause);
}

/* The start of a program: an answer to one step of it is one to all. */
static bool settled_by_start(struct asker *a, const struct tsem_record *record)
{
	const struct tsem_entry *first = start_of(a, record);
	enum ask_answer answer;

	if (first)
		answer = first->number;
	else if (!take_open(a, record, &answer))
		return false;
	if (is_exec(record))
		note_start(a, record, answer);
	if (answer == ASK_ALWAYS)
		a->calls.kept(a->calls.context, record, true);
	settle(a, record, true, answer != ASK_ONCE, ASK_BY_START);
	return true;
}

/* Programs below a tree with the right to execute are as new as all that is there. */
static void start_like(struct asker *a, const struct tsem_record *record)
{
	if (is_exec(record))
		note_start(a, record, ASK_LIKE);
}

static bool settled_by_rules(struct asker *a, const struct tsem_record *record)
{
	if (is_denied(a, record)) {
		settle(a, record, false, false, ASK_BY_DENIAL);
	} else if (tsem_set_find(&a->given, record->coefficient)) {
		a->calls.decide(a->calls.context, record->number, true, true);
	} else if (trees_allow(a->trees, record)) {
		start_like(a, record);
		settle(a, record, true, true, ASK_BY_TREE);
	} else if (is_like(a, record)) {
		start_like(a, record);
		settle(a, record, true, true, ASK_BY_LIKE);
	} else {
		return settled_by_start(a, record);
	}
	return true;
}

/* One program, one kind of event: they can be put to a person in one question. */
static bool belongs_to(const struct question *q, const struct tsem_record *record)
{
	const struct tsem_record *first = q->events.entries[0].record;

	return !q->shown && !q->alone && q->waiting_count < EVENTS_MAX && q->events.count < ASK_DISTINCT_MAX &&
	       q->bytes + record->size <= ASK_BYTES_MAX && first->event == record->event &&
	       !memcmp(first->task_id, record->task_id, TSEM_DIGEST_SIZE) &&
	       !memcmp(first->ptask_id, record->ptask_id, TSEM_DIGEST_SIZE);
}

static bool same_event(const struct question *q, const struct tsem_record *record)
{
	return !q->shown && q->waiting_count < EVENTS_MAX && tsem_set_find(&q->events, record->coefficient);
}

static int join(struct question *q, const struct tsem_record *record)
{
	tsem_u64 *waiting = reallocarray(q->waiting, q->waiting_count + 1, sizeof(*waiting));
	struct tsem_entry *entry = tsem_set_find(&q->events, record->coefficient);
	struct tsem_record *copy = entry ? NULL : record_copy(record);

	if (waiting)
		q->waiting = waiting;
	if (waiting && !entry && copy && (entry = tsem_set_add(&q->events, record->coefficient, NULL))) {
		entry->record = copy;
		q->bytes += record->size;
	} else {
		free(copy);
	}
	if (!waiting || !entry)
		return -ENOMEM;
	entry->count++;
	waiting[q->waiting_count++] = record->number;
	return 0;
}

static struct question *open_question(struct asker *a, const struct tsem_record *record, tsem_u64 now)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q || join(q, record)) {
		if (q)
			question_free(q);
		return NULL;
	}
	q->id = ++a->last_id;
	q->locks = record_locks(record);
	q->until = now + (q->locks && a->patience_ms > LOCKED_MS ? LOCKED_MS : a->patience_ms);
	*a->end = q;
	a->end = &q->next;
	a->count++;
	return q;
}

/* As many tasks are allowed something as waited when a person was asked. */
static bool is_shown(const struct asker *a, const struct tsem_record *record)
{
	for (const struct question *q = a->first; q; q = q->next)
		if (q->shown && tsem_set_find(&q->events, record->coefficient))
			return true;
	return false;
}

struct question *asker_take(struct asker *a, const struct tsem_record *record, tsem_u64 now)
{
	bool alone = is_shown(a, record);
	struct question *q;

	if (settled_by_rules(a, record))
		return NULL;
	for (q = a->first; q; q = q->next)
		if ((same_event(q, record) || (!alone && belongs_to(q, record))) && !join(q, record))
			return q;
	if (!a->attended || a->away)
		settle(a, record, false, false, a->attended ? ASK_BY_TIME : ASK_BY_NOBODY);
	else if (a->count >= QUESTIONS_MAX || !(q = open_question(a, record, now)))
		settle(a, record, false, false, ASK_BY_FLOOD);
	if (q)
		q->alone = alone;
	return q;
}

/* ---- answers ---- */

struct question *asker_question(const struct asker *a, tsem_u64 id)
{
	struct question *q = a->first;

	while (q && q->id != id)
		q = q->next;
	return q;
}

static void close_question(struct asker *a, struct question *q, bool allow, bool lasting, enum ask_cause cause)
{
	struct question **at = &a->first;

	while (*at != q)
		at = &(*at)->next;
	*at = q->next;
	if (!*at)
		a->end = at;
	a->count--;
	for (size_t i = 0; i < q->waiting_count; i++)
		a->calls.decide(a->calls.context, q->waiting[i], allow, lasting);
	for (size_t i = 0; i < q->events.count; i++)
		a->calls.told(a->calls.context, q->events.entries[i].record, allow, cause);
	question_free(q);
}

static int grant(struct asker *a, const struct tsem_entry *event, enum ask_answer answer)
{
	const struct tsem_record *record = event->record;
	tsem_u8 who[TSEM_DIGEST_SIZE];

	if (is_exec(record))
		note_start(a, record, answer);
	note_open(a, record, answer, event->count);
	if (answer == ASK_ONCE)
		return 0;
	if (answer == ASK_LIKE && !is_exec(record) && !ask_opens_to_execute(record)) {
		ask_who(record, who);
		if (!add_bounded(&a->like, who))
			return -ENOMEM;
	}
	return add_bounded(&a->given, record->coefficient) ? 0 : -ENOMEM;
}

/* What the answer means for one of the events, beyond this time. */
static int remember(struct asker *a, const struct tsem_entry *event, enum ask_answer answer)
{
	const struct tsem_record *record = event->record;

	if (answer == ASK_ALWAYS || answer == ASK_NEVER)
		a->calls.kept(a->calls.context, record, answer == ASK_ALWAYS);
	if (answer == ASK_KILL)
		return 0;
	return answer == ASK_DENY || answer == ASK_NEVER ? deny(a, record) : grant(a, event, answer);
}

void asker_show(const struct asker *a, struct question *q, tsem_u64 now)
{
	q->shown = true;
	if (!q->locks)
		q->until = now + a->patience_ms;
}

void asker_refuse(struct asker *a, struct question *q, enum ask_cause cause)
{
	close_question(a, q, false, false, cause);
}

/* Whether this answer, to another question, decides the whole of this one. */
static bool is_settled(const struct asker *a, const struct question *q, bool allow)
{
	size_t settled = 0;

	for (size_t i = 0; i < q->events.count; i++) {
		const struct tsem_entry *event = &q->events.entries[i];
		bool denied = is_denied(a, event->record);

		settled += allow ? !denied && tsem_set_find(&a->given, event->coefficient) : denied;
	}
	return settled == q->events.count;
}

/* Events of questions that nobody has seen may be those of the one that was answered. */
static void settle_others(struct asker *a, bool allow)
{
	for (struct question *q = a->first, *next; q; q = next) {
		next = q->next;
		if (!q->shown && is_settled(a, q, allow))
			close_question(a, q, allow, allow, allow ? ASK_BY_PERSON : ASK_BY_DENIAL);
	}
}

int asker_answer(struct asker *a, struct question *q, enum ask_answer answer)
{
	bool allow = answer < ASK_DENY, lasting = allow && answer != ASK_ONCE;
	int r = 0;

	a->away = false;
	for (size_t i = 0; i < q->events.count; i++)
		if (remember(a, &q->events.entries[i], answer))
			r = -ENOMEM;
	close_question(a, q, allow, lasting, ASK_BY_PERSON);
	if (answer != ASK_ONCE && answer != ASK_KILL)
		settle_others(a, allow);
	return r;
}

int asker_expire(struct asker *a, tsem_u64 now)
{
	tsem_u64 soonest = ~0ull;

	for (struct question *q = a->first, *next; q; q = next) {
		next = q->next;
		if (q->until <= now) {
			a->away |= q->shown && !a->tireless;
			close_question(a, q, false, false, ASK_BY_TIME);
		} else if (q->until < soonest) {
			soonest = q->until;
		}
	}
	return soonest == ~0ull ? -1 : (int)(soonest - now);
}

void asker_return(struct asker *a)
{
	a->away = false;
}

void asker_attend(struct asker *a, bool attended, bool tireless)
{
	a->attended = attended;
	a->tireless = tireless;
	a->away &= attended && !tireless;
	while (!attended && a->first)
		close_question(a, a->first, false, false, ASK_BY_NOBODY);
}
