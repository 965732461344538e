/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <time.h>

#include "../../lib/base/buffer.h"
#include "../../lib/base/hex.h"
#include "../../lib/base/utf8.h"
#include "../../lib/event/digest.h"
#include "../../lib/session/sequence.h"
#include "../../lib/agent/questions.h"
#include "../../lib/external/watched.h"
#include "generate.h"
#include "unit.h"

void test_error_texts(void)
{
	struct tsem_error error = {0};
	char filler[2000];

	CHECK(tsem_error_set(&error, EINVAL, "bad %s", "name") == -EINVAL);
	CHECK(tsem_error_wrap(&error, "reading %d", 7) == -EINVAL);
	CHECK_TEXT(error.text, "reading 7: bad name");
	CHECK(error.code == EINVAL);
	CHECK(tsem_error_set(NULL, ENOENT, "nobody listens") == -ENOENT);
	memset(filler, 'x', sizeof(filler) - 1);
	filler[sizeof(filler) - 1] = 0;
	CHECK(tsem_error_wrap(&error, "%s", filler) == -EINVAL);
	CHECK(strlen(error.text) == sizeof(error.text) - 1);
}

/* What is not a number is never taken for 0. */
void test_sequence_numbers(void)
{
	static const char *const none[] = {"\n",
					   "x",
					   "-1\n",
					   " 1\n",
					   "1 \n",
					   "1\n\n",
					   "0x1",
					   "18446744073709551615\n",
					   "18446744073709551616\n",
					   "99999999999999999999999"};
	struct tsem_error error;
	tsem_u64 id = 77;

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		CHECK(sequence_next(none[i], strlen(none[i]), 5, &id, &error) < 0 && id == 77);
	CHECK(sequence_next("1\0\n", 3, 0, &id, &error) < 0 && id == 77);
	CHECK(sequence_next("", 0, ~0ull, &id, &error) < 0 && id == 77);
	CHECK(!sequence_next(NULL, 0, 0, &id, &error) && id == 1);
	CHECK(!sequence_next("41\n", 3, 0, &id, &error) && id == 42);
	CHECK(!sequence_next("41", 2, 0, &id, &error) && id == 42);
	CHECK(!sequence_next("41\n", 3, 50, &id, &error) && id == 51);
	CHECK(!sequence_next("18446744073709551614\n", 21, 0, &id, &error) && id == ~0ull);
}

void test_watched_bounds(void)
{
	static struct watched list, other;

	for (int i = 0; i < WATCHED_MAX; i++)
		CHECK(watched_add(&list, i % 1000));
	CHECK(!watched_add(&list, 1) && list.count == WATCHED_MAX);
	watched_remove(&list, 1000);
	CHECK(list.count == WATCHED_MAX);
	other.count = WATCHED_MAX;
	CHECK(!watched_move(&list, &other, 7) && list.count == WATCHED_MAX && other.count == WATCHED_MAX);
	other.count = WATCHED_MAX - 1;
	CHECK(watched_move(&list, &other, 7) && list.count == WATCHED_MAX - 5 && other.tids[WATCHED_MAX - 1] == 7);
	for (int i = 0; i < 1000; i++)
		watched_remove(&list, i);
	CHECK(!list.count);
}

/* Numbers with the same remainder are not the same, in any table; what is over goes, and no answer does. */
void test_questions_numbers(void)
{
	struct questions questions = {0};
	tsem_u32 own = getpid(), made = 0;

	CHECK(!questions_find(&questions, own));
	for (tsem_u32 tid = 1; tid < 4000000; tid += 4096, made++) {
		CHECK(!questions_reserve(&questions, 10));
		*questions_put(&questions, tid) = (struct question){.tid = tid, .number = tid, .deadline = 20};
	}
	for (tsem_u32 tid = 1; tid < 4000000; tid += 4096)
		CHECK(questions_find(&questions, tid) && questions_find(&questions, tid)->number == tid);
	CHECK(!questions_find(&questions, 2) && questions.used == made && !questions_answered(&questions, 10));
	for (tsem_u32 tid = 1; tid < 4000000; tid += 2 * 4096)
		questions_remove(&questions, questions_find(&questions, tid));
	for (tsem_u32 tid = 1, i = 0; tid < 4000000; tid += 4096, i++)
		CHECK(!questions_find(&questions, tid) == !(i % 2));
	CHECK(!questions_reserve(&questions, 10));
	*questions_put(&questions, own) = (struct question){.tid = own, .verdict = 1, .deadline = 20};
	CHECK(questions_answered(&questions, 10) && !questions_answered(&questions, 20));
	for (tsem_u32 tid = 5000000; tid < 5002000; tid++) {
		CHECK(!questions_reserve(&questions, 30));
		*questions_put(&questions, tid) = (struct question){.tid = tid, .deadline = 20};
	}
	CHECK(questions.size <= 4096 && questions_find(&questions, own) && questions_find(&questions, own)->verdict);
	questions_free(&questions);
}

void test_buffer_grows(void)
{
	struct tsem_buffer buffer = {0};

	tsem_buffer_add(&buffer, "", 0);
	CHECK(buffer.data && !buffer.data[0] && !buffer.size);
	for (int i = 0; i < 100000; i++)
		tsem_buffer_printf(&buffer, "%d,", i % 10);
	CHECK(buffer.size == 200000 && !buffer.failed && !buffer.data[200000]);
	CHECK(!memcmp(buffer.data + 199996, "8,9,", 5));
	CHECK(!buffer_reserve(&buffer, (size_t)1 << 62) && buffer.failed);
	tsem_buffer_add(&buffer, "x", 1);
	CHECK(buffer.size == 200000);
	tsem_buffer_deinit(&buffer);
	CHECK(!buffer.data && !buffer.size && !buffer.failed);
}

static void check_escaped(const char *text, const char *expected)
{
	struct tsem_buffer buffer = {0};

	buffer_escape(&buffer, (const tsem_u8 *)text, strlen(text));
	CHECK_TEXT(buffer.data, expected);
	tsem_buffer_deinit(&buffer);
}

void test_buffer_escapes(void)
{
	check_escaped("a\n\x1b[31m\\ \xc3\xa4 \xff \xe2\x80\xae \xc2\x9b.",
		      "a\\x0a\\x1b[31m\\\\ \xc3\xa4 \\xff \\xe2\\x80\\xae \\xc2\\x9b.");
}

/* Names that differ only in what nobody sees are told apart, whoever writes them: soft hyphens, selectors, other blanks. */
void test_buffer_invisible(void)
{
	static const tsem_u32 invisible[] = {0xad,    0x34f, 0x115f, 0x180e, 0x2800, 0x3164, 0xfe0f, 0xfff0,
					     0x1d173, 0xa0,  0x1680, 0x200a, 0x202f, 0x205f, 0x3000};
	static const tsem_u32 letters[] = {'a',	 ' ',	 0xa1,	 0x2010, 0x3001, 0xac,	  0xae,
					   0xe4, 0x2801, 0x3163, 0xfdff, 0xffff, 0x1f600, 0xdffff};

	for (size_t i = 0; i < sizeof(invisible) / sizeof(*invisible); i++)
		CHECK(!utf8_harmless(invisible[i]));
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++)
		CHECK(utf8_harmless(letters[i]));
	check_escaped("a\xc2\xad"
		      "b",
		      "a\\xc2\\xadb");
	check_escaped("\xef\xb8\x8f", "\\xef\\xb8\\x8f");
}

void test_buffer_hex(void)
{
	static const tsem_u8 bytes[] = {0x00, 0x9a, 0xff};
	struct tsem_buffer buffer = {0};
	char text[] = "......???";

	tsem_buffer_printf(&buffer, "<");
	buffer_hex(&buffer, bytes, sizeof(bytes));
	tsem_buffer_printf(&buffer, ">");
	CHECK_TEXT(buffer.data, "<009aff>");
	buffer.size = 0;
	buffer_hex(&buffer, bytes, 0);
	CHECK(buffer.size == 0 && !buffer.data[0]);
	tsem_buffer_deinit(&buffer);
	CHECK(hex_put(bytes, sizeof(bytes), text) == text + 6 && text[6] == '?');
	hex_format(bytes, sizeof(bytes), text);
	CHECK_TEXT(text, "009aff");
}

static bool digest_is(const char *text, const char *expected)
{
	tsem_u8 digest[TSEM_DIGEST_SIZE];
	char hex[2 * TSEM_DIGEST_SIZE + 1];

	digest_bytes(text, strlen(text), digest);
	for (int i = 0; i < TSEM_DIGEST_SIZE; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	return !strcmp(hex, expected);
}

/* FIPS 180-2, appendix B, and the empty message. */
void test_sha256_vectors(void)
{
	char *million = malloc(1000001);

	if (!CHECK(million))
		return;
	memset(million, 'a', 1000000);
	million[1000000] = 0;
	CHECK(digest_is("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
	CHECK(digest_is("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	CHECK(digest_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
	CHECK(digest_is(million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
	free(million);
}

void test_sha256_openssl(void)
{
	struct generator generator = {.seed = 1};
	tsem_u8 bytes[5000], ours[TSEM_DIGEST_SIZE], theirs[TSEM_DIGEST_SIZE];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = generate_number(&generator);
	for (size_t size = 0; size < sizeof(bytes); size += size < 300 ? 1 : 37) {
		digest_bytes(bytes + size % 7, size - size % 7 * (size > 7), ours);
		SHA256(bytes + size % 7, size - size % 7 * (size > 7), theirs);
		CHECK(!memcmp(ours, theirs, sizeof(ours)));
	}
}

static int compare_numbers(const void *a, const void *b)
{
	return memcmp(a, b, TSEM_DIGEST_SIZE);
}

void test_set_many(void)
{
	struct generator generator = {.seed = 2};
	struct tsem_set set = {0};
	tsem_u8(*all)[TSEM_DIGEST_SIZE] = malloc(20000 * sizeof(*all));
	bool new;

	if (!CHECK(all))
		return;
	CHECK(!tsem_set_find(&set, (const tsem_u8[TSEM_DIGEST_SIZE]){0}));
	for (size_t i = 0; i < 20000; i++) {
		memset(all[i], 0, sizeof(*all));
		for (size_t k = i % 3 * 8; k < TSEM_DIGEST_SIZE; k++) /* many have a common beginning */
			all[i][k] = generate_number(&generator);
		CHECK(tsem_set_add(&set, all[i], &new) && new);
		CHECK(tsem_set_add(&set, all[i / 2], &new) && !new);
	}
	CHECK(set.count == 20000);
	for (size_t i = 0; i < 20000; i++) {
		CHECK(!memcmp(set.entries[i].coefficient, all[i], TSEM_DIGEST_SIZE));
		CHECK(tsem_set_find(&set, all[i]) == &set.entries[i]);
		all[i][31] ^= 1;
		CHECK(!tsem_set_find(&set, all[i]));
	}
	tsem_set_deinit(&set);
	CHECK(!set.count && !set.entries);
	free(all);
}

/* Chosen so that a sum of their words, each times a constant, is the same for all: no constants are known to whoever chooses. */
void test_set_chosen(void)
{
	static const tsem_u64 constants[] = {0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9};
	struct generator generator = {.seed = 3};
	struct tsem_set set = {0};
	clock_t began = clock();
	bool new;

	for (size_t i = 0; i < 80000; i++) {
		tsem_u64 words[4] = {0};

		for (size_t k = 0; k < 3; k++) {
			words[k + 1] = generate_number(&generator) << 32 | generate_number(&generator);
			words[0] ^= words[k + 1] * constants[k];
		}
		CHECK(tsem_set_add(&set, (const tsem_u8 *)words, &new) && new);
	}
	CHECK(clock() - began < 2 * CLOCKS_PER_SEC);
	tsem_set_deinit(&set);
}

static void openssl_extend(tsem_u8 *value, const tsem_u8 *base, const tsem_u8 *coefficient)
{
	tsem_u8 joined[64];

	memcpy(joined, base, 32);
	memcpy(joined + 32, coefficient, 32);
	SHA256(joined, 64, joined + 32);
	memcpy(joined, value, 32);
	SHA256(joined, 64, value);
}

/* The formulae of docs/coefficients.md, once more, with another SHA-256. */
static void check_digests(const struct tsem_set *set, const tsem_u8 *aggregate, const tsem_u8 *base)
{
	static const tsem_u8 zero[32];
	tsem_u8 sorted[100][32], state[32] = {0}, measurement[32] = {0}, ours[32];

	openssl_extend(state, base ? base : zero, aggregate ? aggregate : zero);
	memcpy(measurement, state, 32);
	for (size_t i = 0; i < set->count; i++)
		memcpy(sorted[i], set->entries[i].coefficient, 32);
	qsort(sorted, set->count, 32, compare_numbers);
	for (size_t i = 0; i < set->count; i++) {
		openssl_extend(state, base ? base : zero, sorted[i]);
		openssl_extend(measurement, base ? base : zero, set->entries[set->count - 1 - i].coefficient);
	}
	CHECK(!tsem_set_state(set, aggregate, base, ours) && !memcmp(ours, state, 32));
	CHECK(!tsem_set_measurement(set, aggregate, base, ours) && !memcmp(ours, measurement, 32));
}

void test_set_digests(void)
{
	struct generator generator = {.seed = 3};
	struct tsem_set set = {0};
	tsem_u8 coefficient[32], aggregate[32], base[32], ours[32], with[32];

	check_digests(&set, NULL, NULL);
	for (size_t i = 0; i < 100; i++) {
		for (size_t k = 0; k < 32; k++) {
			coefficient[k] = generate_number(&generator);
			aggregate[k] = coefficient[k] ^ 0x55;
			base[k] = coefficient[k] + 7;
		}
		tsem_set_add(&set, coefficient, NULL)->number = 100 - i; /* last added, first seen */
	}
	check_digests(&set, NULL, NULL);
	check_digests(&set, aggregate, NULL);
	check_digests(&set, aggregate, base);
	/* what was never seen is not part of the measurement, but of the state */
	CHECK(!tsem_set_measurement(&set, NULL, NULL, ours));
	tsem_set_add(&set, base, NULL);
	CHECK(!tsem_set_measurement(&set, NULL, NULL, with) && !memcmp(ours, with, 32));
	tsem_set_deinit(&set);
}
