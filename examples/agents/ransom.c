/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * ransom LIMIT: a process that renames or deletes more than LIMIT files below /home or /srv in a second is stopped, and
 * its next one is refused. Somebody may then look at it, and send it SIGCONT or SIGKILL.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tsem/tsem.h>

#define PROCESSES 1024
#define SECOND 1000000000ull

static struct {
	tsem_u64 started, since;
	unsigned count;
} seen[PROCESSES];

static int is_document(const struct tsem_message *message)
{
	struct tsem_field_value path;

	if (tsem_message_field(message, TSEM_FIELD_PATH, &path))
		return 1;
	return (path.size > 6 && !memcmp(path.bytes, "/home/", 6)) ||
	       (path.size > 5 && !memcmp(path.bytes, "/srv/", 5));
}

static unsigned count_of(const struct tsem_message *message)
{
	unsigned place = message->process->pid % PROCESSES;

	if (seen[place].started != message->process->started || message->time - seen[place].since > SECOND) {
		seen[place].started = message->process->started;
		seen[place].since = message->time;
		seen[place].count = 0;
	}
	return ++seen[place].count;
}

static tsem_u32 judge(const struct tsem_message *message, unsigned limit)
{
	if (!is_document(message) || count_of(message) <= limit)
		return TSEM_ALLOW;
	kill(message->process->pid, SIGSTOP);
	printf("stopped %u %s\n", message->process->pid, message->process->executable);
	fflush(stdout);
	return TSEM_DENY;
}

int main(int argc, char **argv)
{
	struct tsem_agent_options options = {.size = sizeof(options), .name = "ransom"};
	struct tsem_subscription wanted[] = {
		{.event = TSEM_EVENT_inode_rename, .action = TSEM_AGENT_AUTH, .late = TSEM_AGENT_ALLOWS},
		{.event = TSEM_EVENT_inode_unlink, .action = TSEM_AGENT_AUTH, .late = TSEM_AGENT_ALLOWS},
	};
	unsigned limit = argc > 1 ? atoi(argv[1]) : 20;
	const struct tsem_message *message;
	struct tsem_error error = {0};
	struct tsem_agent *agent;
	struct pollfd fd = {.events = POLLIN};
	int r = tsem_agent_create(&options, &agent, &error);

	if (!r)
		r = tsem_agent_subscribe(agent, wanted, 2, &error);
	if (r) {
		fprintf(stderr, "ransom: %s\n", error.text);
		return 1;
	}
	fprintf(stderr, "guarding\n");
	fd.fd = tsem_agent_fd(agent);
	while (poll(&fd, 1, -1) > 0)
		while (!tsem_agent_next(agent, &message)) {
			if (message->action == TSEM_AGENT_AUTH)
				tsem_agent_answer(agent, message, judge(message, limit), 0);
			tsem_message_release(message);
		}
	return 1;
}
