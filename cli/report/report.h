/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The page of tsem learn --report: one HTML file that needs no other. Its only script is the search field. */
#ifndef TSEM_CLI_REPORT_H
#define TSEM_CLI_REPORT_H

#include "convergence.h"

struct learning_report {
	const struct tsem_convergence *convergence;
	const struct tsem_changes *changes; /* NULL when it has converged */
	const struct tsem_buffer *command; /* with the rules that are proposed */
	char *const *workload;
};

/* Temporary file beside path, fsync, rename. */
int report_write(const struct learning_report *report, const char *path, struct tsem_error *error);

/* ---- the parts (report_*.c) ---- */

struct tsem_explainer;

struct report_page {
	const struct learning_report *report;
	const struct tsem_convergence *convergence;
	const struct tsem_model *model;
	struct tsem_explainer *explainer;
	struct tsem_buffer *html;
};

/* What the workload does, by the questions of a reviewer. */
void report_review(struct report_page *page);
void report_curve(struct report_page *page);
void report_runs(struct report_page *page);
void report_programs(struct report_page *page);
void report_classes(struct report_page *page);
void report_odd(struct report_page *page);
/* An event as a sentence. */
void report_event(struct report_page *page, const struct tsem_entry *entry);

#endif
