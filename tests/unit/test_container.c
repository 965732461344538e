/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is read of a container: config.json, its filter of system calls, its engine's files, the policies. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../lib/container/chosen.h"
#include "../../lib/container/policy.h"
#include "../../lib/container/filter.h"
#include "unit.h"

/* ---- the filter ---- */

struct narrowing {
	struct tsem_calls calls;
	struct tsem_buffer out;
	struct tsem_error error;
};

static struct narrowing narrow(const char *text)
{
	struct narrowing n = {};

	tsem_calls_add(&n.calls, "sync", 0);
	tsem_calls_add(&n.calls, "mount", 0);
	tsem_calls_add(&n.calls, "socket", 2);
	tsem_calls_add(&n.calls, "socket", 10);
	container_filter_narrow(text, strlen(text), &n.calls, &n.out, &n.error);
	return n;
}

static void end(struct narrowing *n)
{
	tsem_calls_deinit(&n->calls);
	tsem_buffer_deinit(&n->out);
}

static bool has(const struct narrowing *n, const char *part)
{
	return n->out.data && strstr(n->out.data, part);
}

void test_profile_none(void)
{
	struct narrowing n = narrow("");

	CHECK(has(&n, "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"architectures\":[\"SCMP_ARCH_"));
	CHECK(has(&n, "\"sync\"") && has(&n, "\"umount2\"") && has(&n, "\"futex\"") && has(&n, "\"capset\""));
	CHECK(has(&n, "[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[{\"index\":0,\"value\":4294967295,"
		      "\"valueTwo\":10,\"op\":\"SCMP_CMP_MASKED_EQ\"}]}"));
	/* What was not used is refused as by tsem run. */
	CHECK(strstr(n.out.data, "\"ptrace\"") > strstr(n.out.data, "\"SCMP_ACT_ALLOW\""));
	CHECK(has(&n, "],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"args\":[]}]}"));
	end(&n);
}

/* Only what both let through. */
void test_container_filter_narrowed(void)
{
	struct narrowing n = narrow(
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"],"
		"\"flags\": [\"SECCOMP_FILTER_FLAG_LOG\"],\"syscalls\":["
		"{\"names\":[\"read\",\"sync\",\"ptrace\",\"odd\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		"{\"names\":[\"ptrace\"],\"action\":\"SCMP_ACT_LOG\"},"
		"{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		"{\"index\":3,\"value\":4096,\"op\":\"SCMP_CMP_EQ\"}]},"
		"{\"names\":[\"umount2\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"}]}");
	const char *rules = n.out.data ? strstr(n.out.data, "\"flags\"") : NULL;

	CHECK_TEXT(rules ? rules : "none",
		   "\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"],\"syscalls\":["
		   "{\"names\":[\"read\",\"sync\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[]},"
		   "{\"names\":[\"mount\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		   "{\"index\":3,\"value\":4096,\"valueTwo\":0,\"op\":\"SCMP_CMP_EQ\"}]},"
		   "{\"names\":[\"umount2\"],\"action\":\"SCMP_ACT_KILL_PROCESS\",\"args\":[]}]}");
	CHECK(!has(&n, "SCMP_ARCH_X86\""));
	end(&n);
	n = narrow("{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":38,\"syscalls\":["
		   "{\"names\":[\"sync\",\"ptrace\",\"odd\"],\"action\":\"SCMP_ACT_ALLOW\"}]}");
	CHECK(has(&n, "\"syscalls\":[{\"names\":[\"sync\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":[]},"
		      "{\"names\":[\"ptrace\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":1,\"args\":[]}]}"));
	end(&n);
}

/* An argument that both the rule and the list ask for has to be what both say. */
void test_profile_arguments(void)
{
	struct narrowing n = narrow("{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"names\":[\"socket\"],"
				    "\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
				    "{\"index\":0,\"value\":10,\"op\":\"SCMP_CMP_NE\"},"
				    "{\"index\":2,\"value\":9,\"op\":\"SCMP_CMP_NE\"}]}]}");

	CHECK(has(&n, "\"syscalls\":[{\"names\":[\"socket\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		      "{\"index\":2,\"value\":9,\"valueTwo\":0,\"op\":\"SCMP_CMP_NE\"},"
		      "{\"index\":0,\"value\":2,\"valueTwo\":0,\"op\":\"SCMP_CMP_EQ\"}]}]}"));
	end(&n);
}

/* What lets through all that it does not name. */
void test_profile_open(void)
{
	struct narrowing n = narrow("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"sync\"],"
				    "\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13}]}");

	CHECK(has(&n, "[{\"names\":[\"sync\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":13,\"args\":[]},"));
	CHECK(n.out.data && !strstr(strstr(n.out.data, "\"sync\"") + 1, "\"sync\"") && has(&n, "\"mount\""));
	end(&n);
	n = narrow("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"clone\"],"
		   "\"action\":\"SCMP_ACT_ERRNO\",\"args\":[{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}]}");
	CHECK(!n.out.size && n.error.code && strstr(n.error.text, "lets everything through but clone"));
	end(&n);
}

void test_profile_refused(void)
{
	static const char *const all[] = {
		"{",
		"[]",
		"{\"defaultAction\":\"\"}",
		"{\"defaultAction\":\"a\\\"b\"}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"a b\"],\"action\":\"x\"}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[{\"names\":[\"a\"]}]}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":99999999999999999999}",
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":-1}",
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct narrowing n = narrow(all[i]);

		CHECK(!n.out.size && n.error.code == EBADMSG && strstr(n.error.text, "linux.seccomp"));
		end(&n);
	}
}

/* ---- files ---- */

struct place {
	char directory[64];
	struct tsem_error error;
};

static bool enter(struct place *place)
{
	*place = (struct place){.directory = "/tmp/tsem-unit-XXXXXX"};
	return CHECK(mkdtemp(place->directory) && !chdir(place->directory));
}

static void leave(const struct place *place)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", place->directory);
	CHECK(!chdir("/") && !system(command));
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	CHECK(file && fputs(text, file) >= 0 && !fclose(file));
}

/* The settings of models that are attached to images, as annotations without io.tsem. */
static void check_attached(void)
{
	static const struct {
		const char *model, *keys, *mode, *otherwise;
		const char *reason; /* NULL: it is good */
	} rows[] = {
		{"", "/k", "enforce", "refuse", NULL},
		{"/m", "/k", "sealed", "learn", NULL},
		{"", "", "enforce", "refuse", "attached is for signed models: add require-signed"},
		{"/m", "/k", "enforce", "refuse", "model and attached are both there"},
		{"", "/k", "enforce", "learn", "model is missing: it names the file that otherwise=learn writes"},
		{"/m", "/k", "learn", "learn", "attached is for the modes enforce and sealed"},
		{"/m", "/k", "enforce", "try", "otherwise must be refuse or learn, not \"try\""},
		{"m", "/k", "enforce", "learn", "model has to be a path that begins with /, not m"},
	};
	struct container_settings settings;
	struct tsem_error error;
	int r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		settings = (struct container_settings){.present = true, .attached = "/images"};
		strcpy(settings.model, rows[i].model);
		strcpy(settings.keys, rows[i].keys);
		strcpy(settings.mode, rows[i].mode);
		strcpy(settings.otherwise, rows[i].otherwise);
		error = (struct tsem_error){};
		r = container_check_settings("", false, &settings, &error);
		CHECK(!r == !rows[i].reason);
		CHECK_HOLDS(error.text, rows[i].reason ? rows[i].reason : "");
	}
	settings = (struct container_settings){.present = true, .model = "/m", .otherwise = "learn"};
	CHECK(container_check_settings("", false, &settings, &error) && strstr(error.text, "add attached"));
}

void test_container_config(void)
{
	struct container container;
	struct place place;

	if (!enter(&place))
		return;
	put("c", "{\"annotations\":{\"a\":\"b\",\"io.tsem.model\":\"/m\",\"n\":1,\"io.tsem.syscalls\":\"no\"},"
		 "\"mounts\":[{\"source\":\"/x/1/hostname\",\"destination\":\"/etc/hostname\"}],"
		 "\"root\":{\"path\":\"/r\"},\"linux\":{\"cgroupsPath\":\"/g\"}}");
	CHECK(!container_read("c", &container, &place.error));
	CHECK_TEXT(container.settings.mode, "enforce");
	CHECK_TEXT(container.settings.action, "deny");
	CHECK_TEXT(container.settings.syscalls, "no");
	CHECK_TEXT(container.group, "/g");
	CHECK_TEXT(container.hostname_file, "/x/1/hostname");
	CHECK_TEXT(container.root, "/r");
	CHECK_TEXT(container_pair(&container.annotations, "a"), "b");
	container_deinit(&container);
	put("c", "{\"annotations\":{\"io.tsem.model\":\"/m\",\"io.tsem.model\":\"/n\"}}");
	CHECK(container_read("c", &container, &place.error) && strstr(place.error.text, "twice"));
	put("c", "{\"annotations\":{\"io.tsem.model\":\"/m\",\"io.tsem.about\":\"image\"}}");
	CHECK(container_read("c", &container, &place.error) && strstr(place.error.text, "add require-signed"));
	check_attached();
	put("c", "{\"annotations\":{\"io.tsem.model\":\"/m\",\"io.tsem.mode\":\"off\"}}");
	CHECK(container_read("c", &container, &place.error) && strstr(place.error.text, "learn, sealed or enforce"));
	leave(&place);
}

/* What the annotations say of the container; the error, or "none". */
static const char *said_of(const char *name, const struct container *container)
{
	static struct container_settings settings;
	static struct tsem_error error;

	if (container_annotated("c", container, name, &settings, &error))
		return error.text;
	return settings.present ? settings.model : "none";
}

void test_container_named(void)
{
	static const char *const broken[] = {"model/", "/web", "modle/web", "mode/web\":\"learn\",\"io.tsem.mode/web",
					     "a-setting-with-a-very-long-name-of-its-own/web"};
	struct container_settings settings;
	struct container container;
	struct place place;
	char text[256];

	if (!enter(&place))
		return;
	put("c",
	    "{\"annotations\":{\"io.tsem.mode/web\":\"learn\",\"io.tsem.model/web\":\"/web\",\"io.tsem.mode/log\":\"off\","
	    "\"io.tsem.model/log\":\"/log\",\"io.tsem.mode/half\":\"learn\"}}");
	CHECK(!container_read("c", &container, &place.error) && !container.settings.present);
	CHECK_TEXT(said_of("web", &container), "/web");
	CHECK_TEXT(said_of("log", &container), "none");
	CHECK_TEXT(said_of("half", &container), "c: annotation io.tsem.model is missing: it names the file");
	CHECK_TEXT(
		said_of("wep", &container),
		"c: annotations io.tsem.* are for container web, and none is for this one: if it is not to be modeled, "
		"say io.tsem.mode/wep: off");
	CHECK_TEXT(said_of(NULL, &container),
		   "c: annotations io.tsem.* are for container web, and the name of this one is not known");
	container_deinit(&container);
	/* Those of the pod are for all, but where its own say otherwise. */
	put("c",
	    "{\"annotations\":{\"io.tsem.model\":\"/all\",\"io.tsem.syscalls\":\"no\",\"io.tsem.mode/web\":\"sealed\","
	    "\"io.tsem.model/db\":\"/db\"}}");
	CHECK(!container_read("c", &container, &place.error));
	CHECK_TEXT(said_of("db", &container), "/db");
	CHECK_TEXT(said_of("other", &container), "/all");
	CHECK(!container_annotated("c", &container, "web", &settings, &place.error));
	CHECK_TEXT(settings.model, "/all");
	CHECK_TEXT(settings.mode, "sealed");
	CHECK_TEXT(settings.syscalls, "no");
	container_deinit(&container);
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		snprintf(text, sizeof(text), "{\"annotations\":{\"io.tsem.%s\":\"learn\"}}", broken[i]);
		put("c", text);
		CHECK(container_read("c", &container, &place.error) == -EBADMSG);
	}
	leave(&place);
}

static void check_filter(const char *before, const char *after)
{
	struct tsem_buffer filter = {}, read = {};
	struct container container;
	struct tsem_error error;
	char *text = NULL;
	size_t size = 0;

	put("c", before);
	tsem_buffer_printf(&filter, "NEW");
	if (CHECK(!container_read("c", &container, &error))) {
		CHECK(!container_write_filter("c", &container, &filter, &error));
		container_deinit(&container);
	}
	CHECK(!container_read_file("c", &text, &size, &error));
	tsem_buffer_add(&read, text, size);
	CHECK_TEXT(read.data, after);
	free(text);
	tsem_buffer_deinit(&read);
	tsem_buffer_deinit(&filter);
}

/* All else stays as it is, to the byte. */
void test_container_filter(void)
{
	struct place place;

	if (!enter(&place))
		return;
	check_filter("{\"linux\": { } }", "{\"linux\": {\"seccomp\":NEW } }");
	check_filter("{\"linux\": {\"a\" :1}, \"b\":2}", "{\"linux\": {\"seccomp\":NEW,\"a\" :1}, \"b\":2}");
	check_filter("{\"linux\":{\"a\":1,\"seccomp\": {\"x\":[]} ,\"c\":3}}",
		     "{\"linux\":{\"a\":1,\"seccomp\": NEW ,\"c\":3}}");
	check_filter("{\"linux\":{\"seccomp\":null}}", "{\"linux\":{\"seccomp\":NEW}}");
	leave(&place);
}

static void check_docker(void)
{
	struct container container = {};
	struct container_identity identity;
	struct tsem_error error;

	CHECK(!mkdir("docker", 0700) && !mkdir("docker/containers", 0700) && !mkdir("docker/containers/77", 0700));
	strcpy(container.root, "docker/overlay2/ab/merged");
	put("docker/containers/77/config.v2.json", "{\"Name\":\"/web\",\"Image\":\"sha256:ab\",\"Other\":[{}],"
						   "\"Config\":{\"Image\":\"nginx\",\"Labels\":{\"app\":\"web\"}}}");
	snprintf(container.hostname_file, PATH_MAX, "docker/containers/77/hostname");
	CHECK(!container_identity_find(&container, "/run/77", "77", &identity, &error));
	CHECK_TEXT(identity.name ? identity.name : "", "web");
	CHECK(identity.images.count == 1 && !strcmp(identity.images.items[0], "nginx"));
	CHECK(identity.digests.count == 1 && !strcmp(identity.digests.items[0], "sha256:ab") && !identity.manifest);
	CHECK_TEXT(container_pair(&identity.labels, "app"), "web");
	container_identity_deinit(&identity);
	CHECK(!container_identity_find(&container, "/run/7", "8", &identity, &error) && !identity.name);
	/* It shares the network, and with it the host name, of another one. */
	snprintf(container.hostname_file, PATH_MAX, "docker/containers/99/hostname");
	CHECK(!container_identity_find(&container, "/run/77", "77", &identity, &error));
	CHECK_TEXT(identity.name ? identity.name : "", "web");
	container_identity_deinit(&identity);
	/* From a volume: not above the container's root. */
	strcpy(container.root, "elsewhere/overlay2/ab/merged");
	CHECK(!container_identity_find(&container, "/run/77", "77", &identity, &error) && !identity.name);
	strcpy(container.root, "docker/overlay2/ab/merged");
	CHECK(!chmod("docker/containers/77", 0777) &&
	      container_identity_find(&container, "/run/77", "77", &identity, &error) == -EPERM);
	CHECK(!chmod("docker/containers/77", 0700));
	put("docker/containers/77/config.v2.json", "{\"Name\":");
	CHECK(container_identity_find(&container, "/run/77", "77", &identity, &error) &&
	      strstr(error.text, "docker/containers/77/config.v2.json cannot be understood at byte 8"));
}

/* What an engine hands on of a pod is not what it says itself under another key. */
static void check_other_engine(const struct container *own)
{
	struct container_pair all[] = {own->annotations.items[0],
				       own->annotations.items[2],
				       own->annotations.items[4],
				       {"io.kubernetes.cri-o.ContainerType", "sandbox"},
				       {"io.kubernetes.container.name", "web"},
				       {"io.kubernetes.pod.namespace", "back"},
				       own->annotations.items[1],
				       {"io.kubernetes.cri-o.Image", "registry/other"}};
	struct container container = {.annotations = {all, 8}};
	struct container_identity identity;
	struct tsem_error error;

	CHECK(!container_identity_find(&container, "/run/77", "77", &identity, &error) && identity.in_pod &&
	      !identity.sandbox && !identity.pod.space && !identity.images.count);
	CHECK_TEXT(identity.name ? identity.name : "", "web");
	container_identity_deinit(&identity);
}

static void check_pod(const char *bundle)
{
	struct container_pair all[] = {{"io.kubernetes.cri.container-name", "web"},
				       {"io.kubernetes.cri.image-name", "registry/web:1"},
				       {"io.kubernetes.cri.container-type", "sandbox"},
				       {"io.kubernetes.cri.sandbox-name", "shop"},
				       {"io.kubernetes.cri.sandbox-namespace", "front"},
				       {"io.kubernetes.cri.sandbox-uid", "0-1"}};
	struct container container = {.annotations = {all, 6}};
	struct container_identity identity;
	struct tsem_error error;

	CHECK(!container_identity_find(&container, "/run/77", "77", &identity, &error) && identity.sandbox);
	CHECK_TEXT(identity.name ? identity.name : "", "web");
	CHECK_TEXT(identity.pod.space ? identity.pod.space : "", "front");
	CHECK_TEXT(identity.pod.name ? identity.pod.name : "", "shop");
	CHECK_TEXT(identity.pod.uid ? identity.pod.uid : "", "0-1");
	CHECK(identity.images.count == 1 && !strcmp(identity.images.items[0], "registry/web:1"));
	container_identity_deinit(&identity);
	all[2].value = "container";
	CHECK(!container_identity_find(&container, "/run/77", "77", &identity, &error) && !identity.sandbox);
	container_identity_deinit(&identity);
	check_other_engine(&container);
	/* Of podman's containers its files say it: the annotations may be those of the image. */
	all[2].value = "sandbox";
	CHECK(!container_identity_find(&container, bundle, "55", &identity, &error) && !identity.sandbox &&
	      !identity.pod.name && !identity.pod.space && !identity.pod.uid);
	CHECK(identity.images.count == 1 && !strcmp(identity.images.items[0], "localhost/web:1"));
	container_identity_deinit(&identity);
}

#define HEX64(c) \
	c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c \
		c c c c c c c c c
#define BLOBS "docker/containerd/daemon/io.containerd.content.v1.content/blobs/sha256"

static void make_directories(const char *path)
{
	char part[256];

	for (const char *c = path; c; c = strchr(c + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(c - path), path);
		if (c > path)
			mkdir(part, 0700);
	}
	mkdir(path, 0700);
}

/* The digests of an image that docker has pulled by an index, by its manifest, and by one that it has not kept. */
static void check_docker_digests(const struct place *place)
{
	static const char *const wanted[] = {"sha256:" HEX64("a"), "sha256:" HEX64("b"), "sha256:" HEX64("1"),
					     "sha256:" HEX64("c"), "sha256:" HEX64("d")};
	struct container container = {};
	struct container_identity identity;
	struct tsem_error error;

	make_directories(BLOBS);
	make_directories("docker/image/overlay2");
	make_directories("docker/containers/77");
	put("docker/containers/77/config.v2.json",
	    "{\"Name\":\"/web\",\"Driver\":\"overlay2\",\"Image\":\"sha256:" HEX64("1") "\"}");
	put("docker/image/overlay2/repositories.json",
	    "{\"Repositories\":{\"web\":{\"web:1\":\"sha256:" HEX64("1") "\",\"web@sha256:" HEX64("a") "\":\"sha256:" HEX64("1") "\",\"web@sha256:" HEX64("c") "\":\"sha256:" HEX64(
		    "1") "\",\"web@sha256:" HEX64("d") "\":\"sha256:" HEX64("1") "\"},\"other\":{\"other@sha256:" HEX64("e") "\":\"sha256:" HEX64("2") "\"}}}");
	put(BLOBS "/" HEX64("a"), "{\"config\":{\"digest\":\"sha256:" HEX64("1") "\"}}");
	put(BLOBS "/" HEX64("b"), "{\"config\":{\"digest\":\"sha256:" HEX64("1") "\"}}");
	put(BLOBS "/" HEX64("f"), "{\"config\":{\"digest\":\"sha256:" HEX64("2") "\"}}");
	put(BLOBS "/" HEX64("c"), "{\"manifests\":[{\"digest\":\"sha256:" HEX64("f") "\"},{\"digest\":\"sha256:" HEX64(
					  "b") "\"},{\"digest\":\"sha256:" HEX64("9") "\"}]}");
	snprintf(container.hostname_file, PATH_MAX, "%s/docker/containers/77/hostname", place->directory);
	snprintf(container.root, PATH_MAX, "%s/docker/overlay2/77/merged", place->directory);
	if (CHECK(!container_identity_find(&container, "/run/77", "77", &identity, &error))) {
		CHECK(identity.manifest && identity.digests.count == 5);
		for (size_t i = 0; i < identity.digests.count && i < 5; i++)
			CHECK_TEXT(identity.digests.items[i], wanted[i]);
		container_identity_deinit(&identity);
	}
	/* Of a manifest that is not kept nobody knows whether it is one. */
	CHECK(!unlink(BLOBS "/" HEX64("a")) && !unlink(BLOBS "/" HEX64("c")));
	if (CHECK(!container_identity_find(&container, "/run/77", "77", &identity, &error))) {
		CHECK(!identity.manifest && identity.digests.count == 4);
		CHECK_TEXT(identity.digests.items[0], "sha256:" HEX64("1"));
		container_identity_deinit(&identity);
	}
	put(BLOBS "/" HEX64("d"), "{\"config\":7}");
	CHECK(container_identity_find(&container, "/run/77", "77", &identity, &error));
	CHECK(!unlink(BLOBS "/" HEX64("d")) && !chmod("docker/image/overlay2/repositories.json", 0666) &&
	      container_identity_find(&container, "/run/77", "77", &identity, &error) == -EPERM);
}

/* A policy may be about any of them. */
static void put_names(const char *path, unsigned count)
{
	struct tsem_buffer text = {};

	tsem_buffer_printf(&text, "[{\"id\":\"cd\",\"names\":[");
	for (unsigned i = 0; i < count; i++)
		tsem_buffer_printf(&text, "%s\"localhost/web:%u\"", i ? "," : "", i);
	tsem_buffer_printf(&text, "]}]");
	put(path, text.data ? (char *)text.data : "");
	tsem_buffer_deinit(&text);
}

/* Where the container, or its image, is in no list, nobody knows whose its annotations are */
static void check_hidden(struct container *container, const char *bundle, struct place *place)
{
	struct container_identity identity;

	put("vfs-images/images.json", "[]");
	CHECK(!container_identity_find(container, bundle, "55", &identity, &place->error) &&
	      identity.image_says == IMAGE_UNKNOWN);
	container_identity_deinit(&identity);
	put("vfs-containers/volatile-containers.json", "[{\"id\":\"55\",\"names\":[\"brief\"]}]");
	put("vfs-containers/containers.json", "[]");
	CHECK(!container_identity_find(container, bundle, "55", &identity, &place->error) &&
	      identity.image_says == IMAGE_SAYS_NOTHING);
	CHECK_TEXT(identity.name ? identity.name : "", "brief");
	container_identity_deinit(&identity);
	put("vfs-containers/volatile-containers.json", "[]");
	CHECK(!container_identity_find(container, bundle, "55", &identity, &place->error) &&
	      identity.image_says == IMAGE_UNKNOWN);
	container_identity_deinit(&identity);
	put("vfs-containers/containers.json", "[{\"id\":\"55\",\"image\":\"cd\"}]");
	CHECK(!unlink("vfs-images/images.json"));
	CHECK(!container_identity_find(container, bundle, "55", &identity, &place->error) &&
	      identity.image_says == IMAGE_UNKNOWN);
	container_identity_deinit(&identity);
	/* transient_store: the lists are elsewhere */
	CHECK(!unlink("vfs-containers/containers.json") && !unlink("vfs-containers/volatile-containers.json"));
	CHECK(!container_identity_find(container, bundle, "55", &identity, &place->error) &&
	      identity.image_says == IMAGE_UNKNOWN);
	container_identity_deinit(&identity);
	CHECK(!rename("vfs-images", "images") &&
	      !container_identity_find(container, bundle, "55", &identity, &place->error) &&
	      identity.image_says == IMAGE_UNKNOWN);
	container_identity_deinit(&identity);
	CHECK(!rename("images", "vfs-images"));
	CHECK(!container_identity_find(container, "/run/none/storage/vfs-containers/55/userdata", "55", &identity,
				       &place->error) &&
	      identity.image_says == IMAGE_SAYS_NOTHING); /* CRI-O */
	container_identity_deinit(&identity);
	put("vfs-containers/containers.json", "[{\"id\":\"55\",\"image\":\"cd\"}]");
}

void test_container_identity(void)
{
	struct container container = {};
	struct container_identity identity;
	struct place place;
	char bundle[128];

	if (!enter(&place))
		return;
	CHECK(!mkdir("vfs-containers", 0700) && !mkdir("vfs-images", 0700));
	put("vfs-containers/containers.json",
	    "[{\"id\":\"5\",\"names\":[\"other\"]},{\"id\":\"55\",\"names\":[\"web\"],\"image\":\"cd\"}]");
	put("vfs-images/images.json", "[{\"id\":\"cd\",\"digest\":\"sha256:ef\",\"names\":[\"localhost/web:1\"]}]");
	snprintf(bundle, sizeof(bundle), "%s/vfs-containers/55/userdata", place.directory);
	CHECK(!container_identity_find(&container, bundle, "55", &identity, &place.error));
	CHECK_TEXT(identity.name ? identity.name : "", "web");
	CHECK(identity.images.count == 1 && !strcmp(identity.images.items[0], "localhost/web:1"));
	CHECK(identity.digests.count == 2 && !strcmp(identity.digests.items[0], "sha256:ef") &&
	      !strcmp(identity.digests.items[1], "sha256:cd") && identity.manifest &&
	      identity.image_says == IMAGE_SAYS_NOTHING);
	container_identity_deinit(&identity);
	check_pod(bundle);
	put_names("vfs-images/images.json", 40);
	CHECK(!container_identity_find(&container, bundle, "55", &identity, &place.error));
	CHECK(identity.images.count == 40 && !strcmp(identity.images.items[39], "localhost/web:39"));
	container_identity_deinit(&identity);
	CHECK(!mkdir("vfs-images/cd", 0700));
	put("vfs-images/cd/manifest", "{\"layers\":[],\"annotations\":{\"io.tsemx\":\"a\"}}");
	CHECK(!container_identity_find(&container, bundle, "55", &identity, &place.error) &&
	      identity.image_says == IMAGE_SAYS_NOTHING);
	container_identity_deinit(&identity);
	put("vfs-images/cd/manifest", "{\"annotations\":{\"a\":\"b\",\"io.tsem.mode\":\"learn\"}}");
	CHECK(!container_identity_find(&container, bundle, "55", &identity, &place.error) &&
	      identity.image_says == IMAGE_SAYS_SETTINGS);
	container_identity_deinit(&identity);
	put("vfs-images/cd/manifest", "{\"config\":{\"size\":1},\"Annotations\":{\"io.tsem.mode\":\"learn\"}}");
	CHECK(!container_identity_find(&container, bundle, "55", &identity, &place.error) &&
	      identity.image_says == IMAGE_SAYS_SETTINGS);
	container_identity_deinit(&identity);
	put("vfs-images/cd/manifest", "{\"annotations\":{]}");
	CHECK(container_identity_find(&container, bundle, "55", &identity, &place.error));
	put("vfs-images/cd/manifest", "{}");
	check_hidden(&container, bundle, &place);
	put("vfs-images/images.json", "[{\"id\":7}]");
	CHECK(container_identity_find(&container, bundle, "55", &identity, &place.error) &&
	      strstr(place.error.text, "images.json cannot be understood at byte 7"));
	check_docker();
	check_docker_digests(&place);
	leave(&place);
}

/* ---- policies ---- */

static const char *find(struct place *place, const struct container_identity *identity)
{
	static char path[PATH_MAX];
	struct container container = {};
	struct container_settings settings;

	*path = 0;
	if (policy_find(".", &container, identity, &settings, path, &place->error))
		return place->error.text;
	return settings.present ? path + 2 : "none";
}

void test_policy_first(void)
{
	char *images[] = {"docker.io/library/nginx:1", "nginx"}, *digests[] = {"sha256:ab"};
	struct container_pair labels[] = {{"app", "web"}, {"tier", "1"}};
	struct container_identity web = {.name = "web-1",
					 .images = {images, 2},
					 .digests = {digests, 1},
					 .labels = {labels, 2}},
				  none = {};
	struct place place;

	if (!enter(&place))
		return;
	CHECK_TEXT(find(&place, &web), "none");
	put("90.json", "{\"match\":{},\"mode\":\"refuse\"}");
	put("80.json", "{\"match\":{\"digest\":\"sha256:ab\"},\"model\":\"/m\"}");
	put("85.other", "{");
	CHECK_TEXT(find(&place, &web), "80.json");
	CHECK_TEXT(find(&place, &none), "90.json");
	put("70.json", "{\"match\":{\"labels\":{\"app\":\"w*\",\"tier\":\"2\"}},\"model\":\"/m\"}");
	CHECK_TEXT(find(&place, &web), "80.json");
	put("70.json", "{\"match\":{\"labels\":{\"app\":\"w*\",\"tier\":\"1\"}},\"model\":\"/m\"}");
	CHECK_TEXT(find(&place, &web), "70.json");
	put("60.json", "{\"match\":{\"image\":\"*/nginx:*\",\"name\":\"db*\"},\"model\":\"/m\"}");
	CHECK_TEXT(find(&place, &web), "70.json");
	put("60.json", "{\"match\":{\"image\":\"*/nginx:*\",\"name\":\"web*\"},\"model\":\"/m\"}");
	CHECK_TEXT(find(&place, &web), "60.json");
	CHECK_TEXT(find(&place, &none), "90.json");
	leave(&place);
}

void test_policy_broken(void)
{
	static const char *const all[][2] = {
		{"", "./1.json cannot be understood at byte 0: a { is expected"},
		{"{\"match\":{}", "./1.json cannot be understood at byte 11: a } is expected"},
		{"{\"model\":\"/m\"}", "./1.json: match is missing: it says for which containers; {} is for all"},
		{"{\"match\":{},\"model\":\"m\"}", "./1.json: model has to be a path that begins with /, not m"},
		{"{\"match\":{},\"model\":\"/m\",\"mode\":\"hard\"}",
		 "./1.json: mode must be learn, sealed, enforce, off, refuse or annotations, not \"hard\""},
		{"{\"match\":{\"nam\":\"x\"},\"model\":\"/m\"}",
		 "./1.json cannot be understood at byte 16: match: there are digest, image, name, labels and annotations, and nothing else"},
		{"{\"match\":{\"labels\":{\"a\":1}},\"model\":\"/m\"}",
		 "./1.json cannot be understood at byte 24: a string is expected"},
		{"{\"match\":{\"labels\":null},\"model\":\"/m\"}",
		 "./1.json cannot be understood at byte 19: a { is expected"},
		{"{\"match\":{},\"mode\":\"annotations\"}",
		 "./1.json: models is missing: it names the directory of the models that annotations may name"},
		{"{\"match\":{},\"mode\":\"annotations\",\"models\":\"m\"}",
		 "./1.json: models has to be a path that begins with /, not m"},
		{"{\"match\":{},\"mode\":\"annotations\",\"models\":\"/m\",\"learning\":\"on\"}",
		 "./1.json: learning must be yes or no, not \"on\""},
		{"{\"match\":{},\"mode\":\"annotations\",\"models\":\"/m\",\"model\":\"/m/a\"}",
		 "./1.json: the mode annotations has models and learning, and no other setting"},
		{"{\"match\":{},\"models\":\"/m\",\"model\":\"/m/a\"}",
		 "./1.json: models and learning are for policies with the mode annotations"},
		{"{\"match\":{},\"model\":\"/m\"} x",
		 "./1.json cannot be understood at byte 26: there is text after the object"},
	};
	struct container_identity none = {};
	struct place place;

	if (!enter(&place))
		return;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		put("1.json", all[i][0]);
		CHECK_TEXT(find(&place, &none), all[i][1]);
	}
	put("1.json", "{\"match\":{},\"mode\":\"off\"}");
	CHECK_TEXT(find(&place, &none), "1.json");
	CHECK(!chmod("1.json", 0666));
	CHECK_TEXT(find(&place, &none), "./1.json is not used: ./1.json may be written by others (mode 0666)");
	CHECK(!chmod("1.json", 01666)); /* what the bit means for a directory it does not mean for a file */
	CHECK_TEXT(find(&place, &none), "./1.json is not used: ./1.json may be written by others (mode 1666)");
	CHECK(!unlink("1.json") && !mkdir("1.json", 0700));
	CHECK_TEXT(find(&place, &none), "./1.json is no file of at most 16 MiB");
	leave(&place);
}

/* NULL: it may be chosen. */
static const char *chosen(const struct container_settings *allowed, const struct container_identity *identity,
			  const char *model, const char *mode)
{
	static struct tsem_error error;
	struct container_settings settings = {.present = true};

	strcpy(settings.model, model);
	strcpy(settings.mode, mode);
	return container_check_chosen("", allowed, identity, &settings, &error) ? error.text : NULL;
}

void test_chosen(void)
{
	static const char *const others[] = {"/etc/profile.d/x.sh",
					     "/run/none/back/web.model",
					     "/run/none/web.model",
					     "/run/none/front",
					     "/run/none/front/",
					     "/run/none/front/../back/web.model",
					     "/run/none/front/a/b",
					     "/run/none/front/.model",
					     "/run/none/front/-e",
					     "/run/none/front/$(id).model",
					     "/run/none/frontal/web.model",
					     "/run/none/front/a b",
					     "/run/none/front//web.model",
					     "/run/none/front/a\nb"};
	struct container_settings allowed = {.present = true, .models = "/run/none"},
				  keys = {.present = true, .keys = "/k"};
	struct container_identity pod = {.in_pod = true, .pod.space = "front"}, none = {};
	struct tsem_error error;
	struct place place;

	CHECK(!chosen(&allowed, &pod, "/run/none/front/web-1.model", "enforce"));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		CHECK_TEXT(chosen(&allowed, &pod, others[i], "enforce") ?: others[i],
			   "model has to be /run/none/front/NAME, with a NAME of letters, digits and ._-");
	CHECK_TEXT(chosen(&allowed, &pod, "/run/none/front/web.model", "learn") ?: "",
		   "mode must not be learn: the policy does not say \"learning\": \"yes\"");
	strcpy(allowed.learning, "yes");
	CHECK(!chosen(&allowed, &pod, "/run/none/front/web.model", "learn"));
	CHECK(container_check_chosen("", &allowed, &pod, &keys, &error) == -EPERM);
	pod.pod.space = "..";
	CHECK_TEXT(chosen(&allowed, &pod, "/run/none/../web.model", "enforce") ?: "",
		   "the namespace of the pod is not known");
	pod.pod.space = NULL;
	CHECK_TEXT(chosen(&allowed, &pod, "/run/none/web.model", "enforce") ?: "",
		   "the namespace of the pod is not known");
	CHECK(!chosen(&allowed, &none, "/run/none/web.model", "enforce"));
	if (!enter(&place))
		return;
	snprintf(allowed.models, sizeof(allowed.models), "%s", place.directory);
	snprintf(keys.model, sizeof(keys.model), "%s/web.model", place.directory);
	CHECK(!chosen(&allowed, &none, keys.model, "enforce") && !chmod(".", 0777));
	CHECK(strstr(chosen(&allowed, &none, keys.model, "enforce") ?: "", "may be written by others"));
	leave(&place);
}

/* Who may write the directory could take a policy away, and who may write that of a link's target could replace one. */
void test_policy_writers(void)
{
	struct container_identity none = {};
	struct place place;

	if (!enter(&place))
		return;
	put("1.json", "{\"match\":{},\"mode\":\"off\"}");
	CHECK_TEXT(find(&place, &none), "1.json");
	CHECK(!chmod(".", 0770));
	CHECK_HOLDS(find(&place, &none), "., which says how containers are modeled, is not used: /");
	CHECK_HOLDS(find(&place, &none), " may be written by others (mode 0770)");
	CHECK(!chmod(".", 01777)); /* nobody else removes there, and a file of somebody else is not used */
	CHECK_TEXT(find(&place, &none), "1.json");
	CHECK(!chmod(".", 0700) && !mkdir("open", 0700) && !chmod("open", 0777) && !rename("1.json", "open/1.json") &&
	      !symlink("open/1.json", "1.json"));
	CHECK_TEXT(find(&place, &none), "./1.json is not used: ./open may be written by others (mode 0777)");
	CHECK(!chmod("open", 0755));
	CHECK_TEXT(find(&place, &none), "1.json");
	if (!geteuid()) {
		CHECK(!chown("open/1.json", 12345, 0));
		CHECK_TEXT(find(&place, &none),
			   "./1.json is not used: ./open/1.json belongs to user 12345, who can replace it");
	}
	leave(&place);
}

void test_container_state(void)
{
	static const char whole[] =
		"{\"ociVersion\":\"1\",\"id\":\"web\",\"status\":\"creating\",\"pid\":4711,\"bundle\":\"/b\","
		"\"annotations\":{\"a\":\"b\"}} ";
	struct container_state state;
	struct tsem_error error = {};

	CHECK(!container_state_read("it", whole, strlen(whole), &state, &error));
	CHECK(state.pid == 4711);
	CHECK_TEXT(state.id, "web");
	CHECK_TEXT(state.status, "creating");
	CHECK_TEXT(state.bundle, "/b");
	CHECK(!container_state_read("it", "{\"pid\":-1}", 10, &state, &error));
	CHECK(state.pid == 0 && !state.id[0]);
	for (size_t size = 0; size < sizeof(whole) - 2; size++)
		CHECK(container_state_read("it", whole, size, &state, &error) && error.text[0]);
	CHECK(container_state_read("it", "{\"id\":\"a\",\"id\":\"b\"}", 21, &state, &error));
}
