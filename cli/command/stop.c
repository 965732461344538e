/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "../frame/cmd.h"
#include "../session/driver.h"
#include "../text/text.h"

#define STOP_SECONDS 90 /* as systemd has it */
#define KILL_SECONDS 10
#define LOOK_MS 50

/* 1: it has ended; 0: it lives; negative: an error. */
static int has_ended(const char *name, struct tsem_error *error)
{
	struct tsem_session session;
	int r = tsem_session_status(name, &session, error);

	return r ? r : session.status.tasks <= 0; /* a binding goes on */
}

/* Repeats the signal, because a process may start another one meanwhile and not pass the signal on. */
static int end(const char *name, int signal, unsigned seconds, bool again, struct tsem_error *error)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
	size_t count;
	int r = tsem_session_signal(name, signal, &count, error);

	for (unsigned looks = seconds * 1000 / LOOK_MS; !r && looks; looks--) {
		r = has_ended(name, error);
		if (r)
			return r;
		nanosleep(&pause, NULL);
		if (again)
			r = tsem_session_signal(name, signal, &count, error);
	}
	return r;
}

int cmd_stop(const struct invocation *v)
{
	const char *name = v->operands[0], *word = invocation_value(v, OPTION_stop_signal);
	unsigned seconds = invocation_number(v, OPTION_stop_timeout, STOP_SECONDS);
	int signal = word ? driver_signal_parse(word) : SIGTERM, r;

	if (!signal)
		return usage_error(v, "--signal: there is no signal %s; TERM, QUIT and INT are usual", word);
	r = has_ended(name, v->error);
	if (r) {
		if (r > 0)
			printf("Session %s has ended already.\n", name);
		return r < 0 ? r : 0;
	}
	r = end(name, signal, seconds, false, v->error);
	if (!r) {
		fprintf(stderr, "tsem: %s did not end within %u second%s and is killed\n", name, seconds,
			plural(seconds));
		r = end(name, SIGKILL, KILL_SECONDS, true, v->error);
	}
	if (!r)
		return tsem_error_set(v->error, EBUSY, "session %s still has processes after SIGKILL", name);
	if (r > 0)
		printf("Session %s has ended.\n", name);
	return r < 0 ? r : 0;
}
