/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a signed model has to be before anything is judged by it: key, dates, subjects, serial, in this order. */
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/event/digest.h"
#include "../../lib/sign/demand.h"
#include "unit.h"

#define BEGIN 1000
#define END 2000

/* In a directory of its own: artifact; keys/ with the key that signs, others/ with another, none/ without any. */
struct fixture {
	char directory[64];
	struct tsem_key *key;
	char about[16 + 2 * TSEM_DIGEST_SIZE]; /* the artifact, as a digest */
};

static void put_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(text, file) >= 0 && !fclose(file));
}

static void put_keys(const char *private, const char *public)
{
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	FILE *file = fopen(private, "w");

	CHECK(file && PEM_write_PrivateKey(file, pkey, NULL, NULL, 0, NULL, NULL) == 1 && !fclose(file));
	file = fopen(public, "w");
	CHECK(file && PEM_write_PUBKEY(file, pkey) == 1 && !fclose(file));
	EVP_PKEY_free(pkey);
}

static bool begin(struct fixture *f)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	char hex[2 * TSEM_DIGEST_SIZE + 1];

	memset(f, 0, sizeof(*f));
	strcpy(f->directory, "/tmp/tsem-unit-XXXXXX");
	if (!CHECK(mkdtemp(f->directory) && !chdir(f->directory)))
		return false;
	CHECK(!mkdir("keys", 0700) && !mkdir("others", 0700) && !mkdir("none", 0700));
	put_keys("private", "keys/k.pem");
	put_keys("unused", "others/o.pem");
	put_file("artifact", "an image");
	digest_bytes("an image", 8, digest);
	digest_format(digest, hex);
	snprintf(f->about, sizeof(f->about), "sha256:%s", hex);
	return CHECK(!tsem_key_read("private", NULL, &f->key, NULL));
}

static void end(struct fixture *f)
{
	static const char *const names[] = {"private", "unused",       "artifact",   "m",	    "signed",
					    "serials", "serials.lock", "keys/k.pem", "others/o.pem"};

	tsem_key_destroy(f->key);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		remove(names[i]);
	CHECK(!rmdir("keys") && !rmdir("others") && !rmdir("none") && !chdir("/"));
	CHECK(!rmdir(f->directory));
}

/* The file signed: about the artifact, to be used between BEGIN and END. */
static void put_signed(const struct fixture *f, tsem_u64 serial)
{
	struct tsem_model *model = tsem_model_create("web", TSEM_OPTION_PORTABLE);
	struct tsem_subject subject = {.name = "image"};
	struct tsem_signing signing = {.size = sizeof(signing),
				       .subjects = &subject,
				       .subject_count = 1,
				       .validity = {BEGIN, END, serial}};
	struct tsem_buffer envelope = {};
	struct tsem_error error = {};

	CHECK(digest_parse(f->about + strlen("sha256:"), subject.sha256));
	if (tsem_model_write(model, "m", &error) || tsem_model_sign("m", f->key, &signing, &envelope, NULL, &error) ||
	    tsem_buffer_write(&envelope, "signed", &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	tsem_buffer_deinit(&envelope);
	tsem_model_destroy(model);
}

static struct demand demand_of(const char *keys, const char *const *about)
{
	struct demand demand = {.keys = keys, .serials = "serials", .about = about, .now = BEGIN};

	while (about && about[demand.about_count])
		demand.about_count++;
	return demand;
}

static void meets(const struct demand *demand)
{
	struct tsem_model *model = NULL;
	struct tsem_error error = {};

	if (demand_read(demand, "signed", &model, &error))
		unit_fail(__FILE__, __LINE__, "%s", error.text);
	else
		CHECK_TEXT(model->name, "web");
	tsem_model_destroy(model);
}

static void misses(const struct demand *demand, const char *path, int code, const char *reason)
{
	struct tsem_model *model = NULL;
	struct tsem_error error = {};

	if (demand_read(demand, path, &model, &error) != -code || model || error.code != code)
		unit_fail(__FILE__, __LINE__, "%d instead of %d for %s: %s", error.code, code, reason, error.text);
	tsem_model_destroy(model);
	CHECK_HOLDS(error.text, reason);
}

#define ABOUT(...) ((const char *const[]){__VA_ARGS__, NULL})

void test_demand_about(void)
{
	struct fixture f;
	char wrong[sizeof(f.about)];
	struct demand demand;

	if (!begin(&f))
		return;
	put_signed(&f, 0);
	strcpy(wrong, f.about);
	wrong[strlen(wrong) - 1] ^= 1; /* one digit for another */
	demand = demand_of("keys", NULL);
	meets(&demand);
	demand = demand_of("keys", ABOUT(f.about, "artifact", "./artifact"));
	meets(&demand);
	demand = demand_of("keys", ABOUT("artifact", wrong));
	misses(&demand, "signed", ENOENT, "model signed is refused: none of its subjects is sha256:");
	demand = demand_of("keys", ABOUT("m"));
	misses(&demand, "signed", ENOENT, "none of its subjects is m, sha256:");
	demand = demand_of("keys", ABOUT("missing"));
	misses(&demand, "signed", ENOENT, "cannot read missing, which the model has to be about: No such file");
	demand = demand_of("keys", ABOUT("keys"));
	misses(&demand, "signed", ENOEXEC, "it is not a regular file");
	f.about[10] = 'A';
	demand = demand_of("keys", ABOUT(f.about));
	misses(&demand, "signed", EDOM, "is no digest");
	demand = demand_of("keys", ABOUT("sha256:00"));
	misses(&demand, "signed", EDOM, "\"sha256:00\" is no digest");
	end(&f);
}

/* Of several reasons the first counts, and what is refused leaves no trace in the serials. */
void test_demand_order(void)
{
	struct fixture f;
	struct demand demand;

	if (!begin(&f))
		return;
	put_signed(&f, 5);
	demand = demand_of("none", ABOUT("missing"));
	misses(&demand, "signed", ENOKEY, "the directory of keys none holds no key");
	demand = demand_of("nowhere", NULL);
	misses(&demand, "signed", ENOENT, "nowhere");
	demand = demand_of("others", ABOUT("missing"));
	demand.now = END + 1;
	misses(&demand, "signed", ENOKEY, "none of its signatures");
	demand = demand_of("keys", ABOUT("missing"));
	misses(&demand, "m", ENODATA, "it is not signed");
	demand.now = END + 1;
	misses(&demand, "signed", EKEYEXPIRED, "signed");
	demand.now = BEGIN - 1;
	misses(&demand, "signed", EKEYEXPIRED, "signed");
	demand.now = END;
	misses(&demand, "signed", ENOENT, "cannot read missing");
	CHECK(access("serials", F_OK) == -1);
	end(&f);
}

void test_demand_serials(void)
{
	struct fixture f;
	struct demand demand = demand_of("keys", ABOUT("artifact"));

	if (!begin(&f))
		return;
	put_signed(&f, 5);
	meets(&demand);
	meets(&demand);
	put_signed(&f, 4);
	misses(&demand, "signed", EKEYREVOKED, "its serial is 4, and 5 of the name web has run here already");
	put_signed(&f, 6);
	CHECK(!chmod("serials", 0622));
	misses(&demand, "signed", EPERM, "serials");
	end(&f);
}
