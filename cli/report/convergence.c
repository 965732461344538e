/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Convergence as text for a terminal. */
#include <stdlib.h>
#include <string.h>

#include "../../lib/learn/curve.h"
#include "../text/output.h"
#include "convergence.h"

#define RUNS_SHOWN 20
#define GROUPS_SHOWN 8

static void print_runs(const struct tsem_convergence *c)
{
	size_t first = curve_last(c, RUNS_SHOWN).first;

	fprintf(stderr, "new coefficients in runs %zu to %zu:", first + 1, c->count);
	for (size_t i = first; i < c->count; i++)
		fprintf(stderr, "%s %zu", i > first ? "," : "", c->runs[i].fresh);
	fprintf(stderr, "\n");
}

static void print_groups(const struct tsem_convergence *c, const struct tsem_changes *changes)
{
	size_t shown = changes->count < GROUPS_SHOWN ? changes->count : GROUPS_SHOWN, rest = 0;

	for (size_t i = 0; i < shown; i++) {
		struct tsem_buffer action = {}, difference = {};
		size_t more = changes->groups[i].count - 1;

		tsem_change_describe(changes, c, &changes->groups[i], &action, &difference);
		fprintf(stderr, "  %s%s", action.data ? action.data : "?", more ? "" : "\n");
		if (more)
			fprintf(stderr, ", and %zu more like it\n", more);
		fprintf(stderr, "      %s\n", difference.data ? difference.data : "?");
		tsem_buffer_deinit(&action);
		tsem_buffer_deinit(&difference);
	}
	for (size_t i = shown; i < changes->count; i++)
		rest += changes->groups[i].count;
	if (rest)
		fprintf(stderr, "  and %zu other events; --report has them all\n", rest);
}

static void print_rules(const struct tsem_proposals *proposals)
{
	for (size_t i = 0; i < proposals->count; i++) {
		const struct tsem_proposal *proposal = &proposals->rules[i];
		size_t events = proposals->changing ? proposal->explained : proposal->events;
		struct tsem_buffer sentence = {};

		tsem_pattern_describe(&proposal->rule, &sentence);
		fprintf(stderr, "  %s\n      ", sentence.data ? sentence.data : "?");
		if (events)
			fprintf(stderr, "for %zu events, ", events);
		fprintf(stderr, "such as the name ");
		print_styled(stderr, STYLE_PLAIN, proposal->example); /* {name} stands for any bytes */
		fputc('\n', stderr);
		tsem_buffer_deinit(&sentence);
	}
}

static void print_proposals(const struct tsem_proposals *proposals, const struct tsem_proposals *local,
			    const struct tsem_buffer *command)
{
	if (proposals->count && proposals->changing)
		fprintf(stderr,
			"Some names differ in each run. These patterns of names would cover %zu of the %zu new events:\n",
			proposals->explained, proposals->changing);
	else if (proposals->count)
		fprintf(stderr, "Some names seem to differ in each run. Patterns of names would cover them:\n");
	print_rules(proposals);
	if (local->count)
		fprintf(stderr,
			"Some names have the host name, the date or the place of a device in them. On another host or day they differ. Patterns of names would cover them:\n");
	print_rules(local);
	if (command->data && proposals->count + local->count)
		fprintf(stderr, "Each lets in more than the runs showed. If you accept that, run:\n  %s\n",
			command->data);
}

void convergence_print(const struct tsem_convergence *c, const struct tsem_changes *changes,
		       const struct tsem_proposals *local, const struct tsem_buffer *command)
{
	struct tsem_buffer verdict = {};

	if (c->count > 1) {
		print_runs(c);
		curve_verdict(c, &verdict);
		fprintf(stderr, "%s\n", verdict.data ? verdict.data : "");
		tsem_buffer_deinit(&verdict);
		if (!tsem_convergence_reached(c))
			print_groups(c, changes);
	}
	print_proposals(&changes->proposals, local, command);
}
