/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

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

static bool copy_entries(const struct tsem_set *from, struct tsem_set *to)
{
	struct tsem_entry *entry;
	size_t i;

	for (i = 0; i < from->count; i++) {
		entry = tsem_set_add(to, from->entries[i].coefficient, NULL);
		if (!entry)
			return false;
		entry->number = from->entries[i].number;
	}
	return true;
}

/* model: NULL, or the model that was loaded before the session and may not have been seen in it */
static int merge_sets(const struct subject *subject, const struct tsem_model *model, struct tsem_set *ret_set,
		      struct tsem_error *error)
{
	struct tsem_set set = {0};

	if (!copy_entries(subject->trajectory, &set) ||
	    (subject->forensics && !copy_entries(subject->forensics, &set)) ||
	    (model && !copy_entries(&model->set, &set))) {
		tsem_set_deinit(&set);
		return tsem_error_set(error, ENOMEM, "out of memory for the coefficients of '%s'", subject->name);
	}
	*ret_set = set;
	return 0;
}

int subject_state(const struct subject *subject, tsem_u8 ret_digest[TSEM_DIGEST_SIZE], struct tsem_error *error)
{
	struct tsem_set set;
	int status;

	status = merge_sets(subject, subject->session ? subject->session->model : NULL, &set, error);
	if (status)
		return status;
	status = tsem_set_state(&set, NULL, NULL, ret_digest);
	tsem_set_deinit(&set);
	return status ? tsem_error_set(error, -status, "cannot compute the state: %s", strerror(-status)) : 0;
}

bool subject_has_order(const struct subject *subject)
{
	size_t i;

	for (i = 0; i < subject->trajectory->count; i++) {
		if (subject->trajectory->entries[i].number)
			return true;
	}
	return subject->session || subject->trajectory->count == 0;
}

int subject_measurement(const struct subject *subject, tsem_u8 ret_digest[TSEM_DIGEST_SIZE], struct tsem_error *error)
{
	struct tsem_set set;
	int status;

	if (!subject_has_order(subject))
		return tsem_error_set(error, ENODATA,
				      "model '%s' does not say in which order its events came, "
				      "so it has no measurement",
				      subject->name);
	status = merge_sets(subject, NULL, &set, error);
	if (status)
		return status;
	status = tsem_set_measurement(&set, NULL, NULL, ret_digest);
	tsem_set_deinit(&set);
	return status ? tsem_error_set(error, -status, "cannot compute the measurement: %s", strerror(-status)) : 0;
}

static void count_set(const struct tsem_set *set, struct subject_events *events)
{
	const struct tsem_record *record;
	size_t i;

	for (i = 0; i < set->count; i++) {
		record = set->entries[i].record;
		if (!record || record->event >= TSEM_EVENT_LIMIT) {
			events->unknown++;
			continue;
		}
		events->distinct[record->event]++;
		events->total[record->event] += set->entries[i].count;
	}
}

void subject_count_events(const struct subject *subject, struct subject_events *ret_events)
{
	memset(ret_events, 0, sizeof(*ret_events));
	count_set(subject->trajectory, ret_events);
	if (subject->forensics)
		count_set(subject->forensics, ret_events);
}
