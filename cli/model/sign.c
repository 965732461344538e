/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "verbs.h"
#include "file.h"
#include "signing.h"
#include "../../lib/base/environment.h"

#define PASSPHRASE "TSEM_KEY_PASSPHRASE"

static const char *value_of(const struct invocation *invocation, const char *option)
{
	return invocation_value(invocation, command_option(invocation->command, option));
}

int signing_key_read(const struct invocation *invocation, struct tsem_key **ret_key)
{
	const char *passphrase = environment_variable(PASSPHRASE);
	struct tsem_error *error = invocation->error;
	int r = tsem_key_read(value_of(invocation, "key"), passphrase, ret_key, error);
	struct tsem_error reason = *error;

	if (r == -EACCES && !passphrase)
		return tsem_error_set(error, EACCES, "%s; put it into the environment as " PASSPHRASE, reason.text);
	return r;
}

static int read_subjects(const struct invocation *invocation, struct tsem_subject **ret_subjects, size_t *ret_count)
{
	struct tsem_subject *subjects = calloc(invocation->given_count + 1, sizeof(*subjects));
	size_t count = 0, cursor = 0;
	const char *text;

	if (!subjects)
		return tsem_error_set(invocation->error, ENOMEM, "out of memory");
	while ((text = invocation_next(invocation, OPTION_model_subject, &cursor))) {
		if (tsem_subject_parse(text, &subjects[count++], invocation->error)) {
			free(subjects);
			return STATUS_USAGE;
		}
	}
	*ret_subjects = subjects;
	*ret_count = count;
	return 0;
}

static int read_time(const struct invocation *invocation, const char *option, tsem_u64 *ret_seconds)
{
	const char *text = value_of(invocation, option);

	return text && tsem_time_parse(text, time(NULL), ret_seconds, invocation->error) ? STATUS_USAGE : 0;
}

int signing_validity_read(const struct invocation *invocation, struct tsem_validity *ret_validity)
{
	struct tsem_validity *validity = ret_validity;
	int r;

	*validity = (struct tsem_validity){};
	r = read_time(invocation, "not-before", &validity->not_before);
	if (!r)
		r = read_time(invocation, "not-after", &validity->not_after);
	validity->serial = invocation_number(invocation, command_option(invocation->command, "serial"), 0);
	if (!r && validity->not_after && validity->not_after < validity->not_before)
		return usage_error(invocation, "--not-after is before --not-before: the model could never be used");
	return r;
}

static int write_signed(const struct invocation *invocation, const struct tsem_buffer *envelope,
			const struct tsem_key *key)
{
	const char *path = invocation_value(invocation, OPTION_model_output);
	int r;

	if (!path) {
		fwrite(envelope->data, 1, envelope->size, stdout);
		return 0;
	}
	r = tsem_buffer_write(envelope, path, invocation->error);
	if (!r)
		printf("signed with the %s key %s\n", tsem_key_kind(key), tsem_key_id(key));
	return r;
}

int model_sign(const struct invocation *invocation)
{
	const char *keys = invocation_value(invocation, OPTION_model_keys);
	struct tsem_signing signing = {.size = sizeof(signing),
				       .sealed = invocation_given(invocation, OPTION_model_sealed)};
	struct tsem_subject *subjects = NULL;
	struct tsem_keyring keyring = {};
	struct tsem_buffer envelope = {};
	struct tsem_key *key = NULL;
	bool again = false;
	int r;

	if (!invocation_given(invocation, OPTION_model_key))
		return usage_error(invocation, "`tsem model sign` needs --key KEY.pem, the private key to sign with");
	r = signing_validity_read(invocation, &signing.validity);
	if (!r)
		r = read_subjects(invocation, &subjects, &signing.subject_count);
	if (r)
		return r;
	signing.subjects = subjects;
	signing.keyring = keys ? &keyring : NULL;
	r = keys ? tsem_keyring_add_directory(&keyring, keys, invocation->error) : 0;
	if (!r)
		r = signing_key_read(invocation, &key);
	if (!r)
		r = tsem_model_sign(invocation->operands[1], key, &signing, &envelope, &again, invocation->error);
	if (!r && again && !keys)
		model_file_tell(invocation->operands[1], "--keys KEYDIR");
	if (!r)
		r = write_signed(invocation, &envelope, key);
	tsem_buffer_deinit(&envelope);
	tsem_key_destroy(key);
	tsem_keyring_deinit(&keyring);
	free(subjects);
	return r;
}
