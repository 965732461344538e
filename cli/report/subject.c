/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../lib/explain/explainer.h"
#include "explain.h"
#include "subject.h"

static void fill_session(struct subject *subject, struct tsem_session *session)
{
	memset(subject, 0, sizeof(*subject));
	subject->session = session;
	subject->name = session->name;
	subject->trajectory = &session->trajectory;
	subject->forensics = &session->forensics;
	subject->options = session->status.options;
}

static int open_model(const char *path, const struct tsem_keyring *keyring, struct subject *ret_subject,
		      struct tsem_error *error)
{
	struct tsem_signed *info;
	struct tsem_model *model;
	int status;

	status = tsem_model_read_signed(path, keyring, &model, &info, error);
	if (status)
		return status;
	memset(ret_subject, 0, sizeof(*ret_subject));
	ret_subject->model = model;
	ret_subject->info = info;
	ret_subject->name = model->name;
	ret_subject->trajectory = &model->set;
	ret_subject->options = model->options;
	return 0;
}

/* Sessions are for root only; a file may belong to anybody. */
int subject_open(const char *name, const struct tsem_keyring *keyring, struct subject *ret_subject,
		 struct tsem_error *error)
{
	struct tsem_session *session;
	bool file = access(name, F_OK) == 0;
	int status;

	if (strchr(name, '/') || keyring)
		return open_model(name, keyring, ret_subject, error);
	status = tsem_session_open(name, &session, error);
	if (status == 0) {
		fill_session(ret_subject, session);
		return 0;
	}
	if (file && (status == -ENOENT || status == -EPERM || status == -EACCES || status == -EINVAL)) {
		memset(error, 0, sizeof(*error));
		return open_model(name, keyring, ret_subject, error);
	}
	if (status == -ENOENT)
		return tsem_error_set(error, ENOENT,
				      "there is neither a session nor a file '%s'; `tsem ps --all` lists the sessions",
				      name);
	return status;
}

void subject_close(struct subject *subject)
{
	if (subject->session)
		tsem_session_destroy(subject->session);
	if (subject->model)
		tsem_model_destroy(subject->model);
	tsem_signed_destroy(subject->info);
	memset(subject, 0, sizeof(*subject));
}

/* A session's model may have coefficients that were not seen in it. */
int subject_state(const struct subject *subject, tsem_u8 ret_digest[TSEM_DIGEST_SIZE], struct tsem_error *error)
{
	const struct tsem_model *model = subject->session ? subject->session->model : NULL;
	const struct tsem_set *sets[] = {subject->trajectory, subject->forensics, model ? &model->set : NULL};
	int status = sets_state(sets, 3, ret_digest);

	return status ? tsem_error_set(error, -status, "cannot compute the state of '%s': %s", subject->name,
				       strerror(-status)) :
			0;
}

bool subject_has_order(const struct subject *subject)
{
	return subject->session || set_has_order(subject->trajectory);
}

int subject_measurement(const struct subject *subject, tsem_u8 ret_digest[TSEM_DIGEST_SIZE], struct tsem_error *error)
{
	const struct tsem_set *sets[] = {subject->trajectory, subject->forensics};
	int status;

	if (!subject_has_order(subject))
		return tsem_error_set(error, ENODATA,
				      "model '%s' does not say in which order its events came, "
				      "so it has no measurement",
				      subject->name);
	status = sets_measurement(sets, 2, ret_digest);
	return status ? tsem_error_set(error, -status, "cannot compute the measurement of '%s': %s", subject->name,
				       strerror(-status)) :
			0;
}

struct tally subject_tally(const struct subject *subject)
{
	struct tally tally = {};

	tally_add(&tally, subject->trajectory);
	if (subject->forensics)
		tally_add(&tally, subject->forensics);
	return tally;
}

struct tsem_explainer *subject_explainer(const struct subject *subject)
{
	struct tsem_explainer *explainer;

	if (!subject->session)
		return tsem_explainer_create(subject->trajectory);
	explainer = explainer_of(subject->session);
	explain_origin(explainer, subject->session->name);
	return explainer;
}
