/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/buffer.h"
#include "../event/digest.h"

#define FILE_MAX 65536

struct tsem_key {
	EVP_PKEY *pkey;
	bool edwards; /* Ed25519, else ECDSA on P-256 */
	char id[2 * TSEM_DIGEST_SIZE + 1];
};

const char *tsem_key_id(const struct tsem_key *key)
{
	return key->id;
}

const char *tsem_key_kind(const struct tsem_key *key)
{
	return key->edwards ? "Ed25519" : "ECDSA P-256";
}

void tsem_key_destroy(struct tsem_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

/* ---- files ---- */

void key_bytes_deinit(struct tsem_buffer *bytes)
{
	if (bytes->data)
		OPENSSL_cleanse(bytes->data, bytes->capacity);
	tsem_buffer_deinit(bytes);
}

static const char *file_fault(int fd, const struct stat *status)
{
	if (fd < 0)
		return strerror(errno);
	if (S_ISDIR(status->st_mode))
		return "it is a directory";
	if (!S_ISREG(status->st_mode))
		return "it is not a regular file";
	return status->st_size > FILE_MAX ? "it is larger than 64 KiB, which no key is" : NULL;
}

static int fill_bytes(int fd, struct tsem_buffer *bytes)
{
	/* Room for all at once, so that no part of a private key stays in a block that was given back. */
	char *at = buffer_reserve(bytes, FILE_MAX + 1);
	ssize_t got;

	while (at && bytes->size <= FILE_MAX) {
		got = read(fd, at + bytes->size, FILE_MAX + 1 - bytes->size);
		if (got < 0 && errno != EINTR)
			return -errno;
		if (!got)
			return 0;
		bytes->size += got > 0 ? got : 0;
	}
	return at ? -EFBIG : -ENOMEM;
}

int key_bytes_read(const char *path, struct tsem_buffer *ret_bytes, struct tsem_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), code = fd < 0 ? errno : EINVAL, result;
	struct stat status = {.st_size = 0};
	const char *fault;

	if (fd >= 0 && fstat(fd, &status) < 0)
		status.st_mode = 0;
	fault = file_fault(fd, &status);
	if (fault) {
		if (fd >= 0)
			close(fd);
		return tsem_error_set(error, code, "key %s cannot be read: %s", path, fault);
	}
	result = fill_bytes(fd, ret_bytes);
	close(fd);
	if (result) {
		key_bytes_deinit(ret_bytes);
		return tsem_error_set(error, -result, "key %s cannot be read: %s", path, strerror(-result));
	}
	return 0;
}

/* ---- from PEM ---- */

/* Verifying must not depend on what a configuration file of OpenSSL would load. */
static void begin_openssl(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	ERR_clear_error();
}

/* Only the named curve: a key with its own parameters could be made to fit a signature. */
static bool is_p256(const EVP_PKEY *pkey)
{
	char group[64] = "";
	int explicit = 1;

	return EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) == 1 &&
	       EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit) == 1 &&
	       !explicit && (!strcmp(group, "prime256v1") || !strcmp(group, "P-256"));
}

static int refuse_kind(const EVP_PKEY *pkey, const char *name, struct tsem_error *error)
{
	const char *type = EVP_PKEY_get0_type_name(pkey);
	char group[64] = "";

	if (EVP_PKEY_is_a(pkey, "EC"))
		EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL);
	ERR_clear_error();
	return tsem_error_set(error, EINVAL,
			      "key %s is of the kind %s%s%s; only Ed25519 and ECDSA P-256 keys, with the curve by its "
			      "name, sign models",
			      name, type ? type : "unknown", group[0] ? " " : "", group);
}

static bool make_id(struct tsem_key *key)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE], *der = NULL;
	int size = i2d_PUBKEY(key->pkey, &der);

	if (size <= 0)
		return false;
	digest_bytes(der, size, digest);
	OPENSSL_free(der);
	digest_format(digest, key->id);
	return true;
}

/* Takes pkey over, also when it fails. */
static int make_key(EVP_PKEY *pkey, const char *name, struct tsem_key **ret_key, struct tsem_error *error)
{
	struct tsem_key *key = calloc(1, sizeof(*key));

	if (!key) {
		EVP_PKEY_free(pkey);
		return tsem_error_set(error, ENOMEM, "out of memory");
	}
	key->pkey = pkey;
	key->edwards = EVP_PKEY_is_a(pkey, "ED25519");
	if (!key->edwards && !is_p256(pkey)) {
		refuse_kind(pkey, name, error);
		tsem_key_destroy(key);
		return -EINVAL;
	}
	if (!make_id(key)) {
		tsem_key_destroy(key);
		return tsem_error_set(error, EINVAL, "key %s cannot be used: it has no public part", name);
	}
	*ret_key = key;
	return 0;
}

struct block {
	char *label;
	unsigned char *der;
	long size;
};

static void free_block(struct block *block)
{
	char *label = block->label;

	OPENSSL_free(label);
	if (block->der)
		OPENSSL_clear_free(block->der, block->size);
	*block = (struct block){.label = NULL};
}

static bool next_block(BIO *bio, struct block *ret_block)
{
	struct block block = {.label = NULL};
	char *header = NULL;
	bool good = PEM_read_bio(bio, &block.label, &header, &block.der, &block.size) == 1;

	OPENSSL_free(header);
	ERR_clear_error();
	if (good)
		*ret_block = block;
	return good;
}

static bool label_is(const struct block *block, const char *word)
{
	return strstr(block->label, word) != NULL;
}

static EVP_PKEY *public_of(const struct block *block)
{
	const unsigned char *at = block->der;
	X509 *certificate;
	EVP_PKEY *pkey;

	if (!label_is(block, "CERTIFICATE"))
		return d2i_PUBKEY(NULL, &at, block->size);
	certificate = d2i_X509(NULL, &at, block->size);
	pkey = certificate ? X509_get_pubkey(certificate) : NULL;
	X509_free(certificate);
	return pkey;
}

static int parse_block(const struct block *block, const char *name, struct tsem_key **ret_key, struct tsem_error *error)
{
	EVP_PKEY *pkey;

	if (label_is(block, "PRIVATE KEY"))
		return tsem_error_set(error, EINVAL,
				      "key %s is a private key; verifying needs only the public one: `openssl pkey -in "
				      "KEY -pubout` prints it",
				      name);
	if (strcmp(block->label, "PUBLIC KEY") != 0 && strcmp(block->label, "CERTIFICATE") != 0)
		return tsem_error_set(error, EINVAL, "key %s is neither a public key nor a certificate: it is \"%s\"",
				      name, block->label);
	pkey = public_of(block);
	ERR_clear_error();
	if (!pkey)
		return tsem_error_set(error, EBADMSG,
				      "key %s cannot be read: what it holds is no %s that is known here", name,
				      label_is(block, "CERTIFICATE") ? "certificate" : "public key");
	return make_key(pkey, name, ret_key, error);
}

int key_parse_public(const void *pem, size_t size, const char *name, struct tsem_key **ret_key,
		     struct tsem_error *error)
{
	struct block block = {.label = NULL}, second = {.label = NULL};
	BIO *bio;
	int result;

	begin_openssl();
	bio = BIO_new_mem_buf(pem, size);
	if (!bio || !next_block(bio, &block))
		result = tsem_error_set(error, EBADMSG, "key %s is no public key in PEM form", name);
	else if (next_block(bio, &second)) /* which of them is trusted must not be a matter of their order */
		result = tsem_error_set(error, EINVAL, "key %s holds more than one key: give each a file of its own",
					name);
	else
		result = parse_block(&block, name, ret_key, error);
	free_block(&block);
	free_block(&second);
	BIO_free(bio);
	return result;
}

struct asking {
	const char *passphrase; /* NULL: no passphrase */
	bool asked;
};

/* Called when the key is encrypted. Never asks at a terminal. */
static int give_passphrase(char *room, int size, int writing, void *context)
{
	struct asking *asking = context;
	size_t length = asking->passphrase ? strlen(asking->passphrase) : 0;

	(void)writing;
	asking->asked = true;
	if (!asking->passphrase || length > (size_t)size)
		return -1;
	memcpy(room, asking->passphrase, length);
	return length;
}

static int refuse_private(const void *pem, size_t size, const struct asking *asking, const char *name,
			  struct tsem_error *error)
{
	struct tsem_key *key = NULL;

	ERR_clear_error();
	if (asking->asked)
		return tsem_error_set(error, EACCES,
				      asking->passphrase ? "key %s is encrypted, and the passphrase does not open it" :
							   "key %s is encrypted and there is no passphrase for it",
				      name);
	if (!key_parse_public(pem, size, name, &key, NULL)) {
		tsem_key_destroy(key);
		return tsem_error_set(error, EINVAL, "key %s is a public key; only the private one can sign", name);
	}
	return tsem_error_set(error, EBADMSG, "key %s is no private key in PEM form", name);
}

int key_parse_private(const void *pem, size_t size, const char *passphrase, const char *name, struct tsem_key **ret_key,
		      struct tsem_error *error)
{
	struct asking asking = {.passphrase = passphrase};
	EVP_PKEY *pkey = NULL;
	BIO *bio;

	begin_openssl();
	bio = BIO_new_mem_buf(pem, size);
	if (bio)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase, &asking);
	BIO_free(bio);
	if (!pkey)
		return refuse_private(pem, size, &asking, name, error);
	ERR_clear_error();
	return make_key(pkey, name, ret_key, error);
}

int tsem_key_read(const char *path, const char *passphrase, struct tsem_key **ret_key, struct tsem_error *error)
{
	struct tsem_buffer bytes = {0};
	int result = key_bytes_read(path, &bytes, error);

	if (!result)
		result = key_parse_private(bytes.data, bytes.size, passphrase, path, ret_key, error);
	key_bytes_deinit(&bytes);
	return result;
}

/* ---- signatures ---- */

static const EVP_MD *digest_of(const struct tsem_key *key)
{
	return key->edwards ? NULL : EVP_sha256();
}

int key_sign(const struct tsem_key *key, const void *bytes, size_t size, struct tsem_buffer *signature,
	     struct tsem_error *error)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t room = 256;
	char *at = buffer_reserve(signature, room);
	bool good = context && at && EVP_DigestSignInit(context, NULL, digest_of(key), NULL, key->pkey) == 1 &&
		    EVP_DigestSign(context, (unsigned char *)at, &room, bytes, size) == 1;

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	if (!good)
		return tsem_error_set(error, EIO, "the %s key %s cannot sign", tsem_key_kind(key), key->id);
	signature->size += room;
	return 0;
}

bool key_verify(const struct tsem_key *key, const void *bytes, size_t size, const tsem_u8 *signature,
		size_t signature_size)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool good = context && EVP_DigestVerifyInit(context, NULL, digest_of(key), NULL, key->pkey) == 1 &&
		    EVP_DigestVerify(context, signature, signature_size, bytes, size) == 1;

	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return good;
}

bool key_signature_possible(const tsem_u8 *bytes, size_t size)
{
	const tsem_u8 *at = bytes;
	ECDSA_SIG *signature;
	bool whole;

	if (size == 64)
		return true; /* Ed25519: any bytes of this length */
	signature = size && size <= 72 ? d2i_ECDSA_SIG(NULL, &at, size) : NULL;
	whole = signature && at == bytes + size;
	ECDSA_SIG_free(signature);
	ERR_clear_error();
	return whole;
}
