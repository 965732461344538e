/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "decisions.h"

#include <errno.h>
#include <string.h>

void decision_describe(const struct tsem_decision *decision, struct tsem_buffer *buffer)
{
	char time[TSEM_TIME_SIZE];

	tsem_time_format(decision->time, time);
	tsem_buffer_printf(buffer, "always %s by %s on %.10s %.5s UTC%s%s", decision->allow ? "allowed" : "refused",
			   decision->who, time, time + 11, decision->why[0] ? ": " : "", decision->why);
}

void decision_write(const struct tsem_decision *decision, struct writer *writer)
{
	char time[TSEM_TIME_SIZE];

	tsem_time_format(decision->time, time);
	writer_open(writer, NULL, '{');
	writer_string(writer, "decision", decision->allow ? "allow" : "deny");
	writer_string(writer, "time", time);
	writer_string(writer, "who", decision->who);
	writer_string(writer, "why", decision->why);
	writer_hex(writer, decision->allow ? "coefficient" : "kind", decision->key);
	writer_close(writer, '}');
}

static void print_all(const struct tsem_model *model)
{
	struct tsem_buffer text = {0};

	for (size_t i = 0; i < model->decision_count; i++) {
		text.size = 0;
		decision_describe(&model->decisions[i], &text);
		print_styled(stdout, STYLE_PLAIN, text.data ? text.data : "?");
		putchar('\n');
	}
	tsem_buffer_deinit(&text);
}

static void write_all(const struct tsem_model *model)
{
	struct writer writer;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '[');
	for (size_t i = 0; i < model->decision_count; i++)
		decision_write(&model->decisions[i], &writer);
	writer_close(&writer, ']');
}

int decisions_print(const struct subject *subject, bool json, struct tsem_error *error)
{
	const struct tsem_model *model = subject->model ? subject->model : subject->session->model;

	if (!model)
		return tsem_error_set(error, ENODATA, "'%s' has no decisions: it has no model", subject->name);
	if (json)
		write_all(model);
	else
		print_all(model);
	return 0;
}
