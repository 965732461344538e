/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The machine's systemd as process 1 of the guest. */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEMD "/lib/systemd/systemd"
#define UNITS "/run/systemd/system"
#define READY "/run/tsem-lab-ready"
#define PATIENCE_MS 180000
#define LOOK_MS 50

/* There is nothing in the guest that they are for. */
static const char *const left_out[] = {
	"systemd-udevd.service",	"systemd-udev-trigger.service", "systemd-udevd-control.socket",
	"systemd-udevd-kernel.socket",	"systemd-tmpfiles-clean.timer", "systemd-update-utmp.service",
	"systemd-random-seed.service",	"systemd-sysusers.service",	"systemd-resolved.service",
	"systemd-timesyncd.service",	"systemd-networkd.service",	"systemd-networkd.socket",
	"systemd-modules-load.service", "kmod-static-nodes.service",	"apparmor.service",
};

static const char target[] = "[Unit]\nRequires=basic.target tsem-lab.service\nAfter=basic.target\n";
static const char service[] = "[Unit]\nAfter=basic.target\n[Service]\nType=oneshot\nExecStart=/bin/touch " READY "\n";

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), err = 0;
	size_t size = strlen(text);

	if (fd < 0)
		return errno;
	if (write(fd, text, size) != (ssize_t)size)
		err = EIO;
	close(fd);
	return err;
}

static int prepare(void)
{
	char path[256];
	struct stat id;
	int err;

	/* systemd takes the guest for a container where these are. */
	unlink("/.dockerenv");
	unlink("/run/.containerenv");
	mkdir("/run/systemd", 0755);
	mkdir(UNITS, 0755);
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		snprintf(path, sizeof(path), UNITS "/%s", left_out[i]);
		if (symlink("/dev/null", path) < 0 && errno != EEXIST)
			return errno;
	}
	err = write_text(UNITS "/tsem-lab.target", target);
	if (!err)
		err = write_text(UNITS "/tsem-lab.service", service);
	if (!err && (stat("/etc/machine-id", &id) || id.st_size < 32))
		err = write_text("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	return err;
}

void guest_start_systemd(struct lab_channel *channel)
{
	char *const argv[] = {SYSTEMD, "--unit=tsem-lab.target", NULL};
	char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL};
	int err = prepare(), waited;
	pid_t pid;

	if (err)
		guest_fail(channel, err, "the guest could not prepare systemd");
	if (access(SYSTEMD, X_OK) < 0)
		guest_fail(channel, errno, "the guest has no " SYSTEMD);
	pid = fork();
	if (pid < 0)
		guest_fail(channel, errno, "the guest could not start systemd");
	if (pid > 0) {
		execve(SYSTEMD, argv, environment);
		_exit(1);
	}
	for (waited = 0; access(READY, F_OK) < 0; waited += LOOK_MS) {
		if (waited >= PATIENCE_MS)
			guest_fail(channel, ETIMEDOUT, "systemd did not come to basic.target");
		usleep(LOOK_MS * 1000);
	}
}
