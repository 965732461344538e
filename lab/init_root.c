/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "init.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SAFE (MS_NOSUID | MS_NODEV | MS_NOEXEC)

struct guest_mount {
	const char *source;
	const char *target;
	const char *type;
	unsigned long flags;
	const char *options;
};

static const struct guest_mount early_mounts[] = {
	{"dev", "/dev", "devtmpfs", MS_NOSUID, "mode=0755"},
	{"proc", "/proc", "proc", SAFE, NULL},
	{"sys", "/sys", "sysfs", SAFE, NULL},
};

/* Later ones lie on earlier ones. /tmp stays the host's, below the overlay. */
static const struct guest_mount root_mounts[] = {
	{"dev", "/dev", "devtmpfs", MS_NOSUID, "mode=0755"},
	{"devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620,ptmxmode=0666"},
	{"shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"},
	{"mqueue", "/dev/mqueue", "mqueue", SAFE, NULL},
	{"proc", "/proc", "proc", SAFE, NULL},
	{"sys", "/sys", "sysfs", SAFE, NULL},
	{"security", "/sys/kernel/security", "securityfs", SAFE, NULL},
	{"debug", "/sys/kernel/debug", "debugfs", SAFE, NULL},
	{"tracing", "/sys/kernel/tracing", "tracefs", SAFE, NULL},
	{"bpf", "/sys/fs/bpf", "bpf", SAFE, "mode=0700"},
	{"cgroup2", "/sys/fs/cgroup", "cgroup2", SAFE, NULL},
	{"run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755"},
};

static const char *const device_links[][2] = {
	{"/proc/self/fd", "/dev/fd"}, {"fd/0", "/dev/stdin"},	 {"fd/1", "/dev/stdout"},
	{"fd/2", "/dev/stderr"},      {"pts/ptmx", "/dev/ptmx"},
};

static int mount_one(const struct guest_mount *entry)
{
	mkdir(entry->target, 0755);
	return mount(entry->source, entry->target, entry->type, entry->flags, entry->options);
}

void guest_early_mounts(void)
{
	size_t i;

	for (i = 0; i < sizeof(early_mounts) / sizeof(early_mounts[0]); i++)
		if (mount_one(&early_mounts[i]) < 0)
			guest_fail(NULL, errno, "tsem lab: cannot mount %s", early_mounts[i].target);
}

/* The host numbered them in dependency order. Early: the line to the host may be one of them. */
int guest_load_modules(unsigned int *ret_number)
{
	char path[32];
	unsigned int i;
	int fd, err = 0;

	for (i = 0; !err; i++) {
		snprintf(path, sizeof(path), "/modules/%u", i);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return 0;
		if (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST)
			err = errno;
		close(fd);
		*ret_number = i;
	}
	return err;
}

static void mount_overlay(struct lab_channel *channel)
{
	static const char options[] = "lowerdir=/host,upperdir=/scratch/upper,"
				      "workdir=/scratch/work,redirect_dir=on";

	mkdir("/host", 0755);
	mkdir("/scratch", 0755);
	mkdir("/root", 0755);
	if (mount(LAB_FS_TAG, "/host", "virtiofs", MS_RDONLY, NULL) < 0)
		guest_fail(channel, errno, "the guest could not mount the host's files (virtiofs)");
	if (mount("scratch", "/scratch", "tmpfs", 0, "size=60%,mode=0755") < 0)
		guest_fail(channel, errno, "the guest could not mount its scratch layer");
	mkdir("/scratch/upper", 0755);
	mkdir("/scratch/work", 0755);
	if (mount("lab", "/root", "overlay", 0, options) < 0)
		guest_fail(channel, errno, "the guest could not mount the overlay over the host's files");
	/* No process in the guest needs the layers themselves. */
	umount2("/host", MNT_DETACH);
	umount2("/scratch", MNT_DETACH);
}

void guest_enter_root(struct lab_channel *channel)
{
	size_t i;

	mount_overlay(channel);
	if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		guest_fail(channel, errno, "the guest could not enter its root");
	for (i = 0; i < sizeof(root_mounts) / sizeof(root_mounts[0]); i++)
		if (mount_one(&root_mounts[i]) < 0)
			guest_fail(channel, errno, "the guest could not mount %s", root_mounts[i].target);
	for (i = 0; i < sizeof(device_links) / sizeof(device_links[0]); i++) {
		unlink(device_links[i][1]);
		if (symlink(device_links[i][0], device_links[i][1]) < 0)
			guest_fail(channel, errno, "the guest could not make %s", device_links[i][1]);
	}
	mkdir("/run/lock", 01777);
	mkdir("/run/user", 0755);
	mkdir("/tmp", 01777);
}

static void raise_limit(int resource, rlim_t soft, rlim_t hard)
{
	struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};

	setrlimit(resource, &limit);
}

static void bring_up_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo"};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		request.ifr_flags |= IFF_UP | IFF_RUNNING;
		ioctl(fd, SIOCSIFFLAGS, &request);
	}
	close(fd);
}

/* With one processor there is no such file, and one that runs already takes no second start. */
static void start_processors(struct lab_channel *channel)
{
	unsigned int i;
	char path[64];
	int fd;

	for (i = 1; i < LAB_CPUS_MAX; i++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", i);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (write(fd, "1", 1) != 1)
			guest_fail(channel, errno, "the guest could not start its processor %u", i);
		close(fd);
	}
}

void guest_prepare(struct lab_channel *channel)
{
	static const char name[] = "tsem-lab";

	/* Some programs walk all descriptors up to the soft limit. */
	raise_limit(RLIMIT_NOFILE, 65536, 1048576);
	raise_limit(RLIMIT_MEMLOCK, RLIM_INFINITY, RLIM_INFINITY);
	bring_up_loopback();
	start_processors(channel);
	sethostname(name, sizeof(name) - 1);
}
