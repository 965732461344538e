/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "server.h"

/* A request while it is answered. */
struct request {
	const struct server *server;
	struct server_session *session;
	const struct frame *frame;
	tsem_u8 *answer;
	tsem_u32 size; /* of the answer */
};

static void answer_parts(struct request *request, tsem_u8 type, const struct frame_part *parts, tsem_u32 count)
{
	struct frame frame = {.type = type, .session = request->frame->session, .sequence = request->frame->sequence};

	request->size = frame_write(&frame, parts, count, request->answer, SERVER_ANSWER_MAX);
}

static void answer(struct request *request, const void *bytes, tsem_u32 size)
{
	struct frame_part part = {bytes, size};

	answer_parts(request, request->frame->type | TSEM_TMA_ANSWER, &part, 1);
}

static void fault(struct request *request, tsem_u32 code, tsem_u32 number)
{
	struct tsem_tma_fault error = {code, request->frame->type, number, 0};
	struct frame_part part = {&error, sizeof(error)};

	answer_parts(request, TSEM_TMA_ERROR, &part, 1);
}

static void fault_status(struct request *request, enum agent_status status, tsem_u32 number)
{
	static const tsem_u8 codes[] = {
		[AGENT_FULL] = TSEM_TMA_FAULT_limit,
		[AGENT_LATE] = TSEM_TMA_FAULT_late,
		[AGENT_MALFORMED] = TSEM_TMA_FAULT_malformed,
		[AGENT_BROKEN] = TSEM_TMA_FAULT_internal,
	};

	fault(request, codes[status], number);
}

static void answer_done(struct request *request, enum agent_status status, const struct server_space *space)
{
	struct tsem_tma_done done = {space->number, 0, space->agent.count};

	if (status != AGENT_OK)
		fault_status(request, status, space->number);
	else
		answer(request, &done, sizeof(done));
}

/* Copies the fixed part of a payload; the rest is at *ret_rest. 0: it is shorter. */
static int take(const struct frame *frame, void *ret_head, tsem_u32 size, const tsem_u8 **ret_rest, tsem_u32 *ret_left)
{
	if (frame->size < size)
		return 0;
	__builtin_memcpy(ret_head, frame->payload, size);
	*ret_rest = frame->payload + size;
	*ret_left = frame->size - size;
	return 1;
}

/* ---- namespaces ---- */

static struct server_space *find_space(struct server_session *session, tsem_u32 number)
{
	struct server_space *space = session->latest;

	if (space && space->number == number)
		return space;
	for (space = session->spaces; space; space = space->next)
		if (space->number == number)
			return session->latest = space;
	return (void *)0;
}

/* Every payload of a namespace begins with its number. */
static struct server_space *space_of(struct request *request)
{
	struct server_space *space;
	tsem_u32 number;

	if (request->frame->size < 4) {
		fault(request, TSEM_TMA_FAULT_malformed, 0);
		return (void *)0;
	}
	__builtin_memcpy(&number, request->frame->payload, 4);
	space = find_space(request->session, number);
	if (!space)
		fault(request, TSEM_TMA_FAULT_namespace, number);
	return space;
}

static void destroy_space(const struct server *server, struct server_session *session, struct server_space *space)
{
	struct server_space **link = &session->spaces;

	while (*link != space)
		link = &(*link)->next;
	*link = space->next;
	session->latest = (void *)0;
	session->space_count--;
	server->release(server->context, space, space->size);
}

static const struct tsem_hash *find_hash(const struct server *server, tsem_u32 number)
{
	for (const struct tsem_hash *const *hash = server->hashes; *hash; hash++)
		if ((*hash)->number == number)
			return *hash;
	return (void *)0;
}

#define SPACE_HEAD ((sizeof(struct server_space) + 63) & ~63ull)

static struct server_space *make_space(struct request *request, const struct tsem_tma_create *create,
				       const struct tsem_hash *hash, const struct agent_limits *limits)
{
	const struct server *server = request->server;
	tsem_u64 size = SPACE_HEAD + agent_memory(hash, limits), seed;
	struct server_space *space = server->allocate(server->context, size);

	if (!space)
		return (void *)0;
	space->size = size;
	space->number = create->namespace_id;
	server->random(server->context, &seed, sizeof(seed));
	if (agent_init(&space->agent, hash, limits, seed, (tsem_u8 *)space + SPACE_HEAD) != AGENT_OK) {
		server->release(server->context, space, size);
		return (void *)0;
	}
	space->next = request->session->spaces;
	request->session->spaces = request->session->latest = space;
	request->session->space_count++;
	return space;
}

static void take_create(struct request *request)
{
	const struct server *server = request->server;
	struct tsem_tma_create create;
	struct tsem_tma_created created;
	const struct tsem_hash *hash;
	struct agent_limits limits;
	const tsem_u8 *rest;
	tsem_u32 left;

	if (!take(request->frame, &create, sizeof(create), &rest, &left) || left || !create.namespace_id)
		return fault(request, TSEM_TMA_FAULT_malformed, 0);
	if (find_space(request->session, create.namespace_id))
		return fault(request, TSEM_TMA_FAULT_exists, create.namespace_id);
	hash = find_hash(server, create.hash);
	if (!hash)
		return fault(request, TSEM_TMA_FAULT_hash, create.namespace_id);
	limits.points = create.points ? create.points : server->points;
	limits.records = create.records ? create.records : server->records;
	if (limits.points > server->points_max || limits.records > server->records_max ||
	    request->session->space_count == server->namespaces || !make_space(request, &create, hash, &limits))
		return fault(request, TSEM_TMA_FAULT_limit, create.namespace_id);
	created = (struct tsem_tma_created){create.namespace_id, hash->size, limits.points, 0, limits.records};
	answer(request, &created, sizeof(created));
}

static void take_destroy(struct request *request, struct server_space *space)
{
	struct tsem_tma_done done = {space->number, 0, 0};

	destroy_space(request->server, request->session, space);
	answer(request, &done, sizeof(done));
}

/* ---- requests that change a namespace ---- */

static enum agent_status load(struct agent *agent, const tsem_u8 *digests, tsem_u32 count)
{
	enum agent_status status = AGENT_OK;

	for (tsem_u32 i = 0; i < count && status == AGENT_OK; i++)
		status = agent_load(agent, digests + i * agent->hash->size);
	return status;
}

static void take_model(struct request *request, struct server_space *space)
{
	struct tsem_tma_model model;
	enum agent_status status = AGENT_MALFORMED;
	const tsem_u8 *rest;
	tsem_u32 left;

	if (take(request->frame, &model, sizeof(model), &rest, &left)) {
		if (model.kind == TSEM_TMA_COEFFICIENTS && left == (tsem_u64)model.count * space->agent.hash->size)
			status = load(&space->agent, rest, model.count);
		else if (model.kind == TSEM_TMA_RECORD && model.count == 1 && left <= SERVER_SCRATCH) {
			__builtin_memcpy(request->server->scratch, rest, left);
			status = agent_teach(&space->agent, request->server->scratch, left);
		}
	}
	answer_done(request, status, space);
}

static void take_digest(struct request *request, struct server_space *space)
{
	struct tsem_tma_digest digest;
	enum agent_status status;
	const tsem_u8 *rest;
	tsem_u32 left;

	if (!take(request->frame, &digest, sizeof(digest), &rest, &left) || digest.size != left ||
	    left != space->agent.hash->size)
		status = AGENT_MALFORMED;
	else if (request->frame->type == TSEM_TMA_BASE)
		status = agent_base(&space->agent, rest);
	else if (request->frame->type == TSEM_TMA_AGGREGATE)
		status = agent_aggregate(&space->agent, rest);
	else
		status = agent_pseudonym(&space->agent, rest);
	answer_done(request, status, space);
}

/* Never back to a milder mode. */
static void take_mode(struct request *request, struct server_space *space)
{
	tsem_u32 mode = request->frame->type == TSEM_TMA_SEAL ? TSEM_MODE_SEALED : TSEM_MODE_ENFORCING;
	int good = request->frame->size == sizeof(struct tsem_tma_select);

	if (good && space->agent.mode < mode)
		space->agent.mode = mode;
	answer_done(request, good ? AGENT_OK : AGENT_MALFORMED, space);
}

/* ---- events ---- */

static void take_event(struct request *request, struct server_space *space)
{
	struct tsem_tma_verdict verdict = {.namespace_id = space->number};
	struct frame_part parts[2] = {{&verdict, sizeof(verdict)}, {(void *)0, 0}};
	struct agent_verdict judged;
	struct tsem_tma_event event;
	const tsem_u8 *rest;
	tsem_u32 left;

	if (!take(request->frame, &event, sizeof(event), &rest, &left) || left > SERVER_SCRATCH ||
	    event.flags & ~TSEM_TMA_ASYNC)
		return fault(request, TSEM_TMA_FAULT_malformed, space->number);
	__builtin_memcpy(request->server->scratch, rest, left);
	agent_event(&space->agent, request->server->scratch, left, &judged);
	verdict.verdict = judged.trusted ? TSEM_TMA_TRUSTED : TSEM_TMA_UNTRUSTED;
	verdict.flags = judged.same ? TSEM_TMA_SAME : 0;
	verdict.reason = judged.reason;
	__builtin_memcpy(verdict.ticket, event.ticket, sizeof(verdict.ticket));
	if (judged.coefficient) {
		verdict.size = space->agent.hash->size;
		parts[1] = (struct frame_part){judged.coefficient, verdict.size};
	}
	answer_parts(request, TSEM_TMA_EVENT | TSEM_TMA_ANSWER, parts, 2);
}

/* ---- show ---- */

struct showing {
	struct tsem_tma_shown shown;
	tsem_u8 *at; /* in the answer, where its payload will be */
	tsem_u32 left;
};

/* Room for the next item, or NULL: it comes in the next answer. */
static tsem_u8 *show_room(struct showing *showing, tsem_u32 size)
{
	tsem_u8 *at = showing->at;

	if (showing->left < size)
		return (void *)0;
	showing->at += size;
	showing->left -= size;
	showing->shown.count++;
	return at;
}

static int show_point(struct showing *showing, const struct agent *agent, tsem_u32 index)
{
	const struct agent_point *point = &agent->points[index];
	const struct tsem_record *record = agent_record(agent, index);
	tsem_u32 part = showing->shown.part, size = agent->hash->size, room = size;
	struct tsem_tma_item item = {.number = point->number, .count = point->count};
	tsem_u8 *at;

	if (part == TSEM_TMA_TRAJECTORY || part == TSEM_TMA_FORENSICS) {
		int forensics = part == TSEM_TMA_FORENSICS;

		if (!point->number || !(point->flags & (forensics ? AGENT_POINT_FORENSICS : AGENT_POINT_MODEL)))
			return 1;
		item.size = record ? record->size : 0;
		item.count = forensics && point->violations ? point->violations : point->count;
		room = (item.size + 7) & ~7u;
	}
	at = show_room(showing, room + (part == TSEM_TMA_POINTS ? 0 : sizeof(item)));
	if (!at)
		return 0;
	if (part == TSEM_TMA_POINTS || part == TSEM_TMA_COUNTS)
		__builtin_memcpy(at + (part == TSEM_TMA_COUNTS ? sizeof(item) : 0), agent_coefficient(agent, index),
				 size);
	if (part == TSEM_TMA_POINTS)
		return 1;
	__builtin_memcpy(at, &item, sizeof(item));
	if (part != TSEM_TMA_COUNTS) {
		__builtin_memset(at + sizeof(item), 0, room);
		if (record)
			__builtin_memcpy(at + sizeof(item), record, record->size);
	}
	return 1;
}

static void show_points(struct showing *showing, const struct agent *agent)
{
	tsem_u64 index = showing->shown.cursor;

	while (index < agent->count && show_point(showing, agent, index))
		index++;
	showing->shown.cursor = index < agent->count ? index : TSEM_TMA_END;
}

static enum agent_status show_value(struct showing *showing, struct agent *agent)
{
	tsem_u32 status = showing->shown.part == TSEM_TMA_STATUS;
	tsem_u8 *at = show_room(showing, status ? sizeof(struct tsem_tma_status) : agent->hash->size);
	struct tsem_tma_status counts = {agent->events,
					 agent->count,
					 agent->violations,
					 agent->lost_points,
					 agent->lost_records,
					 agent->mode,
					 0};

	showing->shown.cursor = TSEM_TMA_END;
	if (!at)
		return AGENT_FULL;
	if (showing->shown.part == TSEM_TMA_STATE)
		return agent_state(agent, at);
	if (showing->shown.part == TSEM_TMA_MEASUREMENT)
		return agent_measurement(agent, at);
	__builtin_memcpy(at, &counts, sizeof(counts));
	return AGENT_OK;
}

static void take_show(struct request *request, struct server_space *space)
{
	tsem_u32 room = request->session->payload_max < TSEM_TMA_PAYLOAD_MAX ? request->session->payload_max :
									       TSEM_TMA_PAYLOAD_MAX;
	tsem_u8 *items = request->answer + sizeof(struct tsem_tma_head) + sizeof(struct tsem_tma_shown);
	enum agent_status status = AGENT_OK;
	struct tsem_tma_show show;
	struct showing showing;
	const tsem_u8 *rest;
	tsem_u32 left;

	if (!take(request->frame, &show, sizeof(show), &rest, &left) || left || show.part < TSEM_TMA_TRAJECTORY ||
	    show.part > TSEM_TMA_STATUS)
		return fault(request, TSEM_TMA_FAULT_malformed, space->number);
	showing = (struct showing){{show.namespace_id, show.part, show.cursor, 0, 0},
				   items,
				   room - sizeof(struct tsem_tma_shown)};
	if (show.part <= TSEM_TMA_COUNTS)
		show_points(&showing, &space->agent);
	else
		status = show_value(&showing, &space->agent);
	if (status != AGENT_OK)
		return fault_status(request, status, space->number);
	{
		/* The items are where they belong already: writing them is copying them onto themselves. */
		struct frame_part parts[2] = {{&showing.shown, sizeof(showing.shown)}, {items, showing.at - items}};

		answer_parts(request, TSEM_TMA_SHOW | TSEM_TMA_ANSWER, parts, 2);
	}
}

/* ---- greetings ---- */

void server_session_init(struct server_session *session, int repeats)
{
	__builtin_memset(session, 0, sizeof(*session));
	session->reader.greeting = TSEM_TMA_HELLO;
	session->reader.payload_max = TSEM_TMA_PAYLOAD_MAX;
	session->repeats = repeats != 0;
}

void server_session_deinit(const struct server *server, struct server_session *session)
{
	while (session->spaces)
		destroy_space(server, session, session->spaces);
}

static void take_hello(struct request *request)
{
	const struct server *server = request->server;
	struct server_session *session = request->session;
	struct tsem_tma_greeting greeting = {
		.version = TSEM_TMA_VERSION,
		.capabilities = TSEM_TMA_CAN_MODEL | TSEM_TMA_CAN_MEASURE | TSEM_TMA_CAN_PSEUDONYM | TSEM_TMA_CAN_SHOW,
		.window = TSEM_TMA_WINDOW_MAX,
		.payload_max = TSEM_TMA_PAYLOAD_MAX,
		.namespaces = server->namespaces,
		.points = server->points_max,
	};
	struct tsem_tma_hello hello;
	const tsem_u8 *rest;
	tsem_u32 left;

	if (!take(request->frame, &hello, sizeof(hello), &rest, &left) || left ||
	    hello.payload_max < TSEM_TMA_PAYLOAD_MIN)
		return fault(request, TSEM_TMA_FAULT_malformed, 0);
	if (hello.version_least > TSEM_TMA_VERSION || hello.version_most < TSEM_TMA_VERSION)
		return fault(request, TSEM_TMA_FAULT_version, 0);
	server_session_deinit(server, session);
	server_session_init(session, session->repeats);
	session->reader.session = request->frame->session;
	session->last = request->frame->sequence;
	session->payload_max = hello.payload_max;
	for (const struct tsem_hash *const *hash = server->hashes; *hash; hash++)
		greeting.hashes |= 1u << (*hash)->number;
	__builtin_memcpy(greeting.nonce, hello.nonce, sizeof(greeting.nonce));
	server->random(server->context, greeting.own_nonce, sizeof(greeting.own_nonce));
	for (tsem_u32 i = 0; i + 1 < sizeof(greeting.name) && server->name[i]; i++)
		greeting.name[i] = server->name[i];
	answer(request, &greeting, sizeof(greeting));
}

/* ---- requests ---- */

static void take_request(struct request *request)
{
	struct server_space *space;

	if (request->frame->type == TSEM_TMA_CREATE)
		return take_create(request);
	if (request->frame->type == TSEM_TMA_BYE) {
		server_session_deinit(request->server, request->session);
		request->session->ended = 1;
		return answer(request, "", 0);
	}
	if (request->frame->type < TSEM_TMA_CREATE || request->frame->type > TSEM_TMA_SHOW)
		return fault(request, TSEM_TMA_FAULT_type, 0);
	space = space_of(request);
	if (!space)
		return;
	switch (request->frame->type) {
	case TSEM_TMA_EVENT:
		return take_event(request, space);
	case TSEM_TMA_MODEL:
		return take_model(request, space);
	case TSEM_TMA_BASE:
	case TSEM_TMA_AGGREGATE:
	case TSEM_TMA_PSEUDONYM:
		return take_digest(request, space);
	case TSEM_TMA_SEAL:
	case TSEM_TMA_ENFORCE:
		return take_mode(request, space);
	case TSEM_TMA_SHOW:
		return take_show(request, space);
	default:
		return take_destroy(request, space);
	}
}

/* Whether the request was answered before: then the same answer again, or, when it is too old, none. */
static int answered(struct request *request, struct server_recent *recent)
{
	tsem_u32 sequence = request->frame->sequence, behind = request->session->last - sequence;

	if (recent->size && recent->sequence == sequence) {
		if (recent->request != request->frame->check) {
			fault(request, TSEM_TMA_FAULT_sequence, 0);
		} else {
			__builtin_memcpy(request->answer, recent->bytes, recent->size);
			request->size = recent->size;
		}
		return 1;
	}
	return behind >= TSEM_TMA_WINDOW_MAX && behind < 1u << 31;
}

static void take_frame(struct request *request)
{
	struct server_session *session = request->session;
	struct server_recent *recent = &session->recent[request->frame->sequence % TSEM_TMA_WINDOW_MAX];
	tsem_u32 sequence = request->frame->sequence;

	if (request->frame->session == session->reader.session && answered(request, recent))
		return;
	if (request->frame->type == TSEM_TMA_HELLO) {
		/* A repeated old greeting must not start a new session. */
		if (session->reader.session == request->frame->session)
			return;
		if (session->reader.session && !session->repeats)
			return fault(request, TSEM_TMA_FAULT_type, 0);
		take_hello(request);
	} else {
		take_request(request);
	}
	if (sequence - session->last < 1u << 31)
		session->last = sequence;
	recent->size = 0;
	if (request->frame->session != session->reader.session || request->size > sizeof(recent->bytes))
		return;
	recent->sequence = sequence;
	recent->request = request->frame->check;
	recent->size = request->size;
	__builtin_memcpy(recent->bytes, request->answer, request->size);
}

tsem_u32 server_take(const struct server *server, struct server_session *session, const tsem_u8 *bytes, tsem_u32 size,
		     int idle, tsem_u8 *answer_bytes, tsem_u32 *ret_answer)
{
	struct frame frame;
	struct request request = {.server = server, .session = session, .frame = &frame, .answer = answer_bytes};
	tsem_u32 used;

	if (!session->ended && frame_read(&session->reader, bytes, size, idle, &frame, &used))
		take_frame(&request);
	else if (session->ended)
		used = size;
	*ret_answer = request.size;
	return used;
}
