/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What becomes of events that a model lacks: who is asked, how often, and what an answer covers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../cli/ask/line.h"
#include "../../cli/ask/seats.h"
#include "../../cli/ask/sentence.h"
#include "../../cli/text/text.h"
#include "../../lib/ask/asker.h"
#include "../../lib/ask/kind.h"
#include "../../lib/event/digest.h"
#include "../../lib/json/members.h"
#include "unit.h"
#include "written.h"

#define OPEN(path) FILE_("0x8000", PATH(path), ID0)
#define WRITE(path) FILE_("0x8001", PATH(path), ID0)
#define RUN(path) FILE_("0x20", PATH(path), ID0)
#define MAP(path) FILE_("0x8000", PATH(path), ID0) ",\"prot\":\"0x5\",\"flags\":\"0x2\""
#define MKDIR(path) DIR "," DENTRY("dentry", PATH(path)) ",\"mode\":\"0755\""
#define RENAME(from, to) \
	"\"old_dir\":" INODE("040755") "," DENTRY("old_dentry", PATH(from)) ",\"new_dir\":" INODE( \
		"040755") "," DENTRY("new_dentry", PATH(to)) ",\"flags\":\"0x0\""
#define CONNECT(address, port) \
	SOCK("2", "1") ",\"addr\":{\"af_inet\":{\"port\":\"" port "\",\"address\":\"" address "\"}}"
#define SECONDS 10
#define PATIENCE (1000 * SECONDS)

struct table {
	struct asker asker;
	struct tsem_set model;
	struct trees trees;
	tsem_u64 now, number; /* of the last event */
	/* The last decision, and how many there were: */
	tsem_u64 decided;
	bool allow, lasting;
	enum ask_cause cause;
	size_t decisions, tellings, keepings;
};

static void decide(void *context, tsem_u64 number, bool allow, bool lasting)
{
	struct table *t = context;

	t->decided = number;
	t->allow = allow;
	t->lasting = lasting;
	t->decisions++;
}

static void told(void *context, const struct tsem_record *record, bool allow, enum ask_cause cause)
{
	struct table *t = context;

	CHECK(record && allow == t->allow);
	t->cause = cause;
	t->tellings++;
}

static void kept(void *context, const struct tsem_record *record, bool allow)
{
	struct table *t = context;

	CHECK(record);
	t->allow = allow;
	t->keepings++;
}

static void add_to_model(struct table *t, const char *type, const char *task, const char *cell)
{
	struct tsem_record *record = parse_event(type, "0", task, cell);
	struct tsem_entry *entry;

	tsem_record_coefficient(record, record->coefficient);
	entry = tsem_set_add(&t->model, record->coefficient, NULL);
	entry->record = record;
}

static void begin(struct table *t)
{
	const struct asker_calls calls = {decide, told, kept, t};
	struct tsem_error error = {};

	t->now = 1000;
	CHECK(!asker_init(&t->asker, &calls, &t->model, &t->trees, PATIENCE, &error));
	asker_attend(&t->asker, true, false);
}

static void end(struct table *t)
{
	asker_deinit(&t->asker);
	tsem_set_deinit(&t->model);
}

static struct question *take_from(struct table *t, const char *type, const char *task, const char *parent,
				  const char *cell)
{
	struct tsem_record *record = parse_event(type, "0", task, cell);
	struct question *q;

	memset(record->ptask_id, parent[0], TSEM_DIGEST_SIZE);
	record->number = ++t->number;
	tsem_record_coefficient(record, record->coefficient);
	q = asker_take(&t->asker, record, t->now);
	free(record);
	return q;
}

static struct question *take(struct table *t, const char *type, const char *task, const char *cell)
{
	return take_from(t, type, task, "0", cell);
}

static bool was(const struct table *t, bool allow, bool lasting)
{
	return t->decided == t->number && t->allow == allow && t->lasting == lasting;
}

static void answer(struct table *t, struct question *q, enum ask_answer with)
{
	if (!CHECK(q))
		return;
	asker_show(&t->asker, q, t->now);
	CHECK(!asker_answer(&t->asker, q, with));
}

/* Sessions are not here: nobody joins. */
int session_files_path(const char *name, const char *file, char *ret_path, size_t size)
{
	(void)name, (void)file, (void)ret_path, (void)size;
	return -ENOENT;
}

static void pass(void *context, const struct ask_line *line, struct seat *seat)
{
	(void)context;
	seat->passed = line->id;
}

void test_asker_answers(void)
{
	CHECK(ask_answer_parse("once") == ASK_ONCE && ask_answer_parse("o") == ASK_ONCE);
	CHECK(ask_answer_parse("never") == ASK_NEVER && ask_answer_parse("k") == ASK_KILL);
	CHECK(ask_answer_parse("") < 0 && ask_answer_parse("on") < 0 && ask_answer_parse("oo") < 0 &&
	      ask_answer_parse("O") < 0);
	for (int i = 0; i < ASK_ANSWER_COUNT; i++)
		CHECK(ask_answer_parse(ask_answer_word(i)) == i);
	for (int i = 0; i <= ASK_BY_FLOOD; i++)
		CHECK(ask_cause_text(i));
}

/* A text that no JSON can have leaves nothing behind: what is put instead makes the line a whole one. */
void test_asker_put(void)
{
	struct tsem_buffer line = {};

	tsem_buffer_printf(&line, "{\"a\":");
	CHECK(!json_put_text(&line, "x\"y\xff", 4) && json_put_text(&line, "x\"y", 3));
	CHECK(line.size == 11 && !memcmp(line.data, "{\"a\":\"x\\\"y\"", 11));
	tsem_buffer_deinit(&line);
}

/* Who is asked each question anew is asked again after one that nobody answered. */
void test_asker_tireless(void)
{
	struct table t = {};
	struct question *q;

	begin(&t);
	asker_attend(&t.asker, true, true);
	for (int i = 0; i < 3; i++) {
		if (!CHECK(q = take(&t, "file_open", ID1, OPEN("/a"))))
			break;
		asker_show(&t.asker, q, t.now);
		t.now += PATIENCE;
		CHECK(asker_expire(&t.asker, t.now) < 0 && was(&t, false, false) && t.cause == ASK_BY_TIME);
	}
	/* A person alone is away then, until there is somebody else. */
	asker_attend(&t.asker, true, false);
	if (CHECK(q = take(&t, "file_open", ID1, OPEN("/a")))) {
		asker_show(&t.asker, q, t.now);
		asker_expire(&t.asker, t.now + PATIENCE);
	}
	CHECK(!take(&t, "file_open", ID1, OPEN("/a")) && t.cause == ASK_BY_TIME);
	asker_attend(&t.asker, true, true);
	CHECK(take(&t, "file_open", ID1, OPEN("/a")));
	end(&t);
}

/* Whom a question may still be answered by. */
void test_asker_seats(void)
{
	struct tsem_error error = {};
	struct seats seats;
	int pair[2], other[2], events = epoll_create1(EPOLL_CLOEXEC);

	CHECK(!seats_open(&seats, "none", false, events, NULL, NULL, &error));
	seats.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (!CHECK(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) &&
		   !socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, other)))
		return;
	CHECK(!seats_add(&seats, pair[0], "first", &error) && !seats_add(&seats, other[0], "second", &error));
	CHECK(seats_taken(&seats) == 2 && seats_open_to(&seats, 7) == 2);
	CHECK(seats_has(&seats, "first") && !seats_has(&seats, "third"));
	CHECK(write(pair[1], "{\"question\":7,\"answer\":\"nobody\"}\n", 33) == 33);
	seats_turn(&seats, pass, NULL);
	CHECK(seats_taken(&seats) == 2 && seats_open_to(&seats, 7) == 1 && seats_open_to(&seats, 8) == 2);
	close(other[1]);
	seats_turn(&seats, pass, NULL);
	CHECK(seats_taken(&seats) == 1 && !seats_open_to(&seats, 7) && seats_open_to(&seats, 8) == 1);
	CHECK(seats_has(&seats, "first") && !seats_has(&seats, "second"));
	seats_close(&seats);
	close(pair[1]);
	close(events);
}

void test_asker_once(void)
{
	struct table t = {};

	begin(&t);
	answer(&t, take(&t, "file_open", ID1, OPEN("/a")), ASK_ONCE);
	CHECK(was(&t, true, false) && t.cause == ASK_BY_PERSON && !t.keepings);
	answer(&t, take(&t, "file_open", ID1, OPEN("/a")), ASK_RUN);
	CHECK(was(&t, true, true) && !t.keepings);
	CHECK(!take(&t, "file_open", ID1, OPEN("/a")) && was(&t, true, true));
	/* Neither another program, nor another file, nor another deed. */
	CHECK(take(&t, "file_open", ID2, OPEN("/a")));
	CHECK(take(&t, "file_open", ID1, OPEN("/b")));
	CHECK(take(&t, "file_open", ID1, WRITE("/a")));
	end(&t);
}

void test_asker_always(void)
{
	struct table t = {};

	begin(&t);
	answer(&t, take(&t, "file_open", ID1, OPEN("/a")), ASK_ALWAYS);
	CHECK(was(&t, true, true) && t.keepings == 1);
	CHECK(!take(&t, "file_open", ID1, OPEN("/a")) && t.keepings == 1);
	answer(&t, take(&t, "file_open", ID1, OPEN("/b")), ASK_NEVER);
	CHECK(was(&t, false, false) && t.keepings == 2);
	answer(&t, take(&t, "file_open", ID1, OPEN("/c")), ASK_KILL);
	CHECK(was(&t, false, false) && t.keepings == 2);
	end(&t);
}

void test_asker_denial(void)
{
	struct table t = {};

	begin(&t);
	answer(&t, take(&t, "inode_rename", ID1, RENAME("/a", "/b")), ASK_DENY);
	CHECK(was(&t, false, false) && t.cause == ASK_BY_PERSON);
	/* Each object, by another program, in another way. */
	CHECK(!take(&t, "file_open", ID2, OPEN("/a")) && was(&t, false, false) && t.cause == ASK_BY_DENIAL);
	CHECK(!take(&t, "file_open", ID2, WRITE("/b")) && was(&t, false, false));
	CHECK(!take(&t, "inode_rename", ID2, RENAME("/c", "/a")) && was(&t, false, false));
	CHECK(take(&t, "file_open", ID1, OPEN("/ab")));
	answer(&t, take(&t, "socket_connect", ID1, CONNECT("192.0.2.1", "443")), ASK_DENY);
	CHECK(!take(&t, "socket_connect", ID2, CONNECT("192.0.2.1", "443")) && t.cause == ASK_BY_DENIAL);
	CHECK(take(&t, "socket_connect", ID2, CONNECT("192.0.2.2", "443")));
	/* Without an object: this event of this program. */
	answer(&t, take(&t, "bpf", ID1, "\"cmd\":\"5\",\"size\":\"128\""), ASK_DENY);
	CHECK(!take(&t, "bpf", ID1, "\"cmd\":\"5\",\"size\":\"128\"") && t.cause == ASK_BY_DENIAL);
	CHECK(take(&t, "bpf", ID1, "\"cmd\":\"6\",\"size\":\"128\""));
	CHECK(take(&t, "bpf", ID2, "\"cmd\":\"5\",\"size\":\"128\""));
	/* It counts more than what was allowed before. */
	answer(&t, take(&t, "file_open", ID1, OPEN("/d")), ASK_RUN);
	answer(&t, take(&t, "file_open", ID1, WRITE("/d")), ASK_DENY);
	CHECK(!take(&t, "file_open", ID1, OPEN("/d")) && was(&t, false, false));
	end(&t);
}

void test_asker_groups(void)
{
	struct question *first, *second;
	struct table t = {};
	char cell[1024];

	begin(&t);
	first = take(&t, "file_open", ID1, OPEN("/0"));
	CHECK(take(&t, "file_open", ID1, OPEN("/1")) == first);
	CHECK(take(&t, "file_open", ID1, OPEN("/1")) == first);
	CHECK(first->events.count == 2 && first->waiting_count == 3);
	CHECK(take(&t, "file_open", ID2, OPEN("/0")) != first);
	CHECK(take(&t, "inode_mkdir", ID1, MKDIR("/0")) != first);
	CHECK(take_from(&t, "file_open", ID1, "x", OPEN("/9")) != first && t.asker.count == 4);
	asker_show(&t.asker, first, t.now);
	/* What a person reads does not grow, nor do those that an answer is for; one that lasts is also for the same event. */
	second = take(&t, "file_open", ID1, OPEN("/2"));
	CHECK(second && second != first);
	second = take(&t, "file_open", ID1, OPEN("/1"));
	CHECK(second != first && second->alone && second->events.count == 1);
	CHECK(take(&t, "file_open", ID1, OPEN("/1")) == second);
	t.decisions = t.tellings = 0;
	CHECK(!asker_answer(&t.asker, first, ASK_RUN));
	CHECK(t.decisions == 5 && t.tellings == 3 && t.asker.count == 4);
	CHECK(!take(&t, "file_open", ID1, OPEN("/0")) && was(&t, true, true));
	/* "Once" is for who waits. */
	first = take(&t, "file_open", ID1, OPEN("/once"));
	asker_show(&t.asker, first, t.now);
	second = take(&t, "file_open", ID1, OPEN("/once"));
	answer(&t, first, ASK_ONCE);
	CHECK(second != first && asker_question(&t.asker, second->id) == second);
	answer(&t, second, ASK_DENY);
	/* A hundred at a time are few questions, none of which is too long to read. */
	for (int i = 0; i < 100; i++) {
		snprintf(cell, sizeof(cell), FILE_("0x8000", PATH("/x%d"), ID0), i);
		CHECK(take(&t, "file_open", ID2, cell));
	}
	CHECK(t.asker.count <= 8);
	for (struct question *q = t.asker.first; q; q = q->next)
		CHECK(q->events.count <= ASK_DISTINCT_MAX);
	end(&t);
}

void test_asker_flood(void)
{
	struct table t = {};
	char task[65];
	int refused = 0;

	begin(&t);
	for (int i = 0; i < 300; i++) {
		snprintf(task, sizeof(task), "%064x", i + 1);
		refused += !take(&t, "file_open", task, OPEN("/a")) && was(&t, false, false) && t.cause == ASK_BY_FLOOD;
	}
	CHECK(refused == 300 - 256 && t.asker.count == 256);
	t.decisions = 0;
	asker_attend(&t.asker, false, false);
	CHECK(t.decisions == 256 && !t.asker.count && !t.asker.first && t.cause == ASK_BY_NOBODY);
	/* Of the same event as many as a question has room for. */
	asker_attend(&t.asker, true, false);
	for (int i = 0; i < 1024; i++)
		CHECK(take(&t, "file_open", ID1, OPEN("/a")) == t.asker.first);
	CHECK(take(&t, "file_open", ID1, OPEN("/a")) != t.asker.first && t.asker.count == 2);
	end(&t);
}

void test_asker_time(void)
{
	struct question *q;
	struct table t = {};

	begin(&t);
	t.asker.patience_ms = 20000;
	CHECK(asker_expire(&t.asker, t.now) == -1);
	q = take(&t, "file_open", ID1, OPEN("/a"));
	CHECK(asker_expire(&t.asker, t.now + 5000) == 15000);
	asker_show(&t.asker, q, t.now + 5000);
	CHECK(asker_expire(&t.asker, t.now + 5000) == 20000);
	/* The kernel holds a lock: however patient the person is, and from the beginning on. */
	q = take(&t, "inode_mkdir", ID1, MKDIR("/b"));
	CHECK(q->locks && asker_expire(&t.asker, t.now) == 15000);
	asker_show(&t.asker, q, t.now + 5000);
	CHECK(asker_expire(&t.asker, t.now + 5000) == 10000);
	CHECK(asker_expire(&t.asker, t.now + 15000) == 10000 && t.asker.count == 1);
	CHECK(was(&t, false, false) && t.cause == ASK_BY_TIME);
	CHECK(asker_expire(&t.asker, t.now + 25000) == -1 && !t.asker.count);
	end(&t);
	t = (struct table){};
	begin(&t);
	take(&t, "inode_mkdir", ID1, MKDIR("/b"));
	CHECK(asker_expire(&t.asker, t.now) == PATIENCE); /* which is less */
	end(&t);
}

void test_asker_away(void)
{
	struct question *q;
	struct table t = {};

	begin(&t);
	/* One that nobody was shown says nothing about a person. */
	take(&t, "file_open", ID1, OPEN("/a"));
	asker_expire(&t.asker, t.now + PATIENCE);
	q = take(&t, "file_open", ID1, OPEN("/b"));
	CHECK(q);
	asker_show(&t.asker, q, t.now);
	asker_expire(&t.asker, t.now + PATIENCE);
	CHECK(!take(&t, "file_open", ID1, OPEN("/c")) && was(&t, false, false) && t.cause == ASK_BY_TIME);
	asker_return(&t.asker);
	q = take(&t, "file_open", ID1, OPEN("/d"));
	CHECK(q);
	asker_show(&t.asker, q, t.now);
	take(&t, "file_open", ID2, OPEN("/d"));
	asker_expire(&t.asker, t.now + PATIENCE);
	CHECK(t.asker.away);
	/* Somebody else comes. */
	asker_attend(&t.asker, false, false);
	asker_attend(&t.asker, true, false);
	CHECK(take(&t, "file_open", ID1, OPEN("/e")));
	end(&t);
}

void test_asker_nobody(void)
{
	struct table t = {};

	begin(&t);
	asker_attend(&t.asker, false, false);
	CHECK(!take(&t, "file_open", ID1, OPEN("/a")) && was(&t, false, false) && t.cause == ASK_BY_NOBODY);
	asker_attend(&t.asker, true, false);
	asker_refuse(&t.asker, take(&t, "file_open", ID1, OPEN("/a")), ASK_BY_END);
	CHECK(was(&t, false, false) && t.cause == ASK_BY_END && !t.asker.count);
	CHECK(take(&t, "file_open", ID1, OPEN("/a"))); /* it was not a person's no */
	end(&t);
}

/* The identity that the exec of that file gets. */
static void started_id(const char *path, char ret_id[65])
{
	tsem_u8 id[TSEM_DIGEST_SIZE];
	struct tsem_record *record;
	char cell[1024];

	snprintf(cell, sizeof(cell), FILE_("0x20", PATH("%s"), ID0), path);
	record = parse_event("bprm_committed_creds", "0", ID2, cell);
	memset(record->ptask_id, 0x11, TSEM_DIGEST_SIZE);
	tsem_record_coefficient(record, record->coefficient);
	record_task_id(record, id);
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(ret_id + 2 * i, 3, "%02x", id[i]);
	free(record);
}

/* ID1 opens the file and executes it; "\x11" are the bytes of ID1. */
static struct question *take_exec(struct table *t, const char *path)
{
	char cell[1024];

	snprintf(cell, sizeof(cell), FILE_("0x20", PATH("%s"), ID0), path);
	return take_from(t, "bprm_committed_creds", ID2, "\x11", cell);
}

void test_asker_start(void)
{
	struct table t = {};
	char id[65];

	begin(&t);
	started_id("/p", id);
	/* The opening, the exec and the mapping are one question. */
	answer(&t, take(&t, "file_open", ID1, RUN("/p")), ASK_RUN);
	CHECK(!take_exec(&t, "/p") && was(&t, true, true) && t.cause == ASK_BY_START);
	CHECK(!take(&t, "mmap_file", id, MAP("/p")) && was(&t, true, true) && t.cause == ASK_BY_START);
	CHECK(take(&t, "mmap_file", id, MAP("/q")));
	CHECK(take(&t, "mmap_file", ID2, MAP("/p")));
	CHECK(take(&t, "file_open", id, OPEN("/p")));
	/* Not of another starter, and not after an opening to read. */
	CHECK(take_from(&t, "bprm_committed_creds", ID2, "x", RUN("/p")));
	answer(&t, take(&t, "file_open", ID1, OPEN("/r")), ASK_RUN);
	CHECK(take_exec(&t, "/r"));
	/* "Once" is one start. */
	answer(&t, take(&t, "file_open", ID1, RUN("/o")), ASK_ONCE);
	CHECK(!take_exec(&t, "/o") && was(&t, true, false));
	CHECK(take_exec(&t, "/o"));
	/* "Always" is all steps of it. */
	t.keepings = 0;
	answer(&t, take(&t, "file_open", ID1, RUN("/k")), ASK_ALWAYS);
	CHECK(!take_exec(&t, "/k") && was(&t, true, true) && t.keepings == 2);
	started_id("/k", id);
	CHECK(!take(&t, "mmap_file", id, MAP("/k")) && t.keepings == 3);
	/* "Deny" is all of them, too. */
	answer(&t, take(&t, "file_open", ID1, RUN("/d")), ASK_DENY);
	CHECK(!take_exec(&t, "/d") && was(&t, false, false) && t.cause == ASK_BY_DENIAL);
	end(&t);
}

void test_asker_like(void)
{
	struct table t = {};
	char id[65];

	add_to_model(&t, "file_open", ID0, OPEN("/lib"));
	begin(&t);
	CHECK(take(&t, "file_open", ID1, OPEN("/lib")));
	answer(&t, take(&t, "file_open", ID2, OPEN("/a")), ASK_LIKE);
	CHECK(was(&t, true, true));
	/* What the model lets somebody do; no more, and to nobody else. */
	CHECK(!take(&t, "file_open", ID2, OPEN("/lib")) && was(&t, true, true) && t.cause == ASK_BY_LIKE);
	CHECK(take(&t, "file_open", ID2, WRITE("/lib")));
	CHECK(take(&t, "file_open", ID2, OPEN("/b")));
	/* Of a start it is the program that is started, not who starts it. */
	answer(&t, take(&t, "file_open", ID1, RUN("/p")), ASK_LIKE);
	CHECK(!take_exec(&t, "/p"));
	started_id("/p", id);
	CHECK(!take(&t, "file_open", id, OPEN("/lib")) && t.cause == ASK_BY_LIKE);
	end(&t);
}

void test_asker_trees(void)
{
	struct tree trees[] = {{"/t", TSEM_TREE_READ | TSEM_TREE_EXECUTE, -1}};
	struct table t = {.trees = {trees, 1}};
	char id[65];

	add_to_model(&t, "file_open", ID0, OPEN("/lib"));
	begin(&t);
	CHECK(!take(&t, "file_open", ID1, OPEN("/t/a")) && was(&t, true, true) && t.cause == ASK_BY_TREE);
	CHECK(take(&t, "file_open", ID1, WRITE("/t/a")));
	/* A program below it does what the model lets others do. */
	CHECK(!take_exec(&t, "/t/p") && t.cause == ASK_BY_TREE);
	started_id("/t/p", id);
	CHECK(!take(&t, "file_open", id, OPEN("/lib")) && t.cause == ASK_BY_LIKE);
	/* A denial counts more than a tree. */
	answer(&t, take(&t, "file_open", ID1, WRITE("/t/b")), ASK_DENY);
	CHECK(!take(&t, "file_open", ID1, OPEN("/t/b")) && was(&t, false, false));
	end(&t);
}

void test_kind_objects(void)
{
	tsem_u8 kinds[ASK_KINDS_MAX][TSEM_DIGEST_SIZE], other[ASK_KINDS_MAX][TSEM_DIGEST_SIZE];
	struct tsem_record *record = parse_event("inode_rename", "0", ID1, RENAME("/a", "/b")), *second;

	CHECK(ask_kinds(record, kinds) == 2);
	second = parse_event("file_open", "0", ID2, OPEN("/b"));
	CHECK(ask_kinds(second, other) == 1 && !memcmp(other[0], kinds[1], TSEM_DIGEST_SIZE));
	CHECK(!ask_opens_to_execute(second));
	free(record);
	/* The deed is the same, whoever does it; with other rights it is another one. */
	record = parse_event("file_open", "0", ID1, OPEN("/b"));
	ask_deed(record, kinds[0]);
	ask_deed(second, kinds[1]);
	CHECK(!memcmp(kinds[0], kinds[1], TSEM_DIGEST_SIZE));
	record->coe.uid = 5;
	ask_deed(record, kinds[1]);
	CHECK(memcmp(kinds[0], kinds[1], TSEM_DIGEST_SIZE) != 0);
	free(record);
	free(second);
}

void test_ask_lines(void)
{
	static const char *const wrong[] = {"",
					    "{}",
					    "x",
					    "[]",
					    "{\"question\":1}",
					    "{\"answer\":\"once\"}",
					    "{\"question\":\"1\",\"answer\":\"once\"}",
					    "{\"question\":-1,\"answer\":\"once\"}",
					    "{\"question\":1,\"answer\":once}",
					    "{\"question\":1,\"answer\":\"once\"} x",
					    "{\"question\":1,\"question\":1,\"answer\":\"once\"}",
					    "{\"question\":1,\"answer\":\"0123456789012345\"}",
					    "{\"question\":1,\"answer\":\"once\"",
					    "{\"question\":1111111111111111111111,\"answer\":\"once\"}"};
	struct ask_line line;
	const char *good = "{ \"answer\" : \"\\u006fnce\", \"question\" : 17 }";

	CHECK(ask_line_parse(good, strlen(good), &line) && line.id == 17);
	CHECK_TEXT(line.word, "once");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (ask_line_parse(wrong[i], strlen(wrong[i]), &line))
			unit_fail(__FILE__, __LINE__, "%s is taken", wrong[i]);
}

/* A name that the workload has chosen stays inside its text, in JSON and on a terminal. */
void test_ask_json(void)
{
	struct tsem_explainer *explainer;
	struct tsem_buffer text = {}, line = {};
	struct table t = {};
	struct question *q;

	begin(&t);
	explainer = tsem_explainer_create(&t.model);
	take(&t, "file_open", ID1, OPEN("/a\\\"},{\\n\\u001b[2J"));
	q = take(&t, "file_open", ID1, OPEN("/b"));
	ask_text(explainer, q, "work", 300, 0, true, &text);
	ask_json(explainer, q, "work", 300, &text, &line);
	CHECK_HOLDS(text.data, "\\x0a\\x1b[2J");
	CHECK_HOLDS(text.data, "always");
	CHECK(!strchr(text.data, '\033'));
	CHECK_HOLDS(line.data, "{\"question\":1,\"session\":\"work\",\"program\":");
	CHECK_HOLDS(line.data, "\"seconds\":300,\"count\":2,");
	CHECK(strchr(line.data, '\n') == line.data + line.size - 1);
	text.size = line.size = 0;
	ask_text(explainer, q, "work", 300, 0, false, &text);
	CHECK(!strstr(text.data, "always") && !strstr(text.data, "never"));
	ask_json_closed(7, "once", "root@ask", &line);
	CHECK_TEXT(line.data, "{\"closed\":7,\"answer\":\"once\",\"by\":\"root@ask\"}\n");
	tsem_buffer_deinit(&text);
	tsem_buffer_deinit(&line);
	tsem_explainer_destroy(explainer);
	end(&t);
}

void test_text_folded(void)
{
	char name[200];
	struct tsem_buffer out = {};

	memset(name, ' ', sizeof(name));
	memcpy(name + 100, "tsem: forged", 12);
	for (unsigned width = 1; width < 120; width++) {
		unsigned most = width > 8 ? width - 1 : 8, column = 0;

		out.size = 0;
		text_fold(&out, name, sizeof(name), 4, width);
		for (size_t i = 0; i < out.size; i++) {
			column = out.data[i] == '\n' ? 0 : column + 1;
			CHECK(column <= most);
		}
		CHECK(!out.failed && !strstr(out.data, "\ntsem"));
	}
	out.size = 0;
	text_fold(&out, "one two three\nfour", 18, 2, 10);
	CHECK_TEXT(out.data, "one two \n  three\nfour");
	tsem_buffer_deinit(&out);
}
