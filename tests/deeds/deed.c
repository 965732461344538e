// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * deed stage DIR           make the files that the deeds are done to, outside of every namespace
 * deed list                print the names of the deeds and of their events
 * deed victim DIR          print a process id, then wait for SIGUSR2 and make DIR/victim.signalled
 * deed DIR [-n] [NAME...]  do these deeds, or all of them
 *
 * Each deed causes one security event by direct system calls, in a process of
 * its own, and prints one line of JSON: what was done in the form that the
 * event must have, what the system call returned, and whether it took effect.
 * Afterwards that process opens a file that has nothing to do with the deed
 * ("control"). With -n a deed is prepared and looked at, but not done: a model
 * learned so allows everything but the deeds.
 *
 * Values that only the model knows are written as @self (the TASK_ID of the
 * event), @sha256:PATH and @sha256:hex:BYTES. VICTIM holds the process id of a
 * process outside the namespace.
 */
#include "deed_core.h"

/* ---- names ---- */

static bool effect_new(void)
{
	struct stat st;

	return !lstat(here("new"), &st);
}

static bool effect_file_gone(void)
{
	return access(here("file"), F_OK) != 0;
}

static void describe_entry(const char *name, const char *mode)
{
	add("\"dir\":");
	add_inode(here(""));
	add(",\"dentry\":");
	add_dentry(here(name));
	if (mode)
		add(",\"mode\":\"%s\"", mode);
}

static void describe_create(void)
{
	describe_entry("new", "0100640");
}

static long act_create(void)
{
	return mknod(here("new"), S_IFREG | 0640, 0);
}

static long act_create_open(void)
{
	return open(here("new"), O_CREAT | O_EXCL | O_WRONLY, 0640);
}

static void describe_mkdir(void)
{
	describe_entry("new", "0751");
}

static long act_mkdir(void)
{
	return mkdir(here("new"), 0751);
}

static void describe_unlink(void)
{
	describe_entry("file", NULL);
}

static long act_unlink(void)
{
	return unlink(here("file"));
}

static void prepare_create(void)
{
	if (mknod(here("new"), S_IFREG | 0600, 0))
		die("mknod");
}

static void describe_unlink_own(void)
{
	add("\"dir\":");
	add_inode(here(""));
	add(",\"dentry\":{\"inode\":");
	add_inode(here("new"));
	add(",\"path\":");
	add_created(here(""));
	add("}");
}

static long act_unlink_own(void)
{
	return unlink(here("new"));
}

static bool effect_new_gone(void)
{
	return !effect_new();
}

static void describe_open_own(void)
{
	add("\"file\":{\"flags\":\"0x8001\",\"inode\":");
	add_inode(here("new"));
	add(",\"path\":");
	add_created(here(""));
	add(",\"digest\":\"" ZEROS "\"}");
}

static long act_open_own(void)
{
	return peer = open(here("new"), O_WRONLY);
}

static void describe_rename_to(const char *target, unsigned flags)
{
	add("\"old_dir\":");
	add_inode(here(""));
	add(",\"old_dentry\":");
	add_dentry(here("file"));
	add(",\"new_dir\":");
	add_inode(here("dir"));
	add(",\"new_dentry\":");
	add_dentry(here(target));
	add(",\"flags\":\"0x%x\"", flags);
}

static void describe_rename(void)
{
	describe_rename_to("dir/new", 0);
}

static long act_rename(void)
{
	return rename(here("file"), here("dir/new"));
}

static void describe_rename_over(void)
{
	describe_rename_to("dir/old", 0);
}

static long act_rename_over(void)
{
	return rename(here("file"), here("dir/old"));
}

static void describe_exchange(void)
{
	describe_rename_to("dir/old", 2);
}

static ino_t exchanged;

static void prepare_exchange(void)
{
	struct stat st;

	if (!stat(here("dir/old"), &st))
		exchanged = st.st_ino;
}

static long act_exchange(void)
{
	return syscall(SYS_renameat2, AT_FDCWD, here("file"), AT_FDCWD, here("dir/old"), 2);
}

static bool effect_exchanged(void)
{
	struct stat st;

	return !stat(here("file"), &st) && st.st_ino == exchanged;
}

static void describe_link(void)
{
	add("\"old_dentry\":");
	add_dentry(here("file"));
	add(",\"dir\":");
	add_inode(here("dir"));
	add(",\"new_dentry\":");
	add_dentry(here("dir/new"));
}

static long act_link(void)
{
	return link(here("file"), here("dir/new"));
}

static bool effect_linked(void)
{
	return !access(here("dir/new"), F_OK);
}

static void describe_symlink(void)
{
	describe_entry("new", NULL);
	add(",\"old_name\":\"../somewhere/else \\u0022\"");
}

static long act_symlink(void)
{
	return symlink("../somewhere/else \"", here("new"));
}

/* ---- attributes ---- */

static void describe_setattr(const char *valid, const char *mode, unsigned uid, unsigned gid, unsigned size)
{
	add("\"dentry\":");
	add_dentry(here("file"));
	add(",\"valid\":\"%s\",\"mode\":\"%s\",\"uid\":\"%u\",\"gid\":\"%u\",\"size\":\"%u\"", valid, mode, uid, gid,
	    size);
}

static void describe_chmod(void)
{
	describe_setattr("0x41", "0100606", 0, 0, 0);
}

static long act_chmod(void)
{
	return chmod(here("file"), 0606);
}

static long act_fchmod(void)
{
	return fchmod(fd, 0606);
}

static bool effect_chmod(void)
{
	struct stat st;

	return !stat(here("file"), &st) && (st.st_mode & 07777) == 0606;
}

static void describe_chown(void)
{
	describe_setattr("0x846", "0", 1234, 5678, 0);
}

static long act_chown(void)
{
	return chown(here("file"), 1234, 5678);
}

static bool effect_chown(void)
{
	struct stat st;

	return !stat(here("file"), &st) && (st.st_uid == 1234 || st.st_gid == 5678);
}

static void describe_truncate(void)
{
	describe_setattr("0x8", "0", 0, 0, 5);
}

static long act_truncate(void)
{
	return truncate(here("file"), 5);
}

static void describe_ftruncate(void)
{
	describe_setattr("0x2068", "0", 0, 0, 5);
}

static long act_ftruncate(void)
{
	return ftruncate(fd, 5);
}

static bool effect_truncated(void)
{
	return file_size(here("file"), 5);
}

static const struct timespec past[2] = {{.tv_sec = 1000000}, {.tv_sec = 2000000}};

static void describe_utimens(void)
{
	describe_setattr("0x101f0", "0", 0, 0, 0);
}

static long act_utimens(void)
{
	return utimensat(AT_FDCWD, here("file"), past, 0);
}

static bool effect_utimens(void)
{
	struct stat st;

	return !stat(here("file"), &st) && st.st_mtime == past[1].tv_sec;
}

/* ---- sockets ---- */

static void describe_socket(void)
{
	add("\"family\":\"%d\",\"type\":\"%d\",\"protocol\":\"%d\",\"kern\":\"0\"", AF_INET6, SOCK_DGRAM,
	    IPPROTO_UDPLITE);
}

static long act_socket(void)
{
	return peer = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDPLITE);
}

static void prepare_connect(void)
{
	listen_here();
	fd = socket_or_die(address.ss_family, SOCK_STREAM);
}

static void prepare_connect_inet(void)
{
	address_inet(7001);
	prepare_connect();
}

static void prepare_connect_inet6(void)
{
	address_inet6(7002);
	prepare_connect();
}

static void prepare_connect_unix(void)
{
	unlink(here("socket"));
	address_unix(here("socket"), strlen(here("socket")) + 1);
	prepare_connect();
}

static void prepare_connect_abstract(void)
{
	address_unix("\0tsem\0deed\1", 11);
	prepare_connect();
}

static void describe_connect(void)
{
	add_sock(address.ss_family, SOCK_STREAM, address.ss_family == AF_UNIX ? 0 : IPPROTO_TCP);
	describe_addr();
}

#define SIX_ONLY 0x40000000 /* docs/events.md: the kernel makes a socket so that is bound to an address of IPv6 */

static void describe_accept_inet6(void)
{
	add_sock(AF_INET6, SOCK_STREAM | SIX_ONLY, IPPROTO_TCP);
	describe_addr();
}

static void prepare_bind_inet(void)
{
	address_inet(7003);
	fd = socket_or_die(AF_INET, SOCK_STREAM);
}

static void prepare_bind_inet6(void)
{
	address_inet6(7004);
	((struct sockaddr_in6 *)&address)->sin6_flowinfo = 0;
	((struct sockaddr_in6 *)&address)->sin6_scope_id = 0;
	fd = socket_or_die(AF_INET6, SOCK_STREAM);
}

static void prepare_bind_unix(void)
{
	address_unix(here("new"), strlen(here("new")) + 1);
	fd = socket_or_die(AF_UNIX, SOCK_STREAM);
}

static long act_bind(void)
{
	return bind(fd, (struct sockaddr *)&address, address_size);
}

static bool effect_bound(void)
{
	struct sockaddr_storage name = {};
	socklen_t size = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name, &size))
		return false;
	return name.ss_family == AF_UNIX ? size > 2 : ((struct sockaddr_in *)&name)->sin_port != 0;
}

/* An address family that has no form of its own in an event. */
static void prepare_bind_netlink(void)
{
	struct sockaddr_nl *nl = (struct sockaddr_nl *)&address;

	nl->nl_family = AF_NETLINK;
	nl->nl_groups = 1;
	nl->nl_pid = getpid();
	nl->nl_pid = 0x10203;
	address_size = sizeof(*nl);
	fd = socket_or_die(AF_NETLINK, SOCK_RAW);
}

static void describe_bind_netlink(void)
{
	const unsigned char *b = (const void *)&address;

	add_sock(AF_NETLINK, SOCK_RAW, 0);
	add(",\"addr\":{\"af_other\":{\"family\":\"%d\",\"digest\":\"@sha256:hex:", AF_NETLINK);
	for (socklen_t i = 0; i < address_size; i++)
		add("%02x", b[i]);
	add("\"}}");
}

static bool effect_bound_netlink(void)
{
	struct sockaddr_nl name = {};
	socklen_t size = sizeof(name);

	return !getsockname(fd, (struct sockaddr *)&name, &size) && name.nl_pid == 0x10203;
}

static void prepare_listen(void)
{
	address_inet(7005);
	fd = socket_or_die(AF_INET, SOCK_STREAM);
	if (bind(fd, (struct sockaddr *)&address, address_size))
		die("bind");
}

static void describe_listen(void)
{
	describe_connect();
	add(",\"backlog\":\"13\"");
}

static long act_listen(void)
{
	return listen(fd, 13);
}

static bool effect_listening(void)
{
	int on = 0;
	socklen_t size = sizeof(on);

	return !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) && on;
}

static void prepare_accept(void)
{
	listen_here();
	fd = socket_or_die(address.ss_family, SOCK_STREAM);
	if (connect(fd, (struct sockaddr *)&address, address_size) && errno != EINPROGRESS)
		die("connect");
	effect_connected();
}

static void prepare_accept_inet(void)
{
	address_inet(7006);
	prepare_accept();
}

static void prepare_accept_inet6(void)
{
	address_inet6(7007);
	((struct sockaddr_in6 *)&address)->sin6_flowinfo = 0;
	((struct sockaddr_in6 *)&address)->sin6_scope_id = 0;
	prepare_accept();
}

static void prepare_accept_unix(void)
{
	unlink(here("socket"));
	address_unix(here("socket"), strlen(here("socket")) + 1);
	prepare_accept();
}

static long act_accept(void)
{
	return peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
}

/* ---- the machine ---- */

/* A name that does not begin at the root, from where the task is. */
static void add_here(const char *field, const char *name)
{
	char text[4096], *directory = getcwd(NULL, 0);

	if (strcmp(directory, "/"))
		snprintf(text, sizeof(text), "%s//%s", directory, name);
	else
		snprintf(text, sizeof(text), "%s", name);
	add("\"%s\":", field);
	add_string(text);
}

static void describe_mount(void)
{
	add_here("dev_name", "some device");
	add(",\"path\":");
	add_path(here("dir"));
	add(",\"type\":\"tmpfs\",\"flags\":\"0x%lx\",\"data\":\"size=64k,mode=0700\"",
	    (unsigned long)MS_NOSUID | MS_NODEV);
}

static long act_mount(void)
{
	return mount("some device", here("dir"), "tmpfs", MS_MGC_VAL | MS_NOSUID | MS_NODEV, "size=64k,mode=0700");
}

static bool effect_mounted(void)
{
	return access(here("dir/old"), F_OK) != 0;
}

static void describe_mount_bind(void)
{
	add("\"dev_name\":");
	add_string(base);
	add(",\"path\":");
	add_path(here("dir"));
	add(",\"flags\":\"0x%lx\"", (unsigned long)MS_BIND);
}

static long act_mount_bind(void)
{
	return mount(base, here("dir"), NULL, MS_BIND, NULL);
}

static void describe_bpf(void)
{
	add("\"cmd\":\"%d\",\"size\":\"72\"", BPF_MAP_CREATE);
}

static long act_bpf(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 1;
	return peer = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, 72);
}

static const struct deed deeds[] = {
	{"exec", "bprm_committed_creds", prepare_exec, describe_exec, act_exec, effect_executed, 0},
	{"open", "file_open", prepare_nothing, describe_open, act_open, effect_descriptor, 0},
	{"open_append", "file_open", prepare_nothing, describe_open_append, act_open_append, effect_descriptor, 0},
	{"open_trunc", "file_open", prepare_nothing, describe_open_trunc, act_open_trunc, effect_empty, 0},
	{"open_directory", "file_open", prepare_nothing, describe_open_directory, act_open_directory, effect_descriptor,
	 0},
	{"open_symlink", "file_open", prepare_nothing, describe_open, act_open_symlink, effect_descriptor, 0},
	{"open_own", "file_open", prepare_create, describe_open_own, act_open_own, effect_descriptor, 0},
	{"mmap", "mmap_file", prepare_open_read, describe_mmap, act_mmap, effect_memory, 0},
	{"mmap_anonymous", "mmap_file", prepare_nothing, describe_mmap_anonymous, act_mmap_anonymous, effect_memory, 0},
	{"mprotect", "mmap_file", prepare_mprotect, describe_mprotect, act_mprotect, effect_mprotect, 0},
	{"mprotect_file", "mmap_file", prepare_mprotect_file, describe_mprotect_file, act_mprotect, effect_fetched, 0},
	{"receive", "file_receive", prepare_receive, describe_receive, act_receive, effect_descriptor, 0},
	{"create", "inode_create", prepare_nothing, describe_create, act_create, effect_new, 0},
	{"create_open", "inode_create", prepare_nothing, describe_create, act_create_open, effect_new, 0},
	{"unlink", "inode_unlink", prepare_nothing, describe_unlink, act_unlink, effect_file_gone, 0},
	{"unlink_own", "inode_unlink", prepare_create, describe_unlink_own, act_unlink_own, effect_new_gone, 0},
	{"mkdir", "inode_mkdir", prepare_nothing, describe_mkdir, act_mkdir, effect_new, 0},
	{"rename", "inode_rename", prepare_nothing, describe_rename, act_rename, effect_file_gone, 0},
	{"rename_over", "inode_rename", prepare_nothing, describe_rename_over, act_rename_over, effect_file_gone, 0},
	{"exchange", "inode_rename", prepare_exchange, describe_exchange, act_exchange, effect_exchanged, 0},
	{"link", "inode_link", prepare_nothing, describe_link, act_link, effect_linked, 0},
	{"symlink", "inode_symlink", prepare_nothing, describe_symlink, act_symlink, effect_new, 0},
	{"chmod", "inode_setattr", prepare_nothing, describe_chmod, act_chmod, effect_chmod, 0},
	{"fchmod", "inode_setattr", prepare_open_read, describe_chmod, act_fchmod, effect_chmod, 0},
	{"chown", "inode_setattr", prepare_nothing, describe_chown, act_chown, effect_chown, 0},
	{"truncate", "inode_setattr", prepare_nothing, describe_truncate, act_truncate, effect_truncated, 0},
	{"ftruncate", "inode_setattr", prepare_open_write, describe_ftruncate, act_ftruncate, effect_truncated, 0},
	{"utimens", "inode_setattr", prepare_nothing, describe_utimens, act_utimens, effect_utimens, 0},
	{"socket", "socket_create", prepare_nothing, describe_socket, act_socket, effect_descriptor, 0},
	{"connect_inet", "socket_connect", prepare_connect_inet, describe_connect, act_connect, effect_connected, 0},
	{"connect_inet6", "socket_connect", prepare_connect_inet6, describe_connect, act_connect, effect_connected, 0},
	{"connect_unix", "socket_connect", prepare_connect_unix, describe_connect, act_connect, effect_connected, 0},
	{"connect_abstract", "socket_connect", prepare_connect_abstract, describe_connect, act_connect,
	 effect_connected, 0},
	{"bind_inet", "socket_bind", prepare_bind_inet, describe_connect, act_bind, effect_bound, 0},
	{"bind_inet6", "socket_bind", prepare_bind_inet6, describe_connect, act_bind, effect_bound, 0},
	{"bind_unix", "socket_bind", prepare_bind_unix, describe_connect, act_bind, effect_new, 0},
	{"bind_netlink", "socket_bind", prepare_bind_netlink, describe_bind_netlink, act_bind, effect_bound_netlink, 0},
	{"listen", "socket_listen", prepare_listen, describe_listen, act_listen, effect_listening, 0},
	{"accept_inet", "socket_accept", prepare_accept_inet, describe_connect, act_accept, effect_descriptor, 0},
	{"accept_inet6", "socket_accept", prepare_accept_inet6, describe_accept_inet6, act_accept, effect_descriptor,
	 0},
	{"accept_unix", "socket_accept", prepare_accept_unix, describe_connect, act_accept, effect_descriptor, 0},
	{"kill", "task_kill", prepare_child, describe_kill, act_kill, effect_signal, 0},
	{"kill_outside", "task_kill", prepare_nothing, describe_kill_outside, act_kill_outside, effect_kill_outside, 0},
	{"ptrace", "ptrace_access_check", prepare_child, describe_ptrace, act_ptrace, effect_ptrace, 0},
	{"ptrace_outside", "ptrace_access_check", prepare_nothing, describe_ptrace_outside, act_ptrace_outside,
	 effect_ptrace_outside, 0},
	{"capset", "capset", prepare_nothing, describe_capset, act_capset, effect_capset, 0},
	{"mount", "sb_mount", prepare_nothing, describe_mount, act_mount, effect_mounted, 0},
	{"mount_bind", "sb_mount", prepare_nothing, describe_mount_bind, act_mount_bind, effect_mounted, 0},
	{"module", "kernel_read_file", prepare_module, describe_module, act_module, effect_module, ENOEXEC},
	{"bpf", "bpf", prepare_nothing, describe_bpf, act_bpf, effect_descriptor, 0},
};

static void begin(void)
{
}

#include "deed_run.h"
