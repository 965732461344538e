/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "../frame/cmd.h"
#include "../session/unit.h"
#include "../text/output.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 20
#define SECONDS 30

/* Of the group that is named by its unit or its path. */
static int session_of(const struct invocation *v, char ret_name[TSEM_NAME_MAX])
{
	const char *unit = invocation_value(v, OPTION_unbind_unit), *path = v->operands[0];
	char name[UNIT_NAME_MAX], found[PATH_MAX];
	struct tsem_group *group;
	int r = unit ? unit_name(unit, name, v->error) : 0;

	if (!r && unit) {
		r = unit_group(name, found, sizeof(found), v->error);
		path = found;
	}
	if (!r)
		r = tsem_group_open(path, &group, v->error);
	if (r)
		return r;
	r = tsem_group_session(group, ret_name, v->error);
	tsem_group_close(group);
	return r;
}

/* Without living tasks, its orchestrator is about to end, and writes the learned model. */
static int wait_for_end(const struct invocation *v, const char *name, struct tsem_session *ret_session)
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
	unsigned long looks = invocation_number(v, OPTION_unbind_timeout, SECONDS) * 1000 / LOOK_MS;
	int r;

	do {
		r = tsem_session_status(name, ret_session, v->error);
		if (r || ret_session->status.tasks > 0 || !ret_session->orchestrated)
			return r;
		nanosleep(&pause, NULL);
	} while (looks--);
	return tsem_error_set(v->error, EBUSY, "session %s is unbound, but process %u of tsem has not finished it yet",
			      name, ret_session->status.orchestrator);
}

static void tell(const struct invocation *v, const struct tsem_session *session)
{
	struct writer writer;

	if (invocation_given(v, OPTION_unbind_json)) {
		writer_init(&writer, stdout);
		writer_open(&writer, NULL, '{');
		writer_string(&writer, "session", session->name);
		writer_number(&writer, "tasks", session->status.tasks);
		writer_close(&writer, '}');
	} else if (session->status.tasks > 0) {
		printf("Session %s is unbound. Its %lld tasks stay in it until they end.\n", session->name,
		       session->status.tasks);
	} else {
		printf("Session %s is unbound, and has ended.\n", session->name);
	}
}

int cmd_unbind(const struct invocation *v)
{
	bool unit = invocation_given(v, OPTION_unbind_unit);
	char name[TSEM_NAME_MAX];
	struct tsem_session session;
	int r;

	if (!v->operand_count == !unit)
		return usage_error(v, "give CGROUP, the name of a session, or --unit NAME");
	if (unit)
		unit_forget_environment();
	if (unit || strchr(v->operands[0], '/'))
		r = session_of(v, name);
	else
		r = snprintf(name, sizeof(name), "%s", v->operands[0]) < (int)sizeof(name) ?
			    0 :
			    tsem_error_set(v->error, ENOENT, "there is no session of that name");
	if (!r)
		r = tsem_session_unbind(name, v->error);
	if (!r)
		r = wait_for_end(v, name, &session);
	if (!r)
		tell(v, &session);
	return r;
}
