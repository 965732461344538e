/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "ask.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../lib/ask/asker.h"
#include "../../lib/base/rate.h"
#include "../../lib/base/ticks.h"
#include "../../sink/webhook.h"
#include "../session/journal.h"
#include "../text/text.h"
#include "book.h"
#include "seats.h"
#include "sentence.h"

#define WHO_MAX 64
#define NAME_MAX_SHOWN 48
#define REASONS_MAX (1u << 20) /* bytes that the workload can read */
/* So many refusals that nobody has decided are in the log at once, then one each second. */
#define LOGGED_BURST 20
#define LOGGED_INTERVAL 1000000000ull
#define WEBHOOK "webhook" /* its seat, and who has answered */

struct ask {
	struct ask_options options;
	struct asker asker;
	struct tsem_explainer *explainer;
	struct seats seats;
	struct book book;
	struct journal journal;
	int events, timer; /* epoll of all that can have work; timerfd of the next question that is too late */
	bool terminal; /* CMD has one, so that questions can be put there */
	char who[WHO_MAX]; /* gave the last answer */
	tsem_u64 current; /* the question that is shown; 0: none is */
	bool ending; /* nobody is asked any more */
	pid_t webhook; /* the process that asks by HTTP; 0: there is none */
	bool told_webhook; /* that it got no answer */
	bool at_terminal; /* the front has it and has not answered */
	size_t reasons_size;
	struct rate rate; /* of the log: the workload determines how often it is refused something */
	tsem_u64 counts[ASK_BY_FLOOD + 1][2]; /* by cause, refused and allowed */
};

static tsem_u64 now_ms(void)
{
	return ticks_now() / 1000000;
}

/* ---- what was decided ---- */

static void decide(void *context, tsem_u64 number, bool allow, bool lasting)
{
	struct ask *a = context;

	/* Without memory the task waits until the end, which refuses it. */
	tsem_orchestrator_decide(a->options.orchestrator, number, allow, lasting);
}

static void tell_workload(struct ask *a, const char *sentence, enum ask_cause cause)
{
	int size;

	if (a->options.reasons < 0 || a->reasons_size > REASONS_MAX)
		return;
	size = dprintf(a->options.reasons, "refused, because %s: %s\n", ask_cause_text(cause), sentence);
	a->reasons_size += size > 0 ? size : 0;
}

static void log_line(struct ask *a, const char *text)
{
	struct tsem_buffer line = {};

	tsem_buffer_printf(&line, "%s: %s", a->options.session, text);
	if (line.data)
		journal_write(&a->journal, line.data);
	tsem_buffer_deinit(&line);
}

static void tell_log(struct ask *a, const char *sentence, bool allow, enum ask_cause cause)
{
	struct tsem_buffer text = {};

	tsem_buffer_printf(&text, "%s, because ", allow ? "allowed" : "refused");
	if (cause == ASK_BY_PERSON)
		tsem_buffer_printf(&text, "%s decided", a->who);
	else
		tsem_buffer_printf(&text, "%s", ask_cause_text(cause));
	tsem_buffer_printf(&text, ": %s", sentence);
	if (text.data)
		log_line(a, text.data);
	tsem_buffer_deinit(&text);
}

static void tell_left_out(struct ask *a)
{
	tsem_u64 count = rate_suppressed(&a->rate);
	char text[64];

	if (!count)
		return;
	snprintf(text, sizeof(text), "%llu more event%s refused", count, plural(count));
	log_line(a, text);
}

static bool is_logged(struct ask *a, enum ask_cause cause)
{
	if (cause == ASK_BY_PERSON)
		return true;
	if (!rate_take(&a->rate, ticks_now()))
		return false;
	tell_left_out(a);
	return true;
}

static void told(void *context, const struct tsem_record *record, bool allow, enum ask_cause cause)
{
	struct ask *a = context;
	struct tsem_buffer text = {};

	if (!allow && a->options.observes)
		return;
	a->counts[cause][allow]++;
	if (allow)
		tsem_explainer_learn(a->explainer, record);
	if (allow && cause != ASK_BY_PERSON)
		return; /* that would be every file of a tree */
	ask_sentence(a->explainer, record, &text);
	if (text.data && !allow)
		tell_workload(a, text.data, cause);
	if (text.data && is_logged(a, cause))
		tell_log(a, text.data, allow, cause);
	tsem_buffer_deinit(&text);
}

static void kept(void *context, const struct tsem_record *record, bool allow)
{
	struct ask *a = context;
	struct tsem_buffer text = {};

	if (!a->options.output)
		return;
	ask_sentence(a->explainer, record, &text);
	if (text.failed || book_note(&a->book, record, text.size ? text.data : "", allow, a->who))
		fprintf(stderr, "tsem: out of memory: the answer is not noted in %s\n", a->options.output);
	tsem_buffer_deinit(&text);
}

/* ---- showing ---- */

static int text_file(const struct tsem_buffer *text)
{
	int fd = memfd_create("question", MFD_CLOEXEC);

	if (fd >= 0 && pwrite(fd, text->data, text->size, 0) != (ssize_t)text->size) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void show_at_terminal(struct ask *a, const struct question *q, const struct tsem_buffer *text)
{
	int fd = text_file(text);

	if (fd < 0)
		return;
	front_ask(q->id, fd);
	a->at_terminal = true;
	close(fd);
}

static void show(struct ask *a, struct question *q)
{
	struct tsem_buffer line = {}, text = {};
	tsem_u64 now = now_ms(), seconds;

	asker_show(&a->asker, q, now);
	seconds = q->until > now ? (q->until - now + 999) / 1000 : 0;
	a->current = q->id;
	ask_text(a->explainer, q, a->options.session, seconds, a->options.model->options, a->options.output, &text);
	ask_json(a->explainer, q, a->options.session, seconds, &text, &line);
	if (!line.failed)
		seats_tell(&a->seats, &line, true);
	if (a->terminal && !text.failed)
		show_at_terminal(a, q, &text);
	tsem_buffer_deinit(&line);
	tsem_buffer_deinit(&text);
}

/* The question that is shown has been closed, by whomever. */
static void unshow(struct ask *a, const char *answer, const char *by)
{
	struct tsem_buffer line = {};

	ask_json_closed(a->current, answer, by, &line);
	if (!line.failed)
		seats_tell(&a->seats, &line, false);
	tsem_buffer_deinit(&line);
	if (a->at_terminal)
		front_withdraw(a->current);
	a->at_terminal = false;
	a->current = 0;
}

/* Refuses what is too late, and wakes up for the next that will be. */
static void expire(struct ask *a)
{
	struct itimerspec when = {};
	int ms = asker_expire(&a->asker, now_ms());

	if (ms >= 0) {
		when.it_value.tv_sec = ms / 1000;
		when.it_value.tv_nsec = ms % 1000 * 1000000 + 1; /* 0 would be never */
	}
	timerfd_settime(a->timer, 0, &when, NULL);
}

/* The question that is shown is closed already, or nobody sees it any more. */
static void drop_unseen(struct ask *a)
{
	struct question *q = a->current ? asker_question(&a->asker, a->current) : NULL;

	if (q && !a->at_terminal && !seats_open_to(&a->seats, a->current)) {
		asker_refuse(&a->asker, q, ASK_BY_NOBODY);
		q = NULL;
	}
	if (a->current && !q)
		unshow(a, "deny", "nobody");
}

static void end_webhook(struct ask *a)
{
	if (a->webhook <= 0)
		return;
	kill(a->webhook, SIGKILL);
	waitpid(a->webhook, NULL, 0);
	a->webhook = 0;
}

/* Whatever has ended it came from the receiver, or from the way to it: it is not begun again. */
static void look_for_webhook(struct ask *a)
{
	char host[HTTP_ORIGIN_MAX];
	struct tsem_buffer text = {};

	if (!a->webhook || seats_has(&a->seats, WEBHOOK))
		return;
	end_webhook(a);
	webhook_host(a->options.webhook, host);
	tsem_buffer_printf(
		&text,
		"the process that asks %s has ended, so nobody is asked there any more: what the model lacks is "
		"refused, unless somebody answers elsewhere",
		host);
	if (!text.data)
		return;
	log_line(a, text.data);
	if (!a->options.quiet)
		fprintf(stderr, "tsem: %s\n", text.data);
	tsem_buffer_deinit(&text);
}

/* One question is shown at a time; meanwhile others gather. */
static void go_on(struct ask *a)
{
	bool anybody = a->options.person && !a->ending && (a->terminal || seats_taken(&a->seats));

	book_write(&a->book);
	look_for_webhook(a);
	asker_attend(&a->asker, anybody, a->webhook > 0);
	expire(a);
	drop_unseen(a);
	while (!a->current && a->asker.first) {
		show(a, a->asker.first);
		expire(a);
		drop_unseen(a);
	}
}

/* ---- answers ---- */

/* It is written to terminals, files and JSON. */
static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	return name && *name && strlen(name) < NAME_MAX_SHOWN && name[strspn(name, letters)] == 0;
}

static void name_of(uid_t uid, const char *where, char ret_who[WHO_MAX])
{
	const struct passwd *user = getpwuid(uid);

	if (user && is_name(user->pw_name))
		snprintf(ret_who, WHO_MAX, "%s@%s", user->pw_name, where);
	else
		snprintf(ret_who, WHO_MAX, "uid%u@%s", uid, where);
}

static void take_answer(struct ask *a, struct question *q, enum ask_answer answer, const char *who)
{
	struct tsem_error error = {};
	size_t count;

	snprintf(a->who, sizeof(a->who), "%s", who);
	if (answer == ASK_KILL && /* before the refusal lets it go on */
	    tsem_orchestrator_signal(a->options.orchestrator, SIGKILL, &count, &error))
		fprintf(stderr, "tsem: %s\n", error.text);
	if (asker_answer(&a->asker, q, answer))
		fprintf(stderr, "tsem: there are too many answers: this one holds this time only\n");
	unshow(a, ask_answer_word(answer), who);
}

/* Nobody could be asked by HTTP. Who sees the question elsewhere may still answer it: see go_on(). */
static void take_nobody(struct ask *a, struct seat *seat, const struct ask_line *line)
{
	const char *why = strcmp(line->word, WEBHOOK_NOBODY) != 0 ? "this is no answer" : line->why;
	char host[HTTP_ORIGIN_MAX];
	struct tsem_buffer text = {};

	webhook_host(a->options.webhook, host);
	text_escape(&text, why, strlen(why));
	if (!a->told_webhook && !a->options.quiet)
		fprintf(stderr, "tsem: %s gave no answer to a question: %s\n", host, text.data ? text.data : "");
	a->told_webhook = true;
	tsem_buffer_deinit(&text);
	seat->passed = line->id;
}

/* A front end has sent a line. */
static void seat_answers(void *context, const struct ask_line *line, struct seat *seat)
{
	struct ask *a = context;
	struct question *q = line->id == a->current ? asker_question(&a->asker, line->id) : NULL;
	int answer = ask_answer_parse(line->word);
	char who[WHO_MAX];

	if (seat->who && answer < 0)
		take_nobody(a, seat, line);
	if (!q || answer < 0)
		return;
	if (seat->who)
		snprintf(who, sizeof(who), "%s", seat->who);
	else
		name_of(seat->uid, "ask", who);
	take_answer(a, q, answer, who);
}

static void terminal_answers(struct ask *a, struct question *q, int letter)
{
	char word[] = {letter, 0}, who[WHO_MAX];
	const char *sudo = getenv("SUDO_USER");
	int answer = letter ? ask_answer_parse(word) : -1;

	a->at_terminal = false;
	if (answer < 0)
		return; /* see go_on() */
	if (is_name(sudo))
		snprintf(who, sizeof(who), "%s@terminal", sudo);
	else
		name_of(getuid(), "terminal", who);
	take_answer(a, q, answer, who);
}

/* Who wants to end waits for no answer. Ctrl-C may be meant for what runs only; later questions are asked again. */
static void refuse_all(struct ask *a, int signal)
{
	a->ending |= signal != SIGINT;
	while (a->asker.first)
		asker_refuse(&a->asker, a->asker.first, ASK_BY_END);
}

static void take_word(void *context, const struct front_message *message)
{
	struct ask *a = context;
	struct question *q = a->current ? asker_question(&a->asker, a->current) : NULL;

	if (message->word == FRONT_ANSWERED && q && (tsem_u64)message->pid == a->current)
		terminal_answers(a, q, message->value);
	else if (message->word == FRONT_INTERRUPTED)
		refuse_all(a, message->value);
	else if (message->word == FRONT_BACK)
		asker_return(&a->asker);
	else if (message->word == FRONT_GONE)
		a->terminal = a->at_terminal = false;
	else if (message->word != FRONT_ENDED)
		return;
	go_on(a);
}

/* ---- turns ---- */

static void take_question(void *context, const struct tsem_record *record)
{
	struct ask *a = context;

	asker_take(&a->asker, record, now_ms());
}

static int turn(void *context, struct tsem_error *error)
{
	struct ask *a = context;
	tsem_u64 expirations;

	(void)error;
	if (read(a->timer, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
		return 0;
	if (seats_turn(&a->seats, seat_answers, a))
		asker_return(&a->asker);
	tsem_orchestrator_questions(a->options.orchestrator, take_question, a);
	go_on(a);
	return 0;
}

static void started(void *context, bool terminal)
{
	struct ask *a = context;

	a->terminal = a->options.person && terminal;
}

static int find_fd(void *context)
{
	const struct ask *a = context;

	return a->events;
}

struct workload_companion ask_companion(struct ask *a)
{
	return (struct workload_companion){
		.fd = find_fd, .turn = turn, .started = started, .word = take_word, .context = a};
}

/* ---- beginning and end ---- */

static int watch(const struct ask *a, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(a->events, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static bool is_modeled(void *context, int pidfd)
{
	const struct ask *a = context;

	return tsem_orchestrator_models(a->options.orchestrator, pidfd);
}

static int open_events(struct ask *a, struct tsem_error *error)
{
	int r;

	a->events = epoll_create1(EPOLL_CLOEXEC);
	a->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (a->events < 0 || a->timer < 0)
		return tsem_error_set(error, errno, "cannot make a timer: %s", strerror(errno));
	r = seats_open(&a->seats, a->options.session, a->options.person, a->events, is_modeled, a, error);
	if (r)
		return r;
	r = watch(a, a->timer);
	if (!r)
		r = watch(a, tsem_orchestrator_questions_fd(a->options.orchestrator));
	return r ? tsem_error_set(error, -r, "cannot wait for questions: %s", strerror(-r)) : 0;
}

static int open_webhook(struct ask *a, struct tsem_error *error)
{
	int socket, r;

	if (!a->options.webhook)
		return 0;
	r = webhook_start(a->options.webhook, &a->webhook, &socket, error);
	if (r) {
		a->webhook = 0;
		return r;
	}
	r = seats_add(&a->seats, socket, WEBHOOK, error);
	return r ? r : tsem_orchestrator_guard(a->options.orchestrator, a->webhook, error);
}

/* What somebody has refused for good. */
static int refuse_noted(struct ask *a, struct tsem_error *error)
{
	const struct tsem_model *model = a->options.model;

	for (size_t i = 0; i < model->decision_count; i++)
		if (!model->decisions[i].allow && asker_refuse_kind(&a->asker, model->decisions[i].key))
			return tsem_error_set(error, ENOMEM, "model %s refuses more than there is room for",
					      model->name);
	return 0;
}

int ask_open(const struct ask_options *options, struct ask **ret_ask, struct tsem_error *error)
{
	struct ask *a = calloc(1, sizeof(*a));
	const struct asker_calls calls = {.decide = decide, .told = told, .kept = kept, .context = a};
	int r;

	if (!a)
		return tsem_error_set(error, ENOMEM, "out of memory");
	a->options = *options;
	a->events = a->timer = -1;
	a->seats = SEATS_NONE;
	a->journal.socket = -1;
	a->rate = (struct rate){.burst = LOGGED_BURST, .interval = LOGGED_INTERVAL};
	a->explainer = tsem_explainer_create(&options->model->set);
	book_open(&a->book, options->output);
	r = asker_init(&a->asker, &calls, &options->model->set, options->trees, options->patience_s * 1000, error);
	if (!r)
		r = refuse_noted(a, error);
	if (!r)
		r = open_events(a, error);
	if (!r)
		r = open_webhook(a, error);
	if (r) {
		ask_close(a);
		return r;
	}
	journal_open(&a->journal);
	*ret_ask = a;
	return 0;
}

void ask_close(struct ask *a)
{
	if (!a)
		return;
	seats_close(&a->seats);
	end_webhook(a);
	tell_left_out(a);
	book_close(&a->book);
	asker_deinit(&a->asker);
	tsem_explainer_destroy(a->explainer);
	journal_close(&a->journal);
	if (a->events >= 0)
		close(a->events);
	if (a->timer >= 0)
		close(a->timer);
	free(a);
}

void ask_report(const struct ask *a)
{
	static const char *const words[] = {"refused", "allowed"};

	if (a->options.quiet)
		return;
	for (int cause = 0; cause <= ASK_BY_FLOOD; cause++)
		for (int allow = 0; allow < 2; allow++)
			if (a->counts[cause][allow])
				fprintf(stderr, "tsem: %llu event%s %s, because %s\n", a->counts[cause][allow],
					plural(a->counts[cause][allow]), words[allow], ask_cause_text(cause));
}
