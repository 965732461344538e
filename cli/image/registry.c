/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "registry.h"
#include "authorization.h"
#include "../../sink/http.h"
#include "../../lib/base/buffer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MANIFESTS "Accept: " OCI_MANIFEST ", " OCI_INDEX ", " DOCKER_MANIFEST ", " DOCKER_LIST
#define INDEXES "Accept: " OCI_INDEX
#define OTHERS_MAX (1u << 20) /* bytes of an answer that says nothing but whether it worked */
#define REDIRECTIONS_MAX 5
#define PAGES_MAX 16
#define SHOWN_MAX 512

void registry_open(const struct reference *reference, const char *authorities, unsigned seconds,
		   struct registry *ret_registry)
{
	bool plain = reference_loopback(reference) && !authorities;

	*ret_registry = (struct registry){.reference = reference, .authorities = authorities, .seconds = seconds};
	snprintf(ret_registry->base, sizeof(ret_registry->base), "%s://%s", plain ? "http" : "https", reference->host);
}

void registry_close(struct registry *registry)
{
	if (registry->authorization)
		explicit_bzero(registry->authorization, strlen(registry->authorization));
	free(registry->authorization);
	registry->authorization = NULL;
}

/* A URL of this registry, where its authorization may go. */
static bool is_own(const struct registry *registry, const char *url)
{
	size_t size = strlen(registry->base);

	return !strncmp(url, registry->base, size) && (!url[size] || url[size] == '/' || url[size] == '?');
}

/* For people: a query can have signatures in it, and elsewhere a path, too. */
static void show(const struct registry *registry, const char *url, char ret_shown[SHOWN_MAX])
{
	if (is_own(registry, url))
		snprintf(ret_shown, SHOWN_MAX, "%.*s", (int)strcspn(url, "?"), url);
	else
		http_origin(url, ret_shown);
}

/* ---- questions ---- */

struct question {
	const char *method;
	const char *accept; /* a header, may be NULL */
	const char *type; /* a header, of the body */
	const void *body;
	size_t size;
	tsem_u64 limit;
	bool is_long;
};

static int ask_once(struct registry *registry, const struct question *question, const char *url,
		    struct http_answer *ret_answer, struct tsem_error *error)
{
	char shown[SHOWN_MAX];
	const struct http_request request = {
		.method = question->method,
		.url = url,
		.shown = shown,
		.headers = {question->accept, question->type, is_own(registry, url) ? registry->authorization : NULL},
		.body = question->body,
		.body_size = question->size,
		.limit = question->limit < OTHERS_MAX ? OTHERS_MAX : question->limit,
		.seconds = registry->seconds,
		.is_long = question->is_long,
		.direct = reference_loopback(registry->reference),
		.authorities = registry->authorities,
	};

	show(registry, url, shown);
	return http_ask(&request, ret_answer, error);
}

/* Once more with an authorization, if one is asked for: another one for each kind of question. */
static int ask(struct registry *registry, const struct question *question, const char *url,
	       struct http_answer *ret_answer, struct tsem_error *error)
{
	char challenge[HTTP_HEADER_MAX];
	int r = ask_once(registry, question, url, ret_answer, error);

	if (r || ret_answer->status != 401 || !is_own(registry, url))
		return r;
	strcpy(challenge, ret_answer->challenge);
	http_answer_deinit(ret_answer);
	r = authorize(registry, challenge, error);
	return r ? r : ask_once(registry, question, url, ret_answer, error);
}

static void own_url(const struct registry *registry, char *ret_url, size_t size, const char *kind, const char *rest)
{
	snprintf(ret_url, size, "%s/v2/%s/%s/%s", registry->base, registry->reference->name, kind, rest);
}

#define URL_MAX 2048

static bool is_redirection(const struct http_answer *answer)
{
	return answer->status >= 300 && answer->status < 400 && answer->location[0];
}

/* What an answer means that is not the one that was hoped for. */
static int refuse(const struct registry *registry, const struct http_answer *answer, const char *from,
		  struct tsem_error *error)
{
	char url[SHOWN_MAX], elsewhere[SHOWN_MAX];

	show(registry, from, url);
	show(registry, answer->location, elsewhere);
	if (answer->status == 404)
		return tsem_error_set(error, ENOENT, "%.512s does not exist", url);
	if (answer->status == 401 || answer->status == 403)
		return tsem_error_set(error, EACCES, "%s does not allow it: %.512s", registry->base, url);
	if (is_redirection(answer))
		return tsem_error_set(error, EPERM,
				      "%.512s leads to %.256s, which is refused: only blobs may be elsewhere", url,
				      elsewhere);
	if (answer->status == 429)
		return tsem_error_set(error, EAGAIN, "%s was asked too often: try again later", registry->base);
	return tsem_error_set(error, EIO, "%.512s answers with status %u", url, answer->status);
}

/* ---- reading ---- */

int registry_manifest(struct registry *registry, const tsem_u8 *digest, struct tsem_buffer *buffer,
		      struct descriptor *ret_descriptor, struct tsem_error *error)
{
	const struct reference *reference = registry->reference;
	const struct question question = {.method = "GET", .accept = MANIFESTS, .limit = DOCUMENT_MAX};
	char text[DIGEST_TEXT_SIZE], url[URL_MAX];
	struct http_answer answer = {};
	int r;

	if (!digest && reference->by_digest)
		digest = reference->digest;
	if (digest)
		digest_text(digest, text);
	own_url(registry, url, sizeof(url), "manifests", digest ? text : reference->tag[0] ? reference->tag : "latest");
	r = ask(registry, &question, url, &answer, error);
	if (!r && answer.status != 200)
		r = refuse(registry, &answer, url, error);
	if (!r) {
		descriptor_of(answer.body.data ? answer.body.data : "", answer.body.size, answer.type, ret_descriptor);
		if (digest && memcmp(digest, ret_descriptor->digest, TSEM_DIGEST_SIZE) != 0)
			r = tsem_error_set(error, EBADMSG,
					   "%.512s is refused: its content has another digest, so it was changed", url);
		*buffer = answer.body;
		answer.body = (struct tsem_buffer){};
	}
	http_answer_deinit(&answer);
	return r;
}

/* Where a blob is that is not in the registry: not where others could read along or answer. */
static int check_elsewhere(const struct registry *registry, const char *from, const char *location,
			   struct tsem_error *error)
{
	char url[SHOWN_MAX], elsewhere[SHOWN_MAX];

	if (!strncmp(location, "https://", 8) || is_own(registry, location))
		return 0;
	show(registry, from, url);
	show(registry, location, elsewhere);
	return tsem_error_set(error, EPERM, "%.512s leads to %.256s, which is refused: it is not HTTPS", url,
			      elsewhere);
}

static int follow(struct registry *registry, const struct question *question, char url[HTTP_HEADER_MAX],
		  struct http_answer *ret_answer, struct tsem_error *error)
{
	char shown[SHOWN_MAX];
	int r = 0;

	for (int i = 0; !r && i <= REDIRECTIONS_MAX; i++) {
		http_answer_deinit(ret_answer);
		r = ask(registry, question, url, ret_answer, error);
		if (r || !is_redirection(ret_answer))
			return r;
		r = check_elsewhere(registry, url, ret_answer->location, error);
		strcpy(url, ret_answer->location);
	}
	show(registry, url, shown);
	return r ? r : tsem_error_set(error, ELOOP, "%.512s leads on and on", shown);
}

int registry_blob(struct registry *registry, const struct descriptor *blob, struct tsem_buffer *buffer,
		  struct tsem_error *error)
{
	const struct question question = {.method = "GET", .limit = blob->size, .is_long = true};
	char text[DIGEST_TEXT_SIZE], url[HTTP_HEADER_MAX];
	struct http_answer answer = {};
	int r;

	digest_text(blob->digest, text);
	own_url(registry, url, sizeof(url), "blobs", text);
	r = follow(registry, &question, url, &answer, error);
	if (!r && answer.status != 200)
		r = refuse(registry, &answer, url, error);
	if (!r)
		r = content_check(&answer.body, blob, registry->reference->host, error);
	if (!r) {
		*buffer = answer.body;
		answer.body = (struct tsem_buffer){};
	}
	http_answer_deinit(&answer);
	return r;
}

static int add_items(const struct tsem_buffer *text, const char *url, struct document *list, struct tsem_error *error)
{
	struct document index;
	int r = document_parse(text->data ? text->data : "", text->size, url, &index, error);

	if (r)
		return r;
	if (!index.index)
		r = tsem_error_set(error, EBADMSG, "%.512s is no index, but a manifest", url);
	for (size_t i = 0; !r && i < index.count; i++)
		if (index.items[i].known && !document_add(list, &index.items[i]))
			r = tsem_error_set(error, ENOMEM, "out of memory");
	document_deinit(&index);
	if (!r && list->count > DOCUMENT_ITEMS_MAX)
		r = tsem_error_set(error, EBADMSG, "%.512s is refused: it lists more than %d manifests", url,
				   DOCUMENT_ITEMS_MAX);
	return r;
}

/* The next page, which is of the same registry. */
static int turn_page(const struct registry *registry, const char *next, char url[HTTP_HEADER_MAX],
		     struct tsem_error *error)
{
	char target[HTTP_HEADER_MAX + sizeof(registry->base)], from[SHOWN_MAX], shown[SHOWN_MAX];

	snprintf(target, sizeof(target), "%s%s", next[0] == '/' ? registry->base : "", next);
	show(registry, url, from);
	show(registry, target, shown);
	if (!is_own(registry, target) || strlen(target) >= HTTP_HEADER_MAX)
		return tsem_error_set(error, EPERM, "%.512s leads to %.256s, which is refused", from, shown);
	strcpy(url, target);
	return 0;
}

/* *ret_known: the registry has such lists. */
static int list_referrers(struct registry *registry, const char *digest, struct document *list, bool *ret_known,
			  struct tsem_error *error)
{
	const struct question question = {.method = "GET", .accept = INDEXES, .limit = DOCUMENT_MAX};
	char url[HTTP_HEADER_MAX];
	struct http_answer answer = {};
	int r, pages = 0;

	own_url(registry, url, sizeof(url), "referrers", digest);
	do {
		http_answer_deinit(&answer);
		r = ask(registry, &question, url, &answer, error);
		*ret_known = !r && (answer.status != 404 || pages);
		if (!*ret_known)
			break;
		if (answer.status != 200)
			r = refuse(registry, &answer, url, error);
		if (!r)
			r = add_items(&answer.body, url, list, error);
		if (!r && answer.next[0])
			r = turn_page(registry, answer.next, url, error);
		if (!r && ++pages > PAGES_MAX)
			r = tsem_error_set(error, EBADMSG, "%.512s has more than %d pages", url, PAGES_MAX);
	} while (!r && answer.next[0]);
	http_answer_deinit(&answer);
	return r;
}

/* The index under the tag for referrers; empty: there is none. */
static int get_tagged(struct registry *registry, const char *tag, struct tsem_buffer *text, char url[URL_MAX],
		      struct tsem_error *error)
{
	const struct question question = {.method = "GET", .accept = INDEXES, .limit = DOCUMENT_MAX};
	struct http_answer answer;
	int r;

	own_url(registry, url, URL_MAX, "manifests", tag);
	r = ask(registry, &question, url, &answer, error);
	if (!r && answer.status != 200 && answer.status != 404)
		r = refuse(registry, &answer, url, error);
	if (!r && answer.status == 200) {
		*text = answer.body;
		answer.body = (struct tsem_buffer){};
	}
	http_answer_deinit(&answer);
	return r;
}

int registry_referrers(struct registry *registry, const tsem_u8 image[TSEM_DIGEST_SIZE], struct document *list,
		       struct tsem_error *error)
{
	char digest[DIGEST_TEXT_SIZE], tag[REFERRERS_TAG_MAX], url[URL_MAX];
	struct tsem_buffer text = {};
	bool known;
	int r;

	digest_text(image, digest);
	reference_referrers_tag(image, tag);
	r = list_referrers(registry, digest, list, &known, error);
	if (r || known)
		return r;
	r = get_tagged(registry, tag, &text, url, error);
	if (!r && text.size)
		r = add_items(&text, url, list, error);
	tsem_buffer_deinit(&text);
	return r;
}

/* ---- writing ---- */

static int has_blob(struct registry *registry, const char *digest, bool *ret_has, struct tsem_error *error)
{
	const struct question question = {.method = "HEAD"};
	struct http_answer answer;
	char url[URL_MAX];
	int r;

	own_url(registry, url, sizeof(url), "blobs", digest);
	r = ask(registry, &question, url, &answer, error);
	*ret_has = answer.status == 200;
	http_answer_deinit(&answer);
	return r;
}

/* Where the registry wants to have it: a URL of its own. */
static int begin_upload(struct registry *registry, const char *digest, char ret_url[HTTP_HEADER_MAX],
			struct tsem_error *error)
{
	const struct question question = {.method = "POST"};
	struct http_answer answer;
	char url[URL_MAX], target[2 * HTTP_HEADER_MAX], shown[SHOWN_MAX];
	int r;

	own_url(registry, url, sizeof(url), "blobs", "uploads/");
	r = ask(registry, &question, url, &answer, error);
	if (!r && (answer.status != 202 || !answer.location[0]))
		r = refuse(registry, &answer, url, error);
	snprintf(target, sizeof(target), "%s%s%cdigest=%s", answer.location[0] == '/' ? registry->base : "",
		 answer.location, strchr(answer.location, '?') ? '&' : '?', digest);
	show(registry, target, shown);
	if (!r && (!is_own(registry, target) || strlen(target) >= HTTP_HEADER_MAX))
		r = tsem_error_set(error, EPERM, "%s wants to have it at %.256s, which is refused: that is elsewhere",
				   registry->base, shown);
	if (!r)
		strcpy(ret_url, target);
	http_answer_deinit(&answer);
	return r;
}

static int put(struct registry *registry, const struct question *question, const char *url, bool *ret_subject,
	       struct tsem_error *error)
{
	struct http_answer answer;
	int r = ask(registry, question, url, &answer, error);

	if (!r && answer.status != 201)
		r = refuse(registry, &answer, url, error);
	*ret_subject = answer.subject;
	http_answer_deinit(&answer);
	return r;
}

static int put_blob(struct registry *registry, const struct descriptor *blob, const void *bytes,
		    struct tsem_error *error)
{
	const struct question question = {.method = "PUT",
					  .type = "Content-Type: application/octet-stream",
					  .body = bytes,
					  .size = blob->size,
					  .is_long = true};
	char digest[DIGEST_TEXT_SIZE], url[HTTP_HEADER_MAX];
	bool has, subject;
	int r;

	digest_text(blob->digest, digest);
	r = has_blob(registry, digest, &has, error);
	if (r || has)
		return r;
	r = begin_upload(registry, digest, url, error);
	return r ? r : put(registry, &question, url, &subject, error);
}

static int put_manifest(struct registry *registry, const char *name, const char *type, const void *bytes, size_t size,
			bool *ret_subject, struct tsem_error *error)
{
	const struct question question = {.method = "PUT", .type = type, .body = bytes, .size = size};
	char url[URL_MAX];

	own_url(registry, url, sizeof(url), "manifests", name);
	return put(registry, &question, url, ret_subject, error);
}

/* The registry keeps no list: clients do, in an index under a tag. */
static int put_tagged(struct registry *registry, const struct artifact *artifact, struct tsem_error *error)
{
	struct tsem_buffer old = {}, list = {};
	struct document index = {};
	char tag[REFERRERS_TAG_MAX], url[URL_MAX];
	bool there = false;
	int r;

	reference_referrers_tag(artifact->image.digest, tag);
	r = get_tagged(registry, tag, &old, url, error);
	if (!r && old.size)
		r = document_parse(old.data, old.size, url, &index, error);
	if (!r && old.size && !index.index)
		r = tsem_error_set(error, EBADMSG, "%.512s is no index, but a manifest", url);
	for (size_t i = 0; !r && i < index.count; i++)
		there |= index.items[i].known &&
			 !memcmp(index.items[i].digest, artifact->manifest.digest, TSEM_DIGEST_SIZE);
	if (!r && !there) {
		document_format_index(old.data, old.size, &index, NULL, &artifact->manifest, &list);
		r = list.failed ? tsem_error_set(error, ENOMEM, "out of memory") :
				  put_manifest(registry, tag, "Content-Type: " OCI_INDEX, list.data, list.size, &there,
					       error);
	}
	document_deinit(&index);
	tsem_buffer_deinit(&old);
	tsem_buffer_deinit(&list);
	return r;
}

int registry_add(struct registry *registry, const struct artifact *artifact, struct tsem_error *error)
{
	char digest[DIGEST_TEXT_SIZE];
	struct descriptor config;
	bool subject = false;
	int r;

	descriptor_of(EMPTY_CONFIG, strlen(EMPTY_CONFIG), "", &config);
	digest_text(artifact->manifest.digest, digest);
	r = put_blob(registry, &config, EMPTY_CONFIG, error);
	if (!r)
		r = put_blob(registry, &artifact->envelope, artifact->envelope_bytes.data, error);
	if (!r)
		r = put_manifest(registry, digest, "Content-Type: " OCI_MANIFEST, artifact->manifest_bytes.data,
				 artifact->manifest_bytes.size, &subject, error);
	return r || subject ? r : put_tagged(registry, artifact, error);
}
