/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Manual pages in the man macros of roff. */
#include <string.h>

#include "help.h"
#include "option.h"

/* Text in which nothing is a roff request and a dash is the one that can be typed. */
static void write_escaped(FILE *file, const char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		if ((text[i] == '.' || text[i] == '\'') && (i == 0 || text[i - 1] == '\n'))
			fputs("\\&", file);
		if (text[i] == '\\')
			fputs("\\e", file);
		else if (text[i] == '-')
			fputs("\\-", file);
		else if (text[i] == '\'')
			fputs("\\(aq", file);
		else if (text[i] == '`')
			fputs("\\(ga", file);
		else
			fputc(text[i], file);
	}
}

static void write_text(FILE *file, const char *text)
{
	write_escaped(file, text, strlen(text));
}

static void write_line(FILE *file, const char *text)
{
	write_text(file, text);
	fputc('\n', file);
}

static void write_paragraphs(FILE *file, const char *text)
{
	const char *end;

	while ((end = strstr(text, "\n\n"))) {
		write_escaped(file, text, end - text);
		fputs("\n.PP\n", file);
		text = end + 2;
	}
	write_line(file, text);
}

static void write_example(FILE *file, const char *text)
{
	fputs(".SH EXAMPLES\n.nf\n", file);
	write_line(file, text);
	fputs(".fi\n", file);
}

static void write_option(FILE *file, const struct option_row *row)
{
	fputs(".TP\n", file);
	if (row->letter)
		fprintf(file, "\\fB\\-%c\\fR, ", row->letter);
	fputs("\\fB\\-\\-", file);
	write_text(file, row->name);
	fputs("\\fR", file);
	if (row->argument) {
		bool literal = row->kind == ARGUMENT_CHOICE || row->kind == ARGUMENT_CHOICES;

		fputs(literal ? " " : " \\fI", file);
		write_text(file, row->argument);
		fputs(row->kind == ARGUMENT_CHOICES ? ",..." : literal ? "" : "\\fR", file);
	}
	fputc('\n', file);
	write_line(file, row->help);
}

static void write_options(FILE *file, const struct command *command)
{
	static const struct option_row help = {
		.name = "help",
		.letter = 'h',
		.help = "explain this command",
	};
	const struct option_row *row;

	fputs(".SH OPTIONS\n", file);
	for (row = command->options; row->name; row++) {
		if (row->presence != PRESENCE_HIDDEN)
			write_option(file, row);
	}
	write_option(file, &help);
}

static void write_statuses(FILE *file, const struct command *command)
{
	struct status_row rows[16];
	size_t count, i;

	count = help_statuses(command, rows, 16);
	fputs(".SH EXIT STATUS\n", file);
	for (i = 0; i < count; i++) {
		fprintf(file, ".TP\n.B %s\n", rows[i].status);
		write_line(file, rows[i].meaning);
	}
}

static int write_overview(FILE *file)
{
	const struct command *command;

	fputs(".TH TSEM 1 \"\" tsem \"User Commands\"\n.SH NAME\n"
	      "tsem \\- learn the events of a workload and make the kernel enforce exactly these\n"
	      ".SH SYNOPSIS\n.B tsem\n.I COMMAND\n[OPTION...] ...\n.SH DESCRIPTION\n",
	      file);
	write_paragraphs(file, "The security behaviour of a workload is the set of security events that it causes. "
			       "tsem learn runs the workload and writes that set as a model; tsem run has the kernel "
			       "compare every event with the model before it happens, and refuse every other event.\n\n"
			       "The kernel does it through BPF LSM programs: no kernel patch, no module, no daemon. "
			       "tsem doctor says whether the running kernel can; tsem lab runs a command in a "
			       "micro-VM whose kernel can.");
	fputs(".SH COMMANDS\n", file);
	for (command = commands; command->name; command++) {
		fprintf(file, ".TP\n.BR tsem\\-%s (1)\n", command->name);
		write_line(file, command->summary);
	}
	fputs(".SH ENVIRONMENT\n.TP\n.B NO_COLOR\n", file);
	write_line(file, "If it is set and not empty, the output has no colour.");
	fputs(".SH EXIT STATUS\n", file);
	write_line(file, "0 if the command succeeded, 1 if it failed, 2 for wrong usage. Commands that run a workload "
			 "exit with its status, and with 125 if tsem itself failed.");
	return 0;
}

int manual_print(const struct command *command, FILE *file)
{
	struct tsem_buffer usage = {0};
	const char *letter;

	if (!command)
		return write_overview(file);
	fputs(".TH TSEM\\-", file);
	for (letter = command->name; *letter; letter++)
		fputc(*letter - 'a' + 'A', file);
	fprintf(file, " 1 \"\" tsem \"User Commands\"\n.SH NAME\ntsem\\-%s \\- ", command->name);
	write_line(file, command->summary);
	fputs(".SH SYNOPSIS\n", file);
	command_usage(command, &usage);
	write_line(file, usage.data ? usage.data : "");
	tsem_buffer_deinit(&usage);
	fputs(".SH DESCRIPTION\n", file);
	write_paragraphs(file, command->text);
	write_options(file, command);
	write_example(file, command->example);
	write_statuses(file, command);
	fputs(".SH SEE ALSO\n.BR tsem (1)\n", file);
	return 0;
}
