/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Signed models: keys, keyrings, signatures, and which signed models are too old. */
#ifndef TSEM_SIGNATURE_H
#define TSEM_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"

#ifdef __cplusplus
extern "C" {
#endif

struct tsem_key; /* Ed25519 or ECDSA P-256 */

/*
 * A private key in PEM. passphrase, for an encrypted one, may be NULL; the library does not prompt. -EACCES: it needs a
 * passphrase, or another one.
 */
int tsem_key_read(const char *path, const char *passphrase, struct tsem_key **ret_key, struct tsem_error *error);
void tsem_key_destroy(struct tsem_key *key);
/* SHA-256 of the public key's DER (SubjectPublicKeyInfo) in lower-case hexadecimal. */
const char *tsem_key_id(const struct tsem_key *key);
/* "Ed25519" or "ECDSA P-256" */
const char *tsem_key_kind(const struct tsem_key *key);

/* Public keys that are trusted. */
struct tsem_keyring {
	struct tsem_key **keys; /* owned */
	char **paths; /* owned: where each comes from */
	size_t count;
	size_t capacity;
};

void tsem_keyring_deinit(struct tsem_keyring *keyring);
/* A public key in PEM, or that of an X.509 certificate, whose dates and issuer are ignored. */
int tsem_keyring_add_file(struct tsem_keyring *keyring, const char *path, struct tsem_error *error);
/* Each *.pem in the directory. One that cannot be read is an error, and so is a directory without any. */
int tsem_keyring_add_directory(struct tsem_keyring *keyring, const char *path, struct tsem_error *error);

/* An artifact that a signed model is about. */
struct tsem_subject {
	char name[1024]; /* UTF-8 */
	tsem_u8 sha256[TSEM_DIGEST_SIZE];
};

/* From NAME=sha256:HEX, with 64 lower-case digits. */
int tsem_subject_parse(const char *text, struct tsem_subject *ret_subject, struct tsem_error *error);

struct tsem_signature {
	char keyid[256]; /* unsigned, from the file; "" when it is missing */
	const struct tsem_key *key; /* of the keyring, which has made this signature; NULL: no key of the keyring has */
	const char *path; /* where that key comes from */
};

/* When a signed model may be used, and which of its name it is. All zeros: nothing is said. */
struct tsem_validity {
	tsem_u64 not_before, not_after; /* seconds since 1970 */
	tsem_u64 serial;
};

/* Of 2026-11-28T19:00:00Z, or 2026-11-28 for its first second; in a moment, +90d, counted from now. */
int tsem_time_parse(const char *text, tsem_u64 now, tsem_u64 *ret_seconds, struct tsem_error *error);
#define TSEM_TIME_SIZE 21
void tsem_time_format(tsem_u64 seconds, char ret_text[TSEM_TIME_SIZE]);

/* The parts of a signed model besides the model. */
struct tsem_signed {
	struct tsem_validity validity;
	tsem_u8 sha256[TSEM_DIGEST_SIZE]; /* of the signed content */
	struct tsem_subject *subjects;
	size_t subject_count;
	struct tsem_signature *signatures;
	size_t signature_count;
};

void tsem_signed_destroy(struct tsem_signed *signed_model);

/*
 * Reads a model that may be signed, once: the verified bytes are the returned ones. With a keyring, a file without a
 * valid signature by one of its keys is refused: -ENOKEY, or -ENODATA when it is not signed at all. Without one (NULL)
 * nothing is verified. *ret_signed (may be NULL) is NULL for a model that is not signed; its signatures point into the
 * keyring.
 */
int tsem_model_read_signed(const char *path, const struct tsem_keyring *keyring, struct tsem_model **ret_model,
			   struct tsem_signed **ret_signed, struct tsem_error *error);
/* The same of bytes that are in memory, as from a registry; name is for the errors. */
int tsem_model_parse_signed(const void *bytes, size_t size, const char *name, const struct tsem_keyring *keyring,
			    struct tsem_model **ret_model, struct tsem_signed **ret_signed, struct tsem_error *error);

struct tsem_signing {
	size_t size; /* sizeof(struct tsem_signing) */
	const struct tsem_subject *subjects; /* none: the model itself, under its name */
	size_t subject_count;
	bool sealed; /* the signed content has no trajectory */
	struct tsem_validity validity;
	const struct tsem_keyring
		*keyring; /* of a signed file: the keys of which it must have a signature; NULL: no check */
};

/*
 * Signs the model in a file. A signed one gets one more signature of its content; then all options but the keyring have
 * to be absent. *ret_again, which may be NULL: the file was signed. Appends the signed model.
 */
int tsem_model_sign(const char *path, const struct tsem_key *key, const struct tsem_signing *signing,
		    struct tsem_buffer *buffer, bool *ret_again, struct tsem_error *error);

#define TSEM_SERIALS "/var/lib/tsem/serials"
#define TSEM_SERIALS_LOCK ".lock" /* behind that: the file that is locked meanwhile */

/*
 * Whether now is within its dates. -EKEYEXPIRED when it is not.
 */
int tsem_signed_check_dates(const struct tsem_signed *info, const char *path, tsem_u64 now, struct tsem_error *error);
/*
 * Whether the model, which was read with a keyring from path, is neither revoked nor older than an accepted one of its
 * name: -EKEYREVOKED when it is. Remembers the newest in the file serials, which is created when it is missing. A file
 * that cannot be read, or that others than its owner can write, is an error.
 */
int tsem_serials_accept(const char *serials, const char *path, const char *name, const struct tsem_signed *info,
			struct tsem_error *error);
/* From now on no model of that name with a serial up to this one, or without one, is accepted. */
int tsem_serials_revoke_name(const char *serials, const char *name, tsem_u64 serial, struct tsem_error *error);
/* Revokes this one, whichever key signs it. */
int tsem_serials_revoke(const char *serials, const tsem_u8 sha256[TSEM_DIGEST_SIZE], struct tsem_error *error);

#ifdef __cplusplus
}
#endif

#endif
