/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../lib/base/file.h"
#include "../lib/base/unused_id.h"

#define COPY_MAX (16u << 20)
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FIRST_RIGHTS ((1ull << 13) - 1) /* those of the first version, which every Landlock has */

static int cannot(const char *what, int code, struct tsem_error *error)
{
	return tsem_error_set(error, EACCES, "the process that talks to it cannot %s: %s", what, strerror(code));
}

static int limit(int resource, rlim_t most)
{
	struct rlimit bound;

	if (getrlimit(resource, &bound))
		return -1;
	if (bound.rlim_max < most)
		most = bound.rlim_max;
	return setrlimit(resource, &(struct rlimit){most, most});
}

static bool is_socket_pair(int fd)
{
	int domain = 0;
	socklen_t size = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) && domain == AF_UNIX;
}

int confine_begin(const char *name, struct tsem_error *error)
{
	if (!is_socket_pair(STDIN_FILENO))
		return -ENOTSOCK;
	prctl(PR_SET_NAME, name);
	if (close_range(STDERR_FILENO + 1, ~0u, 0))
		return cannot("close its descriptors", errno, error);
	if (limit(RLIMIT_CORE, 0) || prctl(PR_SET_DUMPABLE, 0))
		return cannot("do without core dumps", errno, error);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return cannot("give up the privileges of other programs", errno, error);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL))
		return cannot("end with its parent", errno, error);
	return 0;
}

int confine_memory(unsigned mib, struct tsem_error *error)
{
	return limit(RLIMIT_AS, (rlim_t)mib << 20) ? cannot("limit its memory", errno, error) : 0;
}

static int write_copy(int fd, const struct tsem_buffer *text)
{
	for (size_t at = 0; at < text->size;) {
		ssize_t n = write(fd, text->data + at, text->size - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? n : 0;
	}
	return 0;
}

int confine_copy(char **path, int *ret_fd, struct tsem_error *error)
{
	struct tsem_buffer text = {};
	char copy[32];
	int fd = -1, r = file_read(*path, COPY_MAX, &text);

	if (!r)
		fd = memfd_create("tsem-copy", MFD_CLOEXEC);
	if (!r)
		r = fd < 0 ? -errno : write_copy(fd, &text);
	if (text.data)
		explicit_bzero(text.data, text.size);
	tsem_buffer_deinit(&text);
	*ret_fd = fd;
	if (r)
		return tsem_error_set(error, -r, "cannot read %s: %s", *path, strerror(-r));
	snprintf(copy, sizeof(copy), "/proc/self/fd/%d", fd);
	free(*path);
	*path = strdup(copy);
	return *path ? 0 : tsem_error_set(error, ENOMEM, "out of memory");
}

/*
 * Without capabilities root is still the user whose processes it may signal, whose files it may read, and whom servers
 * obey. A user namespace that has no other id was made by somebody whose processes it can signal as well.
 */
static int give_up_root(void)
{
	uid_t id;
	int r = unused_id(&id);

	if (r == -ENXIO)
		return 0;
	if (r) {
		errno = -r;
		return -1;
	}
	if (setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id))
		return -1;
	/* A change of the user undoes what confine_begin() has set. */
	return prctl(PR_SET_DUMPABLE, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL) ? -1 : 0;
}

static int give_up_capabilities(void)
{
	cap_t none = cap_init();
	int r = none ? cap_set_proc(none) : -1, code = errno;

	cap_free(none);
	errno = code;
	return r;
}

static int allow_reading(int rules, const char *directory)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = READING,
		.parent_fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	int r;

	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	r = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return r;
}

/* but: directories below which files stay readable, up to NULL. */
static int give_up_files(tsem_u64 rights, const char *const *but, struct tsem_error *error)
{
	struct landlock_ruleset_attr rules = {.handled_access_fs = rights};
	int fd = syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules.handled_access_fs), 0), r;

	if (fd < 0 && (errno == ENOSYS || errno == EOPNOTSUPP))
		return 0;
	r = fd < 0 ? -1 : 0;
	while (!r && *but)
		r = allow_reading(fd, *but++);
	if (!r)
		r = syscall(SYS_landlock_restrict_self, fd, 0);
	r = r ? cannot("give up its access to files", errno, error) : 0;
	if (fd >= 0)
		close(fd);
	return r;
}

int confine_privileges(bool threads, struct tsem_error *error)
{
	if (!geteuid() && give_up_root())
		return cannot("become another user than root", errno, error);
	if (give_up_capabilities())
		return cannot("give up its capabilities", errno, error);
	if (limit(RLIMIT_FSIZE, 0) || (!threads && limit(RLIMIT_NPROC, 0)))
		return cannot("give up files and processes", errno, error);
	return give_up_files(FIRST_RIGHTS & ~READING, (const char *const[]){NULL}, error);
}

/* Where systems keep the certificates of authorities, and where the links there lead. */
static const char *const authorities[] = {
	"/etc/ssl/certs",     "/usr/share/ca-certificates",  "/usr/local/share/ca-certificates",
	"/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted", NULL};

int confine_reading(bool certificates, struct tsem_error *error)
{
	return give_up_files(FIRST_RIGHTS, certificates ? authorities : (const char *const[]){NULL}, error);
}
