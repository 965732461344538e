/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* tsem detect watch: signals as they come. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "detect.h"

#define LOOK_MS 200

struct watch {
	enum signal_form form;
	tsem_u64 last;
};

static void print_one(void *context, const struct tsem_signal *signal)
{
	const struct watch *watch = context;

	signal_print(signal, watch->form);
}

static enum signal_form form_of(const struct invocation *v)
{
	if (invocation_is(v, OPTION_detect_format, "ocsf"))
		return SIGNAL_OCSF;
	return invocation_given(v, OPTION_detect_json) || invocation_is(v, OPTION_detect_format, "json") ? SIGNAL_JSON :
													   SIGNAL_TEXT;
}

/* Where nobody takes the signals, this does. Either way all of them are in the file. */
static int take(struct tsem_detect *detect, struct tsem_error *error)
{
	int r = tsem_detect_take(detect, NULL, NULL, error);

	return r == -EWOULDBLOCK ? 0 : r;
}

int detect_watch(const struct invocation *v)
{
	bool past = invocation_given(v, OPTION_detect_past);
	struct watch watch = {.form = form_of(v)};
	struct tsem_detect *detect = NULL;
	int r = tsem_detect_open(0, &detect, v->error);

	if (!r)
		r = tsem_detect_take_all(detect, v->error);
	if (!r && !past)
		r = tsem_detect_read(&watch.last, NULL, NULL, v->error);
	while (!r) {
		r = past ? 0 : take(detect, v->error);
		if (!r)
			r = tsem_detect_read(&watch.last, print_one, &watch, v->error);
		if (fflush(stdout) || past || !tsem_kernel_loaded())
			break;
		if (!r)
			poll(NULL, 0, LOOK_MS);
	}
	tsem_detect_close(detect);
	return r;
}
