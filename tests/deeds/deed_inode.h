/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Deeds to files: locks, commands, names, attributes. Part of deed_all.c. */
#ifndef TSEM_DEED_INODE_H
#define TSEM_DEED_INODE_H

#include "deed_more.h"

static char got_value[256];

static void describe_ioctl(void)
{
	add_file(here("file"), O_RDONLY, false);
	add(",\"cmd\":\"0x%x\"", FIONREAD);
}

/* How much there is to read. */
static long act_ioctl(void)
{
	int size = 0;

	if (ioctl(fd, FIONREAD, &size))
		return -1;
	return result = size;
}

static bool effect_ioctl(void)
{
	return result > 0;
}

/* The same as a program of 32 bits asks it. */
static long act_ioctl_compat(void)
{
	int *size = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long status = 54; /* ioctl */

	__asm__ volatile("int $0x80"
			 : "+a"(status)
			 : "b"(fd), "c"(FIONREAD), "d"(size)
			 : "memory", "r8", "r9", "r10", "r11");
	errno = (int)status < 0 ? -(int)status : 0;
	if (errno)
		return -1;
	return result = *size;
}

static void describe_flock(void)
{
	add_file(here("file"), O_RDONLY, false);
	add(",\"cmd\":\"%d\"", F_WRLCK);
}

static long act_flock(void)
{
	return flock(fd, LOCK_EX | LOCK_NB);
}

/* Somebody else cannot have it. */
static bool effect_flock(void)
{
	int other = open_or_die(here("file"), O_RDWR);

	return flock(other, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
}

static void describe_fcntl(void)
{
	add_file(here("file"), O_RDONLY, false);
	add(",\"cmd\":\"%d\"", F_SETFD);
}

static long act_fcntl(void)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static bool effect_fcntl(void)
{
	return fcntl(fd, F_GETFD) == FD_CLOEXEC;
}

/* Somebody else gets a signal. */
static void describe_fcntl_owner(void)
{
	add_file(here("file"), O_RDONLY, false);
	add(",\"cmd\":\"%d\"", F_SETOWN);
}

static long act_fcntl_owner(void)
{
	return fcntl(fd, F_SETOWN, getppid());
}

static bool effect_fcntl_owner(void)
{
	return fcntl(fd, F_GETOWN) == getppid();
}

/* What a process tells itself is no event of the default set, and is known before with all of them. */
static void prepare_fcntl_owner(void)
{
	fd = open_or_die(here("file"), O_RDONLY);
	if (set_default() && fcntl(fd, F_SETOWN, getpid()))
		die("fcntl");
}

/* ---- message queues of POSIX ---- */

#define QUEUE "tsem-deed"
#define QUEUES "/dev/mqueue"

static void describe_queue(void)
{
	add("\"dir\":");
	add_inode(QUEUES);
	add(",\"dentry\":");
	add_dentry(QUEUES "/" QUEUE);
	add(",\"mode\":\"0100640\"");
}

static long act_queue(void)
{
	return peer = syscall(SYS_mq_open, QUEUE, O_CREAT | O_RDWR, 0640, NULL);
}

static bool effect_queue(void)
{
	return !access(QUEUES "/" QUEUE, F_OK);
}

static void queue_gone(void)
{
	syscall(SYS_mq_unlink, QUEUE);
}

/* The file has been looked for, but not at; access() would do so with other credentials. */
static void prepare_look(void)
{
	if (syscall(SYS_faccessat2, AT_FDCWD, here("dir/old"), F_OK, AT_EACCESS))
		die("faccessat2");
}

static struct stat got_stat;
static struct statfs got_statfs;

static void describe_getattr(void)
{
	add("\"path\":");
	add_path(here("dir/old"));
	add(",\"inode\":");
	add_inode_staged(0604);
}

static long act_getattr(void)
{
	return stat(here("dir/old"), &got_stat);
}

static bool effect_getattr(void)
{
	return got_stat.st_uid == 7;
}

static void describe_statfs(void)
{
	add("\"dentry\":{\"inode\":");
	add_inode_staged(0604);
	add(",\"path\":");
	add_path(here("dir/old"));
	add("}");
}

static long act_statfs(void)
{
	return statfs(here("dir/old"), &got_statfs);
}

static bool effect_statfs(void)
{
	return got_statfs.f_type != 0;
}

static void describe_removed(const char *name)
{
	add("\"dir\":");
	add_inode(here(""));
	add(",\"dentry\":");
	add_dentry(here(name));
}

static void prepare_rmdir(void)
{
	if (unlink(here("dir/old")))
		die("unlink");
}

static void describe_rmdir(void)
{
	describe_removed("dir");
}

static long act_rmdir(void)
{
	return rmdir(here("dir"));
}

static bool effect_rmdir(void)
{
	return access(here("dir"), F_OK) != 0;
}

static void describe_mknod(void)
{
	describe_removed("new");
	add(",\"mode\":\"020612\",\"dev\":{\"major\":\"259\",\"minor\":\"70000\"}");
}

static long act_mknod(void)
{
	return mknod(here("new"), S_IFCHR | 0612, makedev(259, 70000));
}

static void describe_mkfifo(void)
{
	describe_removed("new");
	add(",\"mode\":\"010640\",\"dev\":{\"major\":\"0\",\"minor\":\"0\"}");
}

static long act_mkfifo(void)
{
	return mknod(here("new"), S_IFIFO | 0640, 0);
}

static bool effect_made(void)
{
	return !access(here("new"), F_OK);
}

/* ---- extended attributes ---- */

#define VALUE "a\0\"\\\xff"

static void describe_attribute(void)
{
	add("\"dentry\":");
	add_dentry(here("file"));
	add(",\"name\":\"user.deed\"");
}

/* Another attribute: whoever sets one needs the right to write. */
static void prepare_setxattr(void)
{
	if (setxattr(here("file"), "user.other", "x", 1, 0))
		die("setxattr");
}

static void describe_setxattr(void)
{
	describe_attribute();
	add(",\"value\":\"\",\"flags\":\"0x%x\"", XATTR_CREATE);
}

static long act_setxattr(void)
{
	return setxattr(here("file"), "user.deed", VALUE, sizeof(VALUE) - 1, XATTR_CREATE);
}

/* What says what a file may do is in the event with its value. */
static void prepare_setxattr_security(void)
{
	if (setxattr(here("file"), "security.other", "x", 1, 0))
		die("setxattr");
}

static void describe_setxattr_security(void)
{
	add("\"dentry\":");
	add_dentry(here("file"));
	add(",\"name\":\"security.deed\",\"value\":\"a\\u0000\\u0022\\\\\\\\\\\\xff\",\"flags\":\"0x%x\"",
	    XATTR_CREATE);
}

static long act_setxattr_security(void)
{
	return setxattr(here("file"), "security.deed", VALUE, sizeof(VALUE) - 1, XATTR_CREATE);
}

static bool effect_security(void)
{
	return getxattr(here("file"), "security.deed", got_value, sizeof(got_value)) >= 0;
}

static void describe_setxattr_empty(void)
{
	describe_attribute();
	add(",\"value\":\"\",\"flags\":\"0x0\"");
}

static long act_setxattr_empty(void)
{
	return setxattr(here("file"), "user.deed", NULL, 0, 0);
}

static bool effect_attribute(void)
{
	return getxattr(here("file"), "user.deed", got_value, sizeof(got_value)) >= 0;
}

static void prepare_attribute(void)
{
	if (setxattr(here("file"), "user.deed", VALUE, sizeof(VALUE) - 1, 0) ||
	    !removexattr(here("file"), "user.other") ||
	    getxattr(here("file"), "user.other", got_value, sizeof(got_value)) >= 0)
		die("xattr");
}

static long act_getxattr(void)
{
	return result = getxattr(here("file"), "user.deed", got_value, sizeof(got_value));
}

static bool effect_getxattr(void)
{
	return result == sizeof(VALUE) - 1 && !memcmp(got_value, VALUE, sizeof(VALUE) - 1);
}

static long act_removexattr(void)
{
	return removexattr(here("file"), "user.deed");
}

static bool effect_removexattr(void)
{
	return !effect_attribute();
}

static void describe_listxattr(void)
{
	add("\"dentry\":");
	add_dentry(here("file"));
}

static long act_listxattr(void)
{
	return result = listxattr(here("file"), got_value, sizeof(got_value));
}

static bool effect_listxattr(void)
{
	return result > 0 && memmem(got_value, result, "user.deed", 10);
}

/* ---- access lists ---- */

#define ACL "system.posix_acl_access"

struct acl_entry {
	unsigned short tag, permissions;
	unsigned id;
};

/* As the kernel takes it: what has no id has all ones. */
static struct {
	unsigned version;
	struct acl_entry entries[5];
} acl = {2, {{0x01, 6, -1}, {0x02, 4, 0x4321}, {0x04, 4, -1}, {0x10, 4, -1}, {0x20, 0, -1}}};

static long acl_set(const char *path)
{
	return setxattr(path, ACL, &acl, sizeof(acl), 0);
}

/* That of another file, so that the right to do it is asked for. */
static void prepare_set_acl(void)
{
	if (acl_set(here("dir/old")))
		die("setxattr");
}

static void describe_acl(void)
{
	add("\"dentry\":");
	add_dentry(here("file"));
	add(",\"name\":\"" ACL "\"");
}

static void describe_set_acl(void)
{
	struct acl_entry entries[5];

	memcpy(entries, acl.entries, sizeof(entries));
	for (int i = 0; i < 5; i++)
		if (entries[i].tag != 0x02)
			entries[i].id = 0;
	describe_acl();
	add(",\"value\":");
	add_bytes(entries, sizeof(entries));
}

static long act_set_acl(void)
{
	return acl_set(here("file"));
}

static bool effect_acl(void)
{
	return getxattr(here("file"), ACL, got_value, sizeof(got_value)) >= 0;
}

static void prepare_remove_acl(void)
{
	if (acl_set(here("file")))
		die("setxattr");
}

static long act_remove_acl(void)
{
	return removexattr(here("file"), ACL);
}

static bool effect_no_acl(void)
{
	return !effect_acl();
}

/* ---- commands and watches ---- */

static long set_flag(int f)
{
	int flags = FS_NODUMP_FL;

	return ioctl(f, FS_IOC_SETFLAGS, &flags);
}

static void prepare_setflags(void)
{
	fd = open_or_die(here("dir"), O_RDONLY);
	if (set_flag(fd))
		die("ioctl");
	fd = open_or_die(here("file"), O_RDONLY);
}

static void describe_setflags(void)
{
	add_file(here("file"), O_RDONLY, false);
	add(",\"cmd\":\"0x%x\"", (unsigned)FS_IOC_SETFLAGS);
}

static long act_setflags(void)
{
	return set_flag(fd);
}

static bool effect_setflags(void)
{
	int flags = 0;

	return !ioctl(fd, FS_IOC_GETFLAGS, &flags) && flags & FS_NODUMP_FL;
}

/* inotify asks the same hook, and is no event. */
static void prepare_fanotify(void)
{
	fd = fanotify_init(FAN_CLASS_NOTIF, O_RDONLY);
	if (fd < 0 || fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, here("dir/old")) ||
	    inotify_add_watch(inotify_init(), here("file"), IN_OPEN) < 0)
		die("fanotify");
}

static void describe_fanotify(void)
{
	add("\"path\":");
	add_path(here("file"));
	add(",\"mask\":\"0x20\",\"type\":\"0\"");
}

static long act_fanotify(void)
{
	return fanotify_mark(fd, FAN_MARK_ADD, FAN_OPEN, AT_FDCWD, here("file"));
}

/* The descriptor tells what it watches, a line for each. */
static bool effect_fanotify(void)
{
	char path[64], text[4096], *at = text;
	int marks = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	read_text(path, text, sizeof(text));
	while ((at = strstr(at, "fanotify ino:"))) {
		marks++;
		at++;
	}
	return marks == 2;
}

static void set_immutable(bool on)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags))
		die("ioctl");
	flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
	if (ioctl(fd, FS_IOC_SETFLAGS, &flags))
		die("ioctl");
}

/*
 * A file that has a capability, open to be written. The change of its size is
 * known: tried when the file is immutable, it fails behind inode_setattr.
 */
static void prepare_killpriv(void)
{
	const unsigned data[5] = {0x02000000, 1u << CAP_CHOWN, 0, 0, 0};

	if (setxattr(quota_path("/priv"), "security.capability", data, sizeof(data), 0))
		die("setxattr");
	fd = open_or_die(quota_path("/priv"), O_RDWR);
	set_immutable(true);
	if (!ftruncate(fd, 5))
		die("ftruncate");
	set_immutable(false);
}

static void describe_killpriv(void)
{
	add("\"dentry\":");
	add_dentry(quota_path("/priv"));
}

static long act_killpriv(void)
{
	return ftruncate(fd, 5);
}

static bool effect_killpriv(void)
{
	return file_size(quota_path("/priv"), 5);
}

/* One deed, one row. */
/* clang-format off */
#define DEEDS_INODE \
	{"ioctl", "file_ioctl", prepare_open_read, describe_ioctl, act_ioctl, effect_ioctl, 0}, \
	{"ioctl_compat", "file_ioctl", prepare_open_read, describe_ioctl, act_ioctl_compat, effect_ioctl, 0}, \
	{"flock", "file_lock", prepare_open_read, describe_flock, act_flock, effect_flock, 0}, \
	{"fcntl", "file_fcntl", prepare_open_read, describe_fcntl, act_fcntl, effect_fcntl, 0}, \
	{"fcntl_owner", "file_fcntl", prepare_fcntl_owner, describe_fcntl_owner, act_fcntl_owner, effect_fcntl_owner, 0}, \
	{"queue", "inode_create", prepare_nothing, describe_queue, act_queue, effect_queue, 0, 0, queue_gone}, \
	{"getattr", "inode_getattr", prepare_look, describe_getattr, act_getattr, effect_getattr, 0}, \
	{"statfs", "sb_statfs", prepare_look, describe_statfs, act_statfs, effect_statfs, 0}, \
	{"rmdir", "inode_rmdir", prepare_rmdir, describe_rmdir, act_rmdir, effect_rmdir, 0}, \
	{"mknod", "inode_mknod", prepare_nothing, describe_mknod, act_mknod, effect_made, 0}, \
	{"mkfifo", "inode_mknod", prepare_nothing, describe_mkfifo, act_mkfifo, effect_made, 0}, \
	{"setxattr", "inode_setxattr", prepare_setxattr, describe_setxattr, act_setxattr, effect_attribute, 0}, \
	{"setxattr_empty", "inode_setxattr", prepare_setxattr, describe_setxattr_empty, act_setxattr_empty, effect_attribute, 0}, \
	{"setxattr_security", "inode_setxattr", prepare_setxattr_security, describe_setxattr_security, act_setxattr_security, \
	 effect_security, 0}, \
	{"set_acl", "inode_set_acl", prepare_set_acl, describe_set_acl, act_set_acl, effect_acl, 0}, \
	{"remove_acl", "inode_remove_acl", prepare_remove_acl, describe_acl, act_remove_acl, effect_no_acl, 0}, \
	{"setflags", "file_ioctl", prepare_setflags, describe_setflags, act_setflags, effect_setflags, 0}, \
	{"fanotify", "path_notify", prepare_fanotify, describe_fanotify, act_fanotify, effect_fanotify, 0}, \
	{"getxattr", "inode_getxattr", prepare_attribute, describe_attribute, act_getxattr, effect_getxattr, 0}, \
	{"removexattr", "inode_removexattr", prepare_attribute, describe_attribute, act_removexattr, effect_removexattr, 0}, \
	{"listxattr", "inode_listxattr", prepare_attribute, describe_listxattr, act_listxattr, effect_listxattr, 0}, \
	{"killpriv", "inode_killpriv", prepare_killpriv, describe_killpriv, act_killpriv, effect_killpriv, 0}
/* clang-format on */

#endif
