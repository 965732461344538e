// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// watch-c++: a line for each program that is executed on the machine.
#include <cstdio>
#include <memory>
#include <poll.h>
#include <tsem/agent.h>

int main()
{
	tsem_agent_options options{};
	tsem_subscription wanted{};
	tsem_error error{};
	tsem_agent *made;

	options.size = sizeof(options);
	wanted.event = TSEM_AGENT_EXEC;
	wanted.action = TSEM_AGENT_NOTIFY;
	if (tsem_agent_create(&options, &made, &error)) {
		std::fprintf(stderr, "watch-c++: %s\n", error.text);
		return 1;
	}
	std::unique_ptr<tsem_agent, void (*)(tsem_agent *)> agent(made, tsem_agent_destroy);
	if (tsem_agent_subscribe(agent.get(), &wanted, 1, &error)) {
		std::fprintf(stderr, "watch-c++: %s\n", error.text);
		return 1;
	}
	std::fprintf(stderr, "watching\n");
	pollfd fd{tsem_agent_fd(agent.get()), POLLIN, 0};
	const tsem_message *message;
	while (poll(&fd, 1, -1) > 0)
		while (!tsem_agent_next(agent.get(), &message)) {
			std::printf("%u %s\n", message->process->pid, message->process->executable);
			std::fflush(stdout);
			tsem_message_release(message);
		}
	return 1;
}
