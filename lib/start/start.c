/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "start.h"
#include "inherited.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The next report: 0, an errno, a descriptor, or -1 when the process has executed another program or ended. */
static int read_report(const struct start *start)
{
	int code;
	ssize_t n;

	do
		n = read(start->reports, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	return n == sizeof(code) ? code : -1;
}

static int guard(const struct start *start, struct tsem_error *error)
{
	int r = 0;

	for (size_t i = 0; !r && i < sizeof(start->guarded) / sizeof(*start->guarded); i++)
		if (start->guarded[i])
			r = tsem_orchestrator_guard(start->orchestrator, start->guarded[i], error);
	return r;
}

static int confine(const struct start *start, struct tsem_error *error)
{
	int code = read_report(start), r = 0;

	if (code)
		return tsem_error_set(error, code < 0 ? EIO : code, "cannot take CAP_MAC_ADMIN from the workload");
	if (start->wall)
		r = tsem_wall_listen(start->wall, start->pidfd, read_report(start), error);
	if (!r)
		r = guard(start, error);
	if (r)
		return r;
	r = inherited_give_limits(start->pid);
	if (r)
		return tsem_error_set(error, -r, "cannot give the workload the limits that tsem was started with: %s",
				      strerror(-r));
	return tsem_orchestrator_enter(start->orchestrator, start->pidfd, error);
}

static const char *exec_failure(int code)
{
	switch (code) {
	case ENOENT:
		return "there is no such command";
	case EPERM:
		return "refused, or not permitted";
	default:
		return strerror(code);
	}
}

int start_workload(const struct start *start, int *ret_status, struct tsem_error *error)
{
	int r = confine(start, error), code;

	if (r)
		return r;
	if (write(start->go, "", 1) != 1)
		return tsem_error_set(error, errno, "the workload ended before it began");
	if (start->wait)
		start->wait(start->context, start->reports);
	code = read_report(start);
	*ret_status = code < 0 ? 0 : code == ENOENT ? 127 : 126;
	if (*ret_status)
		tsem_error_set(error, code, "cannot run %s: %s", start->name, exec_failure(code));
	return 0;
}
