/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How images are named, what manifests and indexes say, where passwords are. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/image/artifact.h"
#include "../../cli/image/credentials.h"
#include "unit.h"

#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static bool is_named(const char *text, const char *host, const char *name, const char *tag)
{
	struct reference reference;

	return !reference_parse(text, &reference, NULL) && !reference.layout && !strcmp(reference.host, host) &&
	       !strcmp(reference.name, name) && !strcmp(reference.tag, tag);
}

static bool is_layout(const char *text, const char *directory, const char *tag)
{
	struct reference reference;

	return !reference_parse(text, &reference, NULL) && reference.layout &&
	       !strcmp(reference.directory, directory) && !strcmp(reference.tag, tag);
}

void test_image_names(void)
{
	static const char *const bad[] = {
		"",	      "a.b/",	 "a.b/UPPER",  "a.b/x:",    "a.b/x@sha256:1", "a.b//x",
		"a.b/x/../y", "a.b/x?y", "docker://x", "a.b/x:y z", "oci:",	      "docker://a/b",
		"a.b/x/",     "[::1/x",	 "docker://",  "web:/",
	};
	struct reference reference;
	struct tsem_error error;

	CHECK(is_named("registry.example/a/web:1", "registry.example", "a/web", "1"));
	CHECK(is_named("127.0.0.1:5000/web", "127.0.0.1:5000", "web", ""));
	CHECK(is_named("localhost/web:v1.2-3_4", "localhost", "web", "v1.2-3_4"));
	CHECK(is_named("docker://[::1]:5000/web@sha256:" HEX, "[::1]:5000", "web", ""));
	CHECK(is_named("docker.io/nginx:1", "registry-1.docker.io", "library/nginx", "1"));
	CHECK(is_named("docker.io/me/nginx", "registry-1.docker.io", "me/nginx", ""));
	CHECK(is_layout("web", "web", "") && is_layout("web:1", "web", "1") && is_layout("a/web:1", "a/web", "1"));
	CHECK(is_layout("./a.b/web:1", "./a.b/web", "1") && is_layout("../x", "../x", "") && is_layout("/", "/", ""));
	CHECK(is_layout("oci:a.b/web:1", "a.b/web", "1") && is_layout("/a:b/c@sha256:" HEX, "/a:b/c", ""));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		error = (struct tsem_error){};
		if (reference_parse(bad[i], &reference, &error) != -EINVAL || !error.text[0])
			unit_fail(__FILE__, __LINE__, "%s is taken for an image", bad[i]);
	}
}

static bool is_loopback(const char *text)
{
	struct reference reference;

	return CHECK(!reference_parse(text, &reference, NULL)) && reference_loopback(&reference);
}

void test_image_loopback(void)
{
	CHECK(is_loopback("127.0.0.1:5000/x") && is_loopback("127.9.8.7/x") && is_loopback("localhost:1/x") &&
	      is_loopback("localhost/x") && is_loopback("[::1]/x") && is_loopback("[::1]:5000/x"));
	CHECK(!is_loopback("127.0.0.1.example:5000/x") && !is_loopback("localhost.example/x") &&
	      !is_loopback("128.0.0.1/x") && !is_loopback("[::2]/x") && !is_loopback("a.b/127.0.0.1"));
}

/* ---- manifests and indexes ---- */

static void check_fault(const char *text, const char *reason)
{
	struct document document;
	struct tsem_error error = {};

	CHECK(document_parse(text, strlen(text), "it", &document, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, reason);
}

void test_image_document(void)
{
	check_fault("", "a { is expected");
	check_fault("{}", "schemaVersion: this member is missing");
	check_fault("{\"schemaVersion\":1,\"manifests\":[]}", "only version 2");
	check_fault("{\"schemaVersion\":22,\"manifests\":[]}", "only version 2");
	check_fault("{\"schemaVersion\":2}", "neither manifests nor layers");
	check_fault("{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}", "both manifests and layers");
	check_fault("{\"schemaVersion\":2,\"manifests\":[{\"size\":1}]}", "digest");
	check_fault("{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"x\",\"size\":-1}]}", "size: a number");
	check_fault("{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"x\",\"size\":99999999999999999999}]}",
		    "size: it is too large");
	check_fault("{\"schemaVersion\":2,\"manifests\":[]} x", "text after the object");
}

static void add(struct tsem_buffer *text, const struct descriptor *old, const struct descriptor *item)
{
	struct tsem_buffer next = {};
	struct document document = {};

	if (text->data)
		CHECK(!document_parse(text->data, text->size, "it", &document, NULL));
	document_format_index(text->data, text->size, &document, old, item, &next);
	document_deinit(&document);
	tsem_buffer_deinit(text);
	*text = next;
}

void test_image_index(void)
{
	struct descriptor one, two, three;
	struct document document = {};
	struct tsem_buffer text = {};

	descriptor_of("1", 1, OCI_MANIFEST, &one);
	descriptor_of("2", 1, OCI_MANIFEST, &two);
	descriptor_of("3", 1, OCI_INDEX, &three);
	strcpy(one.tag, "first");
	strcpy(two.artifact_type, MODEL_ARTIFACT);
	add(&text, NULL, &one);
	add(&text, NULL, &two);
	if (!CHECK(!document_parse(text.data, text.size, "it", &document, NULL) && document.count == 2))
		return;
	CHECK_TEXT(document.items[0].tag, "first");
	CHECK_TEXT(document.items[1].artifact_type, MODEL_ARTIFACT);
	CHECK(!memcmp(document.items[1].digest, two.digest, TSEM_DIGEST_SIZE) && document.items[1].size == 1);
	add(&text, &document.items[0], &three);
	document_deinit(&document);
	CHECK(!document_parse(text.data, text.size, "it", &document, NULL) && document.count == 2);
	CHECK_TEXT(document.items[0].media_type, OCI_INDEX);
	CHECK(!document.items[0].tag[0] && !memcmp(document.items[1].digest, two.digest, TSEM_DIGEST_SIZE));
	document_deinit(&document);
	tsem_buffer_deinit(&text);
}

static void replace(struct tsem_buffer *text, const char *from, const char *to)
{
	char *at = text->data ? strstr(text->data, from) : NULL;

	if (CHECK(at && strlen(from) == strlen(to)))
		memcpy(at, to, strlen(to));
}

static void check_other(const struct descriptor *image, const char *from, const char *to, const char *reason)
{
	struct tsem_buffer envelope = {};
	struct artifact artifact;
	struct descriptor found;
	struct tsem_error error = {};

	tsem_buffer_printf(&envelope, "{}");
	if (!CHECK(!artifact_make(image, &envelope, &artifact, NULL)))
		return;
	CHECK(!artifact_parse(&artifact.manifest_bytes, "it", image->digest, &found, &error) && found.size == 2);
	replace(&artifact.manifest_bytes, from, to);
	CHECK(artifact_parse(&artifact.manifest_bytes, "it", image->digest, &found, &error) == -EBADMSG);
	CHECK_HOLDS(error.text, reason);
	artifact_deinit(&artifact);
}

void test_image_artifact(void)
{
	struct descriptor image;

	descriptor_of("image", 5, OCI_MANIFEST, &image);
	check_other(&image, "vnd.tsem.model.v1", "vnd.tsem.model.v2", "its artifactType");
	check_other(&image, "vnd.dsse.envelope.v1", "vnd.dsse.envelope.v9", "another media type");
	check_other(&image, "\"layers\"", "\"Layers\"", "neither manifests nor layers");
	check_other(&image, "\"subject\"", "\"Subject\"", "another image");
}

/* ---- credentials ---- */

static const char *find(const char *text, const char *image)
{
	static struct credentials credentials;
	struct reference reference;

	credentials = (struct credentials){.path = "auth.json"};
	if (!CHECK(!reference_parse(image, &reference, NULL)) ||
	    credentials_parse(text, strlen(text), &reference, &credentials, NULL))
		return "error";
	return credentials.known ? credentials.pair : "none";
}

void test_image_credentials(void)
{
	static const char text[] = "{\"auths\":{\"a.b\":{\"auth\":\"AAAA\"},\"a.b/x\":{\"auth\":\"BBBB\"},"
				   "\"https://c.d/v1/\":{\"auth\":\"CCCC\"},\"e.f\":{},"
				   "\"https://index.docker.io/v1/\":{\"auth\":\"DDDD\"}},\"credsStore\":\"x\"}";

	CHECK_TEXT(find(text, "a.b/y"), "AAAA");
	CHECK_TEXT(find(text, "a.b/x"), "BBBB");
	CHECK_TEXT(find(text, "a.b/x/y"), "BBBB");
	CHECK_TEXT(find(text, "a.b/xy"), "AAAA");
	CHECK_TEXT(find(text, "c.d/y"), "CCCC");
	CHECK_TEXT(find(text, "e.f/y"), "none");
	CHECK_TEXT(find(text, "a.b.c/y"), "none");
	CHECK_TEXT(find(text, "docker.io/y"), "DDDD");
	CHECK_TEXT(find("{}", "a.b/y"), "none");
	CHECK_TEXT(find("", "a.b/y"), "error");
	CHECK_TEXT(find("{\"auths\":{\"a.b\":{\"auth\":\"A\\r\\nX: y\"}}}", "a.b/y"), "error");
}
