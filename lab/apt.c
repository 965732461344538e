/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * apt with its own configuration: kernels come from the host that the machine's packages come from, also kernels of
 * newer suites. The machine's own lists, sources and packages are neither used nor changed. apt refuses everything that
 * the archive's keys have not signed.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"
#define APT_HELPER "/usr/lib/apt/apt-helper"
#define TARGET_FIELDS "$(REPO_URI) $(RELEASE) $(COMPONENT)"

static const char *const own_bases[] = {"oldoldstable", "oldstable", "stable", "testing", "unstable", "bullseye",
					"bookworm",	"trixie",    "forky",  "duke",	  "sid"};
static const char *const own_parts[] = {"", "-updates", "-security", "-backports", "-proposed-updates"};
/* Suites beyond the machine's own sources: first the one with kernels for its next version, then the future ones. */
static const char *const near_suites[] = {"trixie-backports", NULL};
static const char *const far_suites[] = {"trixie-backports", "forky", "sid", "experimental", NULL};

static const char configuration[] = "Dir::State \"%1$s/state\";\n"
				    "Dir::State::status \"%1$s/state/status\";\n"
				    "Dir::Cache \"%1$s/cache\";\n"
				    "Dir::Etc::SourceList \"%1$s/sources.list\";\n"
				    "Dir::Etc::SourceParts \"/dev/null\";\n"
				    "Dir::Etc::Trusted \"/dev/null\";\n"
				    "Dir::Etc::TrustedParts \"/dev/null\";\n"
				    "Dir::Etc::Preferences \"/dev/null\";\n"
				    "Dir::Etc::PreferencesParts \"/dev/null\";\n"
				    "Acquire::Languages \"none\";\n"
				    "Acquire::AllowInsecureRepositories \"false\";\n"
				    "Acquire::AllowWeakRepositories \"false\";\n"
				    "Acquire::AllowDowngradeToInsecureRepositories \"false\";\n"
				    "APT::Get::AllowUnauthenticated \"false\";\n"
				    /* The cache belongs to the caller, not to apt's own user. */
				    "APT::Sandbox::User \"root\";\n"
				    "#clear APT::Default-Release;\n"
				    "#clear APT::Update;\n"
				    "#clear DPkg;\n";

static bool ends_as_own(const char *rest)
{
	size_t i;

	for (i = 0; i < sizeof(own_parts) / sizeof(own_parts[0]); i++)
		if (!strcmp(rest, own_parts[i]))
			return true;
	return false;
}

/* A suite of the distribution, not of a third party. */
static bool is_own_suite(const char *suite)
{
	size_t i;

	for (i = 0; i < sizeof(own_bases) / sizeof(own_bases[0]); i++) {
		size_t length = strlen(own_bases[i]);

		if (!strncmp(suite, own_bases[i], length) && ends_as_own(suite + length))
			return true;
	}
	return false;
}

/* The output of a program; freed by the caller. NULL with the error. */
static char *output_of(const char *const *argv, struct tsem_error *error)
{
	char path[64];
	uint8_t *bytes = NULL;
	size_t length;
	int fd = memfd_create("output", MFD_CLOEXEC);
	int err = fd < 0 ? -errno : 0;

	if (err) {
		tsem_error_set(error, -err, "cannot run %s: %s", argv[0], strerror(-err));
		return NULL;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = lab_child_run(argv, NULL, fd, error);
	if (!err && lab_file_read(path, &bytes, &length) < 0)
		tsem_error_set(error, EIO, "cannot read what %s prints", argv[0]);
	close(fd);
	return (char *)bytes;
}

static void add_source(FILE *sources, const char *uri, const char *suite)
{
	fprintf(sources, "deb [signed-by=" KEYRING "] %s %s main\n", uri, suite);
}

/* The machine's own suites, and the additional ones from the host of its first suite. */
static void write_sources(FILE *sources, char *targets, const char *const *suites, struct lab_apt *apt)
{
	char uri[512], suite[64], component[64], last[640] = "", own[640];
	char *line;

	while ((line = strsep(&targets, "\n"))) {
		if (sscanf(line, "%511s %63s %63s", uri, suite, component) != 3 || strcmp(component, "main") != 0 ||
		    !is_own_suite(suite))
			continue;
		snprintf(own, sizeof(own), "%s %s", uri, suite);
		if (!strcmp(own, last)) /* the same for another architecture */
			continue;
		strcpy(last, own);
		add_source(sources, uri, suite);
		if (!apt->base[0] && !strchr(suite, '-'))
			snprintf(apt->base, sizeof(apt->base), "%s", uri);
	}
	for (; apt->base[0] && *suites; suites++)
		add_source(sources, apt->base, *suites);
}

static int make_sources(const char *directory, bool far, struct lab_apt *apt, struct tsem_error *error)
{
	/* Of a machine that has never read its lists nothing else is known. */
	static const char *const argv[] = {"apt-get",  "indextargets", "--no-release-info",
					   "--format", TARGET_FIELDS,  "Created-By: Packages",
					   NULL};
	char path[PATH_MAX];
	char *targets = output_of(argv, error);
	FILE *sources = NULL;

	if (!targets)
		return -1;
	apt->base[0] = '\0';
	if (lab_path(path, "%s/sources.list", directory) == 0)
		sources = fopen(path, "we");
	if (sources)
		write_sources(sources, targets, far ? far_suites : near_suites, apt);
	free(targets);
	if (!sources || fclose(sources) != 0) {
		tsem_error_set(error, errno, "cannot write %s: %s", path, strerror(errno));
		return -1;
	}
	if (apt->base[0])
		return 0;
	tsem_error_set(error, ENOENT,
		       "this machine's apt sources have no Debian suite with the component main: "
		       "add one, or give --kernel");
	return -1;
}

static int make_configuration(const char *directory, struct lab_apt *apt)
{
	static const char *const parts[] = {"state/lists/partial", "cache/archives/partial"};
	char path[PATH_MAX], text[sizeof(configuration) + 6 * PATH_MAX];
	int err = strpbrk(directory, "\"\\\n") ? -EINVAL : 0;
	size_t i;

	for (i = 0; !err && i < sizeof(parts) / sizeof(parts[0]); i++) {
		err = lab_path(path, "%s/%s", directory, parts[i]);
		if (!err)
			err = lab_directory_make(path);
	}
	if (!err)
		err = lab_path(path, "%s/state/status", directory);
	if (!err)
		err = lab_file_write(path, "", 0);
	if (!err)
		err = lab_path(apt->configuration, "%s/apt.conf", directory);
	snprintf(text, sizeof(text), configuration, directory);
	return err ? err : lab_file_write(apt->configuration, text, strlen(text));
}

int lab_apt_open(const char *cache, bool far, struct lab_apt *ret_apt, struct tsem_error *error)
{
	const char *const argv[] = {"apt-get", "-c", ret_apt->configuration, "-q", "update", NULL};
	char directory[PATH_MAX];
	int err = lab_path(directory, "%s/apt", cache);

	ret_apt->update.code = 0;
	if (!err)
		err = make_configuration(directory, ret_apt);
	if (err) {
		tsem_error_set(error, -err, "cannot prepare apt in %s: %s", cache, strerror(-err));
		return -1;
	}
	if (make_sources(directory, far, ret_apt, error) < 0)
		return -1;
	lab_progress("reading the package lists%s", far ? " of newer suites" : "");
	/* One source that is not there does not keep the others from being used. */
	if (lab_child_run(argv, NULL, -1, &ret_apt->update) < 0 && !ret_apt->update.code)
		ret_apt->update.code = EIO;
	return 0;
}

char *lab_apt_names(const struct lab_apt *apt, const char *prefix, struct tsem_error *error)
{
	const char *const argv[] = {"apt-cache", "-c", apt->configuration, "pkgnames", prefix, NULL};

	return output_of(argv, error);
}

int lab_apt_download(const struct lab_apt *apt, const char *name, const char *directory, struct tsem_error *error)
{
	const char *const argv[] = {"apt-get", "-c", apt->configuration, "-q", "download", name, NULL};

	lab_progress("fetching %s", name);
	return lab_child_run(argv, directory, -1, error);
}

int lab_apt_download_file(const struct lab_apt *apt, const char *path, const char *sha256, const char *target,
			  struct tsem_error *error)
{
	char uri[PATH_MAX], hash[80];
	const char *const argv[] = {APT_HELPER, "-c", apt->configuration, "download-file", uri, target, hash, NULL};

	if (lab_path(uri, "%s%s", apt->base, path) < 0) {
		tsem_error_set(error, ENAMETOOLONG, "the address of %s is too long", path);
		return -1;
	}
	snprintf(hash, sizeof(hash), "SHA256:%s", sha256);
	lab_progress("fetching %s", strrchr(path, '/') + 1);
	return lab_child_run(argv, NULL, -1, error);
}
