/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "mqtt_confine.h"
#include "mqtt_process.h"

#include <errno.h>
#include <linux/landlock.h>
#include <signal.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FIRST_RIGHTS ((1ull << 13) - 1) /* those of the first version, which every Landlock has */

static void limit(int resource, rlim_t most)
{
	struct rlimit bound;

	if (getrlimit(resource, &bound))
		return;
	if (bound.rlim_max < most)
		most = bound.rlim_max;
	setrlimit(resource, &(struct rlimit){most, most});
}

static bool is_socket_pair(int fd)
{
	int domain = 0;
	socklen_t size = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) && domain == AF_UNIX;
}

int mqtt_confine_begin(void)
{
	if (!is_socket_pair(STDIN_FILENO))
		return -ENOTSOCK;
	close_range(STDERR_FILENO + 1, ~0u, 0);
	limit(RLIMIT_CORE, 0);
	if (prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL))
		return -errno;
	prctl(PR_SET_NAME, MQTT_PROCESS_NAME);
	return 0;
}

void mqtt_confine_memory(unsigned mib)
{
	limit(RLIMIT_AS, (rlim_t)mib << 20);
}

static void give_up_files(bool certificates)
{
	struct landlock_ruleset_attr rules = {.handled_access_fs =
						      certificates ? FIRST_RIGHTS & ~READING : FIRST_RIGHTS};
	int fd = syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules.handled_access_fs), 0);

	if (fd < 0)
		return;
	syscall(SYS_landlock_restrict_self, fd, 0);
	close(fd);
}

void mqtt_confine(bool certificates)
{
	cap_t none = cap_init();

	if (none) {
		cap_set_proc(none);
		cap_free(none);
	}
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NPROC, 0);
	give_up_files(certificates);
}
