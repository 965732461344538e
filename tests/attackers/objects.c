/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What stays, or is others': keys, System V objects, attributes, nodes, other processes. */
#include "attacker.h"

#include <linux/fs.h>
#include <linux/ioprio.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* ---- keys ---- */

#define KEYCTL_UNLINK 9
#define KEYCTL_SEARCH 10
#define KEYCTL_REVOKE 3
#define KEYCTL_READ 11
#define KEYCTL_SETPERM 5
#define USER_KEYRING -4

/* As the user that the keyring is of. */
static long as_user(long (*act)(void))
{
	long *result = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), is;
	pid_t pid = fork();

	if (!pid) {
		if (setresgid(uid(), uid(), uid()) || setresuid(uid(), uid(), uid()))
			_exit(1);
		*result = act();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	is = *result;
	munmap(result, 4096);
	return is;
}

static long key_find(void)
{
	return syscall(SYS_keyctl, KEYCTL_SEARCH, USER_KEYRING, "user", "tsem-attackers", 0);
}

static long key_make(void)
{
	long key = syscall(SYS_add_key, "user", "tsem-attackers", "usual", 5, USER_KEYRING);

	syscall(SYS_keyctl, KEYCTL_SETPERM, key, 0x3f3f3f3f);
	return key;
}

static long key_remove(void)
{
	return syscall(SYS_keyctl, KEYCTL_UNLINK, key_find(), USER_KEYRING);
}

static bool key_is_there(void)
{
	return as_user(key_find) > 0;
}

static void key_undo(void)
{
	as_user(key_remove);
}

static void key_attack(void)
{
	succeeded(syscall(SYS_add_key, "user", "tsem-attackers", "evil", 4, USER_KEYRING) > 0);
}

static void key_setup(void)
{
	number = as_user(key_make);
	if (number < 0)
		cannot("keys");
}

static void key_revoke_attack(void)
{
	succeeded(!syscall(SYS_keyctl, KEYCTL_REVOKE, number));
}

static bool key_is_not_there(void)
{
	return as_user(key_find) < 0;
}

/* ---- System V ---- */

static int object = -1;

static void segment_setup(void)
{
	object = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0666);
	number = object;
}

static void segment_write_attack(void)
{
	char *memory = shmat(number, NULL, 0);

	if (memory != (void *)-1)
		strcpy(memory, "evil");
}

static bool segment_written(void)
{
	char *memory = shmat(object, NULL, 0);
	bool is = memory != (void *)-1 && !strcmp(memory, "evil");

	shmdt(memory);
	return is;
}

static void segment_undo(void)
{
	shmctl(object, IPC_RMID, NULL);
}

static void segment_remove_setup(void)
{
	struct shmid_ds d;

	segment_setup();
	shmctl(object, IPC_STAT, &d);
	d.shm_perm.uid = uid();
	shmctl(object, IPC_SET, &d);
}

static void segment_remove_attack(void)
{
	succeeded(!shmctl(number, IPC_RMID, NULL));
}

static bool segment_removed(void)
{
	struct shmid_ds d;

	return shmctl(object, IPC_STAT, &d) < 0;
}

#define KEY 0x7e5e

static void segment_make_attack(void)
{
	succeeded(shmget(KEY, 4096, IPC_CREAT | 0666) >= 0);
}

static bool segment_made(void)
{
	return shmget(KEY, 0, 0) >= 0;
}

static void segment_make_undo(void)
{
	shmctl(shmget(KEY, 0, 0), IPC_RMID, NULL);
}

static void queue_setup(void)
{
	object = msgget(IPC_PRIVATE, IPC_CREAT | 0666);
	number = object;
}

static void queue_attack(void)
{
	struct {
		long type;
		char text[4];
	} m = {1, "evil"};

	succeeded(!msgsnd(number, &m, 4, IPC_NOWAIT));
}

static bool queue_has(void)
{
	struct msqid_ds d;

	return !msgctl(object, IPC_STAT, &d) && d.msg_qnum;
}

static void queue_undo(void)
{
	msgctl(object, IPC_RMID, NULL);
}

static void semaphore_setup(void)
{
	object = semget(IPC_PRIVATE, 1, IPC_CREAT | 0666);
	number = object;
}

static void semaphore_attack(void)
{
	struct sembuf up = {0, 1, 0};

	succeeded(!semop(number, &up, 1));
}

static bool semaphore_up(void)
{
	return semctl(object, 0, GETVAL) == 1;
}

static void semaphore_undo(void)
{
	semctl(object, 0, IPC_RMID);
}

/* ---- attributes of files ---- */

#define MEMORY "/dev/shm/tsem-attackers-object"

static void file_setup(void)
{
	put(MEMORY, "harmless\n", 0644);
	if (chown(MEMORY, uid(), uid()))
		die(MEMORY);
}

static void file_undo(void)
{
	unlink(MEMORY);
}

static void file_benign(void)
{
	show_path(MEMORY, O_RDONLY);
}

static void attribute_attack(void)
{
	succeeded(!setxattr(MEMORY, "trusted.evil", "1", 1, 0));
}

static bool has_attribute(void)
{
	char c;

	return getxattr(MEMORY, "trusted.evil", &c, 1) == 1;
}

static void attribute_setup(void)
{
	file_setup();
	if (setxattr(MEMORY, "trusted.evil", "1", 1, 0))
		cannot("extended attributes");
}

static void attribute_remove_attack(void)
{
	succeeded(!removexattr(MEMORY, "trusted.evil"));
}

static bool has_no_attribute(void)
{
	return !has_attribute();
}

static const unsigned char file_capabilities[] = {0, 0, 0, 2, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

static void capability_attack(void)
{
	succeeded(!setxattr(MEMORY, "security.capability", file_capabilities, sizeof(file_capabilities), 0));
}

static bool has_capability(void)
{
	char room[64];

	return getxattr(MEMORY, "security.capability", room, sizeof(room)) > 0;
}

/* user::rw, user:1001:rw, group, mask, other */
static const unsigned char acl[] = {2, 0,    0,	  0,   1,   0,	 6,  0, 255, 255, 255, 255, 2,	 0,  6,
				    0, 0xe9, 3,	  0,   0,   4,	 0,  4, 0,   255, 255, 255, 255, 16, 0,
				    6, 0,    255, 255, 255, 255, 32, 0, 4,   0,	  255, 255, 255, 255};

static void acl_attack(void)
{
	succeeded(!setxattr(MEMORY, "system.posix_acl_access", acl, sizeof(acl), 0));
}

static bool has_acl(void)
{
	char room[256];

	return getxattr(MEMORY, "system.posix_acl_access", room, sizeof(room)) > 28;
}

static void acl_setup(void)
{
	file_setup();
	if (setxattr(MEMORY, "system.posix_acl_access", acl, sizeof(acl), 0))
		cannot("ACLs");
}

static void acl_remove_attack(void)
{
	succeeded(!removexattr(MEMORY, "system.posix_acl_access"));
}

static bool has_no_acl(void)
{
	return !has_acl();
}

static int flags_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), flags = 0;

	ioctl(fd, FS_IOC_GETFLAGS, &flags);
	close(fd);
	return flags;
}

static void flag_attack(void)
{
	int fd = open(MEMORY, O_RDONLY), flags = who == ROOT ? FS_IMMUTABLE_FL : FS_NODUMP_FL;

	succeeded(!ioctl(fd, FS_IOC_SETFLAGS, &flags));
}

static bool has_flag(void)
{
	return flags_of(MEMORY) & (FS_IMMUTABLE_FL | FS_NODUMP_FL);
}

static void flag_undo(void)
{
	int fd = open(MEMORY, O_RDONLY), none = 0;

	ioctl(fd, FS_IOC_SETFLAGS, &none);
	close(fd);
	file_undo();
}

/* ---- nodes ---- */

static void fifo_attack(void)
{
	succeeded(!mkfifo("node", 0600));
}

static void device_attack(void)
{
	succeeded(!mknod("node", S_IFBLK | 0600, makedev(254, 0)));
}

static void regular_attack(void)
{
	succeeded(!mknod("node", S_IFREG | 0600, 0));
}

static bool node_is_there(void)
{
	return !access("node", F_OK);
}

static void directory_setup(void)
{
	if (mkdir("directory", 0777) || chown("directory", uid(), uid()))
		die("directory");
}

static void directory_attack(void)
{
	succeeded(!rmdir("directory"));
}

static bool directory_is_gone(void)
{
	return access("directory", F_OK);
}

/* ---- other processes ---- */

static void nice_attack(void)
{
	succeeded(!setpriority(PRIO_PROCESS, number, 19));
}

static bool is_nice(void)
{
	return getpriority(PRIO_PROCESS, number) == 19;
}

static void scheduler_attack(void)
{
	struct sched_param p = {};

	succeeded(!sched_setscheduler(number, SCHED_IDLE, &p));
}

static bool is_idle(void)
{
	return sched_getscheduler(number) == SCHED_IDLE;
}

static void affinity_attack(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	succeeded(!sched_setaffinity(number, sizeof(set), &set));
}

static bool is_bound(void)
{
	cpu_set_t set;

	return !sched_getaffinity(number, sizeof(set), &set) && CPU_COUNT(&set) == 1;
}

static void affinity_setup(void)
{
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		cannot("this machine has one processor");
	victim();
}

static void io_attack(void)
{
	succeeded(!syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, (pid_t)number, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_IDLE, 0)));
}

static bool is_io_idle(void)
{
	return syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, (pid_t)number) >> IOPRIO_CLASS_SHIFT == IOPRIO_CLASS_IDLE;
}

/* All of a user at once. */
static void nice_all_attack(void)
{
	succeeded(!setpriority(PRIO_USER, uid(), 19));
}

static void nice_all_undo(void)
{
	setpriority(PRIO_USER, uid(), 0);
}

#define OF(name, who, event, setup, attack, effect, undo) \
	{ \
		name, who, event, setup, open_allowed, attack, effect, undo \
	}
KIND(objects, OF("key", BOTH, "^key_(alloc|permission) ", NULL, key_attack, key_is_there, key_undo),
     OF("key_revoke", BOTH, "^key_permission ", key_setup, key_revoke_attack, key_is_not_there, key_undo),
     OF("segment_write", BOTH, "^(ipc_permission|shm_shmat|mmap_file) ", segment_setup, segment_write_attack,
	segment_written, segment_undo),
     OF("segment_remove", BOTH, "^(shm_shmctl|ipc_permission) ", segment_remove_setup, segment_remove_attack,
	segment_removed, segment_undo),
     OF("segment_make", BOTH, "^ipc_create ", NULL, segment_make_attack, segment_made, segment_make_undo),
     OF("message", BOTH, "^(ipc_permission|msg_queue_msgsnd) ", queue_setup, queue_attack, queue_has, queue_undo),
     OF("semaphore", BOTH, "^(ipc_permission|sem_semop) ", semaphore_setup, semaphore_attack, semaphore_up,
	semaphore_undo),
     {"attribute", ROOT, "^(inode_setxattr|capable) ", file_setup, file_benign, attribute_attack, has_attribute,
      file_undo},
     {"attribute_removed", ROOT, "^(inode_removexattr|capable) ", attribute_setup, file_benign, attribute_remove_attack,
      has_no_attribute, file_undo},
     {"file_capability", ROOT, "^(inode_setxattr|capable) ", file_setup, file_benign, capability_attack, has_capability,
      file_undo},
     {"acl", BOTH, "^inode_set_acl ", file_setup, file_benign, acl_attack, has_acl, file_undo},
     {"acl_removed", BOTH, "^inode_remove_acl ", acl_setup, file_benign, acl_remove_attack, has_no_acl, file_undo},
     {"file_flag", BOTH, "^(file_ioctl|capable) ", file_setup, file_benign, flag_attack, has_flag, flag_undo},
     OF("fifo", BOTH, "^inode_mknod ", NULL, fifo_attack, node_is_there, NULL),
     OF("device", ROOT, "^inode_mknod ", NULL, device_attack, node_is_there, NULL),
     OF("directory", BOTH, "^inode_rmdir ", directory_setup, directory_attack, directory_is_gone, NULL),
     OF("regular", BOTH, "^inode_create ", NULL, regular_attack, node_is_there, NULL),
     OF("nice_of_other", BOTH, "^(task_setnice|capable) ", victim, nice_attack, is_nice, NULL),
     OF("nice_of_all", BOTH, "^(task_setnice|capable) ", victim, nice_all_attack, is_nice, nice_all_undo),
     OF("scheduler_of_other", BOTH, "^(task_setscheduler|capable) ", victim, scheduler_attack, is_idle, NULL),
     OF("processor_of_other", BOTH, "^(task_setscheduler|capable) ", affinity_setup, affinity_attack, is_bound, NULL),
     OF("io_of_other", BOTH, "^(task_setioprio|capable) ", victim, io_attack, is_io_idle, NULL), );
