/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* watch EVENT...: a line for each event on the machine, such as watch inode_unlink socket_connect. */
#include <poll.h>
#include <stdio.h>
#include <tsem/tsem.h>

static void print_message(const struct tsem_message *message)
{
	struct tsem_buffer text = {0};

	tsem_record_describe(message->record, &text);
	printf("%u %s %.*s\n", message->process->pid, message->process->executable, (int)text.size, text.data);
	fflush(stdout);
	tsem_buffer_deinit(&text);
}

static int watch(struct tsem_agent *agent)
{
	struct pollfd fd = {.fd = tsem_agent_fd(agent), .events = POLLIN};
	const struct tsem_message *message;

	while (poll(&fd, 1, -1) > 0)
		while (!tsem_agent_next(agent, &message)) {
			print_message(message);
			tsem_message_release(message);
		}
	return 1;
}

int main(int argc, char **argv)
{
	struct tsem_agent_options options = {.size = sizeof(options), .name = "watch"};
	struct tsem_error error = {0};
	struct tsem_agent *agent;
	int r = tsem_agent_create(&options, &agent, &error);

	for (int i = 1; !r && i < argc; i++) {
		struct tsem_subscription wanted = {.event = tsem_event_number(argv[i]), .action = TSEM_AGENT_NOTIFY};

		r = tsem_agent_subscribe(agent, &wanted, 1, &error);
	}
	if (r) {
		fprintf(stderr, "watch: %s\n", error.text);
		return 1;
	}
	fprintf(stderr, "watching\n");
	return watch(agent);
}
