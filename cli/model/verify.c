/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>

#include "../../lib/base/hex.h"
#include "../../lib/event/tally.h"
#include "../report/validity.h"
#include "file.h"
#include "signing.h"
#include "verbs.h"
#include "../text/output.h"
#include "../text/text.h"

/* The findings: both printers say the same. */
struct finding {
	const char *path;
	const struct tsem_model *model;
	const struct tsem_signed *info; /* NULL: not signed */
};

static void print_model(const struct finding *finding)
{
	const struct tsem_model *model = finding->model;
	struct tsem_buffer bypass = {0};

	print_styled(stdout, STYLE_PLAIN, finding->path);
	printf(" is intact: %zu coefficients, %zu of them with their event, from %u run%s; "
	       "profile %s, digest %s.\n",
	       model->set.count, set_count_events(&model->set), model->runs, plural(model->runs),
	       tsem_option_word("profile", model->options), tsem_option_word("digest", model->options));
	tsem_option_format(tsem_option_find("bypass"), model->options, &bypass);
	if (bypass.size)
		printf("It leaves out these classes of events: %s.\n", bypass.data);
	tsem_buffer_deinit(&bypass);
}

static void print_signature(const struct tsem_signature *signature)
{
	if (signature->key) {
		fputs("The signature is valid: by ", stdout);
		print_styled(stdout, STYLE_PLAIN, signature->path);
		printf(", %s, key id %s.\n", tsem_key_kind(signature->key), tsem_key_id(signature->key));
		return;
	}
	fputs("Another signature was made with none of the given keys", stdout);
	if (signature->keyid[0]) {
		fputs("; it names key id ", stdout);
		print_styled(stdout, STYLE_PLAIN, signature->keyid);
	}
	puts(".");
}

static void print_validity(const struct tsem_validity *validity)
{
	char text[TSEM_TIME_SIZE];

	if (validity->serial)
		printf("Its serial is %llu.\n", validity->serial);
	if (validity->not_before) {
		tsem_time_format(validity->not_before, text);
		printf("It may not be used before %s.\n", text);
	}
	if (validity->not_after) {
		tsem_time_format(validity->not_after, text);
		printf("It may not be used after %s.\n", text);
	}
}

static void print_signed(const struct tsem_signed *info)
{
	char hex[2 * TSEM_DIGEST_SIZE + 1];
	size_t i;

	print_validity(&info->validity);

	for (i = 0; i < info->signature_count; i++)
		print_signature(&info->signatures[i]);
	for (i = 0; i < info->subject_count; i++) {
		hex_format(info->subjects[i].sha256, TSEM_DIGEST_SIZE, hex);
		fputs("It is about ", stdout);
		print_styled(stdout, STYLE_PLAIN, info->subjects[i].name[0] ? info->subjects[i].name : "_");
		printf(", sha256:%s.\n", hex);
	}
}

void signing_write(struct writer *writer, const struct tsem_signed *info)
{
	size_t i;

	writer_open(writer, "signatures", '[');
	for (i = 0; i < info->signature_count; i++) {
		const struct tsem_signature *signature = &info->signatures[i];

		writer_open(writer, NULL, '{');
		writer_bool(writer, "verified", signature->key != NULL);
		writer_string(writer, "keyid", signature->key ? tsem_key_id(signature->key) : signature->keyid);
		if (signature->key) {
			writer_string(writer, "kind", tsem_key_kind(signature->key));
			writer_string(writer, "key", signature->path);
		}
		writer_close(writer, '}');
	}
	writer_close(writer, ']');
	write_validity(writer, &info->validity);
	writer_open(writer, "subjects", '[');
	for (i = 0; i < info->subject_count; i++) {
		writer_open(writer, NULL, '{');
		writer_string(writer, "name", info->subjects[i].name);
		writer_hex(writer, "sha256", info->subjects[i].sha256);
		writer_close(writer, '}');
	}
	writer_close(writer, ']');
}

static void write_finding(const struct finding *finding)
{
	const struct tsem_model *model = finding->model;
	struct tsem_buffer bypass = {0};
	struct writer writer;

	tsem_option_format(tsem_option_find("bypass"), model->options, &bypass);
	writer_init(&writer, stdout);
	writer_open(&writer, NULL, '{');
	writer_string(&writer, "file", finding->path);
	writer_string(&writer, "model", model->name);
	writer_number(&writer, "coefficients", model->set.count);
	writer_number(&writer, "trajectory", set_count_events(&model->set));
	writer_number(&writer, "runs", model->runs);
	writer_string(&writer, "profile", tsem_option_word("profile", model->options));
	writer_string(&writer, "digests", tsem_option_word("digest", model->options));
	writer_string(&writer, "not_modeled", bypass.size ? bypass.data : "");
	writer_bool(&writer, "signed", finding->info != NULL);
	if (finding->info)
		signing_write(&writer, finding->info);
	writer_close(&writer, '}');
	tsem_buffer_deinit(&bypass);
}

static int read_keys(const struct invocation *invocation, struct tsem_keyring *keyring)
{
	const char *directory = invocation_value(invocation, OPTION_model_keys), *path;
	size_t cursor = 0;
	int r = directory ? tsem_keyring_add_directory(keyring, directory, invocation->error) : 0;

	while (!r && (path = invocation_next(invocation, OPTION_model_key, &cursor)))
		r = tsem_keyring_add_file(keyring, path, invocation->error);
	return r;
}

/* An unverified signature must not look like a verified one. */
static int refuse_unverified(const struct finding *finding, struct tsem_error *error)
{
	return tsem_error_set(
		error, EINVAL,
		"model %s is signed, and without a key its signature cannot be verified: add --key PUB.pem or "
		"--keys KEYDIR",
		finding->path);
}

int model_verify(const struct invocation *invocation)
{
	struct finding finding = {.path = invocation->operands[1]};
	struct tsem_keyring keyring = {};
	struct tsem_signed *info = NULL;
	struct tsem_model *model = NULL;
	bool keys = invocation_given(invocation, OPTION_model_key) || invocation_given(invocation, OPTION_model_keys);
	int r;

	if (invocation_given(invocation, OPTION_model_about) && !keys)
		return usage_error(
			invocation,
			"--about needs a signature that names the subjects of the model: add --key PUB.pem or --keys KEYDIR");
	r = read_keys(invocation, &keyring);
	if (!r)
		r = tsem_model_read_signed(finding.path, keys ? &keyring : NULL, &model, &info, invocation->error);
	finding.model = model;
	finding.info = info;
	if (!r && info && !keys)
		r = refuse_unverified(&finding, invocation->error);
	if (!r && info)
		r = model_file_check(invocation, finding.path, info);
	if (!r && invocation_given(invocation, OPTION_model_json)) {
		write_finding(&finding);
	} else if (!r) {
		print_model(&finding);
		if (info)
			print_signed(info);
	}
	tsem_signed_destroy(info);
	tsem_model_destroy(model);
	tsem_keyring_deinit(&keyring);
	return r;
}
