/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Openings that the kernel does not make by open(2), or that have happened when they are refused. */
#include "uring.h"

#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <mqueue.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* ---- files without a name ---- */

static void tmpfile_attack(void)
{
	int fd = open(place, O_TMPFILE | O_RDWR, 0600);

	open_allowed();
	succeeded(fd >= 0 && write(fd, "made", 4) == 4);
}

static void tmpfile_memory_attack(void)
{
	int fd = open("/dev/shm", O_TMPFILE | O_RDWR | O_EXCL, 0600);

	succeeded(fd >= 0 && write(fd, "made", 4) == 4);
}

/* ---- fanotify ---- */

static int marked(unsigned class, uint64_t mask, const char *path)
{
	int queue = fanotify_init(class | FAN_NONBLOCK, O_RDONLY);

	if (queue < 0 || fanotify_mark(queue, FAN_MARK_ADD, mask, AT_FDCWD, path)) {
		succeeded(false);
		return -1;
	}
	return queue;
}

static void show_events(int queue)
{
	struct fanotify_event_metadata events[16];
	struct pollfd p = {.fd = queue, .events = POLLIN};
	ssize_t n;

	poll(&p, 1, 1000);
	n = read(queue, events, sizeof(events));
	if (n < 0)
		succeeded(false);
	for (struct fanotify_event_metadata *e = events; FAN_EVENT_OK(e, n); e = FAN_EVENT_NEXT(e, n))
		if (e->fd >= 0)
			show(e->fd);
}

/* The opening is refused, but has been reported. */
static void fanotify_attack(void)
{
	int queue = marked(FAN_CLASS_NOTIF, FAN_OPEN, "secret");

	open_secret();
	if (queue >= 0)
		show_events(queue);
}

/* Somebody outside opens. */
static void fanotify_other_attack(void)
{
	int queue = marked(FAN_CLASS_NOTIF, FAN_OPEN, "secret");

	look();
	if (queue >= 0)
		show_events(queue);
}

static bool fanotify_other_effect(void)
{
	holds("secret", "");
	return told();
}

static void fanotify_permission_attack(void)
{
	if (marked(FAN_CLASS_CONTENT, FAN_OPEN_PERM, "secret") >= 0)
		look();
}

static bool secret_hangs(void)
{
	return opening_hangs("secret");
}

/* ---- descriptors that are made of others ---- */

static void open_master(void)
{
	int zero = 0, fd = open("/dev/ptmx", O_RDWR | O_NOCTTY);

	ioctl(fd, TIOCSPTLCK, &zero);
}

static void terminal_peer_attack(void)
{
	int zero = 0, fd = open("/dev/ptmx", O_RDWR | O_NOCTTY), peer;

	ioctl(fd, TIOCSPTLCK, &zero);
	peer = ioctl(fd, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	succeeded(peer >= 0 && write(peer, "made", 4) == 4);
}

static void make_socket(void)
{
	close(socket(AF_INET, SOCK_DGRAM, 0));
}

static void socket_namespace_attack(void)
{
	int fd = ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCGSKNS);

	succeeded(fd >= 0 && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET);
}

static void open_process(void)
{
	close(syscall(SYS_pidfd_open, getpid(), 0));
	close(syscall(SYS_pidfd_open, number, 0));
}

#ifndef PIDFD_GET_UTS_NAMESPACE
#define PIDFD_GET_UTS_NAMESPACE _IO(0xFF, 10)
#endif
static void process_namespace_attack(void)
{
	int fd = ioctl(syscall(SYS_pidfd_open, number, 0), PIDFD_GET_UTS_NAMESPACE, 0);

	succeeded(fd >= 0 && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWUTS);
}

static void open_own_namespace(void)
{
	close(open("/proc/self/ns/pid", O_RDONLY));
}

static void namespace_owner_attack(void)
{
	int fd = ioctl(open("/proc/self/ns/pid", O_RDONLY), NS_GET_USERNS);

	succeeded(fd >= 0 && ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWUSER);
}

#define MEMORY "/dev/shm/tsem-attackers-handle"

static void handle_setup(void)
{
	put(MEMORY, secret, 0600);
}

static void handle_undo(void)
{
	unlink(MEMORY);
}

static void handle_benign(void)
{
	close(open("/dev/shm", O_RDONLY | O_DIRECTORY));
}

static void handle_attack(void)
{
	struct {
		struct file_handle handle;
		char room[MAX_HANDLE_SZ];
	} h = {.handle.handle_bytes = MAX_HANDLE_SZ};
	int mount, fd = -1, directory = open("/dev/shm", O_RDONLY | O_DIRECTORY);

	if (!name_to_handle_at(AT_FDCWD, MEMORY, &h.handle, &mount, 0))
		fd = open_by_handle_at(directory, &h.handle, O_RDONLY);
	if (fd >= 0)
		show(fd);
	else
		succeeded(false);
}

#define DISK "/dev/vda"

/* Of a file whose name nobody has looked up since it was mounted. */
struct a_handle {
	struct file_handle handle;
	char room[MAX_HANDLE_SZ];
};

static struct a_handle handles[2];

static void take_handle(struct a_handle *h, const char *of)
{
	int mount;

	h->handle.handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(AT_FDCWD, of, &h->handle, &mount, 0))
		die(of);
}

static void cold_setup(void)
{
	int fd;

	disk_at("there");
	mkdir("there/directory", 0755);
	put("there/directory/good", "harmless\n", 0644);
	put("there/directory/bad", secret, 0644);
	take_handle(&handles[0], "there/directory/good");
	take_handle(&handles[1], "there/directory/bad");
	fd = open("handles", O_WRONLY | O_CREAT, 0644);
	if (write(fd, handles, sizeof(handles)) != sizeof(handles) || umount("there"))
		die("handles");
	close(fd);
	if (mount(DISK, "there", "ext4", 0, NULL))
		die("there");
}

static void cold_undo(void)
{
	umount2(here("there"), MNT_DETACH);
}

static int cold(int which, int flags)
{
	int from = open("handles", O_RDONLY), directory = open("there", O_RDONLY | O_DIRECTORY);

	if (read(from, handles, sizeof(handles)) != sizeof(handles))
		die("handles");
	return open_by_handle_at(directory, &handles[which].handle, flags);
}

static void open_cold(int which)
{
	int fd = cold(which, O_RDONLY);

	if (fd >= 0)
		show(fd);
	else
		succeeded(false);
}

static void cold_benign(void)
{
	open_cold(0);
}

static void cold_attack(void)
{
	open_cold(1);
}

/* Opened for its name only, which is no event. */
static void link_cold(int which)
{
	if (linkat(cold(which, O_PATH), "", AT_FDCWD, "there/linked", AT_EMPTY_PATH))
		succeeded(false);
	show_path("there/linked", O_RDONLY);
}

static void cold_link_benign(void)
{
	link_cold(0);
}

static void cold_link_attack(void)
{
	link_cold(1);
}

static void cold_mode(int which)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", cold(which, O_PATH));
	succeeded(!chmod(path, 0640));
}

static void cold_mode_benign(void)
{
	cold_mode(0);
}

static void cold_mode_attack(void)
{
	cold_mode(1);
}

/* Who looks for the file before it is tried has looked its name up. */
static bool cold_mode_changed(void)
{
	struct stat st;

	return patient && !stat("there/directory/bad", &st) && (st.st_mode & 0777) == 0640;
}

/* ---- a device that is claimed as it is opened: nobody else can mount it ---- */

static void disk_setup(void)
{
	disk_at("there");
	if (umount("there") || chmod(DISK, 0666))
		die(DISK);
}

static void disk_undo(void)
{
	chmod(DISK, 0660);
}

static void disk_opened(int flags)
{
	if (open(DISK, O_RDONLY | flags) < 0)
		succeeded(false);
	look();
}

static void disk_benign(void)
{
	disk_opened(0);
}

static void disk_attack(void)
{
	disk_opened(O_EXCL);
}

static bool disk_is_claimed(void)
{
	if (mount(DISK, "there", "ext4", MS_RDONLY, NULL))
		return errno == EBUSY;
	umount("there");
	return false;
}

/* ---- message queues ---- */

#define QUEUE "/tsem-attackers"

static void queue_setup(void)
{
	struct mq_attr attr = {.mq_maxmsg = 4, .mq_msgsize = 64};

	mq_unlink(QUEUE);
	server = mq_open(QUEUE, O_RDWR | O_CREAT | O_NONBLOCK, 0666, &attr);
	if (server < 0)
		cannot("POSIX message queues");
}

static void queue_undo(void)
{
	mq_unlink(QUEUE);
}

static void queue_send_attack(void)
{
	mqd_t queue = mq_open(QUEUE, O_WRONLY);

	succeeded(queue >= 0 && !mq_send(queue, "evil", 4, 0));
}

static void queue_make_attack(void)
{
	mqd_t queue = mq_open(QUEUE "-new", O_RDWR | O_CREAT, 0600, NULL);

	succeeded(queue >= 0);
}

static void queue_make_undo(void)
{
	mq_unlink(QUEUE "-new");
}

static void queue_unlink_attack(void)
{
	mq_unlink(QUEUE);
}

static bool queue_gone(void)
{
	mqd_t queue = mq_open(QUEUE, O_RDONLY);

	if (queue >= 0)
		mq_close(queue);
	return queue < 0;
}

/* ---- what is refused has happened ---- */

static void fifo_setup(void)
{
	if (mkfifo("fifo", 0666) || chmod("fifo", 0666))
		die("fifo");
	server = open("fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static void fifo_attack(void)
{
	close(open("fifo", O_WRONLY | O_NONBLOCK));
}

static bool fifo_ended(void)
{
	struct pollfd p = {.fd = server, .events = POLLIN};

	return poll(&p, 1, 0) == 1 && p.revents & POLLHUP;
}

static int slave, master;

static void session_setup(void)
{
	char name[32];
	struct stat st;

	master = open_pty(&slave);
	if (fstat(slave, &st))
		die("pty");
	number = st.st_rdev & 0xff;
	snprintf(name, sizeof(name), "/dev/pts/%ld", number);
	chmod(name, 0666);
}

static void own_session(void)
{
	setsid();
	open_allowed();
}

/* Opened without O_NOCTTY by the leader of a session that has none it becomes the controlling terminal. */
static void own_session_opens(const char *name, int flags)
{
	setsid();
	if (open(name, O_RDWR | flags) < 0)
		succeeded(false);
}

static void session_opens(int flags)
{
	char name[32];

	snprintf(name, sizeof(name), "/dev/pts/%ld", number);
	own_session_opens(name, flags);
	look();
}

static void session_terminal_benign(void)
{
	session_opens(O_NOCTTY);
}

static void session_terminal_attack(void)
{
	session_opens(0);
}

static bool terminal_has_session(void)
{
	pid_t session = 0;

	return !ioctl(master, TIOCGSID, &session) && session > 0;
}

/* Its end hangs up who else has it. */
#define CONSOLE "/dev/tty9"

static void console_setup(void)
{
	slave = open(CONSOLE, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		cannot("this machine has no virtual consoles");
	if (chmod(CONSOLE, 0666))
		die(CONSOLE);
}

static void console_undo(void)
{
	chmod(CONSOLE, 0620);
}

static void console_benign(void)
{
	own_session_opens(CONSOLE, O_NOCTTY);
}

static void console_attack(void)
{
	own_session_opens(CONSOLE, 0);
}

static bool console_hung_up(void)
{
	struct pollfd p = {.fd = slave, .events = POLLIN};

	return poll(&p, 1, 10) == 1 && p.revents & POLLHUP;
}

/* ---- rings, of which nothing is mapped ---- */

static void uring_attack(void)
{
	struct io_uring_sqe e = {.opcode = IORING_OP_OPENAT,
				 .fd = AT_FDCWD,
				 .addr = (unsigned long)"secret",
				 .open_flags = O_RDONLY};
	struct ring r;
	int fd = ring_make(&r, 0) ? ring_do(&r, &e) : -1;

	if (fd >= 0)
		show(fd);
}

static void uring_create_attack(void)
{
	struct io_uring_sqe e = {.opcode = IORING_OP_OPENAT,
				 .fd = AT_FDCWD,
				 .addr = (unsigned long)"new",
				 .len = 0600,
				 .open_flags = O_CREAT | O_WRONLY};
	struct ring r;

	if (ring_make(&r, 0))
		ring_do(&r, &e);
}

/* ---- creations ---- */

static void create_attack(void)
{
	open("new", O_CREAT | O_WRONLY, 0600);
}

static void create_again_attack(void)
{
	for (int i = 0; i < 20; i++)
		open("new", O_CREAT | O_EXCL | O_WRONLY, 0600);
}

static void link_setup(void)
{
	if (symlink("new", "link"))
		die("link");
}

static void create_by_link_attack(void)
{
	open("link", O_CREAT | O_WRONLY, 0600);
}

static bool new_is_there(void)
{
	return !access("new", F_OK);
}

/* ---- a lease makes others wait ---- */

static void lease_setup(void)
{
	if (chown("allowed", uid(), uid()))
		die("allowed");
}

static void lease_attack(void)
{
	int fd = open("allowed", O_RDONLY);

	signal(SIGIO, SIG_IGN);
	succeeded(!fcntl(fd, F_SETLEASE, F_RDLCK));
	look();
}

static bool others_have_to_wait(void)
{
	int fd = open("allowed", O_WRONLY | O_NONBLOCK);
	bool wait = fd < 0 && errno == EWOULDBLOCK;

	close(fd);
	return wait;
}

/* ---- files that the kernel writes ---- */

static void core_dump_attack(void)
{
	struct rlimit unlimited = {1 << 20, RLIM_INFINITY};

	setrlimit(RLIMIT_CORE, &unlimited);
	__builtin_trap(); /* no signal that it sends itself */
}

static bool core_is_there(void)
{
	return !access("core", F_OK);
}

KIND(openings,
     {"tmpfile", BOTH, "^(file_open|inode_create) ", .benign = open_allowed, .attack = tmpfile_attack, .effect = told},
     {"tmpfile_memory", BOTH, "^(file_open|inode_create) ", .benign = open_allowed, .attack = tmpfile_memory_attack,
      .effect = told},
     {"fanotify", ROOT, "^(file_open|path_notify|capable) ", .benign = open_allowed, .attack = fanotify_attack,
      .effect = told},
     {"fanotify_other", ROOT, "^(file_open|path_notify|capable) ", .benign = open_allowed,
      .attack = fanotify_other_attack, .effect = fanotify_other_effect},
     {"fanotify_permission", ROOT, "^(file_open|path_notify|capable) ", .benign = open_allowed,
      .attack = fanotify_permission_attack, .effect = secret_hangs},
     {"terminal_peer", BOTH, "^(file_open|file_ioctl) ", .benign = open_master, .attack = terminal_peer_attack,
      .effect = told},
     {"socket_namespace", ROOT, "^(file_open|file_ioctl|capable) ", .benign = make_socket,
      .attack = socket_namespace_attack, .effect = told},
     {"process_namespace", BOTH, "^(file_open|file_ioctl|ptrace_access_check) ", .setup = victim,
      .benign = open_process, .attack = process_namespace_attack, .effect = told},
     {"namespace_owner", BOTH, "^(file_open|file_ioctl) ", .benign = open_own_namespace,
      .attack = namespace_owner_attack, .effect = told},
     {"handle", ROOT, "^(file_open|capable) ", .setup = handle_setup, .benign = handle_benign, .attack = handle_attack,
      .effect = told, .undo = handle_undo},
     {"handle_cold", ROOT, "^file_open ", .setup = cold_setup, .benign = cold_benign, .attack = cold_attack,
      .effect = told, .undo = cold_undo, .how = NEVER},
     {"cold_link", ROOT, "^inode_link ", .setup = cold_setup, .benign = cold_link_benign, .attack = cold_link_attack,
      .effect = told, .undo = cold_undo, .how = NEVER},
     {"cold_mode", ROOT, "^inode_setattr ", .setup = cold_setup, .benign = cold_mode_benign, .attack = cold_mode_attack,
      .effect = cold_mode_changed, .undo = cold_undo, .how = NEVER},
     {"excl", BOTH, "^file_open .*vda", .setup = disk_setup, .benign = disk_benign, .attack = disk_attack,
      .effect = disk_is_claimed, .undo = disk_undo},
     {"queue_send", BOTH, "^file_open ", .setup = queue_setup, .benign = open_allowed, .attack = queue_send_attack,
      .effect = reached, .undo = queue_undo},
     {"queue_make", BOTH, "^(file_open|inode_create) ", .benign = open_allowed, .attack = queue_make_attack,
      .effect = told, .undo = queue_make_undo},
     {"queue_unlink", ROOT, "^inode_unlink ", .setup = queue_setup, .benign = open_allowed,
      .attack = queue_unlink_attack, .effect = queue_gone, .undo = queue_undo},
     {"fifo_end", BOTH, "^file_open .*fifo", .setup = fifo_setup, .benign = open_allowed, .attack = fifo_attack,
      .effect = fifo_ended},
     {"session_terminal", BOTH, "^file_open ", .setup = session_setup, .benign = own_session,
      .attack = session_terminal_attack, .effect = terminal_has_session},
     {"pty_open", BOTH, "^file_open .*pts", .setup = session_setup, .benign = session_terminal_benign,
      .attack = session_terminal_attack, .effect = terminal_has_session},
     {"console_open", BOTH, "^file_open .*tty9", .setup = console_setup, .benign = console_benign,
      .attack = console_attack, .effect = console_hung_up, .undo = console_undo},
     {"uring_open", BOTH, "^(inode_init_security_anon|file_open .*secret)", .benign = open_allowed,
      .attack = uring_attack, .effect = told},
     {"uring_create", BOTH, "^(inode_init_security_anon|inode_create .*new)", .benign = open_allowed,
      .attack = uring_create_attack, .effect = new_is_there},
     {"create", BOTH, "^inode_create .*new", .benign = open_allowed, .attack = create_attack, .effect = new_is_there},
     {"create_again", BOTH, "^inode_create .*new", .benign = open_allowed, .attack = create_again_attack,
      .effect = new_is_there},
     {"create_by_link", BOTH, "^inode_create .*new", .setup = link_setup, .benign = open_allowed,
      .attack = create_by_link_attack, .effect = new_is_there},
     {"lease", BOTH, "^(file_lock|file_fcntl) ", .setup = lease_setup, .benign = open_allowed, .attack = lease_attack,
      .effect = others_have_to_wait},
     {"core_dump", BOTH, "^(file_open|inode_create) .*core", .benign = open_allowed, .attack = core_dump_attack,
      .effect = core_is_there}, );
