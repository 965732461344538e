/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Helpers of the deeds that are modeled with --events all. Part of deed_all.c. */
#ifndef TSEM_DEED_MORE_H
#define TSEM_DEED_MORE_H

#include "deed_common.h"
#include <grp.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/if_tun.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/userfaultfd.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/klog.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/quota.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/time.h>
#include <sys/xattr.h>

/* What the deed got; nothing yet. */
static long result = -1;

static bool effect_result(void)
{
	return result >= 0;
}

/* Whether this is done under the default set, where an event may say less. */
static bool set_default(void)
{
	const char *set = getenv("SET");

	return set && !strcmp(set, "default");
}

/*
 * Does something like the deed in a child, so that what the kernel asks on the
 * way to the deed's own event is in a model of the preparations.
 */
static void elsewhere(void (*what)(void))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		what();
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		die("elsewhere");
}

static void nice_other(void)
{
	if (setpriority(PRIO_PROCESS, 0, -3))
		die("setpriority");
}

/* In the child: ready. */
static void wait_to_stop(void)
{
	struct timespec ms = {.tv_nsec = 1000000};

	shared->ready = 1;
	while (!shared->stop)
		nanosleep(&ms, NULL);
	_exit(0);
}

static void wait_for_child(void)
{
	struct timespec ms = {.tv_nsec = 1000000};

	while (!shared->ready)
		nanosleep(&ms, NULL);
}

static void read_text(const char *path, char *text, size_t size)
{
	int f = open_or_die(path, O_RDONLY);
	ssize_t n = read(f, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	close(f);
}

/* A file of the ext4 that the test has mounted on base/quota. */
static const char *quota_path(const char *name)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/quota%s", base, name);
	return path;
}

/* A file of the present deed as it was staged, without looking at it. */
static void add_inode_staged(unsigned mode)
{
	struct statfs fs;

	if (statfs(here(""), &fs))
		die("statfs");
	add("{\"uid\":\"7\",\"gid\":\"8\",\"mode\":\"0100%o\",\"s_magic\":\"0x%lx\",\"s_id\":\"@id\",\"s_"
	    "uuid\":\"@uuid\"}",
	    mode, (unsigned long)fs.f_type);
}

#endif
