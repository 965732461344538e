/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libtsem: models, events and modeling namespaces.
 *
 * Functions that can fail return 0 or a negative errno and fill the caller's
 * struct tsem_error (which may be NULL) with one sentence: what failed, on
 * what, why, and what to do. The library never prints. Out-parameters are
 * called ret_x, come last, and are written only on success.
 */
#ifndef TSEM_H
#define TSEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "../abi/namespace.h"
#include "../abi/record.h"
#include "../abi/tma.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---------------------------------------------------------- */

struct tsem_error {
	int code; /* positive errno */
	char text[1024];
};

/* Returns -code, so that a caller can write return tsem_error_set(...). */
int tsem_error_set(struct tsem_error *error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Puts "context: " before the present text. Returns -error->code. */
int tsem_error_wrap(struct tsem_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- byte buffer that grows; all zeros is an empty one ---------------- */

struct tsem_buffer {
	char *data; /* always followed by a NUL that size does not count, once anything was added */
	size_t size;
	size_t capacity;
	bool failed; /* out of memory: sticky, checked once at the end */
};

void tsem_buffer_deinit(struct tsem_buffer *buffer);
void tsem_buffer_add(struct tsem_buffer *buffer, const void *bytes, size_t size);
void tsem_buffer_printf(struct tsem_buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Temporary file beside path, fsync, rename: path is either as it was or complete. */
int tsem_buffer_write(const struct tsem_buffer *buffer, const char *path, struct tsem_error *error);
/* Whether that would write there, as far as that can be known: for what is written after a workload has run. */
int tsem_output_check(const char *path, struct tsem_error *error);

/* ---- events ----------------------------------------------------------- */

/* NULL when there is no event of that number. */
const char *tsem_event_name(unsigned number);
/* 0 when there is no event of that name. */
unsigned tsem_event_number(const char *name);
/* One of the class names of events.def in lower case ("file", "process", ...), NULL when there is no such event. */
const char *tsem_event_class(unsigned number);
/* TSEM_CLASS_*; TSEM_CLASS_COUNT when there is no such event. */
unsigned tsem_event_class_number(unsigned number);

/*
 * Checks that size bytes are one whole record: head, known event, and a CELL
 * that decodes to its last byte by the event's row. A record with
 * TSEM_RECORD_FAILED may have a CELL that is cut anywhere.
 */
int tsem_record_check(const void *bytes, size_t size, struct tsem_error *error);

/* Appends the event as one line of JSON without a newline. The record has been checked. */
void tsem_record_to_json(const struct tsem_record *record, struct tsem_buffer *buffer);
/* The same with more members in "export": JSON that begins with a comma (,"host":"web1"). */
void tsem_record_to_json_of(const struct tsem_record *record, const char *members, size_t members_size,
			    struct tsem_buffer *buffer);

/* Parses what tsem_record_to_json writes. The caller frees *ret_record with free(). Errors name the position in bytes. */
int tsem_record_from_json(const char *text, size_t size, struct tsem_record **ret_record, struct tsem_error *error);

/*
 * Appends what the event does, as the end of a sentence that begins with a
 * program ("opens /etc/passwd for reading", "connects to 127.0.0.1 port 80").
 * Control characters and bytes that are not UTF-8 are escaped.
 */
void tsem_record_describe(const struct tsem_record *record, struct tsem_buffer *buffer);

/* Appends the path (or name) of the object that the event is about, escaped as above; nothing when it has none. */
void tsem_record_object(const struct tsem_record *record, struct tsem_buffer *buffer);

/* Computes the coefficient from the record's own fields (docs/coefficients.md). */
void tsem_record_coefficient(const struct tsem_record *record, tsem_u8 ret_coefficient[TSEM_DIGEST_SIZE]);

/*
 * How far two events are apart, as weighted number of differing fields; 0 when
 * equal, and events of different kinds are farther than any two of one kind.
 * For the search of the nearest allowed event.
 */
unsigned tsem_record_distance(const struct tsem_record *a, const struct tsem_record *b);

/* Appends the names and values of the fields in which b differs from a, in words. Returns how many there are. */
unsigned tsem_record_difference(const struct tsem_record *a, const struct tsem_record *b, struct tsem_buffer *buffer);

/* ---- sets of coefficients --------------------------------------------- */

struct tsem_entry {
	tsem_u8 coefficient[TSEM_DIGEST_SIZE];
	tsem_u64 number; /* order of first appearance, from 1; 0 when not known */
	tsem_u64 count; /* times seen */
	tsem_u32 run; /* learning run in which it first appeared, from 1; 0 when not known */
	tsem_u32 last; /* learning run in which it was seen for the last time; 0 exactly when run is */
	struct tsem_record *record; /* owned; NULL when only the coefficient is known */
};

/* Look-up is by hash; entries stay in the order in which they were added. All zeros is an empty set. */
struct tsem_set {
	struct tsem_entry *entries;
	size_t count;
	size_t capacity;
	tsem_u32 *slots; /* private: open addressing, index + 1 */
	size_t slot_count;
};

void tsem_set_deinit(struct tsem_set *set);
struct tsem_entry *tsem_set_find(const struct tsem_set *set, const tsem_u8 coefficient[TSEM_DIGEST_SIZE]);
/* Adds or finds; *ret_new (may be NULL) tells which. NULL when out of memory. */
struct tsem_entry *tsem_set_add(struct tsem_set *set, const tsem_u8 coefficient[TSEM_DIGEST_SIZE], bool *ret_new);

/*
 * Measurement: H(measurement || extend(c)) over the aggregate and then the
 * coefficients by number. State: H(state || extend(c)) over the aggregate and
 * then the coefficients sorted as big-endian numbers. extend(v) = H(base || v).
 * aggregate and base may be NULL: zeros. (docs/coefficients.md)
 */
int tsem_set_measurement(const struct tsem_set *set, const tsem_u8 *aggregate, const tsem_u8 *base,
			 tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);
int tsem_set_state(const struct tsem_set *set, const tsem_u8 *aggregate, const tsem_u8 *base,
		   tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);

/* ---- options of models and namespaces: abi/options.h ---------------------- */

/* A word of a command line or of a model file, what it stands for, and what it means; NULL for a class of events. */
struct tsem_word {
	const char *word; /* NULL ends a list */
	tsem_u32 value;
	const char *text;
};

/* What a model says about how it was made. */
struct tsem_option {
	const char *name; /* on the command line, behind -- */
	const char *key; /* of its line in a model file */
	tsem_u32 mask; /* the bits of TSEM_OPTION_* that it decides */
	bool list; /* words with commas between them, each with a bit of its own; else one word */
	bool always; /* the line is there also when no bit is set */
	const struct tsem_word *words;
};

/* From 0 on, in the order of the lines in a model file; NULL behind the last one. */
const struct tsem_option *tsem_option_at(unsigned index);
/* By its name on the command line; NULL when there is none. */
const struct tsem_option *tsem_option_find(const char *name);
/* -EINVAL: a word that is none, or there twice, or an empty list. */
int tsem_option_parse(const struct tsem_option *option, const char *text, size_t size, tsem_u32 *ret_bits);
/* Appends what tsem_option_parse reads; nothing for a list without words. */
void tsem_option_format(const struct tsem_option *option, tsem_u32 bits, struct tsem_buffer *buffer);
/* The word of an option that is no list, by the option's name; "unknown" when there is none. */
const char *tsem_option_word(const char *name, tsem_u32 bits);

/* TSEM_MODE_*, TSEM_ACTION_*: NULL for a number without a word, -EINVAL for a word without a number. */
const char *tsem_mode_name(tsem_u32 mode);
const char *tsem_action_name(tsem_u32 action);
int tsem_action_parse(const char *text, size_t size, tsem_u32 *ret_action);

/*
 * A pattern of names that differ from run to run: /DIRECTORY/PREFIX{CLASS LENGTH}SUFFIX
 * with CLASS digit, hex or alnum (letters, digits, _ and -), and LENGTH 1 to 64 or left out.
 * It is about one whole name; the prefix and the suffix may be empty.
 */
int tsem_pattern_parse(const char *text, size_t size, struct tsem_name_rule *ret_rule, struct tsem_error *error);
void tsem_pattern_format(const struct tsem_name_rule *rule, struct tsem_buffer *buffer);
/* Appends what it lets in, as a sentence without its beginning letter and end. */
void tsem_pattern_describe(const struct tsem_name_rule *rule, struct tsem_buffer *buffer);

/* ---- explanations ------------------------------------------------------ */

/*
 * Knows programs by their TASK_ID, from the exec events that it was shown, and finds the nearest allowed event. What
 * it appends is as tsem_record_describe has it: safe for a terminal.
 */
struct tsem_explainer;

/* allowed: the set of a sealed model, or NULL. It is borrowed, and its exec events are learned. NULL when out of memory. */
struct tsem_explainer *tsem_explainer_create(const struct tsem_set *allowed);
void tsem_explainer_destroy(struct tsem_explainer *explainer);
/*
 * Shows it a record, of any event. What is not an exec event adds nothing; nor does one behind the first so many programs,
 * so that who starts new ones for ever does not make it grow for ever. Of a set it learns all.
 */
#define TSEM_EXPLAINER_PROGRAMS 65536
void tsem_explainer_learn(struct tsem_explainer *explainer, const struct tsem_record *record);
void tsem_explainer_learn_set(struct tsem_explainer *explainer, const struct tsem_set *set);

/* Who acts: the path of a program, or a process by its name. */
void tsem_explain_program(const struct tsem_explainer *explainer, const struct tsem_record *record,
			  struct tsem_buffer *out);
/* The program of the parent at fork; nothing when it is not known. */
void tsem_explain_parent(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out);
/*
 * The programs by which it came to the event, from the first one to who acts, each with a NUL behind it. Returns their
 * number; the first is "tsem" when the beginning is known.
 */
size_t tsem_explain_chain(const struct tsem_explainer *explainer, const struct tsem_record *record,
			  struct tsem_buffer *out);
/* "does this": tsem_record_describe with programs by their paths. */
void tsem_explain_deed(const struct tsem_explainer *explainer, const struct tsem_record *record,
		       struct tsem_buffer *out);
/* "PROGRAM, started by PARENT, does this" */
void tsem_explain_action(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out);
/* "refused", "let through" or "not in the model, let through" */
void tsem_explain_verdict(const struct tsem_record *record, struct tsem_buffer *out);
/* Why the event could not be modeled; NULL when it could. */
const char *tsem_explain_failure(const struct tsem_record *record);
/* The nearest allowed event of the same kind, NULL when the model has none. */
const struct tsem_record *tsem_explain_nearest(const struct tsem_explainer *explainer,
					       const struct tsem_record *record);
/* In what record differs from the allowed event. */
void tsem_explain_difference(const struct tsem_explainer *explainer, const struct tsem_record *allowed,
			     const struct tsem_record *record, struct tsem_buffer *out);
/*
 * When the record is about the first program of a workload and the model begins with another one: appends a sentence
 * that says so. True when it did.
 */
bool tsem_explain_beginning(const struct tsem_explainer *explainer, const struct tsem_record *record,
			    struct tsem_buffer *out);
/* Why it is a violation, in sentences: the nearest allowed event, or why there is none. Nothing without a model. */
void tsem_explain_reason(const struct tsem_explainer *explainer, const struct tsem_record *record,
			 struct tsem_buffer *out);

/* ---- models ----------------------------------------------------------- */

/* A model that was merged into another one. */
struct tsem_source {
	char name[TSEM_NAME_MAX];
	tsem_u32 runs;
	tsem_u32 reserved;
	tsem_u8 state[TSEM_DIGEST_SIZE]; /* of its coefficients, without base and aggregate */
};

/* A use of a system call that a model has: an entry of abi/syscalls.def, and the argument where that has one. */
struct tsem_call {
	const char *entry; /* the table's own text */
	tsem_u32 argument; /* 0 where the entry has none */
};

/* Ascending by the bytes of the entry, then by the argument; none twice. */
struct tsem_calls {
	struct tsem_call *items;
	size_t count;
	bool known; /* false: nothing is known of the system calls; count is 0 */
};

/* Ascending, none twice. */
struct tsem_sizes {
	tsem_u64 *items;
	size_t count;
};

struct tsem_model {
	char name[TSEM_NAME_MAX];
	tsem_u32 options; /* TSEM_OPTION_*: profile, digest policy, normalisers */
	tsem_u32 runs; /* learning runs that made it */
	struct tsem_name_rule names[TSEM_NAME_RULES];
	size_t name_count;
	struct tsem_set set;
	struct tsem_source *sources; /* in the order in which they were merged; NULL when it was not merged */
	size_t source_count;
	char **pseudonyms; /* paths of files whose content digest is tsem_pseudonym_digest(path), ascending, none twice */
	size_t pseudonym_count;
	struct tsem_sizes large; /* of the contents above TSEM_CONTENT_SMALL */
	struct tsem_calls calls;
	bool has_action; /* it says which action suits the workload when it is enforced */
	tsem_u32 action; /* TSEM_ACTION_* */
};

struct tsem_model *tsem_model_create(const char *name, tsem_u32 options);
void tsem_model_destroy(struct tsem_model *model);
/* -EEXIST: it is there already; -ENOSPC: there are TSEM_NAME_RULES already. */
int tsem_model_add_pattern(struct tsem_model *model, const struct tsem_name_rule *rule);
/*
 * Errors name the file, the line and the reason. Nothing is guessed: a file that is not whole is refused. A signed
 * model is read like any other, and its signatures are not looked at: see tsem_model_read_signed.
 */
int tsem_model_read(const char *path, struct tsem_model **ret_model, struct tsem_error *error);
/* Temporary file beside path, fsync, rename: path is either as it was or complete. */
int tsem_model_write(const struct tsem_model *model, const char *path, struct tsem_error *error);

/* ---- system calls: docs/syscalls.md ------------------------------------- */

/* The call of that number on this architecture; NULL when there is none in the table. */
const char *tsem_call_name(unsigned number);
/* The entry that stands for the call of that name; NULL when there is none. "always": it is in no list. */
const char *tsem_call_entry(const char *name);
/* Index of the argument that belongs to the entry; -1 when none does. */
int tsem_call_argument(const char *entry);
/* The first call of the table, from *cursor on, that has the entry and a number here; negative at the end. */
int tsem_call_next(const char *entry, size_t *cursor);
/* The uses with an argument that are always in, by index; false behind the last one. */
bool tsem_call_always(size_t index, struct tsem_call *ret_call);
/* 1: added; 0: it is there already, or always; -ENOENT: there is no such entry; -ENOMEM. The calls are then known. */
int tsem_calls_add(struct tsem_calls *calls, const char *entry, tsem_u32 argument);
bool tsem_calls_have(const struct tsem_calls *calls, const char *entry, tsem_u32 argument);
void tsem_calls_deinit(struct tsem_calls *calls);
/* Appends "open" or "ioctl 0x5411", as a model file has it. */
void tsem_call_format(const struct tsem_call *call, struct tsem_buffer *buffer);
/* The same for people: with the name of the argument, where it has one that is known here. */
void tsem_call_describe(const struct tsem_call *call, struct tsem_buffer *buffer);
/* Reads what tsem_call_format writes. False when it is not just that. */
bool tsem_call_parse(const char *text, size_t size, struct tsem_call *ret_call);

/* ---- sizes of large contents: docs/limits.md ------------------------------ */

/* Whether a content of that size is read only where the size is known. */
bool tsem_size_counts(tsem_u64 size);
/* 1: added; 0: it is there already; -EINVAL: it is none that counts; -ENOMEM. */
int tsem_sizes_add(struct tsem_sizes *sizes, tsem_u64 size);
bool tsem_sizes_have(const struct tsem_sizes *sizes, tsem_u64 size);
/* Adds what other has. Negative errno. */
int tsem_sizes_join(struct tsem_sizes *sizes, const struct tsem_sizes *other);
void tsem_sizes_deinit(struct tsem_sizes *sizes);

/* ---- signed models: docs/signing.md ------------------------------------ */

struct tsem_key; /* Ed25519 or ECDSA P-256 */

/*
 * A private key in PEM. passphrase, for one that is encrypted, may be NULL; nobody is asked for one. -EACCES: it needs
 * a passphrase, or another one.
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
/* A public key in PEM, or that of an X.509 certificate: of this nothing else is looked at, neither dates nor issuer. */
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
	char keyid[256]; /* as the file says it: nobody has signed this; "" when it does not say */
	const struct tsem_key *key; /* of the keyring, which has made this signature; NULL: none of them has */
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

/* What a signed model has besides the model. */
struct tsem_signed {
	struct tsem_validity validity;
	tsem_u8 sha256[TSEM_DIGEST_SIZE]; /* of what is signed */
	struct tsem_subject *subjects;
	size_t subject_count;
	struct tsem_signature *signatures;
	size_t signature_count;
};

void tsem_signed_destroy(struct tsem_signed *signed_model);

/*
 * Reads a model that may be signed, once: what is verified is what is returned.
 * With a keyring, a file that has no valid signature by one of its keys is
 * refused: -ENOKEY, or -ENODATA when it is not signed at all. Without (NULL)
 * nothing is verified. *ret_signed (may be NULL) is NULL for a model that is
 * not signed; its signatures point into the keyring.
 */
int tsem_model_read_signed(const char *path, const struct tsem_keyring *keyring, struct tsem_model **ret_model,
			   struct tsem_signed **ret_signed, struct tsem_error *error);

struct tsem_signing {
	const struct tsem_subject *subjects; /* none: the model itself, under its name */
	size_t subject_count;
	bool sealed; /* what is signed has no trajectory */
	struct tsem_validity validity;
	const struct tsem_keyring
		*keyring; /* of a file that is signed already: whose signature it must have; NULL: nobody's */
};

/*
 * Signs the model in a file. One that is signed already gets one more signature, of what it holds: then all but the
 * keyring has to be left out. *ret_again, which may be NULL: it was. Appends the signed model.
 */
int tsem_model_sign(const char *path, const struct tsem_key *key, const struct tsem_signing *signing,
		    struct tsem_buffer *buffer, bool *ret_again, struct tsem_error *error);

/* ---- which signed models are too old: docs/signing.md ---------------------- */

#define TSEM_SERIALS "/var/lib/tsem/serials"

/*
 * Whether now is within its dates. -EKEYEXPIRED when it is not.
 */
int tsem_signed_check_dates(const struct tsem_signed *info, const char *path, tsem_u64 now, struct tsem_error *error);
/*
 * Whether the model, which was read with a keyring from path, is neither revoked nor older than another one of its name
 * that was accepted before: -EKEYREVOKED when it is. What is the newest now is remembered in the file serials, which is
 * made when it is not there. One that cannot be read, or that others than its owner can write, is an error.
 */
int tsem_serials_accept(const char *serials, const char *path, const char *name, const struct tsem_signed *info,
			struct tsem_error *error);
/* From now on no model of that name with a serial up to this one, or without one, is accepted. */
int tsem_serials_revoke_name(const char *serials, const char *name, tsem_u64 serial, struct tsem_error *error);
/* Nor this one, whoever signs it as it is. */
int tsem_serials_revoke(const char *serials, const tsem_u8 sha256[TSEM_DIGEST_SIZE], struct tsem_error *error);

/* Appends the lines of the file's head that say what is modeled and how: two models are comparable when they are equal. */
void tsem_model_settings(const struct tsem_model *model, struct tsem_buffer *buffer);

/*
 * Adds what model does not have: coefficients and events; counts and runs are
 * added, and the runs of other count as the later ones. Both are then named
 * among the sources, or the sources that they had. Sizes of large contents are
 * those of both. Of the system calls nothing is known any more when one of them
 * knows nothing. -EINVAL, and model is as it was, when their settings differ.
 */
int tsem_model_merge(struct tsem_model *model, const struct tsem_model *other, struct tsem_error *error);

/* ---- models of files that change ---------------------------------------- */

/* A content that the events of a model name, and of which file it is. */
struct tsem_content {
	char *path;
	char type[16]; /* of the path: root, namespace, chroot, detached */
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	tsem_u8 replacement[TSEM_DIGEST_SIZE]; /* what the digest is to become; at first the same */
	size_t events; /* set by tsem_model_rebase: how many events changed because of it */
};

struct tsem_contents {
	struct tsem_content *items; /* in the order in which the events name them */
	size_t count;
	size_t capacity;
	struct tsem_set index; /* private */
};

struct tsem_rebased {
	size_t programs; /* programs that have another TASK_ID now */
	size_t events; /* events that have another coefficient now */
	size_t merged; /* events that became equal to another one */
	size_t strangers; /* events of programs whose start the model does not hold: nothing is known of their TASK_ID */
};

int tsem_model_contents(const struct tsem_model *model, struct tsem_contents *ret_contents, struct tsem_error *error);
/* The same content of the same file; NULL when it is not in the list. */
struct tsem_content *tsem_contents_find(const struct tsem_contents *contents, const struct tsem_content *content);
void tsem_contents_deinit(struct tsem_contents *contents);

/*
 * Puts the replacements in the place of the digests, and computes anew what
 * hangs on them: TASK_IDs, wherever they stand, and coefficients. Coefficients
 * without an event stay as they are: who must not have that looks before. When
 * it fails the model is as it was.
 */
int tsem_model_rebase(struct tsem_model *model, struct tsem_contents *contents, struct tsem_rebased *ret_rebased,
		      struct tsem_error *error);

/* ---- two models, and the older part of one ------------------------------ */

/* Events of two models that are the same deed of the same program but for one field. */
struct tsem_pair {
	const struct tsem_entry *a, *b;
};

struct tsem_comparison {
	struct tsem_contents contents; /* of a; what is another one in b has that as replacement */
	struct tsem_rebased rebased;
	struct tsem_pair *pairs;
	size_t pair_count;
	const struct tsem_entry **only[2]; /* events that the other model does not have, and that have no partner */
	size_t count[2];
	size_t bare[2]; /* coefficients without event that the other model does not have */
};

/* Puts the contents of b in the place of those of a, and compares then. Borrows the events of both models. */
int tsem_model_compare(struct tsem_model *a, const struct tsem_model *b, struct tsem_comparison *ret_comparison,
		       struct tsem_error *error);
bool tsem_content_changed(const struct tsem_content *content);
void tsem_comparison_deinit(struct tsem_comparison *comparison);

/* Whether the event was seen in none of the recent last learning runs. False when that is not known. */
bool tsem_model_outdated(const struct tsem_model *model, const struct tsem_entry *entry, tsem_u32 recent);
/* Drops what is outdated. When it fails the model is as it was. */
int tsem_model_minimise(struct tsem_model *model, tsem_u32 recent, struct tsem_error *error);

/* ---- digests and pseudonyms of files -------------------------------------- */

/* SHA-256 of what can be read from the descriptor, from its present position on. Negative errno. */
int tsem_digest_file(int fd, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);

/* Why the file of this path can have no pseudonym, as the end of a sentence; NULL when it can. */
const char *tsem_pseudonym_fault(const char *path);
/* H(u32 length || path) */
void tsem_pseudonym_digest(const char *path, tsem_u8 ret_digest[TSEM_DIGEST_SIZE]);
/* Adds the path to the model's list, and nothing else. -EEXIST: it is there already. */
int tsem_model_add_pseudonym(struct tsem_model *model, const char *path, struct tsem_error *error);
bool tsem_model_has_pseudonym(const struct tsem_model *model, const char *path);

/* ---- the kernel side --------------------------------------------------- */

struct tsem_feature {
	const char *name; /* "BPF LSM active" */
	bool required; /* for enforcement */
	bool present;
	char detail[256]; /* what was found */
	char remedy[512]; /* what to do; empty when present */
};

/* Asks the running kernel, feature by feature. *ret_count features, at most limit. Loads nothing for long. */
int tsem_features_probe(struct tsem_feature *features, size_t limit, size_t *ret_count, struct tsem_error *error);

struct tsem_kernel;

/*
 * Opens the pinned maps of the loaded programs; loads them when they are not
 * loaded yet and flags has TSEM_KERNEL_LOAD. Programs that were loaded without
 * TSEM_KERNEL_ALL_EVENTS are refused, with -EBUSY, to whoever asks for it.
 */
#define TSEM_KERNEL_LOAD 0x1u
#define TSEM_KERNEL_PERSISTENT 0x2u /* they stay loaded when the last namespace has ended */
#define TSEM_KERNEL_ALL_EVENTS 0x4u
int tsem_kernel_open(unsigned flags, struct tsem_kernel **ret_kernel, struct tsem_error *error);
/* Unloads programs that were not loaded as persistent and that no namespace needs. */
void tsem_kernel_close(struct tsem_kernel *kernel);
/* -EBUSY while a namespace lives, unless force is true. */
int tsem_kernel_unload(bool force, struct tsem_error *error);
bool tsem_kernel_loaded(void);

/* Bytes of the kernel's memory (docs/limits.md, Memory). What is kept with single files and sockets is not in it. */
struct tsem_memory {
	tsem_u64 programs;
	tsem_u64 maps; /* that all namespaces share */
	tsem_u64 namespaces; /* maps and tasks of all of them */
	tsem_u32 program_count;
};
/* All zero when nothing is loaded. */
int tsem_memory_read(struct tsem_memory *ret_memory, struct tsem_error *error);

struct tsem_namespace_options {
	const char *name;
	tsem_u32 mode; /* TSEM_MODE_* */
	tsem_u32 action; /* TSEM_ACTION_* */
	tsem_u32 options; /* TSEM_OPTION_*; with _STREAM records go to the caller of drain only, not into the session's files */
	tsem_u32 limit; /* coefficients that can be added; 0: default */
	/*
	 * The connection to a modeling agent that has namespace 1 of this kind, its digest function, and the deadline of
	 * the connection. The orchestrator's until it is destroyed. NULL: the kernel decides.
	 */
	struct tsem_tma *agent;
	unsigned agent_hash; /* TSEM_HASH_* */
	unsigned agent_deadline_ms;
	bool calls; /* of the free mode: note the system calls; every call of the machine is dearer until the end */
	const struct tsem_model *
		model; /* NULL: empty. Its rules of names hold in every mode, its coefficients in all but the free one */
};

struct tsem_orchestrator;

/* Called for each record, already checked; a non-zero return ends the draining and is returned. */
typedef int (*tsem_record_fn)(void *context, const struct tsem_record *record);

int tsem_orchestrator_create(struct tsem_kernel *kernel, const struct tsem_namespace_options *options,
			     struct tsem_orchestrator **ret_orchestrator, struct tsem_error *error);
/* Puts the process of a pidfd into the namespace: it and whatever it starts are modeled from now on. */
int tsem_orchestrator_enter(struct tsem_orchestrator *orchestrator, int pidfd, struct tsem_error *error);
/* No workload reaches the process by signals, tracing or limits as long as it lives: it is of who orchestrates. */
int tsem_orchestrator_guard(const struct tsem_orchestrator *orchestrator, int pid, struct tsem_error *error);
/* Whether a violation has stopped the process of the pidfd for inspection (TSEM_ACTION_FREEZE). */
bool tsem_orchestrator_frozen(const struct tsem_orchestrator *orchestrator, int pidfd);
/* Readable when records wait. */
int tsem_orchestrator_fd(const struct tsem_orchestrator *orchestrator);
/* Takes all waiting records into the session's files and calls fn (may be NULL) for each. */
int tsem_orchestrator_drain(struct tsem_orchestrator *orchestrator, tsem_record_fn fn, void *context,
			    struct tsem_error *error);
/* So many records that fn took, it could not pass on after all: they are not delivered but lost. */
void tsem_orchestrator_undelivered(struct tsem_orchestrator *orchestrator, tsem_u64 count);
int tsem_orchestrator_status(const struct tsem_orchestrator *orchestrator, struct tsem_namespace *ret_status,
			     struct tsem_error *error);
/* Sends the signal to each process that is in the namespace now; ret_count: so many. One that is just made may be missed. */
int tsem_orchestrator_signal(const struct tsem_orchestrator *orchestrator, int signal, size_t *ret_count,
			     struct tsem_error *error);
/*
 * Adds the system calls that were noted. ret_fresh: how many were not there. ret_left: uses of calls for whose argument
 * there was no room. ret_compat: calls of 32-bit programs, which no list has.
 */
int tsem_orchestrator_calls(const struct tsem_orchestrator *orchestrator, struct tsem_calls *calls, size_t *ret_fresh,
			    tsem_u64 *ret_left, tsem_u64 *ret_compat, struct tsem_error *error);

/* ---- the wall: a seccomp filter that lets a list of system calls through ---- */

struct tsem_wall;

int tsem_wall_create(const struct tsem_calls *calls, struct tsem_wall **ret_wall, struct tsem_error *error);
/*
 * Puts this process, and whatever it starts, behind the wall; the process needs CAP_SYS_ADMIN. Returns the descriptor
 * by which refused calls are heard of, or a negative errno. Does nothing but system calls.
 */
int tsem_wall_enter(const struct tsem_wall *wall);
/* Takes that descriptor, of the process of a pidfd. */
int tsem_wall_listen(struct tsem_wall *wall, int pidfd, int descriptor, struct tsem_error *error);
/* Readable when a call waits for its answer; -1: nobody waits, or there is nobody left behind the wall. */
int tsem_wall_fd(const struct tsem_wall *wall);
/* Nobody is heard any more: what is not in the list gets ENOSYS. */
void tsem_wall_destroy(struct tsem_wall *wall);
/* Whether this process is behind a filter of somebody else already. */
bool tsem_wall_present(void);

/* Answers some of the calls that wait, and records each as drain does records. Never blocks. */
int tsem_orchestrator_answer(struct tsem_orchestrator *orchestrator, struct tsem_wall *wall, tsem_record_fn fn,
			     void *context, struct tsem_error *error);
/*
 * Of a namespace with an agent: takes the connection back, so that the agent can be asked what it has. Nobody is
 * answered any more. ret_reasons counts the untrusted events by TSEM_REASON_*. True: one of them could not be
 * refused, and has ended the workload.
 */
bool tsem_orchestrator_detach(struct tsem_orchestrator *orchestrator, tsem_u64 ret_reasons[TSEM_REASON_LIMIT]);
/* ... and before or after that: whether the file system through which tasks ask was cut off from outside. */
bool tsem_orchestrator_cut(const struct tsem_orchestrator *orchestrator);
/*
 * Drains, a stream to the fn of the last call of drain, writes the session's last state, and frees the slot when no
 * task is left.
 */
int tsem_orchestrator_destroy(struct tsem_orchestrator *orchestrator, struct tsem_error *error);

/*
 * Keeps this process and what it starts from now on out of the root namespace
 * (TSEM_OPTION_ROOT): who carries events away must not make new ones by it.
 */
int tsem_kernel_stay_outside(struct tsem_kernel *kernel, struct tsem_error *error);

/* ---- findings: the forensics of a session, sorted into violations and what untrusted tasks did after them ---- */

#define TSEM_FINDING_NOBODY ((size_t)-1)

struct tsem_findings {
	const struct tsem_set *forensics; /* borrowed */
	/*
	 * For each entry: its own index for a violation; the index of the
	 * violation after which its task, or a parent of it, was untrusted; or
	 * TSEM_FINDING_NOBODY when that is not known.
	 */
	size_t *leaders;
	/*
	 * For each entry that leads: the first that leads and differs from it only in its object, which is in the same
	 * directory and no secret. Of the others: their own.
	 */
	size_t *likes;
	size_t violations; /* entries that lead */
	size_t refused; /* entries that were refused */
};

int tsem_findings_init(struct tsem_findings *findings, const struct tsem_set *forensics, struct tsem_error *error);
void tsem_findings_deinit(struct tsem_findings *findings);
/* How many entries that lead are like that one, which is the first of them; and how often they were seen. */
size_t tsem_findings_alike(const struct tsem_findings *findings, size_t first, tsem_u64 *ret_count);
/*
 * How many entries follow the violation (or TSEM_FINDING_NOBODY), how many of them were refused, and how often all were
 * seen.
 */
size_t tsem_findings_followers(const struct tsem_findings *findings, size_t leader, size_t *ret_refused,
			       tsem_u64 *ret_times);
/* So often something was seen that was a violation only because its process was untrusted. */
tsem_u64 tsem_findings_consequences(const struct tsem_findings *findings);

/* ---- sessions: namespaces, living or ended, by name --------------------- */

struct tsem_session {
	char name[TSEM_NAME_MAX];
	bool live; /* has tasks */
	bool orchestrated; /* its orchestrator lives */
	struct tsem_namespace status;
	tsem_u64 memory; /* bytes in the kernel; 0 when it has ended */
	struct tsem_model *model; /* the sealed model; NULL in free mode */
	struct tsem_set trajectory; /* what was learned; of a sealed model: the points that this session has reached */
	struct tsem_set forensics;
	struct tsem_sizes large; /* of what was read, and those of the sealed model */
};

/* Names of all sessions, newest first; free() the array, which is one block. */
int tsem_session_list(char (**ret_names)[TSEM_NAME_MAX], size_t *ret_count, struct tsem_error *error);
/* Only the head of it: no model, no sets. */
int tsem_session_status(const char *name, struct tsem_session *ret_session, struct tsem_error *error);
/* Sends the signal to each process of a session, whoever orchestrates it; ret_count: so many, 0 when it has ended. */
int tsem_session_signal(const char *name, int signal, size_t *ret_count, struct tsem_error *error);
int tsem_session_open(const char *name, struct tsem_session **ret_session, struct tsem_error *error);
void tsem_session_destroy(struct tsem_session *session);

struct tsem_follow;

/* Reads the records of a session, living or ended, from its first one on. */
int tsem_follow_open(const char *name, struct tsem_follow **ret_follow, struct tsem_error *error);
/* Calls fn, as drain does, for those that have come. *ret_ended: there will be no more. */
int tsem_follow_read(struct tsem_follow *follow, tsem_record_fn fn, void *context, bool *ret_ended,
		     struct tsem_error *error);
void tsem_follow_close(struct tsem_follow *follow);

/* ---- learning: what the runs have added, whether that has come to an end, and if not, why ---- */

/*
 * Adds what a run has shown to the model: the coefficients, their counts and, as far as they arrived, their events.
 * ret_fresh: how many coefficients the model did not have. ret_failed: so often an event could not be modeled.
 */
int tsem_model_learn(struct tsem_model *model, const struct tsem_session *session, tsem_u32 run, size_t *ret_fresh,
		     size_t *ret_failed, struct tsem_error *error);

/* A rule for names that are another one in every run, found by comparing the runs of a trajectory (docs/learning.md). */
struct tsem_proposal {
	struct tsem_name_rule rule;
	char example[4096]; /* a name that was seen, whole */
	size_t events; /* of the trajectory that have such a name */
	size_t explained; /* of the changing ones, as below */
};

struct tsem_proposals {
	struct tsem_proposal *rules;
	size_t count;
	size_t changing; /* events first seen in the run since or later */
	size_t explained; /* of these: with the rules, the same as one that was seen before */
	/* For each entry of the set what it is with the rules: equal for events that would be one. Zeros without record. */
	tsem_u8 (*keys)[TSEM_DIGEST_SIZE];
};

/*
 * seen: in how many runs each entry of the model's set was seen; when NULL, the
 * model says the first and the last. -ENOMEM is the only error.
 */
int tsem_proposals_find(const struct tsem_model *model, const tsem_u32 *seen, tsem_u32 since,
			struct tsem_proposals *ret_proposals);
void tsem_proposals_deinit(struct tsem_proposals *proposals);

struct tsem_learning_run {
	tsem_u64 events; /* all, also the repeated */
	size_t fresh; /* new coefficients */
	size_t calls; /* new system calls */
	size_t total; /* in the model after it */
	tsem_u64 failed; /* events that could not be modeled */
	tsem_u64 refused; /* as in every mode */
	tsem_u64 lost; /* events without their description */
	int status; /* of CMD */
};

struct tsem_convergence {
	const struct tsem_model *model; /* borrowed */
	tsem_u32 stable; /* runs without anything new that are asked for */
	tsem_u32 before; /* runs of the model before these */
	struct tsem_learning_run *runs;
	size_t count;
	tsem_u32 *seen; /* in how many runs each entry of the model was seen */
	size_t seen_count;
	struct tsem_set failed; /* the events that could not be modeled */
};

/* Events that keep changing and are one deed: the first of them, and how many. */
struct tsem_change_group {
	size_t entry; /* of the model's set */
	size_t count;
};

/* What is known after the last run; all zeros when it has converged. */
struct tsem_changes {
	tsem_u32 since; /* the first of the runs that are looked at */
	struct tsem_proposals proposals;
	struct tsem_change_group *groups; /* in the order of their appearance */
	size_t count;
	struct tsem_set earlier; /* the entries of the runs before; the records are the model's */
	struct tsem_explainer *explainer;
};

/* The session has just ended; its events are in the model already. */
int tsem_convergence_take(struct tsem_convergence *convergence, const struct tsem_session *session,
			  const struct tsem_learning_run *run, struct tsem_error *error);
void tsem_convergence_deinit(struct tsem_convergence *convergence);
bool tsem_convergence_reached(const struct tsem_convergence *convergence);
/* How many of the last runs added nothing. */
size_t tsem_convergence_quiet(const struct tsem_convergence *convergence);

enum tsem_converged {
	TSEM_CONVERGED,
	TSEM_CONVERGED_PERHAPS, /* nothing new, but in fewer runs than are asked for */
	TSEM_CONVERGED_NOT,
	TSEM_CONVERGED_UNKNOWN /* there was one run only */
};

struct tsem_convergence_state {
	enum tsem_converged converged;
	size_t quiet; /* how many of the last runs added nothing */
	size_t late; /* so many of the last runs are looked at, and had: */
	size_t fresh; /* new coefficients */
	size_t calls; /* new system calls */
};

struct tsem_convergence_state tsem_convergence_state(const struct tsem_convergence *convergence);

int tsem_changes_find(const struct tsem_convergence *convergence, struct tsem_changes *ret_changes,
		      struct tsem_error *error);
void tsem_changes_deinit(struct tsem_changes *changes);
/* The two sentences about a group: what it does, and how that differs from the nearest of an earlier run. */
void tsem_change_describe(const struct tsem_changes *changes, const struct tsem_convergence *convergence,
			  const struct tsem_change_group *change, struct tsem_buffer *ret_action,
			  struct tsem_buffer *ret_difference);

/*
 * Violations that are none. Why the entry of the forensics cannot become part of the session's model, as the end of a
 * sentence; NULL when it can.
 */
const char *tsem_session_adopt_fault(const struct tsem_session *session, size_t index);
/*
 * Adds those that are chosen, by index in the forensics, to the session's model. ret_strangers: how many of them are by
 * programs whose start the model does not allow. -EINVAL, and the model is as it was, when one cannot be added.
 */
int tsem_session_adopt(struct tsem_session *session, const bool *chosen, size_t *ret_strangers,
		       struct tsem_error *error);

/* ---- trusted modeling agents outside the kernel (docs/tma-protocol.md) ---- */

struct pollfd;
struct tsem_tma;

/* What is to become of an event. Late, absent, garbled or dead: untrusted. */
struct tsem_verdict {
	bool trusted;
	bool same; /* the same answer for this exact event of a trusted task from now on */
	unsigned reason; /* TSEM_REASON_* */
	tsem_u32 size; /* of the coefficient; 0: the agent has none */
	tsem_u8 coefficient[TSEM_HASH_SIZE_MAX];
};

/* The end of a sentence that begins with "because". */
const char *tsem_reason_text(unsigned reason);
/* One word. */
const char *tsem_reason_name(unsigned reason);
/* 0 when there is none of that name; NULL when there is none of that number. */
unsigned tsem_hash_number(const char *name);
const char *tsem_hash_name(unsigned number);

/*
 * Connects (unix:PATH, fd:IN,OUT, vsock:CID:PORT, tty:DEVICE) and greets. An
 * event that has no answer after deadline_ms is untrusted; other requests may
 * take ten times as long. SIGPIPE has to be ignored.
 */
int tsem_tma_connect(const char *address, unsigned deadline_ms, struct tsem_tma **ret_tma, struct tsem_error *error);
/* Another deadline from the next request on. */
void tsem_tma_hurry(struct tsem_tma *tma, unsigned deadline_ms);
/* Says bye if the agent lives. Events without answer become untrusted first. */
void tsem_tma_close(struct tsem_tma *tma);
const struct tsem_tma_greeting *tsem_tma_greeted(const struct tsem_tma *tma);

int tsem_tma_create(struct tsem_tma *tma, const struct tsem_tma_create *create, struct tsem_tma_created *ret_created,
		    struct tsem_error *error);
int tsem_tma_destroy(struct tsem_tma *tma, tsem_u32 namespace_id, struct tsem_error *error);
/*
 * Makes a model that of the namespace. With the digest function of the model
 * these are its coefficients; with another one its events, which it has to have.
 */
int tsem_tma_load(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned hash, const struct tsem_model *model,
		  struct tsem_error *error);
/* type: TSEM_TMA_BASE, _AGGREGATE, _PSEUDONYM */
int tsem_tma_set(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned type, const void *digest, tsem_u32 size,
		 struct tsem_error *error);
int tsem_tma_seal(struct tsem_tma *tma, tsem_u32 namespace_id, bool enforce, struct tsem_error *error);

/* Waits for the answer, at most for the deadline. */
void tsem_tma_event(struct tsem_tma *tma, tsem_u32 namespace_id, const struct tsem_record *record,
		    struct tsem_verdict *ret_verdict);

/*
 * The same for whoever has more to wait for. fn is called exactly once for
 * each event that was taken: from tsem_tma_turn or tsem_tma_close, or from here
 * when it cannot be put at all. -EAGAIN: as many wait as the library keeps; let
 * it have a turn.
 */
typedef void (*tsem_verdict_fn)(void *context, const struct tsem_verdict *verdict);
int tsem_tma_submit(struct tsem_tma *tma, tsem_u32 namespace_id, tsem_u32 flags, const struct tsem_record *record,
		    tsem_verdict_fn fn, void *context);
/* Fills one or two entries for poll(2), and says how long to wait at most, -1: no limit. Returns how many. */
int tsem_tma_poll(const struct tsem_tma *tma, struct pollfd *ret_fds, int *ret_timeout);
/* Sends, receives and ends what is late. Never blocks. -EPIPE once the agent is gone, which is for good. */
int tsem_tma_turn(struct tsem_tma *tma);

/* Called for each item of a part; coefficient, record or both may be NULL. A non-zero return ends it and is returned. */
typedef int (*tsem_item_fn)(void *context, const struct tsem_tma_item *item, const tsem_u8 *coefficient,
			    const struct tsem_record *record);
/* TSEM_TMA_TRAJECTORY, _FORENSICS, _POINTS, _COUNTS */
int tsem_tma_show(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned part, tsem_item_fn fn, void *context,
		  struct tsem_error *error);
/* TSEM_TMA_STATE, _MEASUREMENT: TSEM_HASH_SIZE_MAX bytes of room; _STATUS: a struct tsem_tma_status */
int tsem_tma_value(struct tsem_tma *tma, tsem_u32 namespace_id, unsigned part, void *ret_value, tsem_u32 room,
		   tsem_u32 *ret_size, struct tsem_error *error);

/* What went wrong on the line so far. */
struct tsem_tma_line {
	tsem_u64 skipped; /* bytes that were no part of a frame */
	tsem_u64 repeated; /* requests that were sent again */
	tsem_u64 stray; /* answers that nobody waited for any more */
	bool lossy; /* a serial line: requests are repeated, and may arrive in another order */
};
void tsem_tma_line(const struct tsem_tma *tma, struct tsem_tma_line *ret_line);

#ifdef __cplusplus
}
#endif
/*
 * The environment (environment.def). A secret is taken out of it once and for all, also out of /proc/PID/environ; from
 * then on only tsem_variable knows it, until it is forgotten. NULL: it is not there, or not one that tsem knows.
 */
void tsem_secrets_take(void);
void tsem_secrets_forget(void);
const char *tsem_variable(const char *name);

#endif
