/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Processes that stay: one takes the signals of all detections and writes them to the system's log, as long as there is
 * a detection. Another orchestrates the namespace of the untrusted. When one is killed, nothing is let through: the
 * programs run on, and the next `tsem detect add` starts another one.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/base/ticks.h"
#include "../session/attendant.h"
#include "../session/journal.h"
#include "../session/orchestrate.h"
#include "detect.h"

#define LOOK_MS 1000
#define LOOK_BY_ITSELF (20 * TICKS_SECOND)
#define UNTRUSTED "untrusted"

static void log_signal(void *context, const struct tsem_signal *signal)
{
	struct tsem_buffer line = {};

	tsem_buffer_printf(&line, "detection: ");
	signal_describe(signal, &line);
	if (line.data)
		journal_write(context, line.data);
	tsem_buffer_deinit(&line);
}

static bool any_left(struct tsem_detect *detect)
{
	struct tsem_detect_status *list;
	size_t count = 0;

	if (!tsem_kernel_loaded() || tsem_detect_list(detect, &list, &count, NULL))
		return false;
	free(list);
	return count;
}

/* Those that wait, since nobody took them, are for the log as well. */
static int take_waiting(struct tsem_detect *detect, struct tsem_error *error)
{
	struct journal journal;
	int r;

	journal_open(&journal);
	r = tsem_detect_take(detect, log_signal, &journal, error);
	journal_close(&journal);
	return r;
}

/* One that cannot be written is counted as lost, and is in the log: the next one may have room again. */
static void take_all(struct tsem_detect *detect)
{
	struct journal journal;
	tsem_u64 looked = 0;
	bool ends;

	journal_open(&journal);
	do {
		struct pollfd fds[] = {{.fd = tsem_detect_fd(detect), .events = POLLIN},
				       {.fd = attendant_signals(), .events = POLLIN}};

		poll(fds, 2, LOOK_MS);
		if (ticks_now() - looked > LOOK_BY_ITSELF) {
			looked = ticks_now();
			tsem_detect_look(detect);
		}
		tsem_detect_take(detect, log_signal, &journal, NULL);
		ends = fds[1].revents;
	} while (!ends && any_left(detect));
	journal_close(&journal);
}

/* The descriptors of the process that was started are not the attendant's: it opens its own. */
static int attend_signals(struct tsem_error *error)
{
	struct tsem_detect *detect = NULL;
	int r = tsem_detect_open(0, &detect, error);

	if (!r)
		r = take_waiting(detect, error);
	attendant_tell(r == -EWOULDBLOCK ? 0 : r, "signals", error);
	if (!r)
		take_all(detect);
	tsem_detect_close(detect);
	return r ? STATUS_FAILED : 0;
}

int keep_signals(const struct invocation *v, struct tsem_detect *detect)
{
	char name[TSEM_NAME_MAX];
	int r = take_waiting(detect, v->error);

	if (r == -EWOULDBLOCK) /* somebody does */
		return 0;
	tsem_detect_let(detect);
	if (!r && attendant_begin(&r, name, v->error))
		_exit(attend_signals(v->error));
	return r;
}

/* ---- the namespace of the untrusted ---- */

static int drain_all(struct tsem_orchestrator *orchestrator, struct tsem_detect *detect, struct tsem_error *error)
{
	int r;

	do {
		struct pollfd fds[] = {{.fd = tsem_orchestrator_fd(orchestrator), .events = POLLIN},
				       {.fd = attendant_signals(), .events = POLLIN}};

		poll(fds, 2, LOOK_MS);
		r = tsem_orchestrator_drain(orchestrator, NULL, NULL, error);
		if (fds[1].revents)
			break;
	} while (!r && tsem_detect_untrusts(detect) && tsem_kernel_loaded());
	return r;
}

static int make_untrusted(struct tsem_detect *detect, struct tsem_kernel *kernel, struct tsem_orchestrator **ret_o,
			  struct tsem_error *error)
{
	struct tsem_model *model = tsem_model_create(UNTRUSTED, 0);
	struct tsem_namespace_options options = {
		.size = sizeof(options),
		.name = UNTRUSTED,
		.mode = TSEM_MODE_ENFORCING,
		.action = TSEM_ACTION_DENY,
		.model = model,
	};
	int r = model ? 0 : tsem_error_set(error, ENOMEM, "out of memory");

	if (!r)
		r = tsem_orchestrator_create(kernel, &options, ret_o, error);
	tsem_model_destroy(model);
	if (r)
		return r;
	r = tsem_detect_untrust_by(detect, *ret_o, UNTRUSTED, error);
	if (r)
		tsem_orchestrator_destroy(*ret_o, NULL);
	return r;
}

static int attend_untrusted(struct tsem_error *error)
{
	struct tsem_orchestrator *orchestrator;
	struct tsem_detect *detect = NULL;
	struct tsem_kernel *kernel = NULL;
	int r = tsem_detect_open(0, &detect, error);

	if (!r)
		r = tsem_kernel_open(0, &kernel, error);
	if (!r)
		r = make_untrusted(detect, kernel, &orchestrator, error);
	attendant_tell(r, UNTRUSTED, error);
	if (!r) {
		r = drain_all(orchestrator, detect, error);
		tsem_orchestrator_destroy(orchestrator, NULL);
	}
	tsem_kernel_close(kernel);
	tsem_detect_close(detect);
	return r ? STATUS_FAILED : 0;
}

int keep_untrusted(const struct invocation *v, struct tsem_detect *detect)
{
	char name[TSEM_NAME_MAX];
	int r = 0;

	if (tsem_detect_untrusts(detect))
		return 0;
	if (attendant_begin(&r, name, v->error))
		_exit(attend_untrusted(v->error));
	return r;
}
