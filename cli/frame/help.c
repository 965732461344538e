/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <string.h>

#include "help.h"
#include "option.h"
#include "../text/output.h"
#include "../text/text.h"

#define WIDTH 79
#define OPTION_COLUMN 30

int help_print_list(FILE *file)
{
	const struct command *command;

	fputs("tsem learns the events of a workload and makes the kernel enforce exactly these.\n\n"
	      "Usage: tsem COMMAND [OPTION...] ...\n\n",
	      file);
	for (command = commands; command->name; command++)
		fprintf(file, "  %s%-12s%s%s\n", style_begin(file, STYLE_STRONG), command->name,
			style_end(file, STYLE_STRONG), command->summary);
	fputs("\nStart with `tsem doctor`; `tsem help COMMAND` explains a command.\n", file);
	return 0;
}

static void print_heading(FILE *file, const char *heading)
{
	fprintf(file, "\n%s%s%s\n", style_begin(file, STYLE_STRONG), heading, style_end(file, STYLE_STRONG));
}

/* A term of column's width, then its explanation, wrapped. */
static void print_item(FILE *file, const char *term, unsigned column, const char *text)
{
	unsigned taken = 2 + text_width(term, strlen(term));

	fprintf(file, "  %s", term);
	if (taken + 2 > column) {
		fputc('\n', file);
		taken = 0;
	}
	text_wrap_from(file, text, taken, column, WIDTH);
}

/* A list of words that is wider than a terminal goes on below. */
static void break_term(char *term, size_t size)
{
	char *bar = term + WIDTH - 3, rest[128];

	if (strlen(term) + 2 <= WIDTH)
		return;
	while (bar > term && *bar != '|')
		bar--;
	snprintf(rest, sizeof(rest), "%s", bar + 1);
	snprintf(bar + 1, size - (bar + 1 - term), "\n%*s%s", 8, "", rest);
}

static void print_options(const struct command *command, FILE *file)
{
	const struct option_row *row;
	char term[160];

	print_heading(file, "Options");
	for (row = command->options; row->name; row++) {
		if (row->presence == PRESENCE_HIDDEN)
			continue;
		snprintf(term, sizeof(term), "%c%c%s --%s%s%s%s", row->letter ? '-' : ' ',
			 row->letter ? row->letter : ' ', row->letter ? "," : " ", row->name, row->argument ? " " : "",
			 row->argument ? row->argument : "", row->kind == ARGUMENT_CHOICES ? ",..." : "");
		break_term(term, sizeof(term));
		print_item(file, term, OPTION_COLUMN, row->help);
	}
	print_item(file, "-h, --help", OPTION_COLUMN, "explain this command");
}

size_t help_statuses(const struct command *command, struct status_row *ret_rows, size_t limit)
{
	static const struct status_row usage = {"2", "wrong usage"};
	static const struct status_row failed = {"1", "it failed; the reason is on standard error"};
	static const struct status_row success = {"0", "it succeeded"};
	const struct status_row *row = command->statuses;
	bool workload = command_has_workload(command);
	size_t count = 0;

	if (row->status && strcmp(row->status, "0") == 0)
		ret_rows[count++] = *row++;
	else if (!workload || strcmp(command->name, "learn") == 0)
		ret_rows[count++] = success;
	if (row->status && strcmp(row->status, "1") == 0)
		ret_rows[count++] = *row++;
	else if (!workload)
		ret_rows[count++] = failed;
	ret_rows[count++] = usage;
	while (row->status && count < limit)
		ret_rows[count++] = *row++;
	return count;
}

static void print_statuses(const struct command *command, FILE *file)
{
	struct status_row rows[16];
	size_t count, i;

	count = help_statuses(command, rows, 16);
	print_heading(file, "Exit status");
	for (i = 0; i < count; i++)
		print_item(file, rows[i].status, 9, rows[i].meaning);
}

static void print_example(const struct command *command, FILE *file)
{
	const char *line = command->example;
	size_t length;

	print_heading(file, "Example");
	while (*line) {
		length = strcspn(line, "\n");
		fprintf(file, "  %.*s\n", (int)length, line);
		line += length;
		line += *line == '\n';
	}
}

int help_print(const struct command *command, FILE *file)
{
	struct tsem_buffer usage = {0};

	command_usage(command, &usage);
	fputs("Usage: ", file);
	text_wrap_from(file, usage.data ? usage.data : "", 7, 7, WIDTH);
	tsem_buffer_deinit(&usage);
	fputc('\n', file);
	text_wrap(file, command->text, 0, WIDTH);
	print_options(command, file);
	print_example(command, file);
	print_statuses(command, file);
	return 0;
}
