/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Legitimate violations of a session: selected ones become part of its model. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/explain/explainer.h"
#include "../../lib/learn/selection.h"
#include "../report/explain.h"
#include "verbs.h"
#include "../text/output.h"
#include "../text/text.h"

struct learning {
	const struct invocation *invocation;
	struct tsem_session *session;
	struct tsem_explainer *explainer;
	struct selection selection;
	tsem_u32 classes; /* TSEM_OPTION_BYPASS bits of --class */
};

static const struct tsem_entry *entry_at(const struct learning *learning, size_t index)
{
	return &learning->session->forensics.entries[index];
}

/* ---- the violations ---- */

static void describe(const struct learning *learning, size_t index, struct tsem_buffer *text)
{
	const struct tsem_entry *entry = entry_at(learning, index);
	const char *fault = selection_fault(&learning->selection, index);
	size_t leader = learning->selection.findings.leaders[index];

	if (entry->record)
		explain_sentence(learning->explainer, entry, text);
	else
		tsem_buffer_printf(text, "An event, %llu times.", entry->count);
	if (selection_follows(&learning->selection, index) && leader != TSEM_FINDING_NOBODY)
		tsem_buffer_printf(text, " This was after violation %zu.", leader + 1);
	else if (selection_follows(&learning->selection, index))
		tsem_buffer_printf(text, " The process was untrusted already.");
	if (fault)
		tsem_buffer_printf(text, " Cannot be added: %s.", fault);
}

static void print_one(const struct learning *learning, size_t index)
{
	struct tsem_buffer text = {0};

	describe(learning, index, &text);
	printf("%4zu  %s\n", index + 1, text.data ? text.data : "?");
	tsem_buffer_deinit(&text);
}

static void print_note(size_t followers)
{
	if (followers)
		printf("%zu of these %s by processes that were untrusted since an earlier violation. They show what the\n"
		       "workload did after that violation, which may be error handling, or an intruder at work. If you\n"
		       "add them, the model always allows them.\n",
		       followers, followers == 1 ? "was" : "were");
}

static void print_list(const struct learning *learning)
{
	size_t i;

	for (i = 0; i < learning->session->forensics.count; i++)
		print_one(learning, i);
	print_note(selection_followers(&learning->selection, false));
}

static void write_list(const struct learning *learning)
{
	const struct tsem_entry *entry;
	struct tsem_buffer text = {0};
	struct writer writer;
	size_t i;

	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '[');
	for (i = 0; i < learning->session->forensics.count; i++) {
		entry = entry_at(learning, i);
		text.size = 0;
		describe(learning, i, &text);
		writer_open(&writer, NULL, '{');
		writer_number(&writer, "number", i + 1);
		writer_buffer(&writer, "sentence", &text);
		if (entry->record)
			writer_string(&writer, "class", tsem_event_class(entry->record->event));
		writer_hex(&writer, "coefficient", entry->coefficient);
		writer_bool(&writer, "untrusted_before", selection_follows(&learning->selection, i));
		writer_bool(&writer, "can_be_added", !selection_fault(&learning->selection, i));
		writer_bool(&writer, "chosen", learning->selection.chosen[i]);
		writer_close(&writer, '}');
	}
	writer_close(&writer, ']');
	tsem_buffer_deinit(&text);
}

/* ---- choosing ---- */

/* By each of the options that were given. */
static int choose(struct learning *learning)
{
	const struct invocation *invocation = learning->invocation;
	const char *pattern, *numbers = invocation_value(invocation, OPTION_model_number);
	size_t cursor = 0;

	if (invocation_given(invocation, OPTION_model_all))
		selection_add_all(&learning->selection);
	selection_add_classes(&learning->selection, learning->classes);
	while ((pattern = invocation_next(invocation, OPTION_model_path, &cursor)))
		selection_add_objects(&learning->selection, pattern);
	return numbers ? selection_add_numbers(&learning->selection, numbers, invocation->error) : 0;
}

/* Asks about each; false: the user wants no model. */
static bool ask(struct learning *learning)
{
	char answer[64];
	size_t i;

	for (i = 0; i < learning->session->forensics.count; i++) {
		if (selection_fault(&learning->selection, i) || learning->selection.chosen[i])
			continue;
		print_one(learning, i);
		fputs("      Add it to the model? [y/N, d: with all that the program did in that directory, q: stop and write nothing] ",
		      stdout);
		fflush(stdout);
		if (!fgets(answer, sizeof(answer), stdin) || answer[0] == 'q' || answer[0] == 'Q')
			return false;
		if (answer[0] == 'y' || answer[0] == 'Y')
			selection_add(&learning->selection, i);
		if (answer[0] == 'd' || answer[0] == 'D')
			selection_add_alike(&learning->selection, i);
	}
	return true;
}

/* ---- adding ---- */

static int write_model(const struct learning *learning)
{
	size_t strangers, i;
	int status;

	if (!invocation_given(learning->invocation, OPTION_model_json)) {
		for (i = 0; i < learning->session->forensics.count; i++)
			if (learning->selection.chosen[i])
				print_one(learning, i);
		print_note(selection_followers(&learning->selection, true));
	}
	status = tsem_session_adopt(learning->session, learning->selection.chosen, &strangers,
				    learning->invocation->error);
	if (status)
		return status;
	fprintf(stderr, "%zu violation%s added to model ", learning->selection.count,
		plural(learning->selection.count));
	print_styled(stderr, STYLE_PLAIN, learning->session->model->name);
	fputc('\n', stderr);
	/* Allowing a program's event has no effect while the program may not be started. */
	if (strangers)
		fprintf(stderr,
			"%zu of them %s by programs whose start the model does not allow: add that as well, or they stay violations\n",
			strangers, strangers == 1 ? "was" : "were");
	return model_put(learning->invocation, learning->session->model);
}

static bool has_choice(const struct invocation *invocation)
{
	return invocation_given(invocation, OPTION_model_all) || invocation_given(invocation, OPTION_model_number) ||
	       invocation_given(invocation, OPTION_model_class) || invocation_given(invocation, OPTION_model_path);
}

static int choose_and_write(struct learning *learning)
{
	const struct invocation *invocation = learning->invocation;
	bool json = invocation_given(invocation, OPTION_model_json);
	int status = choose(learning);

	if (status)
		return status;
	if (json)
		write_list(learning);
	if (has_choice(invocation) && !learning->selection.count)
		return tsem_error_set(invocation->error, ENOENT,
				      "this selects none of the %zu violations of session %s",
				      learning->session->forensics.count, learning->session->name);
	if (has_choice(invocation))
		return write_model(learning);
	if (!invocation_given(invocation, OPTION_model_output)) {
		if (!json)
			print_list(learning);
		return 0;
	}
	print_note(selection_followers(&learning->selection, false));
	if (!ask(learning))
		return tsem_error_set(invocation->error, ECANCELED, "nothing was written");
	return learning->selection.count ?
		       write_model(learning) :
		       tsem_error_set(invocation->error, ECANCELED, "nothing was chosen, nothing was written");
}

static int open_session(struct learning *learning)
{
	struct tsem_error *error = learning->invocation->error;
	struct tsem_session *session;
	int status = tsem_session_open(learning->invocation->operands[1], &learning->session, error);

	if (status)
		return status;
	session = learning->session;
	status = selection_init(session, &learning->selection, error);
	if (status)
		return status;
	learning->explainer = explainer_of(session);
	explain_origin(learning->explainer, session->name);
	return learning->explainer ? 0 : tsem_error_set(error, ENOMEM, "out of memory");
}

/* Checks of the command line that need no session. */
static int check_choice(struct learning *learning)
{
	const struct invocation *invocation = learning->invocation;
	const char *classes = invocation_value(invocation, OPTION_model_class);
	const char *numbers = invocation_value(invocation, OPTION_model_number);
	bool output = invocation_given(invocation, OPTION_model_output);

	if (classes && tsem_option_parse(tsem_option_find("bypass"), classes, strlen(classes), &learning->classes))
		return usage_error(invocation, "--class cannot be '%s'", classes);
	if (numbers && (numbers[strspn(numbers, "0123456789,")] || numbers[0] == ',' || strstr(numbers, ",,")))
		return usage_error(invocation, "--number needs numbers of violations, separated by commas, not \"%s\"",
				   numbers);
	if (has_choice(invocation) && !output)
		return usage_error(invocation,
				   "`tsem model learn-from` needs --output OUT to add the selected violations");
	if (!has_choice(invocation) && output &&
	    (invocation_given(invocation, OPTION_model_json) || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
		return usage_error(
			invocation,
			"tsem can ask only on a terminal: select violations with --number, --class, --path or --all");
	return 0;
}

int model_learn_from(const struct invocation *invocation)
{
	struct learning learning = {.invocation = invocation};
	int status = check_choice(&learning);

	if (status == 0)
		status = open_session(&learning);
	if (status == 0)
		status = choose_and_write(&learning);
	selection_deinit(&learning.selection);
	tsem_explainer_destroy(learning.explainer);
	if (learning.session)
		tsem_session_destroy(learning.session);
	return status;
}
