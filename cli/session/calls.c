/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "calls.h"

#include <errno.h>
#include <stdio.h>

int run_calls_words(const struct invocation *v)
{
	bool asked = invocation_given(v, OPTION_run_syscalls), without = invocation_given(v, OPTION_run_no_syscalls);

	if (asked && without)
		return usage_error(v, "--syscalls and --no-syscalls exclude each other");
	if (asked && !invocation_given(v, OPTION_run_model))
		return usage_error(v, "--syscalls needs a model with a list of system calls: add --model MODEL");
	if (asked && invocation_given(v, OPTION_run_tma))
		return usage_error(
			v, "--syscalls is for a model that the kernel enforces: an agent decides about events only");
	return 0;
}

/* Where every call already passes a filter, another one is cheap. */
static bool wanted(const struct invocation *v, const struct tsem_model *model)
{
	if (invocation_given(v, OPTION_run_no_syscalls) || invocation_given(v, OPTION_run_tma))
		return false;
	return invocation_given(v, OPTION_run_syscalls) ||
	       (invocation_given(v, OPTION_run_enforce) && model->calls.known && tsem_wall_present());
}

int run_calls_wall(const struct invocation *v, const struct tsem_model *model, struct tsem_wall **ret_wall)
{
	if (!wanted(v, model))
		return 0;
	if (!model->calls.known)
		return tsem_error_set(v->error, EINVAL,
				      "model %s has no list of system calls: learn it again, or run "
				      "it without --syscalls",
				      model->name);
	return tsem_wall_create(&model->calls, ret_wall, v->error);
}

int calls_take(const struct tsem_orchestrator *orchestrator, struct tsem_model *model, const char *prefix,
	       size_t *ret_fresh, struct tsem_error *error)
{
	tsem_u64 left, compat;
	int r = tsem_orchestrator_calls(orchestrator, &model->calls, ret_fresh, &left, &compat, error);

	if (r)
		return r;
	if (left)
		fprintf(stderr,
			"%s%llu uses of ioctl, prctl or socket had an argument for which there was no room: "
			"--syscalls refuses them\n",
			prefix, left);
	if (compat)
		fprintf(stderr, "%s%llu system calls of 32-bit programs: --syscalls refuses all of them\n", prefix,
			compat);
	return 0;
}
