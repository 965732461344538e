/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "agent.h"

/*
 * Rows to examine. Tables are at most a quarter full, so a search hardly ever examines more than a few. An entry that
 * finds no place among these rows is found the slow way, or not kept.
 */
#define PROBES 64u
#define HEAD_SIZE ((tsem_u32)sizeof(struct tsem_record))
#define SAME(a, b, size) (!__builtin_memcmp(a, b, size))

static const tsem_u8 zero[TSEM_HASH_SIZE_MAX];

/* ---- memory ---- */

static tsem_u32 table_size(tsem_u32 points)
{
	tsem_u32 size = 64;

	while (size < 4 * points)
		size *= 2;
	return size;
}

/* Few coefficients are those of an exec. Programs that find no row are not known, and so untrusted. */
static tsem_u32 task_rows(tsem_u32 points)
{
	return points > 512 ? table_size(points) / 8 : 256;
}

/* Places the next piece; without memory it only counts. */
static void *place(tsem_u8 *memory, tsem_u64 *at, tsem_u64 size)
{
	void *piece = memory ? memory + *at : (void *)0;

	*at += (size + 63) & ~63ull;
	return piece;
}

static tsem_u64 place_all(struct agent *agent, const struct tsem_hash *hash, const struct agent_limits *limits,
			  tsem_u8 *memory)
{
	tsem_u64 rows = table_size(limits->points), points = limits->points, at = 0;

	agent->points = place(memory, &at, points * sizeof(*agent->points));
	agent->coefficients = place(memory, &at, points * hash->size);
	agent->by_coefficient = place(memory, &at, rows * 4);
	agent->by_key = place(memory, &at, rows * 4);
	agent->order = place(memory, &at, points * 4);
	agent->tasks = place(memory, &at, task_rows(limits->points) * sizeof(*agent->tasks));
	agent->names = place(memory, &at, TSEM_EVENT_LIMIT * TSEM_HASH_SIZE_MAX);
	agent->pseudonyms = place(memory, &at, AGENT_PSEUDONYMS_MAX * TSEM_HASH_SIZE_MAX);
	agent->cell = place(memory, &at, TSEM_CELL_MAX);
	agent->records = place(memory, &at, limits->records);
	return at;
}

tsem_u64 agent_memory(const struct tsem_hash *hash, const struct agent_limits *limits)
{
	struct agent agent;

	return place_all(&agent, hash, limits, (void *)0);
}

static int digest(const struct agent *agent, const void *bytes, tsem_u64 size, tsem_u8 *ret_digest)
{
	return agent->hash->digest(agent->hash->context, bytes, size, ret_digest);
}

enum agent_status agent_init(struct agent *agent, const struct tsem_hash *hash, const struct agent_limits *limits,
			     tsem_u64 seed, void *memory)
{
	const char *name;
	tsem_u32 size;

	if (!limits->points || limits->points > AGENT_POINTS_MAX || limits->records > AGENT_RECORDS_MAX ||
	    !hash->size || hash->size > TSEM_HASH_SIZE_MAX || hash->size % 8)
		return AGENT_FULL;
	__builtin_memset(agent, 0, sizeof(*agent));
	agent->hash = hash;
	agent->limits = *limits;
	agent->seed = seed | 1;
	agent->mask = table_size(limits->points) - 1;
	agent->task_mask = task_rows(limits->points) - 1;
	place_all(agent, hash, limits, memory);
	for (tsem_u32 event = 0; event < TSEM_EVENT_LIMIT; event++) {
		name = shape_event_name(event, &size);
		if (name && digest(agent, name, size, agent->names + event * TSEM_HASH_SIZE_MAX))
			return AGENT_BROKEN;
	}
	return AGENT_OK;
}

/* ---- tables: a fast hash finds a row, and the search compares all bytes ---- */

static tsem_u64 mix(tsem_u64 a, tsem_u64 b)
{
	a = (a ^ b) * 0x9fb21c651e98df25ull;
	return a ^ a >> 29;
}

static tsem_u64 load64(const tsem_u8 *at)
{
	tsem_u64 word;

	__builtin_memcpy(&word, at, 8);
	return word;
}

/* Four lanes, because each multiplication waits for the one before. */
static tsem_u64 mix_bytes(tsem_u64 seed, const tsem_u8 *at, tsem_u32 size)
{
	tsem_u64 lanes[4] = {seed, seed + 0x8ebc6af09c88c6e3ull, ~seed, seed ^ 0x589965cc75374cc3ull};
	tsem_u8 tail[32] = {0};
	tsem_u32 left;

	for (left = size; left >= 32; left -= 32, at += 32)
		for (int i = 0; i < 4; i++)
			lanes[i] = mix(lanes[i], load64(at + i * 8));
	if (left) {
		__builtin_memcpy(tail, at, left);
		for (int i = 0; i < 4; i++)
			lanes[i] = mix(lanes[i], load64(tail + i * 8));
	}
	return mix(mix(mix(lanes[0], lanes[1]), lanes[2] + size), lanes[3]);
}

static tsem_u64 coefficient_key(const struct agent *agent, const tsem_u8 *coefficient)
{
	return mix(mix(agent->seed, load64(coefficient)), load64(coefficient + 8) ^ load64(coefficient + 24));
}

/* Index + 1, or 0. *ret_free: the row for a new entry; NULL when there is none near. */
static tsem_u32 find_point(const struct agent *agent, const tsem_u8 *coefficient, tsem_u32 **ret_free)
{
	tsem_u64 row = coefficient_key(agent, coefficient) >> 8;

	*ret_free = (void *)0;
	for (tsem_u32 i = 0; i < PROBES; i++, row++) {
		tsem_u32 *found = &agent->by_coefficient[row & agent->mask];

		if (!*found) {
			*ret_free = found;
			return 0;
		}
		if (SAME(agent_coefficient(agent, *found - 1), coefficient, agent->hash->size))
			return *found;
	}
	return 0;
}

/* The identity of the event: its kind, both TASK_IDs, COE and CELL, without time, numbers and the like. */
static tsem_u64 event_key(const struct agent *agent, const struct tsem_record *record)
{
	const tsem_u8 *bytes = (const tsem_u8 *)record;
	tsem_u64 key = mix_bytes(agent->seed + record->event, record->task_id, 2 * TSEM_DIGEST_SIZE);

	return mix_bytes(key, bytes + __builtin_offsetof(struct tsem_record, coe),
			 record->size - __builtin_offsetof(struct tsem_record, coe));
}

static int event_same(const struct tsem_record *a, const struct tsem_record *b)
{
	return a->event == b->event && a->size == b->size && SAME(a->task_id, b->task_id, 2 * TSEM_DIGEST_SIZE) &&
	       SAME(&a->coe, &b->coe, a->size - __builtin_offsetof(struct tsem_record, coe));
}

/* As find_point, for an event whose record is kept. */
static tsem_u32 find_event(const struct agent *agent, const struct tsem_record *record, tsem_u64 key,
			   tsem_u32 **ret_free)
{
	tsem_u64 row = key >> 8;

	*ret_free = (void *)0;
	for (tsem_u32 i = 0; i < PROBES; i++, row++) {
		tsem_u32 *found = &agent->by_key[row & agent->mask];

		if (!*found) {
			*ret_free = found;
			return 0;
		}
		if (agent->points[*found - 1].key == key && event_same(agent_record(agent, *found - 1), record))
			return *found;
	}
	return 0;
}

/* ---- coefficients ---- */

/* Whether identities are not those that the kernel computes: another function, or other contents. */
static int maps_tasks(const struct agent *agent)
{
	return agent->hash->number != TSEM_HASH_sha256 || agent->pseudonym_count;
}

/* The row of the kernel's TASK_ID, or the free one for it; NULL: none near. */
static struct agent_task *find_task(const struct agent *agent, const tsem_u8 *kernel)
{
	tsem_u64 row = mix_bytes(agent->seed, kernel, TSEM_DIGEST_SIZE) >> 8;

	for (tsem_u32 i = 0; i < PROBES; i++, row++) {
		struct agent_task *task = &agent->tasks[row & agent->task_mask];

		if (SAME(task->kernel, kernel, TSEM_DIGEST_SIZE) || SAME(task->kernel, zero, TSEM_DIGEST_SIZE))
			return task;
	}
	return (void *)0;
}

/* The namespace's identity of the program with this kernel identity; NULL: its exec was never seen. */
static const tsem_u8 *own_task(const struct agent *agent, const tsem_u8 *kernel)
{
	const struct agent_task *task;

	if (!maps_tasks(agent) || SAME(kernel, zero, TSEM_DIGEST_SIZE))
		return maps_tasks(agent) ? zero : kernel;
	task = find_task(agent, kernel);
	return task && SAME(task->kernel, kernel, TSEM_DIGEST_SIZE) ? task->own : (void *)0;
}

/*
 * Records the identity that an exec created. The kernel's own is one digest over everything that ours depends on: if it
 * ever stood for two, the exec is refused.
 */
static int learn_task(struct agent *agent, const tsem_u8 *kernel, const tsem_u8 *own)
{
	struct agent_task *task;

	if (!maps_tasks(agent))
		return SAME(kernel, own, TSEM_DIGEST_SIZE) ? 0 : -1;
	if (SAME(kernel, zero, TSEM_DIGEST_SIZE))
		return -1;
	task = find_task(agent, kernel);
	if (!task)
		return -1;
	if (SAME(task->kernel, kernel, TSEM_DIGEST_SIZE))
		return SAME(task->own, own, agent->hash->size) ? 0 : -1;
	__builtin_memcpy(task->kernel, kernel, TSEM_DIGEST_SIZE);
	__builtin_memcpy(task->own, own, agent->hash->size);
	agent->task_count++;
	return 0;
}

/* The CELL as it is hashed: the pseudonym stands in the place of the content, where there is one. */
static const tsem_u8 *hashed_cell(struct agent *agent, const struct tsem_record *record, const struct shape_file *file)
{
	static const tsem_u8 none[TSEM_DIGEST_SIZE];
	const tsem_u8 *cell = (const tsem_u8 *)record + HEAD_SIZE;
	tsem_u8 name[TSEM_HASH_SIZE_MAX];

	if (!agent->pseudonym_count || !file->path || SAME(cell + file->digest, none, TSEM_DIGEST_SIZE))
		return cell;
	/* The length of the name, as it is hashed, is the four bytes before it. */
	if (digest(agent, cell + file->path - 4, file->path_size + 4ull, name))
		return cell;
	for (tsem_u32 i = 0; i < agent->pseudonym_count; i++)
		if (SAME(agent->pseudonyms + i * TSEM_HASH_SIZE_MAX, name, agent->hash->size)) {
			__builtin_memcpy(agent->cell, cell, record->cell_size);
			__builtin_memcpy(agent->cell + file->digest, name, TSEM_DIGEST_SIZE);
			return agent->cell;
		}
	return cell;
}

static int digest_coe(struct agent *agent, const struct tsem_coe *coe)
{
	if (agent->coe_known && SAME(coe, &agent->coe, sizeof(*coe)))
		return 0;
	agent->coe_known = 0;
	if (digest(agent, coe, sizeof(*coe), agent->coe_digest))
		return -1;
	agent->coe = *coe;
	agent->coe_known = 1;
	return 0;
}

/* H(name || ptask || task || H(COE) || H(CELL)); the last two are in place already. */
static int fold(const struct agent *agent, tsem_u8 *parts, const tsem_u8 *task, tsem_u8 *ret_digest)
{
	__builtin_memcpy(parts + 2 * agent->hash->size, task, agent->hash->size);
	return digest(agent, parts, 5ull * agent->hash->size, ret_digest);
}

/* 0, or the reason why it cannot be computed. */
static tsem_u16 compute(struct agent *agent, const struct tsem_record *record, tsem_u8 *ret_coefficient)
{
	tsem_u8 parts[5 * TSEM_HASH_SIZE_MAX], own[TSEM_HASH_SIZE_MAX];
	const tsem_u8 *ptask = own_task(agent, record->ptask_id), *task = own;
	tsem_u32 size = agent->hash->size;
	struct shape_file file;

	if (shape_check(record->event, (const tsem_u8 *)record + HEAD_SIZE, record->cell_size, &file))
		return TSEM_REASON_malformed;
	if (!ptask)
		return TSEM_REASON_identity;
	__builtin_memcpy(parts, agent->names + record->event * TSEM_HASH_SIZE_MAX, size);
	__builtin_memcpy(parts + size, ptask, size);
	if (digest_coe(agent, &record->coe) ||
	    digest(agent, hashed_cell(agent, record, &file), record->cell_size, parts + 4 * size))
		return TSEM_REASON_failed;
	__builtin_memcpy(parts + 3 * size, agent->coe_digest, size);
	if (record->event != TSEM_EVENT_bprm_committed_creds)
		task = own_task(agent, record->task_id);
	else if (fold(agent, parts, zero, own))
		return TSEM_REASON_failed;
	else if (learn_task(agent, record->task_id, own))
		return TSEM_REASON_identity;
	if (!task)
		return TSEM_REASON_identity;
	return fold(agent, parts, task, ret_coefficient) ? TSEM_REASON_failed : 0;
}

/* Stands for the coefficient of an event that could not be described, so that it is recorded once. */
static void failure_coefficient(const struct agent *agent, const struct tsem_record *record, tsem_u8 *ret_coefficient)
{
	tsem_u64 number = (tsem_u64)record->event << 32 | record->failure;

	__builtin_memset(ret_coefficient, 0, agent->hash->size);
	__builtin_memcpy(ret_coefficient + agent->hash->size - 8, &number, 8);
}

/* ---- points ---- */

static void keep_record(struct agent *agent, tsem_u32 index, const struct tsem_record *record)
{
	tsem_u64 room = (record->size + 7ull) & ~7ull;

	if (agent->points[index].record)
		return;
	if (agent->limits.records - agent->used < room) {
		agent->lost_records++;
		return;
	}
	__builtin_memcpy(agent->records + agent->used, record, record->size);
	agent->points[index].record = agent->used + 1;
	agent->used += room;
}

/* Lets the event be found by its own bytes from now on, if the point has just this one. */
static void keep_key(struct agent *agent, tsem_u32 index, const struct tsem_record *record, tsem_u64 key)
{
	tsem_u32 *row;

	if (!agent->points[index].record || agent->points[index].key ||
	    !event_same(agent_record(agent, index), record) || find_event(agent, record, key, &row) || !row)
		return;
	agent->points[index].key = key;
	*row = index + 1;
}

/* Index + 1, or 0 when there is no room. */
static tsem_u32 add_point(struct agent *agent, const tsem_u8 *coefficient)
{
	tsem_u32 *row, found = find_point(agent, coefficient, &row);

	if (found || !row || agent->count == agent->limits.points)
		return found;
	__builtin_memcpy(agent->coefficients + (tsem_u64)agent->count * agent->hash->size, coefficient,
			 agent->hash->size);
	*row = ++agent->count;
	agent->state_known = 0;
	return agent->count;
}

/* value = H(value || H(base || coefficient)) */
static int extend(const struct agent *agent, tsem_u8 *value, const tsem_u8 *coefficient)
{
	tsem_u8 pair[2 * TSEM_HASH_SIZE_MAX];
	tsem_u32 size = agent->hash->size;

	__builtin_memcpy(pair, agent->base, size);
	__builtin_memcpy(pair + size, coefficient, size);
	if (digest(agent, pair, 2ull * size, pair + size))
		return -1;
	__builtin_memcpy(pair, value, size);
	return digest(agent, pair, 2ull * size, value);
}

static int see_point(struct agent *agent, tsem_u32 index)
{
	struct agent_point *point = &agent->points[index];

	point->count++;
	if (point->number)
		return 0;
	if (!agent->seen && extend(agent, agent->measurement, agent->aggregate))
		return -1;
	if (extend(agent, agent->measurement, agent_coefficient(agent, index)))
		return -1;
	point->number = ++agent->seen;
	return 0;
}

/* ---- before the first event, before sealing ---- */

static enum agent_status set_digest(struct agent *agent, tsem_u8 *place_of, const tsem_u8 *value)
{
	if (agent->events)
		return AGENT_LATE;
	agent->state_known = 0;
	__builtin_memcpy(place_of, value, agent->hash->size);
	return AGENT_OK;
}

enum agent_status agent_base(struct agent *agent, const tsem_u8 *value)
{
	return set_digest(agent, agent->base, value);
}

enum agent_status agent_aggregate(struct agent *agent, const tsem_u8 *value)
{
	return set_digest(agent, agent->aggregate, value);
}

enum agent_status agent_pseudonym(struct agent *agent, const tsem_u8 *value)
{
	/* Earlier MODEL requests of kind 1 were hashed without it. */
	if (agent->events || agent->used)
		return AGENT_LATE;
	if (agent->pseudonym_count == AGENT_PSEUDONYMS_MAX)
		return AGENT_FULL;
	__builtin_memcpy(agent->pseudonyms + agent->pseudonym_count++ * TSEM_HASH_SIZE_MAX, value, agent->hash->size);
	return AGENT_OK;
}

enum agent_status agent_load(struct agent *agent, const tsem_u8 *coefficient)
{
	tsem_u32 found;

	if (agent->mode != TSEM_MODE_FREE)
		return AGENT_LATE;
	found = add_point(agent, coefficient);
	if (!found)
		return AGENT_FULL;
	agent->points[found - 1].flags |= AGENT_POINT_MODEL;
	return AGENT_OK;
}

/* The head says what the bytes are; the CELL is checked when it is hashed. */
static int head_good(const struct tsem_record *record, tsem_u32 size)
{
	tsem_u32 name_size;

	return size >= HEAD_SIZE && record->size == size && record->version == TSEM_RECORD_VERSION &&
	       record->cell_size == size - HEAD_SIZE && record->cell_size <= TSEM_CELL_MAX &&
	       !(record->flags & TSEM_RECORD_FAILED) == !record->failure && record->failure < TSEM_FAILURE_LIMIT &&
	       shape_event_name(record->event, &name_size);
}

enum agent_status agent_teach(struct agent *agent, const void *bytes, tsem_u32 size)
{
	const struct tsem_record *record = bytes;
	tsem_u8 coefficient[TSEM_HASH_SIZE_MAX];
	enum agent_status status;
	tsem_u32 *row, index;

	if (agent->mode != TSEM_MODE_FREE)
		return AGENT_LATE;
	if (!head_good(record, size) || record->failure || compute(agent, record, coefficient))
		return AGENT_MALFORMED;
	status = agent_load(agent, coefficient);
	if (status != AGENT_OK)
		return status;
	index = find_point(agent, coefficient, &row) - 1;
	keep_record(agent, index, record);
	keep_key(agent, index, record, event_key(agent, record));
	return AGENT_OK;
}

/* ---- verdicts ---- */

/* The point of the event, index + 1; 0 and the reason in *ret_reason when it has none. */
static tsem_u32 point_of(struct agent *agent, const struct tsem_record *record, tsem_u16 *ret_reason)
{
	tsem_u8 coefficient[TSEM_HASH_SIZE_MAX];
	tsem_u64 key = record->failure ? 0 : event_key(agent, record);
	tsem_u32 *row, found = record->failure ? 0 : find_event(agent, record, key, &row);

	if (found)
		return found;
	*ret_reason = 0;
	if (record->failure)
		failure_coefficient(agent, record, coefficient);
	else
		*ret_reason = compute(agent, record, coefficient);
	if (*ret_reason)
		return 0;
	found = add_point(agent, coefficient);
	if (!found) {
		agent->lost_points++;
		*ret_reason = TSEM_REASON_full;
		return 0;
	}
	keep_record(agent, found - 1, record);
	if (!record->failure)
		keep_key(agent, found - 1, record, key);
	return found;
}

/* Free mode refuses no readable event; events that could not be modeled are kept beside the model. */
static void judge_free(struct agent_point *point, const struct tsem_record *record, struct agent_verdict *verdict)
{
	verdict->trusted = 1;
	if (record->failure) {
		point->flags |= AGENT_POINT_FORENSICS;
		verdict->reason = TSEM_REASON_failed;
		return;
	}
	verdict->reason = point->flags & AGENT_POINT_MODEL ? TSEM_REASON_known : TSEM_REASON_learned;
	point->flags |= AGENT_POINT_MODEL;
}

static void judge_sealed(struct agent *agent, struct agent_point *point, const struct tsem_record *record,
			 struct agent_verdict *verdict)
{
	verdict->trusted =
		point->flags & AGENT_POINT_MODEL && !(record->flags & TSEM_RECORD_UNTRUSTED) && !record->failure;
	verdict->same = verdict->trusted;
	verdict->reason = verdict->trusted			? TSEM_REASON_known :
			  record->failure			? TSEM_REASON_failed :
			  record->flags & TSEM_RECORD_UNTRUSTED ? TSEM_REASON_task :
								  TSEM_REASON_violation;
	if (verdict->trusted)
		return;
	point->flags |= AGENT_POINT_FORENSICS;
	point->violations++;
	agent->violations++;
}

void agent_event(struct agent *agent, const void *bytes, tsem_u32 size, struct agent_verdict *ret_verdict)
{
	const struct tsem_record *record = bytes;
	struct agent_point *point;
	tsem_u32 found = 0;

	*ret_verdict = (struct agent_verdict){.reason = TSEM_REASON_malformed};
	agent->events++;
	if (head_good(record, size))
		found = point_of(agent, record, &ret_verdict->reason);
	if (found && see_point(agent, found - 1)) {
		found = 0;
		ret_verdict->reason = TSEM_REASON_failed;
	}
	if (!found) {
		/* Learning goes on when the model is full, and says so by lost_points; a sealed model lets nothing in. */
		ret_verdict->trusted = ret_verdict->reason == TSEM_REASON_full && agent->mode == TSEM_MODE_FREE;
		agent->violations += agent->mode != TSEM_MODE_FREE;
		return;
	}
	point = &agent->points[found - 1];
	if (agent->mode == TSEM_MODE_FREE)
		judge_free(point, record, ret_verdict);
	else
		judge_sealed(agent, point, record, ret_verdict);
	ret_verdict->coefficient = agent_coefficient(agent, found - 1);
}

/* ---- state and measurement ---- */

static int order_less(const struct agent *agent, tsem_u32 a, tsem_u32 b)
{
	return __builtin_memcmp(agent_coefficient(agent, a), agent_coefficient(agent, b), agent->hash->size) < 0;
}

static void sift(struct agent *agent, tsem_u32 root, tsem_u32 count)
{
	tsem_u32 *order = agent->order, child, swap;

	while ((child = 2 * root + 1) < count) {
		if (child + 1 < count && order_less(agent, order[child], order[child + 1]))
			child++;
		if (!order_less(agent, order[root], order[child]))
			return;
		swap = order[root];
		order[root] = order[child];
		order[child] = swap;
		root = child;
	}
}

/* A heap sort: no recursion, and no input makes it slow. */
static void sort(struct agent *agent)
{
	tsem_u32 swap;

	for (tsem_u32 i = 0; i < agent->count; i++)
		agent->order[i] = i;
	for (tsem_u32 i = agent->count / 2; i-- > 0;)
		sift(agent, i, agent->count);
	for (tsem_u32 left = agent->count; left > 1; left--) {
		swap = agent->order[0];
		agent->order[0] = agent->order[left - 1];
		agent->order[left - 1] = swap;
		sift(agent, 0, left - 1);
	}
}

/* Over all coefficients, which takes long for many: only when there are others than the last time. */
static enum agent_status compute_state(struct agent *agent)
{
	__builtin_memset(agent->state, 0, sizeof(agent->state));
	sort(agent);
	if (extend(agent, agent->state, agent->aggregate))
		return AGENT_BROKEN;
	for (tsem_u32 i = 0; i < agent->count; i++)
		if (extend(agent, agent->state, agent_coefficient(agent, agent->order[i])))
			return AGENT_BROKEN;
	agent->state_known = 1;
	return AGENT_OK;
}

enum agent_status agent_state(struct agent *agent, tsem_u8 *ret_digest)
{
	if (!agent->state_known && compute_state(agent) != AGENT_OK)
		return AGENT_BROKEN;
	__builtin_memcpy(ret_digest, agent->state, agent->hash->size);
	return AGENT_OK;
}

enum agent_status agent_measurement(const struct agent *agent, tsem_u8 *ret_digest)
{
	tsem_u8 value[TSEM_HASH_SIZE_MAX];

	__builtin_memcpy(value, agent->measurement, agent->hash->size);
	if (!agent->seen && extend(agent, value, agent->aggregate))
		return AGENT_BROKEN;
	__builtin_memcpy(ret_digest, value, agent->hash->size);
	return AGENT_OK;
}
