/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "starter.h"
#include "inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

int starter_pipes(int ret_go[2], int ret_reports[2])
{
	if (pipe2(ret_go, O_CLOEXEC))
		return -errno;
	if (!pipe2(ret_reports, O_CLOEXEC))
		return 0;
	close(ret_go[0]);
	close(ret_go[1]);
	return -EMFILE;
}

/* This capability controls namespaces, so the workload must not have it. 0 or an errno, never 0 when it has failed. */
static int drop_control(void)
{
	static const cap_value_t control = CAP_MAC_ADMIN;
	cap_t caps = cap_get_proc();
	int code = 0;

	if (!caps || cap_set_flag(caps, CAP_EFFECTIVE, 1, &control, CAP_CLEAR) ||
	    cap_set_flag(caps, CAP_PERMITTED, 1, &control, CAP_CLEAR) ||
	    cap_set_flag(caps, CAP_INHERITABLE, 1, &control, CAP_CLEAR) ||
	    prctl(PR_CAPBSET_DROP, CAP_MAC_ADMIN, 0, 0, 0) || cap_set_proc(caps))
		code = errno ? errno : EPERM;
	if (caps)
		cap_free(caps);
	return code;
}

static bool report(const struct starter *starter, int code)
{
	return write(starter->reports, &code, sizeof(code)) == sizeof(code);
}

/* Variables that name the started process must name CMD: socket activation and the watchdog check it. */
static void name_process(pid_t started)
{
	static const char *const names[] = {"LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"};
	char from[16], to[16];

	snprintf(from, sizeof(from), "%d", (int)started);
	snprintf(to, sizeof(to), "%d", (int)getpid());
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value && !strcmp(value, from))
			setenv(names[i], to, 1);
	}
}

/* Everything before its ready message is not modeled; everything after is. */
int starter_run(const struct starter *starter)
{
	ssize_t n;
	char c;

	if (getpid() != starter->started)
		name_process(starter->started);
	inherited_give();
	if (!report(starter, drop_control()))
		return START_FAILED; /* the orchestrator is gone */
	if (starter->wall && !report(starter, tsem_wall_enter(starter->wall)))
		return START_FAILED; /* every filter lets through the calls from here to the exec */
	do
		n = read(starter->go, &c, 1);
	while (n < 0 && errno == EINTR);
	if (n != 1)
		return START_FAILED;
	execvp(starter->argv[0], starter->argv);
	n = errno;
	report(starter, n);
	return n == ENOENT ? 127 : 126;
}
