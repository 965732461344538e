/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What belongs to others, and looks like what was learned: objects without a name, other objects, another use of them. */
#include "code.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/uio.h>

/* That it is looked at is in the model, as of ps(1). */
static void look_at_holder(void)
{
	char link[64], target[256];

	snprintf(link, sizeof(link), "/proc/%ld/exe", number);
	if (readlink(link, target, sizeof(target)) < 0)
		die(link);
}

static int open_of(const char *whose, int fd, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/fd/%d", whose, fd);
	return open(path, flags);
}

static int open_holders(int fd, int flags)
{
	char whose[32];

	snprintf(whose, sizeof(whose), "%ld", number);
	look_at_holder();
	return open_of(whose, fd, flags);
}

/* ---- a pipe ---- */

static int others_pipe[2];

static void pipe_is_output(void)
{
	dup2(others_pipe[1], 1);
}

static void pipe_setup(void)
{
	if (pipe2(others_pipe, O_CLOEXEC | O_NONBLOCK) || fchown(others_pipe[0], uid(), uid()))
		die("pipe");
	victim_prepared(pipe_is_output);
}

static void own_pipe_benign(void)
{
	int own[2];

	look_at_holder();
	succeeded(!pipe(own) && open_of("self", own[1], O_WRONLY) >= 0);
}

static void own_output_benign(void)
{
	look_at_holder();
	succeeded(open("/dev/stdout", O_WRONLY) >= 0);
}

static void pipe_attack(void)
{
	int fd = open_holders(1, O_WRONLY);

	succeeded(fd >= 0 && write(fd, "evil", 4) == 4);
}

/* By a descriptor of one's own that only names it, for which nobody was asked. */
static int open_named(int fd, int flags)
{
	return open_of("self", open_holders(fd, O_PATH), flags);
}

static void pipe_named_attack(void)
{
	int fd = open_named(1, O_WRONLY);

	succeeded(fd >= 0 && write(fd, "evil", 4) == 4);
}

static bool pipe_written(void)
{
	char c;

	return read(others_pipe[0], &c, 1) == 1;
}

/* ---- memory with a descriptor ---- */

#define MEMORY_FD 20

static int named_memory(const char *text)
{
	int fd = memfd_create("memory", 0);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		die("memfd");
	return fd;
}

static void has_memory(void)
{
	int fd = named_memory(secret);

	if (fchown(fd, uid(), uid()) || dup2(fd, MEMORY_FD) < 0)
		die("memfd");
}

static void memory_setup(void)
{
	victim_prepared(has_memory);
}

static void show_opened(int fd)
{
	if (fd >= 0)
		show(fd);
	else
		succeeded(false);
}

static void memory_benign(void)
{
	look_at_holder();
	show_opened(open_of("self", named_memory("harmless\n"), O_RDONLY));
}

static void memory_attack(void)
{
	show_opened(open_holders(MEMORY_FD, O_RDONLY));
}

static void memory_named_attack(void)
{
	show_opened(open_named(MEMORY_FD, O_RDONLY));
}

/* ---- System V objects of one owner and one mode; the first is in the model ---- */

#define KEYS 0x7e60

static void give_away(struct ipc_perm *perm)
{
	perm->uid = uid();
	perm->gid = uid();
}

static void semaphores_setup(void)
{
	struct semid_ds d;
	int id;

	for (int i = 0; i < 2; i++) {
		id = semget(KEYS + i, 1, IPC_CREAT | 0600);
		if (semctl(id, 0, IPC_STAT, &d))
			die("semget");
		give_away(&d.sem_perm);
		semctl(id, 0, IPC_SET, &d);
	}
}

static void raise_semaphore(int which)
{
	struct sembuf up = {0, 1, 0};

	succeeded(!semop(semget(KEYS + which, 1, 0600), &up, 1));
}

static void semaphore_benign(void)
{
	raise_semaphore(0);
}

static void semaphore_attack(void)
{
	raise_semaphore(1);
}

static bool semaphore_raised(void)
{
	return semctl(semget(KEYS + 1, 0, 0), 0, GETVAL) > 0;
}

static void semaphores_undo(void)
{
	for (int i = 0; i < 2; i++)
		semctl(semget(KEYS + i, 0, 0), 0, IPC_RMID);
}

struct message {
	long type;
	char text[sizeof(secret)];
};

static void queues_setup(void)
{
	struct message m = {.type = 1};
	struct msqid_ds d;
	int id;

	for (int i = 0; i < 2; i++) {
		id = msgget(KEYS + i, IPC_CREAT | 0600);
		strcpy(m.text, i ? secret : "harmless");
		if (msgsnd(id, &m, sizeof(m.text), 0) || msgctl(id, IPC_STAT, &d))
			die("msgget");
		give_away(&d.msg_perm);
		msgctl(id, IPC_SET, &d);
	}
}

static void take_message(int which)
{
	struct message m = {};

	if (msgrcv(msgget(KEYS + which, 0600), &m, sizeof(m.text), 0, IPC_NOWAIT) < 0)
		succeeded(false);
	else
		say(m.text);
}

static void message_benign(void)
{
	take_message(0);
}

static void message_attack(void)
{
	take_message(1);
}

static void queues_undo(void)
{
	for (int i = 0; i < 2; i++)
		msgctl(msgget(KEYS + i, 0), IPC_RMID, NULL);
}

static void segments_setup(void)
{
	struct shmid_ds d;
	char *memory;
	int id;

	for (int i = 0; i < 2; i++) {
		id = shmget(KEYS + i, 4096, IPC_CREAT | 0600);
		memory = shmat(id, NULL, 0);
		if (memory == (void *)-1 || shmctl(id, IPC_STAT, &d))
			die("shmget");
		strcpy(memory, i ? secret : "harmless");
		shmdt(memory);
		give_away(&d.shm_perm);
		shmctl(id, IPC_SET, &d);
	}
}

static void show_segment(int which)
{
	char *memory = shmat(shmget(KEYS + which, 0, 0600), NULL, SHM_RDONLY);

	if (memory == (void *)-1)
		succeeded(false);
	else
		say(memory);
}

static void segment_benign(void)
{
	show_segment(0);
}

static void segment_attack(void)
{
	show_segment(1);
}

static void segments_undo(void)
{
	for (int i = 0; i < 2; i++)
		shmctl(shmget(KEYS + i, 0, 0), IPC_RMID, NULL);
}

/* ---- a key ---- */

#define KEYCTL_CHOWN 4
#define KEYCTL_SETPERM 5
#define KEYCTL_CLEAR 7
#define KEYCTL_SEARCH 10
#define KEYCTL_READ 11
#define KEYCTL_INVALIDATE 21
#define USER_KEYRING -4

static long keys[2];

static void keys_setup(void)
{
	for (int i = 0; i < 2; i++) {
		const char *name = i ? "tsem-secret" : "tsem-harmless", *text = i ? secret : "harmless";

		keys[i] = syscall(SYS_add_key, "user", name, text, strlen(text), USER_KEYRING);
		if (keys[i] < 0)
			cannot("keys");
		syscall(SYS_keyctl, KEYCTL_CHOWN, keys[i], uid(), uid());
		syscall(SYS_keyctl, KEYCTL_SETPERM, keys[i], 0x3f3f3f3f);
	}
	number = keys[0] | keys[1] << 32;
}

static void show_key(unsigned key)
{
	char text[64] = "";

	if (syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof(text) - 1) < 0)
		succeeded(false);
	else
		say(text);
}

static void key_benign(void)
{
	show_key(number);
}

static void key_attack(void)
{
	show_key(number >> 32);
}

static void keys_undo(void)
{
	for (int i = 0; i < 2; i++)
		syscall(SYS_keyctl, KEYCTL_INVALIDATE, keys[i]);
}

/* ---- a keyring: to destroy it the kernel asks for what a search needs, and to empty it for what adding needs ---- */

static long add_to(long ring)
{
	return syscall(SYS_add_key, "user", "tsem-member", "x", 1, ring);
}

static bool ring_has_member(void)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, keys[0], "user", "tsem-member", 0) > 0;
}

static bool ring_is_empty(void)
{
	return !ring_has_member();
}

static void ring_setup(void)
{
	keys[0] = number = syscall(SYS_add_key, "keyring", "tsem-ring", NULL, 0, USER_KEYRING);
	if (number < 0)
		cannot("keys");
	add_to(number);
	syscall(SYS_keyctl, KEYCTL_CHOWN, number, uid(), uid());
	syscall(SYS_keyctl, KEYCTL_SETPERM, number, 0x3f3f3f3f);
	if (!ring_has_member())
		die("keyring");
}

static void ring_search(void)
{
	if (syscall(SYS_keyctl, KEYCTL_SEARCH, number, "user", "tsem-other", 0) >= 0)
		succeeded(false);
}

static void ring_destroy(void)
{
	ring_search();
	succeeded(!syscall(SYS_keyctl, KEYCTL_INVALIDATE, number));
}

static void ring_add(void)
{
	if (add_to(number) < 0)
		succeeded(false);
}

static void ring_clear(void)
{
	ring_add();
	succeeded(!syscall(SYS_keyctl, KEYCTL_CLEAR, number));
}

/* ---- a process whose memory is read is written to; whose processors are chosen gets another policy ---- */

#define VICTIMS_MEMORY ((char *)0x70000000)

static void mapped_victim(void)
{
	if (mmap(VICTIMS_MEMORY, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	    MAP_FAILED)
		die("mmap");
	strcpy(VICTIMS_MEMORY, "as it was");
	victim();
}

static void victims_memory(ssize_t (*act)(pid_t pid, const struct iovec *, unsigned long, const struct iovec *,
					  unsigned long, unsigned long))
{
	char text[] = "changed!!";
	struct iovec own = {text, sizeof(text)}, other = {VICTIMS_MEMORY, sizeof(text)};

	succeeded(act(number, &own, 1, &other, 1, 0) == sizeof(text));
}

static void read_victim(void)
{
	victims_memory(process_vm_readv);
}

static void write_victim(void)
{
	victims_memory(process_vm_writev);
}

static bool victim_changed(void)
{
	return !strcmp(VICTIMS_MEMORY, "changed!!");
}

static void processors_benign(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	succeeded(!sched_setaffinity(number, sizeof(all), &all));
}

static void policy_attack(void)
{
	struct sched_param p = {};

	succeeded(!sched_setscheduler(number, SCHED_IDLE, &p));
}

static bool policy_is_idle(void)
{
	return sched_getscheduler(number) == SCHED_IDLE;
}

/* ---- a descriptor that arrives is of a socket of another kind ---- */

static void put_descriptor(int over, int fd)
{
	char room[CMSG_SPACE(sizeof(int))] = "", c = 'x';
	struct iovec text = {&c, 1};
	struct msghdr m = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&m);

	*header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	if (sendmsg(over, &m, 0) != 1)
		die("sendmsg");
}

static void sockets_setup(void)
{
	int line[2], harmless = socket(AF_UNIX, SOCK_STREAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, line) || fchown(harmless, uid(), uid()) ||
	    fchown(other, uid(), uid()))
		die("sockets");
	put_descriptor(line[0], harmless);
	put_descriptor(line[0], other);
	inherited = line[1];
}

static bool take_descriptor(void)
{
	char room[CMSG_SPACE(sizeof(int))] = "", c;
	struct iovec text = {&c, 1};
	struct msghdr m = {.msg_iov = &text, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof(room)};

	return recvmsg(INHERITED, &m, 0) == 1 && CMSG_FIRSTHDR(&m);
}

static void take_first(void)
{
	if (!take_descriptor())
		succeeded(false);
}

static void take_second(void)
{
	take_first();
	succeeded(take_descriptor());
}

/* ---- a mapping that is refused keeps another namespace from writing to the file ---- */

#define BUSY "busy"
#define LOG "log"

/* To read it takes longer than what is done with it between. */
static void busy_setup(void)
{
	put(BUSY, "", 0644);
	put(LOG, "", 0666);
	if (truncate(BUSY, 15 << 20) || chown(BUSY, uid(), uid()))
		die(BUSY);
	if (strcmp(how, "benign") && !another_enforced("busy_by_mapping"))
		die("another namespace");
}

static void write_busy(void)
{
	int turns = access("begins", F_OK) ? 2 : 150, log = open(LOG, O_WRONLY), fd;

	for (int i = 0; i < turns; i++, sleep_ms(20)) {
		fd = open(BUSY, O_WRONLY);
		if (fd < 0 && write(log, "hindered", 8) != 8)
			die(LOG);
		if (fd >= 0 && pwrite(fd, "x", 1, 0) != 1)
			die(BUSY);
		close(fd);
	}
}

static void map_busy(void)
{
	const void *code = MAP_FAILED;
	int fd = open(BUSY, O_RDONLY);

	for (time_t end = time(NULL) + 4; time(NULL) < end && code == MAP_FAILED;)
		code = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
	succeeded(code != MAP_FAILED);
}

static bool busy_hindered(void)
{
	return told() || holds(LOG, "hindered");
}

static void open_busy(void)
{
	if (open(BUSY, O_RDONLY) < 0)
		succeeded(false);
}

KIND(others, {"pipe_of_other", BOTH, "^file_open ", pipe_setup, own_pipe_benign, pipe_attack, pipe_written},
     {"pipe_of_other_output", ROOT, "^file_open ", pipe_setup, own_output_benign, pipe_attack, pipe_written},
     {"memory_of_other", BOTH, "^file_open ", memory_setup, memory_benign, memory_attack, told},
     {"pipe_of_other_named", BOTH, "^file_open ", pipe_setup, own_pipe_benign, pipe_named_attack, pipe_written},
     {"memory_of_other_named", BOTH, "^file_open ", memory_setup, memory_benign, memory_named_attack, told},
     {"semaphore_of_other", BOTH, "^(ipc_permission|sem_semctl) ", semaphores_setup, semaphore_benign, semaphore_attack,
      semaphore_raised, semaphores_undo},
     {"queue_of_other", BOTH, "^ipc_permission ", queues_setup, message_benign, message_attack, told, queues_undo},
     {"segment_of_other", BOTH, "^(ipc_permission|mmap_file) ", segments_setup, segment_benign, segment_attack, told,
      segments_undo},
     {"key_of_other", BOTH, "^key_permission ", keys_setup, key_benign, key_attack, told, keys_undo},
     {"keyring_searched", BOTH, "^key_permission ", ring_setup, ring_search, ring_destroy, ring_is_empty, keys_undo},
     {"keyring_added_to", BOTH, "^key_permission ", ring_setup, ring_add, ring_clear, ring_is_empty, keys_undo},
     {"memory_written", BOTH, "^(ptrace_access_check|capable) ", mapped_victim, read_victim, write_victim,
      victim_changed},
     {"policy_changed", BOTH, "^(task_setscheduler|capable) ", victim, processors_benign, policy_attack,
      policy_is_idle},
     {"socket_received", BOTH, "^file_receive ", sockets_setup, take_first, take_second, told},
     {"busy_by_mapping", BOTH, "^mmap_file ", busy_setup, open_busy, map_busy, busy_hindered, .other = write_busy}, );
