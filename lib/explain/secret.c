/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "secret.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "../base/buffer.h"

/* As a shell matches them, where * also matches slashes. */
static const char *const secrets[] = {
	/* of the system */
	"/etc/shadow*",
	"/etc/gshadow*",
	"/etc/sudoers*",
	"/etc/ssl/private/*",
	"/etc/letsencrypt/*",
	"/etc/security/opasswd*",
	"*/etc/shadow",
	"*/etc/gshadow",
	"/var/lib/sss/*",
	"*.keytab",
	"/etc/wireguard/*",
	"/etc/NetworkManager/system-connections/*",
	"*/tls/private/*",
	"/var/lib/private/*",
	"/etc/credstore*",
	"/run/credentials/*",
	"/run/credstore*",
	/* keys and certificates with keys */
	"*.key",
	"*.pem",
	"*.p12",
	"*.pfx",
	"*.jks",
	"*.kdbx",
	"*.gpg",
	"*/.gnupg/*",
	"*/.ssh/*",
	"*/ssh_host_*_key",
	"*/id_rsa*",
	"*/id_ecdsa*",
	"*/id_ed25519*",
	/* of users and their tools */
	"*/.netrc",
	"*/.pgpass",
	"*/.my.cnf",
	"*/.git-credentials",
	"*/.aws/*",
	"*/.azure/*",
	"*/.config/gcloud/*",
	"*/.kube/*",
	"*/.docker/config.json",
	"*/.npmrc",
	"*/.pypirc",
	"*/.password-store/*",
	"*/.mozilla/*",
	"*/.config/google-chrome/*",
	"*/.bash_history",
	"*/.env",
	"*/.vault-token",
	"*/keyrings/*",
	"*/credentials*",
	"*/secrets/*",
	"*secret*",
	"*passwd-*",
	"*password*",
	"*htpasswd*",
	/* of other processes */
	"/proc/*/environ",
	"/proc/*/mem",
	"/proc/kcore",
	"/dev/mem",
	"/dev/kmem",
	"/dev/sd*",
	"/dev/vd*",
	"/dev/nvme*",
	"/dev/dm-*",
};

/* Where the name of a pattern is too short to say anything without its directory. */
#define NAME_LEAST 3

/* A name, and the same with a slash behind: it may be that of a directory, so patterns of paths below match it too. */
struct name {
	struct tsem_buffer path, below;
};

static bool matches(const char *pattern, const struct name *name)
{
	return !fnmatch(pattern, name->path.data, 0) || !fnmatch(pattern, name->below.data, 0);
}

/* The end of a pattern from a slash on: "/shadow*" of "/etc/shadow*". */
static bool matches_end(const char *end, const struct name *name)
{
	char pattern[64];

	if (strcspn(end + 1, "*/") < NAME_LEAST)
		return false;
	snprintf(pattern, sizeof(pattern), "*%s", end);
	return matches(pattern, name);
}

static bool matches_elsewhere(const char *pattern, const struct name *name)
{
	for (const char *end = strchr(pattern, '/'); end; end = strchr(end + 1, '/'))
		if (matches_end(end, name))
			return true;
	return false;
}

/* Without the mark of a deleted file; whether it had one. */
static bool name_init(struct name *name, const char *path)
{
	size_t size = strlen(path), mark = strlen(TSEM_DELETED);
	bool deleted = size >= mark && !strcmp(path + size - mark, TSEM_DELETED);

	*name = (struct name){};
	size -= deleted ? mark : 0;
	tsem_buffer_add(&name->path, path, size);
	tsem_buffer_add(&name->below, path, size);
	buffer_text(&name->below, "/");
	return deleted;
}

static bool find_secret(const char *path, bool elsewhere)
{
	struct name name;
	bool found;

	elsewhere |= name_init(&name, path);
	found = name.path.failed || name.below.failed; /* out of memory: rather said than not */
	for (size_t i = 0; !found && name.path.size && i < sizeof(secrets) / sizeof(*secrets); i++)
		found = matches(secrets[i], &name) || (elsewhere && matches_elsewhere(secrets[i], &name));
	tsem_buffer_deinit(&name.path);
	tsem_buffer_deinit(&name.below);
	return found;
}

bool secret_path(const char *path)
{
	return find_secret(path, false);
}

bool secret_elsewhere(const char *path)
{
	return find_secret(path, true);
}
