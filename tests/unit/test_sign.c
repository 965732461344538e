/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/event/digest.h"
#include "../../lib/json/dsse.h"
#include "../../lib/json/members.h"
#include "../../lib/sign/key.h"
#include "../../lib/model/model.h"
#include "../../lib/sign/statement.h"
#include "generate.h"
#include "unit.h"

/* ---- base64, RFC 4648 ---- */

static void check_base64(const char *bytes, const char *text)
{
	struct tsem_buffer buffer = {0};
	char copy[64];
	size_t size = strlen(text);

	base64_encode((const tsem_u8 *)bytes, strlen(bytes), &buffer);
	CHECK_TEXT(buffer.data, text);
	strcpy(copy, text);
	CHECK(base64_decode(copy, &size) && size == strlen(bytes) && !memcmp(copy, bytes, size));
	tsem_buffer_deinit(&buffer);
}

void test_base64_vectors(void)
{
	static const char *const bad[] = {"A",	  "AA",	   "AAA",  "=",	   "====", "A===", "AA=A",     "AAAA=",
					  "A A=", "AAA\n", "AB==", "AAB=", "+_==", "/-AA", "AA==AA==", "AAA*"};
	char copy[64];
	size_t size;

	check_base64("", "");
	check_base64("f", "Zg==");
	check_base64("fo", "Zm8=");
	check_base64("foo", "Zm9v");
	check_base64("foob", "Zm9vYg==");
	check_base64("fooba", "Zm9vYmE=");
	check_base64("foobar", "Zm9vYmFy");
	check_base64("\xfb\xff\xbf", "+/+/");
	strcpy(copy, "-_-_");
	size = 4;
	CHECK(base64_decode(copy, &size) && size == 3 && !memcmp(copy, "\xfb\xff\xbf", 3));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		strcpy(copy, bad[i]);
		size = strlen(copy);
		if (base64_decode(copy, &size))
			unit_fail(__FILE__, __LINE__, "\"%s\" was decoded", bad[i]);
	}
}

/* ---- the published vector of DSSE: a key, what it signed, and the signature ---- */

static EVP_PKEY *published_key(void)
{
	static const char x[] = "46950820868899156662930047687818585632848591499744589407958293238635476079160";
	static const char y[] = "5640078356564379163099075877009565129882514886557779369047442380624545832820";
	static const tsem_u8 head[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
				       0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
				       0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
	tsem_u8 der[sizeof(head) + 64];
	const unsigned char *at = der;
	BIGNUM *number = NULL;

	memcpy(der, head, sizeof(head));
	BN_dec2bn(&number, x);
	BN_bn2binpad(number, der + sizeof(head), 32);
	BN_dec2bn(&number, y);
	BN_bn2binpad(number, der + sizeof(head) + 32, 32);
	BN_free(number);
	return d2i_PUBKEY(NULL, &at, sizeof(der));
}

static struct tsem_key *key_of(EVP_PKEY *pkey, bool private)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct tsem_error error = {0};
	struct tsem_key *key = NULL;
	char *pem;
	long size;

	if (private)
		PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
	else
		PEM_write_bio_PUBKEY(bio, pkey);
	size = BIO_get_mem_data(bio, &pem);
	if (private ? key_parse_private(pem, size, NULL, "key", &key, &error) :
		      key_parse_public(pem, size, "key", &key, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	BIO_free(bio);
	return key;
}

/* The vector has r and s side by side; what DSSE tools use is their DER. */
static int der_of(const tsem_u8 *raw, tsem_u8 *der)
{
	ECDSA_SIG *signature = ECDSA_SIG_new();
	int size;

	ECDSA_SIG_set0(signature, BN_bin2bn(raw, 32, NULL), BN_bin2bn(raw + 32, 32, NULL));
	size = i2d_ECDSA_SIG(signature, &der);
	ECDSA_SIG_free(signature);
	return size;
}

void test_dsse_vector(void)
{
	char raw[] = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==";
	EVP_PKEY *pkey = published_key();
	struct tsem_key *key = key_of(pkey, false);
	struct tsem_buffer text = {0};
	size_t size = strlen(raw);
	tsem_u8 der[80];
	int length;

	dsse_encode("http://example.com/HelloWorld", "hello world", 11, &text);
	CHECK_TEXT(text.data, "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
	CHECK(base64_decode(raw, &size) && size == 64);
	length = der_of((const tsem_u8 *)raw, der);
	CHECK(key_verify(key, text.data, text.size, der, length));
	CHECK(!key_verify(key, text.data, text.size - 1, der, length));
	CHECK(!key_verify(key, text.data, text.size, der, length - 1));
	CHECK(!key_verify(key, text.data, text.size, (const tsem_u8 *)raw, 64)); /* not in DER */
	CHECK(!key_verify(key, text.data, text.size, der, 0));
	tsem_key_destroy(key);
	EVP_PKEY_free(pkey);
	tsem_buffer_deinit(&text);
}

/* ---- envelopes ---- */

#define TYPE "\"payloadType\":\"" DSSE_TYPE "\""
#define SIGNATURES "\"signatures\":[{\"keyid\":\"k\",\"sig\":\"AAAA\"}]"

static const struct {
	const char *text, *reason;
} bad_envelopes[] = {
	{"", "a { is expected"},
	{"{}", "payload: this member is missing"},
	{"{\"payload\":\"AAAA\"," SIGNATURES "}", "payloadType: this member is missing"},
	{"{\"payload\":\"AAAA\"," TYPE "}", "signatures: this member is missing"},
	{"{\"payload\":\"AAAA\"," TYPE ",\"signatures\":[]}", "there is no signature"},
	{"{\"payload\":\"AAAA\"," TYPE ",\"signatures\":{}}", "a list is expected"},
	{"{\"payload\":\"AAAA\"," TYPE ",\"signatures\":[{}]}", "sig: this member is missing"},
	{"{\"payload\":\"AAAA\"," TYPE ",\"signatures\":[{\"sig\":\"?\"}]}", "sig: this is not base64"},
	{"{\"payload\":\"AAAA\"," TYPE ",\"signatures\":[{\"sig\":\"\",\"sig\":\"\"}]}",
	 "sig: this member is there twice"},
	{"{\"payload\":\"AAAA\"," TYPE ",\"signatures\":[{\"sig\":\"\",\"keyid\":\"a\\u0000b\"}]}",
	 "keyid: there is a NUL"},
	{"{\"payload\":\"AAA\"," TYPE "," SIGNATURES "}", "payload: this is not base64"},
	{"{\"payload\":1," TYPE "," SIGNATURES "}", "payload: a \" is expected"},
	{"{\"payload\":\"AAAA\",\"payload\":\"AAAA\"," TYPE "," SIGNATURES "}", "payload: this member is there twice"},
	{"{\"payload\":\"AAAA\",\"payloadType\":\"text/plain\"," SIGNATURES "}",
	 "payloadType: only application/vnd.in-toto+json"},
	{"{\"payload\":\"AAAA\"," TYPE "," SIGNATURES "} x", "after the object"},
	{"{\"payload\":\"AAAA\"," TYPE "," SIGNATURES, "a } is expected"},
	{"{\"payload\":\"AAAA\"," TYPE "," SIGNATURES ",\"more\":[[[}", "a value is expected"},
};

void test_dsse_refused(void)
{
	struct dsse dsse;
	struct tsem_error error;

	for (size_t i = 0; i < sizeof(bad_envelopes) / sizeof(*bad_envelopes); i++) {
		const char *text = bad_envelopes[i].text;

		CHECK(dsse_parse(text, strlen(text), "m", &dsse, &error) == -EBADMSG);
		CHECK_HOLDS(error.text, bad_envelopes[i].reason);
	}
}

void test_dsse_read(void)
{
	static const char text[] =
		" { \"more\" : {\"a\":[1,2]} , " SIGNATURES ", " TYPE ", \"payload\" : \"-_\\u002d_\" } \n";
	struct tsem_buffer again = {0};
	struct tsem_error error = {0};
	struct dsse dsse = {.count = 0}, copy = {.count = 0};

	if (CHECK(!dsse_parse(text, strlen(text), "m", &dsse, &error))) {
		CHECK(dsse.payload_size == 3 && !memcmp(dsse.payload, "\xfb\xff\xbf", 3) && dsse.count == 1);
		CHECK_TEXT(dsse.signatures[0].keyid, "k");
		for (size_t i = 1; i < DSSE_SIGNATURES_MAX; i++)
			CHECK(!dsse_add(&dsse, "\"\\\n", (const tsem_u8 *)"sig", 3));
		CHECK(dsse_add(&dsse, "one more", (const tsem_u8 *)"sig", 3) == -ENOSPC);
		dsse_format(&dsse, &again);
		CHECK(!dsse_parse(again.data, again.size, "m", &copy, &error) && copy.count == DSSE_SIGNATURES_MAX);
		CHECK_TEXT(copy.signatures[1].keyid, "\"\\\n");
	}
	dsse_deinit(&dsse);
	dsse_deinit(&copy);
	tsem_buffer_deinit(&again);
}

/* ---- whole files ---- */

struct fixture {
	char directory[64];
	struct tsem_model *model;
	struct tsem_key *edwards, *curve; /* private */
	struct tsem_keyring edwards_ring, curve_ring;
};

static void write_public(EVP_PKEY *pkey, const char *path)
{
	FILE *file = fopen(path, "w");

	CHECK(file && PEM_write_PUBKEY(file, pkey) == 1 && !fclose(file));
}

static struct tsem_key *make_pair(EVP_PKEY *pkey, const char *path, struct tsem_keyring *keyring)
{
	struct tsem_key *key = key_of(pkey, true);
	struct tsem_error error = {0};

	write_public(pkey, path);
	if (tsem_keyring_add_file(keyring, path, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	CHECK_TEXT(tsem_key_id(key), tsem_key_id(keyring->keys[0]));
	EVP_PKEY_free(pkey);
	return key;
}

static struct tsem_model *create_model(void)
{
	struct generator generator = {.seed = 31};
	struct tsem_model *model = tsem_model_create("n\xc3\xa4me \"\\", TSEM_OPTION_PORTABLE);

	model->runs = 1;
	for (unsigned i = 0; i < 3; i++) {
		struct tsem_record *record =
			generate_record(&generator, tsem_event_number(i ? "file_open" : "socket_create"));
		struct tsem_entry *entry = tsem_set_add(&model->set, record->coefficient, NULL);

		*entry = (struct tsem_entry){.number = i + 1, .count = 1, .run = 1, .last = 1, .record = record};
		memcpy(entry->coefficient, record->coefficient, TSEM_DIGEST_SIZE);
	}
	return model;
}

static bool begin(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	strcpy(fixture->directory, "/tmp/tsem-unit-XXXXXX");
	if (!CHECK(mkdtemp(fixture->directory) && !chdir(fixture->directory)))
		return false;
	fixture->model = create_model();
	fixture->edwards = make_pair(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), "ed.pem", &fixture->edwards_ring);
	fixture->curve = make_pair(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), "ec.pem", &fixture->curve_ring);
	return CHECK(!tsem_model_write(fixture->model, "m", NULL));
}

static void end(struct fixture *fixture)
{
	tsem_key_destroy(fixture->edwards);
	tsem_key_destroy(fixture->curve);
	tsem_keyring_deinit(&fixture->edwards_ring);
	tsem_keyring_deinit(&fixture->curve_ring);
	tsem_model_destroy(fixture->model);
	CHECK(!unlink("m") && !unlink("ed.pem") && !unlink("ec.pem") && (!unlink("s") || errno == ENOENT) &&
	      !chdir("/") && !rmdir(fixture->directory));
}

static void put_file(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fwrite(bytes, 1, size, file) == size && !fclose(file));
}

static void sign(const char *path, const struct tsem_key *key, bool sealed, struct tsem_buffer *ret_envelope)
{
	struct tsem_error error = {0};

	ret_envelope->size = 0;
	if (tsem_model_sign(path, key, &(struct tsem_signing){.size = sizeof(struct tsem_signing), .sealed = sealed},
			    ret_envelope, NULL, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	put_file("s", ret_envelope->data, ret_envelope->size);
}

/* The same bytes from memory. */
static int parsed(const struct tsem_keyring *keyring)
{
	struct tsem_model *model = NULL;
	struct tsem_buffer bytes = {0};
	struct tsem_error error = {0};
	int result = model_load("s", &bytes, NULL);

	if (result) /* it does not begin like one */
		return result;
	result = tsem_model_parse_signed(bytes.data, bytes.size, "s", keyring, &model, NULL, &error);
	CHECK(!model == !!result && error.code == -result);
	tsem_model_destroy(model);
	tsem_buffer_deinit(&bytes);
	return result;
}

/* Whether the file s is accepted; if so, its model has to be that of the fixture. */
static bool accepted(const struct fixture *fixture, const struct tsem_keyring *keyring)
{
	tsem_u8 expected[TSEM_DIGEST_SIZE], state[TSEM_DIGEST_SIZE];
	struct tsem_model *model = NULL;
	struct tsem_error error = {0};
	int result = tsem_model_read_signed("s", keyring, &model, NULL, &error);

	CHECK(parsed(keyring) == result);
	if (result) {
		CHECK(!model && error.code == -result && error.text[0]);
		return false;
	}
	tsem_set_state(&fixture->model->set, NULL, NULL, expected);
	tsem_set_state(&model->set, NULL, NULL, state);
	CHECK(!memcmp(expected, state, TSEM_DIGEST_SIZE) && model->set.count == fixture->model->set.count);
	CHECK_TEXT(model->name, fixture->model->name);
	tsem_model_destroy(model);
	return true;
}

static void check_refused(const struct tsem_keyring *keyring, int code, const char *reason)
{
	struct tsem_model *model = NULL;
	struct tsem_error error = {0};

	CHECK(tsem_model_read_signed("s", keyring, &model, NULL, &error) == -code && !model);
	CHECK_HOLDS(error.text, reason);
	CHECK(parsed(keyring) == -code);
}

static void check_info(const struct fixture *fixture, const struct tsem_keyring *keyring, bool verified)
{
	struct tsem_signed *info = NULL;
	struct tsem_model *model = NULL;
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	struct tsem_buffer text = {0};

	CHECK(!model_load("m", &text, NULL));
	digest_bytes(text.data, text.size, digest);
	if (CHECK(!tsem_model_read_signed("s", keyring, &model, &info, NULL) && info)) {
		CHECK(info->signature_count == 1 && !info->signatures[0].key == !verified);
		CHECK_TEXT(info->signatures[0].keyid, tsem_key_id(fixture->edwards));
		CHECK(info->subject_count == 1 && !memcmp(info->subjects[0].sha256, digest, TSEM_DIGEST_SIZE));
		CHECK_TEXT(info->subjects[0].name, fixture->model->name);
	}
	tsem_signed_destroy(info);
	tsem_model_destroy(model);
	tsem_buffer_deinit(&text);
}

void test_sign_round_trip(void)
{
	struct tsem_keyring empty = {.count = 0};
	struct tsem_buffer envelope = {0};
	struct tsem_signed *info = (void *)1;
	struct tsem_model *model = NULL;
	struct fixture fixture;

	if (!begin(&fixture))
		return;
	sign("m", fixture.edwards, false, &envelope);
	CHECK(accepted(&fixture, &fixture.edwards_ring) && accepted(&fixture, NULL));
	check_info(&fixture, &fixture.edwards_ring, true);
	check_info(&fixture, NULL, false);
	check_refused(&fixture.curve_ring, ENOKEY, "none of its signatures is by ec.pem");
	check_refused(&empty, ENOKEY, "none of its signatures");
	sign("s", fixture.curve, false, &envelope); /* a second signature */
	CHECK(accepted(&fixture, &fixture.edwards_ring) && accepted(&fixture, &fixture.curve_ring));
	CHECK(tsem_model_sign("s", fixture.curve, &(struct tsem_signing){.size = sizeof(struct tsem_signing)},
			      &envelope, NULL, NULL) == -EEXIST);
	CHECK(tsem_model_sign("s", fixture.curve,
			      &(struct tsem_signing){.size = sizeof(struct tsem_signing), .sealed = true}, &envelope,
			      NULL, NULL) == -EINVAL);
	sign("m", fixture.curve, true, &envelope);
	CHECK(accepted(&fixture, &fixture.curve_ring));
	CHECK(!tsem_model_read("s", &model, NULL) && !model->set.entries[0].record);
	tsem_model_destroy(model);
	CHECK(!tsem_model_read_signed("m", NULL, &model, &info, NULL) && !info);
	tsem_model_destroy(model);
	CHECK(tsem_model_read_signed("m", &fixture.curve_ring, &model, NULL, NULL) == -ENODATA);
	tsem_buffer_deinit(&envelope);
	end(&fixture);
}

/* Of a program that was compiled with a later header: it has a member more. */
struct later_signing {
	struct tsem_signing known;
	tsem_u64 later;
};

static int sign_as(const struct tsem_key *key, const void *signing, const char *said)
{
	struct tsem_buffer envelope = {0};
	struct tsem_error error = {0};
	int r = tsem_model_sign("m", key, signing, &envelope, NULL, &error);

	CHECK(strstr(error.text, said));
	if (!r)
		put_file("s", envelope.data, envelope.size);
	tsem_buffer_deinit(&envelope);
	return r;
}

void test_sign_sizes(void)
{
	struct later_signing later = {.known = {.size = sizeof(later), .sealed = true}};
	struct tsem_signing earlier = {.size = offsetof(struct tsem_signing, sealed), .sealed = true}, none = {};
	struct tsem_model *model = NULL;
	struct fixture fixture;

	if (!begin(&fixture))
		return;
	CHECK(!sign_as(fixture.curve, &later, "") && !tsem_model_read("s", &model, NULL));
	CHECK(model && !model->set.entries[0].record); /* sealed, as it was asked for */
	tsem_model_destroy(model);
	later.later = 1;
	CHECK(sign_as(fixture.curve, &later, "use a later one") == -E2BIG);
	CHECK(!sign_as(fixture.curve, &earlier, "") && !tsem_model_read("s", &model, NULL));
	CHECK(model && model->set.entries[0].record); /* what is behind the size does not count */
	tsem_model_destroy(model);
	CHECK(sign_as(fixture.curve, &none, "does not say its size") == -EINVAL);
	end(&fixture);
}

/* The only bytes that may be changed: the key id and its name, which nobody signs, and the white space at the end. */
static void flip(const struct fixture *fixture, const struct tsem_key *key, const struct tsem_keyring *keyring)
{
	struct tsem_buffer envelope = {0};
	size_t passed = 0, from, to;

	sign("m", key, true, &envelope);
	from = strstr(envelope.data, "\"keyid\":") + 1 - envelope.data;
	to = strstr(envelope.data, ",\"sig\"") - envelope.data;
	for (size_t i = 0; i < envelope.size; i++) {
		int bit = i % 8;

		envelope.data[i] ^= 1 << bit;
		put_file("s", envelope.data, envelope.size);
		if (accepted(fixture, keyring)) {
			passed++;
			if ((i < from || i >= to) && i != envelope.size - 1)
				unit_fail(__FILE__, __LINE__, "byte %zu, bit %d: changed and accepted", i, bit);
		}
		envelope.data[i] ^= 1 << bit;
		put_file("s", envelope.data, i);
		CHECK(!accepted(fixture, keyring) || i == envelope.size - 1); /* cut off there */
	}
	CHECK(passed > 20); /* so the id is a hint, and no reason to refuse */
	tsem_buffer_deinit(&envelope);
}

void test_sign_flipped(void)
{
	struct fixture fixture;

	if (!begin(&fixture))
		return;
	flip(&fixture, fixture.edwards, &fixture.edwards_ring);
	flip(&fixture, fixture.curve, &fixture.curve_ring);
	end(&fixture);
}

/* ---- statements ---- */

/* Signs any bytes, as one who has the key could. */
static void sign_bytes(const struct fixture *fixture, const void *bytes, size_t size)
{
	struct tsem_buffer text = {0}, signature = {0}, envelope = {0};
	struct dsse dsse = {.payload_size = size, .payload = malloc(size + 1)};

	memcpy(dsse.payload, bytes, size);
	dsse_encode(DSSE_TYPE, bytes, size, &text);
	CHECK(!key_sign(fixture->edwards, text.data, text.size, &signature, NULL));
	CHECK(!dsse_add(&dsse, "", (const tsem_u8 *)signature.data, signature.size));
	dsse_format(&dsse, &envelope);
	put_file("s", envelope.data, envelope.size);
	dsse_deinit(&dsse);
	tsem_buffer_deinit(&text);
	tsem_buffer_deinit(&signature);
	tsem_buffer_deinit(&envelope);
}

static void replace(const struct tsem_buffer *from, const char *old, const char *new, struct tsem_buffer *ret_text)
{
	const char *at = strstr(from->data, old);

	ret_text->size = 0;
	if (!CHECK(at))
		return;
	tsem_buffer_add(ret_text, from->data, at - from->data);
	tsem_buffer_add(ret_text, new, strlen(new));
	tsem_buffer_add(ret_text, at + strlen(old), from->data + from->size - at - strlen(old));
}

static const struct {
	const char *old, *new, *reason;
} bad_statements[] = {
	{"{\"_type\"", "[\"_type\"", "a { is expected"},
	{"Statement/v1", "Statement/v0.1", "_type: only https://in-toto.io/Statement/v1"},
	{"urn:tsem:model:1", "urn:tsem:model:3", "predicateType: this is about something else"},
	{"\"predicate\":", "\"predicat\":", "predicate: this member is missing"},
	{"\"model\":", "\"mode\":", "model: this member is missing"},
	{"\"model\":", "\"model\":\"\",\"model\":", "model: this member is there twice"},
	{"\"digest\":{\"sha256\"", "\"digest\":{\"sha512\"", "sha256: this member is missing"},
	{"\"sha256\":\"", "\"sha256\":\"A", "sha256: this is not a digest"},
	{"\"state\":\"", "\"state\":\"0", "\"state\" in its statement is not true"},
	{"\"coefficients\":\"3\"", "\"coefficients\":\"2\"", "\"coefficients\" in its statement is not true"},
	{"\"coefficients\":\"3\"", "\"coefficients\":3", "coefficients: a \" is expected"},
	{"\"trajectory\":\"3\"", "\"trajectory\":\"0\"", "\"trajectory\" in its statement is not true"},
	{"\"profile\":\"portable\"", "\"profile\":\"exact\"", "\"profile\" in its statement is not true"},
	{"\"contents\":\"exec\"", "\"contents\":\"all\"", "\"contents\" in its statement is not true"},
	{"\"runs\":\"1\"", "\"runs\":\"01\"", "\"runs\" in its statement is not true"},
	{"\"predicate\":{\"name\":\"n", "\"predicate\":{\"name\":\"m", "\"name\" in its statement is not true"},
	{"tsem-model 1", "tsem-model 2", "another version"},
	{"profile portable", "profile exact", "checksum"},
	{"}}", "}}}", "after the object"},
};

static void make_statement(const struct fixture *fixture, struct tsem_buffer *ret_statement)
{
	struct tsem_subject subject = {.name = "image"};
	struct tsem_buffer text = {0};

	CHECK(!model_format(fixture->model, &text, NULL));
	CHECK(!statement_format(fixture->model, &text, &subject, 1, &(struct tsem_validity){}, ret_statement, NULL));
	tsem_buffer_deinit(&text);
}

void test_sign_statements(void)
{
	struct tsem_buffer statement = {0}, changed = {0};
	struct fixture fixture;

	if (!begin(&fixture))
		return;
	make_statement(&fixture, &statement);
	sign_bytes(&fixture, statement.data, statement.size);
	CHECK(accepted(&fixture, &fixture.edwards_ring));
	replace(&statement, "{\"_type\"", " {\"more\":[{}], \"_type\"", &changed);
	sign_bytes(&fixture, changed.data, changed.size);
	CHECK(accepted(&fixture, &fixture.edwards_ring)); /* members that are not known */
	for (size_t i = 0; i < sizeof(bad_statements) / sizeof(*bad_statements); i++) {
		replace(&statement, bad_statements[i].old, bad_statements[i].new, &changed);
		if (!strcmp(bad_statements[i].old, "}}")) {
			changed.size = 0;
			tsem_buffer_printf(&changed, "%s}", statement.data);
		}
		sign_bytes(&fixture, changed.data, changed.size);
		check_refused(&fixture.edwards_ring, EBADMSG, bad_statements[i].reason);
		check_refused(NULL, EBADMSG, bad_statements[i].reason);
	}
	sign_bytes(&fixture, "", 0);
	check_refused(&fixture.edwards_ring, EBADMSG, "byte 0");
	tsem_buffer_deinit(&statement);
	tsem_buffer_deinit(&changed);
	end(&fixture);
}

void test_sign_subjects(void)
{
	static const char hex[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	static const char *const bad[] = {"",
					  "a",
					  "a=",
					  "a=sha256:",
					  "=sha256:%s",
					  "a=sha512:%s",
					  "a=sha256:%s0",
					  "a=sha256:0%s",
					  "a=sha256:%.63sG",
					  "a=sha256:%.63sA",
					  "%s"};
	struct tsem_subject subject;
	struct tsem_error error;
	char text[1200];

	snprintf(text, sizeof(text), "img=v1=sha256:%s", hex);
	CHECK(!tsem_subject_parse(text, &subject, &error) && subject.sha256[1] == 0x11 && subject.sha256[31] == 0xff);
	CHECK_TEXT(subject.name, "img=v1");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), bad[i], hex);
		if (tsem_subject_parse(text, &subject, &error) != -EINVAL)
			unit_fail(__FILE__, __LINE__, "\"%s\" was taken", text);
	}
	memset(text, 'n', sizeof(text));
	snprintf(text + 1024, sizeof(text) - 1024, "=sha256:%s", hex);
	CHECK(tsem_subject_parse(text, &subject, &error) == -EINVAL);
	CHECK_HOLDS(error.text, "longer than 1023 bytes");
	CHECK(!tsem_subject_parse(text + 1, &subject, &error));
}

/* ---- keys ---- */

static void check_public(EVP_PKEY *pkey, int code, const char *reason)
{
	BIO *bio = BIO_new(BIO_s_mem());
	struct tsem_key *key = NULL;
	struct tsem_error error = {0};
	char *pem;
	long size;

	PEM_write_bio_PUBKEY(bio, pkey);
	size = BIO_get_mem_data(bio, &pem);
	CHECK(key_parse_public(pem, size, "k", &key, &error) == -code && !key);
	CHECK_HOLDS(error.text, reason);
	BIO_reset(bio);
	PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
	size = BIO_get_mem_data(bio, &pem);
	CHECK(key_parse_private(pem, size, NULL, "k", &key, &error) == -code && !key);
	CHECK_HOLDS(error.text, reason);
	BIO_free(bio);
	EVP_PKEY_free(pkey);
}

void test_sign_keys(void)
{
	struct tsem_key *key = NULL;
	struct tsem_error error;
	static const char pem[] = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";

	check_public(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384"), EINVAL,
		     "of the kind EC secp384r1; only Ed25519 and");
	check_public(EVP_PKEY_Q_keygen(NULL, NULL, "EC", "secp256k1"), EINVAL, "EC secp256k1");
	check_public(EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048), EINVAL, "RSA");
	check_public(EVP_PKEY_Q_keygen(NULL, NULL, "ED448"), EINVAL, "ED448");
	check_public(EVP_PKEY_Q_keygen(NULL, NULL, "X25519"), EINVAL, "X25519");
	CHECK(key_parse_public("", 0, "k", &key, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "no public key in PEM form");
	CHECK(key_parse_public(pem, strlen(pem), "k", &key, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "no public key that is known here");
	CHECK(key_parse_private(pem, strlen(pem), "", "k", &key, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, "no private key in PEM form");
	CHECK(key_parse_private("", 0, NULL, "k", &key, &error) == -EBADMSG);
}
