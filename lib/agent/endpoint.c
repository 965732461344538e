/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "endpoint.h"
#include "../external/rendezvous.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/fuse.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper_embed.h"

#define KEEPER_NAME "keeper"
#define KEEPER_INODE 2
#define ATTRIBUTE "user.tsem"
#define FOREVER 1000000000
#define START_MS 30000
#define MINOR 31 /* of the protocol: what is used here is in all since */
#define WRITE_MAX 4096

/* ---- the one file, and the protocol of the kernel for it ---- */

static tsem_u64 keeper_size(void)
{
	return embedded_keeper_end - embedded_keeper;
}

static int reply(const struct endpoint *endpoint, tsem_u64 unique, int error, const void *bytes, size_t size)
{
	struct fuse_out_header out = {.len = sizeof(out) + size, .error = -error, .unique = unique};
	struct iovec parts[2] = {{&out, sizeof(out)}, {(void *)bytes, size}};

	return writev(endpoint->device, parts, size ? 2 : 1) < 0 ? -errno : 0;
}

static struct fuse_attr attributes(tsem_u64 inode)
{
	struct fuse_attr attr = {.ino = inode, .nlink = 1, .mode = S_IFDIR | 0555, .blksize = 4096};

	if (inode == KEEPER_INODE) {
		attr.mode = S_IFREG | 0555;
		attr.size = keeper_size();
	}
	return attr;
}

static void serve_init(const struct endpoint *endpoint, const struct fuse_in_header *in)
{
	struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION,
				    .minor = MINOR,
				    .max_background = 12,
				    .congestion_threshold = 9,
				    .max_write = WRITE_MAX,
				    .time_gran = 1};

	reply(endpoint, in->unique, 0, &out, sizeof(out));
}

static void serve_lookup(const struct endpoint *endpoint, const struct fuse_in_header *in)
{
	struct fuse_entry_out out = {.nodeid = KEEPER_INODE,
				     .entry_valid = FOREVER,
				     .attr_valid = FOREVER,
				     .attr = attributes(KEEPER_INODE)};

	if (in->nodeid == FUSE_ROOT_ID && !strcmp((const char *)(in + 1), KEEPER_NAME))
		reply(endpoint, in->unique, 0, &out, sizeof(out));
	else
		reply(endpoint, in->unique, ENOENT, NULL, 0);
}

static void serve_getattr(const struct endpoint *endpoint, const struct fuse_in_header *in)
{
	struct fuse_attr_out out = {.attr_valid = FOREVER, .attr = attributes(in->nodeid)};

	reply(endpoint, in->unique, 0, &out, sizeof(out));
}

static void serve_open(const struct endpoint *endpoint, const struct fuse_in_header *in)
{
	const struct fuse_open_in *open_in = (const void *)(in + 1);
	struct fuse_open_out out = {.open_flags = FOPEN_KEEP_CACHE};

	if (in->nodeid == KEEPER_INODE && (open_in->flags & O_ACCMODE) == O_RDONLY)
		reply(endpoint, in->unique, 0, &out, sizeof(out));
	else
		reply(endpoint, in->unique, EACCES, NULL, 0);
}

static void serve_read(const struct endpoint *endpoint, const struct fuse_in_header *in)
{
	const struct fuse_read_in *read_in = (const void *)(in + 1);
	tsem_u64 left = read_in->offset < keeper_size() ? keeper_size() - read_in->offset : 0;

	reply(endpoint, in->unique, 0, embedded_keeper + (left ? read_in->offset : 0),
	      read_in->size < left ? read_in->size : left);
}

enum { SERVED, WAITS, WAITS_OVERDUE };

/* Whether a request for an attribute is the question of a waiting task, or of some other reader. */
static int serve_getxattr(const struct endpoint *endpoint, const struct fuse_in_header *in)
{
	const struct fuse_getxattr_in *get = (const void *)(in + 1);

	if (in->nodeid == KEEPER_INODE && !strcmp((const char *)(get + 1), ATTRIBUTE)) {
		if (get->size == sizeof(struct tsem_answer))
			return WAITS;
		if (get->size == sizeof(struct tsem_answer) + TSEM_ASKED_OVERDUE)
			return WAITS_OVERDUE;
	}
	reply(endpoint, in->unique, ENODATA, NULL, 0);
	return SERVED;
}

static int serve(const struct endpoint *endpoint, const struct fuse_in_header *in)
{
	switch (in->opcode) {
	case FUSE_INIT:
		serve_init(endpoint, in);
		break;
	case FUSE_LOOKUP:
		serve_lookup(endpoint, in);
		break;
	case FUSE_GETATTR:
		serve_getattr(endpoint, in);
		break;
	case FUSE_OPEN:
		serve_open(endpoint, in);
		break;
	case FUSE_READ:
		serve_read(endpoint, in);
		break;
	case FUSE_GETXATTR:
		return serve_getxattr(endpoint, in);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		reply(endpoint, in->unique, ENOSYS, NULL, 0);
	}
	return SERVED;
}

/* ---- tasks that wait ---- */

/* The request that was read is answered, or is where the keeper finds it. */
static void settled(struct endpoint *endpoint)
{
	__atomic_store_n(&((struct fuse_in_header *)endpoint->memory->reading)->len, 0, __ATOMIC_RELEASE);
}

static bool change(struct tsem_asked *asked, tsem_u32 from, tsem_u32 to)
{
	return __atomic_compare_exchange_n(&asked->state, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* So many requests that ask nothing are served at once: whoever makes them keeps nobody from the rest of his work. */
#define TURN 64

int endpoint_read(struct endpoint *endpoint, struct asking *ret_asking)
{
	struct fuse_in_header *in = (void *)endpoint->memory->reading;
	ssize_t size;
	int what;

	for (unsigned i = 0; i < TURN; i++) {
		size = read(endpoint->device, in, TSEM_REQUEST_MAX);
		if (size < 0 && (errno == EINTR || errno == ENOENT))
			continue;
		if (size < (ssize_t)sizeof(*in))
			return size < 0 ? -errno : -ENODEV;
		__atomic_fetch_add(&endpoint->memory->served, 1, __ATOMIC_RELAXED);
		what = serve(endpoint, in);
		*ret_asking = (struct asking){.tid = in->pid, .unique = in->unique, .overdue = what == WAITS_OVERDUE};
		if (what != SERVED)
			return 1;
		settled(endpoint);
	}
	return -EAGAIN;
}

void endpoint_reply(struct endpoint *endpoint, const struct asking *asking, const struct tsem_answer *answer)
{
	reply(endpoint, asking->unique, 0, answer, sizeof(*answer));
	settled(endpoint);
}

void endpoint_refuse(struct endpoint *endpoint, const struct asking *asking)
{
	reply(endpoint, asking->unique, ETIMEDOUT, NULL, 0);
	settled(endpoint);
}

tsem_u32 endpoint_wait(struct endpoint *endpoint, const struct asking *asking, tsem_u64 deadline)
{
	for (tsem_u32 i = 0; i < TSEM_ASKED_MAX; i++) {
		tsem_u32 at = (asking->tid + i) % TSEM_ASKED_MAX;
		struct tsem_asked *asked = &endpoint->memory->asked[at];

		if (!change(asked, TSEM_ASKED_FREE, TSEM_ASKED_TAKEN))
			continue;
		__atomic_fetch_add(&endpoint->memory->waiting, 1, __ATOMIC_ACQ_REL);
		asked->tid = asking->tid;
		/* Before its number: the keeper ends whatever it finds there by the deadline beside it. */
		asked->deadline = deadline;
		__atomic_store_n(&asked->unique, asking->unique, __ATOMIC_RELEASE);
		endpoint_leave(asked, deadline);
		settled(endpoint);
		return at + 1;
	}
	endpoint_refuse(endpoint, asking);
	return 0;
}

struct tsem_asked *endpoint_take(struct endpoint *endpoint, tsem_u32 place, tsem_u32 tid)
{
	struct tsem_asked *asked = place ? &endpoint->memory->asked[place - 1] : NULL;

	if (!asked || !change(asked, TSEM_ASKED_WAITS, TSEM_ASKED_TAKEN))
		return NULL;
	if (asked->tid == tid)
		return asked;
	__atomic_store_n(&asked->state, TSEM_ASKED_WAITS, __ATOMIC_RELEASE);
	return NULL;
}

void endpoint_leave(struct tsem_asked *asked, tsem_u64 deadline)
{
	asked->deadline = deadline;
	__atomic_store_n(&asked->state, TSEM_ASKED_WAITS, __ATOMIC_RELEASE);
}

void endpoint_answer(struct endpoint *endpoint, struct tsem_asked *asked, const struct tsem_answer *answer)
{
	reply(endpoint, asked->unique, answer ? 0 : ETIMEDOUT, answer, answer ? sizeof(*answer) : 0);
	asked->unique = 0;
	__atomic_store_n(&asked->state, TSEM_ASKED_FREE, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&endpoint->memory->waiting, 1, __ATOMIC_ACQ_REL);
}

bool endpoint_kept(struct endpoint *endpoint)
{
	return __atomic_load_n(&endpoint->memory->kept, __ATOMIC_ACQUIRE) &&
	       __atomic_exchange_n(&endpoint->memory->kept, 0, __ATOMIC_ACQ_REL);
}

struct tsem_asked *endpoint_next(struct endpoint *endpoint, tsem_u32 *at)
{
	for (; *at < TSEM_ASKED_MAX; ++*at)
		if (change(&endpoint->memory->asked[*at], TSEM_ASKED_WAITS, TSEM_ASKED_TAKEN))
			return &endpoint->memory->asked[(*at)++];
	return NULL;
}

void endpoint_tick(struct endpoint *endpoint, tsem_u32 tick_ms, tsem_u64 patience)
{
	__atomic_store_n(&endpoint->memory->patience, patience, __ATOMIC_RELAXED);
	__atomic_store_n(&endpoint->memory->tick_ms, tick_ms, __ATOMIC_RELEASE);
	eventfd_write(endpoint->wake, 1);
}

/* ---- the keeper ---- */

/* In the child of a process that may have other threads: only calls of the kernel. */
static void keeper_run(const struct endpoint *endpoint, int mount, int memory, int slots, int report, const char *agent)
{
	int fds[] = {report, endpoint->device, memory, slots, endpoint->wake};
	static const int places[] = {TSEM_KEEPER_REPORT, TSEM_KEEPER_DEVICE, TSEM_KEEPER_MEMORY, TSEM_KEEPER_SLOTS,
				     TSEM_KEEPER_WAKE};
	char *argv[] = {"tsem-keeper", (char *)agent, NULL}, *none[] = {NULL};

	mount = fcntl(mount, F_DUPFD_CLOEXEC, 16);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 16);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		dup2(fds[i], places[i]);
	close(0);
	close(2);
	syscall(SYS_close_range, TSEM_KEEPER_WAKE + 1, ~0u, CLOSE_RANGE_CLOEXEC);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* until it has all its pages, which nobody else serves */
	syscall(SYS_execveat, mount, KEEPER_NAME, argv, none, 0);
	_exit(127);
}

/* Serves its pages until it says that it keeps. */
static bool keeper_keeps(struct endpoint *endpoint, int report)
{
	struct pollfd fds[2] = {{.fd = report, .events = POLLIN}, {.fd = endpoint->device, .events = POLLIN}};
	struct asking asking;
	char byte;
	int r;

	for (;;) {
		r = poll(fds, 2, START_MS);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return false;
		r = fds[1].revents ? endpoint_read(endpoint, &asking) : 0;
		if (r > 0)
			endpoint_refuse(endpoint, &asking);
		if (r == -ENODEV)
			return false;
		if (fds[0].revents)
			return read(report, &byte, 1) == 1;
	}
}

static int start_keeper(struct endpoint *endpoint, int mount, int memory, int slots)
{
	char agent[16];
	int report[2];
	bool keeps;

	snprintf(agent, sizeof(agent), "%d", getpid());
	if (pipe2(report, O_CLOEXEC))
		return -errno;
	endpoint->keeper = fork();
	if (!endpoint->keeper)
		keeper_run(endpoint, mount, memory, slots, report[1], agent);
	close(report[1]);
	if (endpoint->keeper < 0)
		endpoint->keeper = 0;
	keeps = endpoint->keeper && keeper_keeps(endpoint, report[0]);
	close(report[0]);
	return keeps ? 0 : -ENOEXEC;
}

/* ---- beginning and end ---- */

/* Nothing is asked of the file system for that: we would be asked, and wait for ourselves. */
static int find_number(struct endpoint *endpoint, int mount)
{
	struct statx st;

	if (statx(mount, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &st))
		return -errno;
	endpoint->number = (tsem_u64)st.stx_dev_major << 20 | st.stx_dev_minor;
	return 0;
}

static int open_memory(struct endpoint *endpoint, int *ret_memory)
{
	int fd = memfd_create("tsem-keeper", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, sizeof(*endpoint->memory))) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	endpoint->memory = mmap(NULL, sizeof(*endpoint->memory), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (endpoint->memory == MAP_FAILED) {
		endpoint->memory = NULL;
		close(fd);
		return -ENOMEM;
	}
	*ret_memory = fd;
	return 0;
}

/* The kernel's first request comes with the mount: it is answered before anything is asked of the file system. */
static int serve_first(struct endpoint *endpoint)
{
	struct asking asking;
	int r = endpoint_read(endpoint, &asking);

	if (r > 0)
		endpoint_refuse(endpoint, &asking);
	return r == -EAGAIN || r == 1 ? 0 : r;
}

int endpoint_open(struct endpoint *endpoint, int slots, struct tsem_error *error)
{
	int mount = -1, memory = -1, r;

	*endpoint = (struct endpoint){.device = -1, .wake = -1};
	endpoint->device = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (endpoint->device < 0)
		return tsem_error_set(error, errno, "cannot open /dev/fuse, which an agent needs: %s", strerror(errno));
	endpoint->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = endpoint->wake < 0 ? -errno : open_memory(endpoint, &memory);
	if (!r)
		r = rendezvous_mount(endpoint->device, &mount);
	if (!r)
		r = serve_first(endpoint);
	if (!r)
		r = find_number(endpoint, mount);
	if (!r)
		r = start_keeper(endpoint, mount, memory, slots);
	if (mount >= 0)
		close(mount);
	if (memory >= 0)
		close(memory);
	if (!r)
		return 0;
	endpoint_close(endpoint);
	return tsem_error_set(error, -r, "cannot make the file system through which tasks ask an agent: %s",
			      strerror(-r));
}

void endpoint_close(struct endpoint *endpoint)
{
	if (endpoint->keeper) {
		kill(endpoint->keeper, SIGKILL);
		waitpid(endpoint->keeper, NULL, 0);
	}
	if (endpoint->device >= 0)
		close(endpoint->device);
	if (endpoint->wake >= 0)
		close(endpoint->wake);
	if (endpoint->memory)
		munmap(endpoint->memory, sizeof(*endpoint->memory));
	*endpoint = (struct endpoint){.device = -1, .wake = -1};
}
