/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * probe [WORD=VALUE]...: an agent that does what it is told, well or badly. Its lines begin with "ready", then
 * "ACTION EVENT PID EXECUTABLE PATH" for each message. SIGTERM: it prints its counters and ends.
 *
 *	scope=host|namespace:NAME|descendants|cgroup:PATH	name=NAME	ring=BYTES	flags=self
 *	notify=EVENT	auth=EVENT[,allow][,DEADLINE-MS]	mute=WAY:OBJECT[:EVENT]	invert=NUMBER
 *	answer=allow|deny|never|twice|after|other|garbage|late:MS|path:TEXT (denies what has TEXT in its path)
 *	sync=NUMBER: a mark in the stream
 *	run=COMMAND: a shell, as a child of the agent	quiet: prints no messages	hold: answers at the end only
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <tsem/tsem.h>
#include <unistd.h>

static struct tsem_agent_options options = {.size = sizeof(options), .name = "probe"};
static struct tsem_error error;
static struct tsem_agent *agent;
static const char *how = "allow";
static int quiet, hold, children;
static const struct tsem_message *before, *held[4096];
static size_t held_count;
static sigset_t signals;

static void check(int r)
{
	if (!r)
		return;
	fprintf(stderr, "probe: %d %s\n", -r, error.text);
	exit(1);
}

static const char *value_of(const char *word, const char *name)
{
	size_t size = strlen(name);

	return !strncmp(word, name, size) && word[size] == '=' ? word + size + 1 : NULL;
}

static tsem_u32 event_of(const char *name)
{
	static const char *const own[] = {"fork", "exec", "exit", "sync", "emit"};

	for (unsigned i = 0; i < 5; i++)
		if (!strcmp(name, own[i]))
			return TSEM_AGENT_FORK + i;
	return tsem_event_number(name);
}

static const char *name_of(tsem_u32 event)
{
	static const char *const own[] = {"fork", "exec", "exit", "sync", "emit"};

	return event < TSEM_EVENT_LIMIT ? tsem_event_name(event) : own[event - TSEM_AGENT_FORK];
}

static void take_scope(char *value)
{
	char *target = strchr(value, ':');

	if (target)
		*target++ = 0;
	options.target = target;
	options.scope = !strcmp(value, "namespace")   ? TSEM_SCOPE_NAMESPACE :
			!strcmp(value, "descendants") ? TSEM_SCOPE_DESCENDANTS :
			!strcmp(value, "cgroup")      ? TSEM_SCOPE_CGROUP :
							TSEM_SCOPE_HOST;
}

static struct tsem_subscription subscriptions[64];
static size_t subscription_count;

static void note_subscription(char *value, tsem_u32 action)
{
	struct tsem_subscription s = {.action = action};
	char *word = strtok(value, ",");

	s.event = event_of(word);
	while ((word = strtok(NULL, ",")))
		if (!strcmp(word, "allow"))
			s.late = TSEM_AGENT_ALLOWS;
		else
			s.deadline_ms = atoi(word);
	subscriptions[subscription_count++] = s;
}

static void take_mute(char *value)
{
	static const char *const ways[] = {"process", "file", "path", "prefix", "target", "target-prefix"};
	struct tsem_mute mute = {.size = sizeof(mute)};
	char *way = strtok(value, ":"), *object = strtok(NULL, ":"), *event = strtok(NULL, ":");
	tsem_u32 number = event ? event_of(event) : 0;

	for (unsigned i = 0; i < 6; i++)
		if (!strcmp(way, ways[i]))
			mute.by = i + 1;
	mute.path = object;
	mute.pid = atoi(object);
	mute.events = &number;
	mute.count = event ? 1 : 0;
	check(tsem_agent_mute(agent, &mute, &error));
}

static void take_early(char *word)
{
	const char *value;

	if ((value = value_of(word, "scope")))
		take_scope((char *)value);
	else if ((value = value_of(word, "name")))
		options.name = value;
	else if ((value = value_of(word, "ring")))
		options.ring_size = atol(value);
	else if ((value = value_of(word, "flags")))
		options.flags |= TSEM_AGENT_SEES_ITSELF;
}

static void run(const char *command)
{
	pid_t child = fork();

	if (!child) {
		sigprocmask(SIG_UNBLOCK, &signals, NULL);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	children++;
}

static void take_late(char *word)
{
	const char *value;

	if ((value = value_of(word, "notify")))
		note_subscription((char *)value, TSEM_AGENT_NOTIFY);
	else if ((value = value_of(word, "auth")))
		note_subscription((char *)value, TSEM_AGENT_AUTH);
	else if ((value = value_of(word, "mute")))
		take_mute((char *)value);
	else if ((value = value_of(word, "invert")))
		check(tsem_agent_mute_inverted(agent, atoi(value), &error));
	else if ((value = value_of(word, "answer")))
		how = value;
	else if (!strcmp(word, "quiet"))
		quiet = 1;
	else if (!strcmp(word, "hold"))
		hold = 1;
}

/* KEY=VALUE, with a semicolon for each NUL. */
static void print_fields(const struct tsem_message *m, tsem_u32 field)
{
	struct tsem_field_value value;

	if (tsem_message_field(m, field, &value) || !value.size)
		return;
	putchar(' ');
	for (size_t i = 0; i < value.size; i++)
		putchar(((const char *)value.bytes)[i] ? ((const char *)value.bytes)[i] : ';');
}

static void print_message(const struct tsem_message *m)
{
	struct tsem_field_value path = {.bytes = ""};

	if (tsem_message_field(m, TSEM_FIELD_PATH, &path))
		tsem_message_field(m, TSEM_FIELD_NAME, &path);
	if (quiet)
		return;
	printf("%s %s %u %s %.*s", m->action == TSEM_AGENT_AUTH ? "auth" : "notify", name_of(m->event), m->process->pid,
	       *m->process->executable ? m->process->executable : "-", (int)path.size, (const char *)path.bytes);
	print_fields(m, TSEM_FIELD_FIELDS);
	print_fields(m, TSEM_FIELD_NOTES);
	if (m->event == TSEM_AGENT_SYNC)
		printf("%llu", (unsigned long long)m->subject);
	putchar('\n');
}

static int answer(const struct tsem_message *m, tsem_u32 verdict)
{
	return tsem_agent_answer(agent, m, verdict, 0);
}

static tsem_u32 by_path(const struct tsem_message *m, const char *text)
{
	struct tsem_field_value path;

	return tsem_message_field(m, TSEM_FIELD_PATH, &path) || memmem(path.bytes, path.size, text, strlen(text)) ?
		       TSEM_DENY :
		       TSEM_ALLOW;
}

/* Of an answer before: a message that is not the one that is answered. */
static void answer_other(const struct tsem_message *m)
{
	struct tsem_message *forged = (struct tsem_message *)before;

	if (forged) {
		printf("other %d\n", answer(forged, TSEM_ALLOW));
		tsem_message_release(forged);
	}
	tsem_message_retain(m);
	before = m;
}

static void reply(const struct tsem_message *m)
{
	if (m->action != TSEM_AGENT_AUTH) {
		if (!strcmp(how, "garbage"))
			printf("notify %d\n", answer(m, TSEM_ALLOW));
		return;
	}
	if (!strcmp(how, "allow"))
		answer(m, TSEM_ALLOW);
	else if (!strcmp(how, "deny"))
		answer(m, TSEM_DENY);
	else if (!strncmp(how, "path:", 5))
		answer(m, by_path(m, how + 5));
	else if (!strncmp(how, "late:", 5)) {
		usleep(atoi(how + 5) * 1000);
		printf("late %d\n", answer(m, TSEM_ALLOW));
	} else if (!strcmp(how, "twice")) {
		printf("first %d\n", answer(m, TSEM_DENY));
		printf("second %d\n", answer(m, TSEM_ALLOW));
	} else if (!strcmp(how, "garbage")) {
		printf("verdict %d flags %d\n", answer(m, 77), tsem_agent_answer(agent, m, TSEM_ALLOW, TSEM_CACHE));
		answer(m, TSEM_ALLOW);
	} else if (!strcmp(how, "other"))
		answer_other(m);
}

static void take_messages(void)
{
	const struct tsem_message *m;

	while (!tsem_agent_next(agent, &m)) {
		print_message(m);
		if (hold && held_count < 4096) {
			held[held_count++] = m;
			continue;
		}
		reply(m);
		tsem_message_release(m);
	}
}

static void print_stats(void)
{
	struct tsem_agent_stats s;

	check(tsem_agent_stats(agent, 0, &s, &error));
	printf("stats produced %llu delivered %llu lost %llu muted %llu answered %llu denied %llu late %llu unheard %llu\n",
	       (unsigned long long)s.produced, (unsigned long long)s.delivered, (unsigned long long)s.lost,
	       (unsigned long long)s.muted, (unsigned long long)s.answered, (unsigned long long)s.denied,
	       (unsigned long long)s.late, (unsigned long long)s.unheard);
}

static int serve(int end)
{
	struct pollfd fds[2] = {{.fd = tsem_agent_fd(agent), .events = POLLIN}, {.fd = end, .events = POLLIN}};
	struct signalfd_siginfo info;

	for (;;) {
		poll(fds, 2, -1);
		take_messages();
		if (!fds[1].revents || read(end, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo != SIGCHLD)
			return 0;
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	}
}

/* In another order than they came. */
static void answer_held(void)
{
	while (held_count) {
		const struct tsem_message *m = held[--held_count];

		printf("held %u %d\n", m->process->pid, answer(m, TSEM_ALLOW));
		tsem_message_release(m);
	}
}

/* The answers are there; the tasks may be on their way. */
static void see_them_through(size_t answers)
{
	struct tsem_agent_stats s = {0};

	for (int i = 0; i < 500 && s.answered < answers; i++) {
		take_messages();
		check(tsem_agent_stats(agent, 0, &s, &error));
		usleep(10000);
	}
}

int main(int argc, char **argv)
{
	size_t answers;
	int end;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	end = signalfd(-1, &signals, SFD_CLOEXEC);
	for (int i = 1; i < argc; i++)
		take_early(argv[i]);
	check(tsem_agent_create(&options, &agent, &error));
	for (int i = 1; i < argc; i++)
		take_late(argv[i]);
	check(tsem_agent_subscribe(agent, subscriptions, subscription_count, &error));
	printf("ready\n");
	for (int i = 1; i < argc; i++)
		if (value_of(argv[i], "sync"))
			check(tsem_agent_sync(agent, atoi(value_of(argv[i], "sync"))));
	for (int i = 1; i < argc; i++)
		if (value_of(argv[i], "run"))
			run(value_of(argv[i], "run"));
	serve(end);
	answers = held_count;
	answer_held();
	see_them_through(answers);
	take_messages();
	print_stats();
	tsem_agent_destroy(agent);
	return 0;
}
