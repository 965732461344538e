/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* gate PREFIX...: no program below these paths is executed on the machine, such as gate /tmp/ /home/ */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <tsem/tsem.h>

static tsem_u32 judge(const struct tsem_message *message, char **prefixes)
{
	struct tsem_field_value path;

	if (tsem_message_field(message, TSEM_FIELD_PATH, &path))
		return TSEM_DENY; /* it could not be described */
	for (; *prefixes; prefixes++)
		if (path.size >= strlen(*prefixes) && !memcmp(path.bytes, *prefixes, strlen(*prefixes))) {
			printf("%u %s may not execute %.*s\n", message->process->pid, message->process->executable,
			       (int)path.size, (const char *)path.bytes);
			fflush(stdout);
			return TSEM_DENY;
		}
	return TSEM_ALLOW;
}

static int gate(struct tsem_agent *agent, char **prefixes)
{
	struct pollfd fd = {.fd = tsem_agent_fd(agent), .events = POLLIN};
	const struct tsem_message *message;

	while (poll(&fd, 1, -1) > 0)
		while (!tsem_agent_next(agent, &message)) {
			if (message->action == TSEM_AGENT_AUTH)
				tsem_agent_answer(agent, message, judge(message, prefixes), 0);
			tsem_message_release(message);
		}
	return 1;
}

int main(int argc, char **argv)
{
	struct tsem_agent_options options = {.size = sizeof(options), .name = "gate"};
	struct tsem_subscription wanted = {.event = TSEM_EVENT_bprm_committed_creds, .action = TSEM_AGENT_AUTH};
	struct tsem_error error = {0};
	struct tsem_agent *agent;
	int r = tsem_agent_create(&options, &agent, &error);

	(void)argc;
	if (!r)
		r = tsem_agent_subscribe(agent, &wanted, 1, &error);
	if (r) {
		fprintf(stderr, "gate: %s\n", error.text);
		return 1;
	}
	fprintf(stderr, "guarding\n");
	return gate(agent, argv + 1);
}
