/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "explainer.h"

struct tsem_explainer *explainer_of(const struct tsem_session *session)
{
	struct tsem_explainer *explainer = tsem_explainer_create(session->model ? &session->model->set : NULL);

	if (!explainer)
		return NULL;
	tsem_explainer_learn_set(explainer, &session->trajectory);
	tsem_explainer_learn_set(explainer, &session->forensics);
	return explainer;
}
