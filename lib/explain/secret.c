/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "secret.h"

#include <fnmatch.h>
#include <stddef.h>

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

bool secret_path(const char *path)
{
	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++)
		if (!fnmatch(secrets[i], path, 0))
			return true;
	return false;
}
