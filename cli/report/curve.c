/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The runs: a bar for each, as high as the logarithm of its new events, and a table. */
#include "../../lib/learn/curve.h"
#include "report.h"

#define WIDTH 900
#define HEIGHT 230
#define LEFT 52
#define RIGHT 12
#define TOP 24
#define BASE 200 /* where the bars stand */
#define BAR_MOST 56
#define LABELS_MOST 24
#define RUNS_SHOWN 200

struct scale {
	struct curve curve;
	size_t bars;
	unsigned top; /* height of the most, rounded up to a power of ten */
	unsigned step, bar; /* in hundredths of a unit */
};

static unsigned height_of(const struct scale *scale, tsem_u64 number)
{
	return (BASE - TOP) * curve_height(number) / scale->top;
}

static struct scale make_scale(const struct tsem_convergence *c)
{
	struct scale s = {.curve = curve_last(c, RUNS_SHOWN)};
	tsem_u64 ten = 10;

	s.bars = c->count - s.curve.first;
	while (ten < s.curve.most)
		ten *= 10;
	s.top = curve_height(ten);
	s.step = s.bars ? 100 * (WIDTH - LEFT - RIGHT) / s.bars : 0;
	s.bar = s.step * 7 / 10 < 100 * BAR_MOST ? s.step * 7 / 10 : 100 * BAR_MOST;
	return s;
}

static void add_grid(struct report_page *page, const struct scale *scale)
{
	for (tsem_u64 ten = 1; curve_height(ten) <= scale->top; ten *= 10) {
		unsigned y = BASE - height_of(scale, ten);

		tsem_buffer_printf(
			page->html,
			"<line x1=\"%d\" x2=\"%d\" y1=\"%u\" y2=\"%u\"/><text x=\"%d\" y=\"%u\" text-anchor=\"end\">%llu</text>\n",
			LEFT, WIDTH - RIGHT, y, y, LEFT - 8, y + 4, ten);
	}
	tsem_buffer_printf(page->html, "<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n", LEFT, WIDTH - RIGHT, BASE,
			   BASE);
}

static void add_bar(struct report_page *page, const struct scale *scale, size_t i)
{
	const struct tsem_learning_run *run = &page->convergence->runs[i];
	unsigned middle = 100 * LEFT + scale->step * (i - scale->curve.first) + scale->step / 2;
	unsigned left = middle - scale->bar / 2, height = run->fresh ? height_of(scale, run->fresh) : 2;
	size_t every = (scale->bars + LABELS_MOST - 1) / LABELS_MOST;

	tsem_buffer_printf(page->html,
			   "<rect class=\"%s\" x=\"%u.%02u\" y=\"%u\" width=\"%u.%02u\" height=\"%u\" rx=\"2\">"
			   "<title>run %zu: %zu new, %zu in all</title></rect>\n",
			   run->fresh ? "bar" : "zero", left / 100, left % 100, BASE - height, scale->bar / 100,
			   scale->bar % 100, height, i + 1, run->fresh, run->total);
	if ((i - scale->curve.first) % every)
		return;
	tsem_buffer_printf(page->html,
			   "<text class=\"value\" x=\"%u\" y=\"%u\" text-anchor=\"middle\">%zu</text>"
			   "<text x=\"%u\" y=\"%d\" text-anchor=\"middle\">%zu</text>\n",
			   middle / 100, BASE - height - 5, run->fresh, middle / 100, BASE + 18, i + 1);
}

void report_curve(struct report_page *page)
{
	const struct tsem_convergence *c = page->convergence;
	struct scale scale = make_scale(c);

	tsem_buffer_printf(
		page->html,
		"<div class=\"scroll\"><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"New events in each of %zu runs; the numbers are in the "
		"table below\">\n",
		WIDTH, HEIGHT, c->count);
	add_grid(page, &scale);
	for (size_t i = scale.curve.first; i < c->count; i++)
		add_bar(page, &scale, i);
	tsem_buffer_printf(page->html, "</svg></div>\n<p><small>Run by run, on a logarithmic scale%s.</small></p>\n",
			   scale.curve.first ? "; the first runs are not shown" : "");
}

void report_runs(struct report_page *page)
{
	const struct tsem_convergence *c = page->convergence;

	tsem_buffer_printf(
		page->html,
		"<details><summary>The numbers</summary>\n<div class=\"scroll\"><table><tr><th class=\"n\">run</th>"
		"<th class=\"n\">new</th><th class=\"n\">distinct in all</th><th class=\"n\">events</th>"
		"<th class=\"n\">not modeled</th><th class=\"n\">refused</th><th class=\"n\">status</th></tr>\n");
	for (size_t i = 0; i < c->count; i++) {
		const struct tsem_learning_run *run = &c->runs[i];

		tsem_buffer_printf(
			page->html,
			"<tr><td class=\"n\">%zu</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td><td class=\"n\">%llu</td>"
			"<td class=\"n\">%llu</td><td class=\"n\">%llu</td><td class=\"n\">%d</td></tr>\n",
			i + 1, run->fresh, run->total, run->events, run->failed, run->refused, run->status);
	}
	tsem_buffer_printf(page->html, "</table></div></details>\n");
}
