/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "curve.h"

void curve_verdict(const struct tsem_convergence *c, struct tsem_buffer *buffer)
{
	struct tsem_convergence_state state = tsem_convergence_state(c);

	if (state.converged == TSEM_CONVERGED)
		tsem_buffer_printf(buffer, "Converged: nothing new in the last %zu of %zu runs.", state.quiet,
				   c->count);
	else if (state.converged == TSEM_CONVERGED_UNKNOWN)
		tsem_buffer_printf(buffer, "One run cannot tell whether this is all: learn with --until-converged.");
	else if (state.converged == TSEM_CONVERGED_PERHAPS)
		tsem_buffer_printf(
			buffer, "Perhaps converged: nothing new in the last %zu of %zu runs, and --stable asks for %u.",
			state.quiet, c->count, c->stable);
	else if (!state.fresh)
		tsem_buffer_printf(buffer, "Not converged: %zu new system call%s in the last %zu of %zu runs.",
				   state.calls, state.calls == 1 ? "" : "s", state.late, c->count);
	else
		tsem_buffer_printf(buffer, "Not converged: %zu new event%s in the last %zu of %zu runs.", state.fresh,
				   state.fresh == 1 ? "" : "s", state.late, c->count);
}

struct curve curve_last(const struct tsem_convergence *c, size_t runs)
{
	struct curve curve = {.first = c->count > runs ? c->count - runs : 0, .most = 1};

	for (size_t i = curve.first; i < c->count; i++)
		curve.most = c->runs[i].fresh > curve.most ? c->runs[i].fresh : curve.most;
	return curve;
}

unsigned curve_height(tsem_u64 number)
{
	unsigned bits = 0;

	number += number < ~0ull;
	while (number >> bits > 1)
		bits++;
	return 16 * bits + (bits > 4 ? (number >> (bits - 4)) & 15 : (number << (4 - bits)) & 15);
}
