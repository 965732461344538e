/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's structs, no more of each than we read. Offsets are relocated
 * against the running kernel when the programs are loaded, so that neither
 * order nor padding matters here and the build needs no kernel headers.
 */
#ifndef TSEM_BPF_KERNEL_H
#define TSEM_BPF_KERNEL_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#define INLINE static __always_inline

typedef _Bool bool;

/*
 * The same number, of which the verifier knows nothing any more: what comes later it walks once, and not once for
 * each value. with: any number that it does not know.
 */
INLINE __u64 unknown(__u64 value, __u64 with)
{
	asm volatile("%0 ^= %1\n\t%0 ^= %1" : "+&r"(value) : "r"(with));
	return value;
}

typedef __u32 dev_t;
typedef __u16 umode_t;
typedef struct {
	__u32 val;
} kuid_t;
typedef struct {
	__u32 val;
} kgid_t;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__u64 val;
} kernel_cap_t;

struct list_head {
	struct list_head *next;
};

struct atomic {
	int counter;
};

struct qstr {
	union {
		struct {
			__u32 hash;
			__u32 len;
		};
		__u64 hash_len;
	};
	const unsigned char *name;
};

struct hlist_head {
	void *first;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct uuid {
	__u8 b[16];
};

struct file_system_type {
	const char *name;
};

struct super_block {
	dev_t s_dev;
	unsigned long s_magic;
	struct dentry *s_root;
	struct file_system_type *s_type;
	unsigned long s_flags;
	void *s_fs_info;
	struct user_namespace *s_user_ns;
	char *s_subtype;
	char s_id[32];
	struct uuid s_uuid;
};

struct rb_node {
	unsigned long __rb_parent_color;
	struct rb_node *rb_right;
	struct rb_node *rb_left;
};

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
};

/* The mappings of a file are a tree. */
struct address_space {
	struct rb_root_cached i_mmap;
};

struct inode {
	umode_t i_mode;
	__u32 i_rdev;
	kuid_t i_uid;
	kgid_t i_gid;
	struct super_block *i_sb;
	unsigned long i_ino;
	__u32 i_generation;
	__s64 i_size;
	__s64 i_mtime_sec;
	__s64 i_ctime_sec;
	__u32 i_mtime_nsec;
	__u32 i_ctime_nsec;
	struct atomic i_writecount;
	struct address_space *i_mapping;
	unsigned int i_nlink;
	struct hlist_head i_dentry; /* the entries that are its names */
	void *i_private;
};

struct dentry {
	unsigned int d_flags;
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
};

struct mount {
	struct rb_node mnt_node;
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct list_head mnt_mounts;
	struct mnt_namespace *mnt_ns;
	const char *mnt_devname;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

/* Who gets a signal when there is something to read. */
struct fown_struct {
	struct file *file;
};

struct file {
	unsigned int f_mode;
	unsigned int f_flags;
	struct fown_struct *f_owner;
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
};

/* A file below another one, and the name under which the other was opened. */
struct backing_file {
	struct file file;
	struct path user_path;
};

/* A file of tmpfs, or memory that has a descriptor. */
struct shmem_inode_info {
	unsigned int seals;
	struct inode vfs_inode;
};

/* Of newer kernels; before, it was a macro. */
enum dentry_flags___named {
	DCACHE_PAR_LOOKUP___named = 1 << 24,
};

struct ns_common {
	unsigned int inum;
};

/* Since 6.18. */
struct ns_common___numbered {
	__u64 ns_id;
};

/* Up to 6.17. */
struct mnt_namespace___numbered {
	__u64 seq;
};

struct mnt_namespace {
	struct ns_common ns;
	struct mount *root;
	struct rb_root mounts; /* in the order of making */
};

struct uts_namespace {
	struct ns_common ns;
};

struct ipc_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct time_namespace {
	struct ns_common ns;
};

struct cgroup_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
	struct time_namespace *time_ns;
	struct cgroup_namespace *cgroup_ns;
};

/* The descriptors of a task. */
struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

/* The counter of a lock that says how often something has changed. */
struct seqcount {
	unsigned int sequence;
};

struct seqcount_spinlock {
	struct seqcount seqcount;
};

struct fs_struct {
	int users;
	struct seqcount_spinlock seq;
	struct path root;
	struct path pwd;
};

/* From 6.17 on the counter lies in a lock of its own. */
struct seqlock {
	struct seqcount_spinlock seqcount;
};

struct fs_struct___locked {
	struct seqlock seq;
};

struct uid_gid_extent {
	__u32 first;
	__u32 lower_first;
	__u32 count;
};

struct uid_gid_map {
	union {
		struct {
			struct uid_gid_extent extent[5];
			__u32 nr_extents;
		};
		struct {
			struct uid_gid_extent *forward; /* more than five of them */
		};
	};
};

struct user_namespace {
	struct uid_gid_map uid_map;
	struct uid_gid_map gid_map;
	int level; /* 0: the initial one */
	struct ns_common ns;
};

struct cred {
	struct user_namespace *user_ns;
	kuid_t uid, suid, euid, fsuid;
	kgid_t gid, sgid, egid, fsgid;
	kernel_cap_t cap_effective;
	unsigned int securebits;
	struct group_info *group_info;
};

struct group_info {
	int ngroups;
	kgid_t gid[0];
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid_namespace {
	unsigned int level;
	struct ns_common ns;
};

/* Of a /proc: whose numbers it shows. */
struct proc_fs_info {
	struct pid_namespace *pid_ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[0];
};

struct mm_struct {
	struct file *exe_file;
	unsigned long start_stack;
};

/* Of a terminal in /dev/pts its entry there is the driver's data. */
struct tty_struct {
	void *driver_data;
	struct {
		struct pid *session;
	} ctrl;
};

/* Of the file of a terminal. */
struct tty_file_private {
	struct tty_struct *tty;
};

struct signal_struct {
	int leader;
	struct tty_struct *tty;
};

struct thread_info {
	unsigned long flags;
	__u32 status; /* of x86 */
};

/* What a system call came with. */
struct pt_regs___x86 {
	unsigned long di, si, orig_ax;
};

/* Of arm64; another name than libbpf's. */
struct pt_regs___call {
	__u64 regs[31];
	int syscallno;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	void *bpf_storage;
	struct pid *thread_pid;
	struct signal_struct *signal;
	unsigned int personality;
	int pid;
	int tgid;
	char comm[16];
	__u64 start_boottime;
	unsigned int ptrace;
	unsigned int in_execve : 1;
	struct task_struct *real_parent;
	struct task_struct *parent; /* of a task that is traced: who traces it */
	struct task_struct *group_leader;
	const struct cred *real_cred;
	const struct cred *cred;
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct mm_struct *mm;
	struct nameidata *nameidata;
	void *io_uring; /* the rings that it has used; not where the kernel has none */
};

struct nameidata {
	struct qstr last;
	unsigned int flags, r_seq;
	int total_link_count;
};

struct linux_binprm {
	struct file *file;
	struct cred *cred;
	const char *filename;
	const char *interp; /* the same until an interpreter takes over */
	char buf[4]; /* what the file begins with */
};

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__u32 skc_rcv_saddr;
	__u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_ipv6only : 1;
	struct {
		struct net *net;
	} skc_net;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_type;
	__u16 sk_protocol;
};

struct socket {
	struct sock *sk;
};

struct sockaddr_un {
	__u16 sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0]; /* of len bytes */
};

struct unix_sock {
	struct unix_address *addr;
	struct path path; /* of the file that it is bound to, if to one */
};

struct iattr {
	unsigned int ia_valid;
	umode_t ia_mode;
	kuid_t ia_uid;
	kgid_t ia_gid;
	__s64 ia_size;
};

struct rlimit {
	__u64 rlim_cur;
	__u64 rlim_max;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	void *msg_control;
	unsigned long msg_controllen;
	unsigned int msg_flags;
};

struct sk_buff {
	char cb[48];
};

struct kern_ipc_perm {
	int key;
	kuid_t uid;
	kgid_t gid;
	kuid_t cuid;
	kgid_t cgid;
	umode_t mode;
};

struct posix_acl_entry {
	short e_tag;
	unsigned short e_perm;
	kuid_t e_uid; /* or a group's */
};

struct posix_acl {
	unsigned int a_count;
	struct posix_acl_entry a_entries[0];
};

enum fs_context_purpose {
	FS_CONTEXT_FOR_RECONFIGURE = 2,
};

struct fs_context {
	struct file_system_type *fs_type;
	struct dentry *root;
	enum fs_context_purpose purpose : 8;
	unsigned int sb_flags;
	unsigned int sb_flags_mask;
};

struct filename {
	const char *name;
};

enum fs_value_type {
	fs_value_is_flag = 1,
	fs_value_is_string = 2,
	fs_value_is_filename = 4,
};

struct fs_parameter {
	const char *key;
	enum fs_value_type type : 8;
	union {
		char *string;
		struct filename *name;
	};
	int dirfd;
};

struct key_type {
	const char *name;
};

struct key {
	struct key_type *type;
	const char *description;
	kuid_t uid;
	kgid_t gid;
	unsigned long flags;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct timezone {
	int tz_minuteswest;
	int tz_dsttime;
};

struct bpf_map {
	enum bpf_map_type map_type;
	__u32 id;
	char name[16];
};

struct bpf_prog_aux {
	__u32 id;
};

struct bpf_link {
	__u32 id;
};

struct bpf_prog {
	enum bpf_prog_type type;
	enum bpf_attach_type expected_attach_type;
	struct bpf_prog_aux *aux;
};

struct io_uring_cmd {
	struct file *file;
	__u32 cmd_op;
};

struct vm_area_struct {
	unsigned long vm_flags;
	struct file *vm_file;
};

struct perf_event_attr {
	__u64 sigtrap : 1;
};

struct hw_perf_event {
	struct task_struct *target;
};

struct perf_event {
	struct perf_event *parent;
	struct perf_event_attr attr;
	struct hw_perf_event hw;
};

struct kernel_siginfo;
struct sembuf;
struct msg_msg;
struct mnt_idmap;
struct xattr;

/* Of a file system that a program serves. */
struct fuse_conn {
	kuid_t user_id;
};

struct fuse_mount {
	struct fuse_conn *fc;
};

/* Of the overlay file system, which may be a module. */
struct ovl_fs {
	const struct cred *creator_cred;
};

struct fuse_backing;

struct fuse_inode {
	struct inode inode;
	struct fuse_backing *fb;
};

struct ovl_path {
	struct dentry *dentry;
};

struct ovl_entry {
	unsigned int __numlower;
	struct ovl_path __lowerstack[0];
};

struct ovl_inode {
	unsigned long flags;
	struct inode vfs_inode;
	struct dentry *__upperdentry;
	struct ovl_entry *oe;
};

/* Newer kernels keep a file of a layer with others; older ones have it alone. */
struct ovl_file {
	struct file *realfile;
};

enum ovl_inode_flag {
	OVL_UPPERDATA = 3,
};

#pragma clang attribute pop

/* Lies in the control block of a message; small and old enough to be taken as a whole. */
struct netlink_skb_parms {
	struct {
		__u32 pid;
		kuid_t uid;
		kgid_t gid;
	} creds;
	__u32 portid;
	__u32 dst_group;
	__u32 flags;
	struct sock *sk;
	bool nsid_is_set;
	int nsid;
};

struct sockaddr {
	__u16 sa_family;
};

/* Changes of a task's root and working directory; odd: one is going on. */
#define FS_CHANGES(fs) \
	(bpf_core_field_exists(((struct fs_struct___locked *)0)->seq.seqcount.seqcount.sequence) ? \
		 READ_ONLY(struct fs_struct___locked, fs)->seq.seqcount.seqcount.sequence : \
		 READ_ONLY(struct fs_struct, fs)->seq.seqcount.sequence)

#define FUSE_CTL_MAGIC 0x65735543
#define FUSE_SUPER_MAGIC 0x65735546
#define TMPFS_MAGIC 0x01021994
#define RAMFS_MAGIC 0x858458f6
#define EXT4_SUPER_MAGIC 0xef53 /* and ext2, ext3 */
#define XFS_SUPER_MAGIC 0x58465342
#define BTRFS_SUPER_MAGIC 0x9123683e
#define F2FS_SUPER_MAGIC 0xf2f52010
#define ZFS_SUPER_MAGIC 0x2fc12fc1
#define HUGETLBFS_MAGIC 0x958458f6
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define PROC_SUPER_MAGIC 0x9fa0
#define AT_FDCWD -100
#define PIPEFS_MAGIC 0x50495045
#define ANON_INODE_FS_MAGIC 0x09041934
#define SOCKFS_MAGIC 0x534f434b
#define MQUEUE_MAGIC 0x19800202
#define ANON_INODE_FS_MAGIC 0x09041934
#define PID_FS_MAGIC 0x50494446
#define NSFS_MAGIC 0x6e736673

/* Of a function that is verified by itself: the pointer is one that the verifier trusts, or NULL. */
#define ARGUMENT_TRUSTED __attribute__((btf_decl_tag("arg:trusted"))) __attribute__((btf_decl_tag("arg:nullable")))

#define S_IFMT 00170000
#define S_IFREG 0100000
#define S_IFSOCK 0140000
#define S_IFBLK 0060000
#define S_IFCHR 0020000
#define S_IFDIR 0040000
#define S_IFIFO 0010000
#define S_ISVTX 01000
#define S_IWOTH 0002
#define S_IALL 07777
#define ENTRY_NAME_MAX 2047 /* more than any file system allows, all ones */
#define XATTR_NAME_MAX 256
#define XATTR_VALUE_MAX 4095

#define FMODE_WRITE 0x2 /* in f_mode */
#define FMODE_PATH 0x4000
#define FMODE_CREATED 0x100000
#define FMODE_BACKING 0x3000000 /* one or the other, depending on the kernel */
#define FMODE_NOACCOUNT 0x20000000
#define DCACHE_PAR_LOOKUP (1 << 28)
#define LOOKUP_REVAL 0x20 /* in nameidata.flags: the second try of an open */
#define LOOKUP_EXCLUSIVE 0x700 /* an open that may create, and must */
#define FMODE_EXEC 0x20 /* in f_flags: opened to be executed */
#define O_TMPFILE_BIT 020000000
#define O_NOATIME 01000000
#define O_EXCL_BIT 0200u
#define O_NOCTTY_BIT 0400u
#define O_TRUNC_BIT 01000u
/*
 * What flags of a file are part of events. Not what only the call itself is
 * told by (O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC, O_CLOEXEC; but see flags_done()),
 * nor O_NONBLOCK, which io_uring sets for some of its tries.
 */
#define FILE_FLAGS (~(0100u | 0200u | 0400u | 01000u | 04000u | 02000000u))
#define SB_KERNMOUNT (1 << 22)
/* What fsconfig(2) has names for: ro, sync, mand, dirsync, lazytime. */
#define SB_NAMED (1 | 1 << 4 | 1 << 6 | 1 << 7 | 1 << 25)
#define MNT_SHARED 0x1000
#define MNT_DETACH 0x2
#define MS_BIND 0x1000
#define MS_MOVE 0x2000
#define F_SEALED 0xa /* against writing, and against getting shorter */

#define PROT_READ 0x1
#define PROT_WRITE 0x2
#define PROT_EXEC 0x4
#define MAP_SHARED 0x1 /* also in MAP_SHARED_VALIDATE */
#define VM_WRITE 0x2
#define VM_EXEC 0x4
#define READ_IMPLIES_EXEC 0x400000
#define PTRACE_MODE_READ 0x1
#define PTRACE_MODE_ATTACH 0x2
#define PTRACE_MODE_REALCREDS 0x10
#define MAP_ANONYMOUS 0x20

#define ATTR_MODE (1 << 0)
#define ATTR_UID (1 << 1)
#define ATTR_GID (1 << 2)
#define ATTR_SIZE (1 << 3)

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16

#define HASH_ALGO_SHA256 4
#define EPERM 1
#define ENOENT 2
#define ETXTBSY 26
#define ELOOP 40
#define ENOPARAM 519 /* of the kernel only: the parameter is somebody else's */
#define ESTALE 116
#define CAP_MAC_ADMIN 33
#define SIGKILL 9
#define SIGCONT 18
#define SEND_SIG_PRIV 1 /* as the information of a signal: the kernel sends it; 0: so it does, on behalf of a task */
#define SIGSTOP 19
#define SIGURG 23

extern void *bpf_rdonly_cast(const void *object, __u32 btf_id) __ksym;
/*
 * A pointer for reading fields only. The same loads through a pointer that the
 * verifier trusts make it search the kernel's types by name at each pointer it
 * follows, which was a third of the time of loading. It costs nothing to run.
 */
#define READ_ONLY(type, pointer) ((type *)bpf_rdonly_cast(pointer, bpf_core_type_id_kernel(type)))

/* A pointer as a number, which the verifier does not recognise any more. */
INLINE __u64 address_of(const void *pointer)
{
	__u64 address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	return address;
}

/* The number of a mount namespace that no other ever has: the inode of one that has ended is soon another's. 0: it has none. */
INLINE __u64 mounts_number(const struct mnt_namespace *mnt_ns)
{
	const struct mnt_namespace___numbered *before = READ_ONLY(struct mnt_namespace___numbered, mnt_ns);
	const struct ns_common___numbered *since = READ_ONLY(struct ns_common___numbered, &mnt_ns->ns);

	return bpf_core_field_exists(since->ns_id) ? since->ns_id :
	       bpf_core_field_exists(before->seq)  ? before->seq :
						     0;
}

extern int bpf_path_d_path(struct path *path, char *buf, __u64 buf__sz) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

extern struct task_struct *bpf_task_from_pid(__s32 pid) __ksym;
struct bpf_iter_task {
	__u64 __opaque[3];
} __attribute__((aligned(8)));
#define BPF_TASK_ITER_PROC_THREADS 2
extern int bpf_iter_task_new(struct bpf_iter_task *it, struct task_struct *task, unsigned int flags) __ksym;
extern struct task_struct *bpf_iter_task_next(struct bpf_iter_task *it) __ksym;
extern void bpf_iter_task_destroy(struct bpf_iter_task *it) __ksym;
extern void bpf_task_release(struct task_struct *task) __ksym;

/* A loop that the verifier walks once, not turn by turn. */
struct bpf_iter_num {
	__u64 __opaque[1];
} __attribute__((aligned(8)));
extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;

extern struct file *bpf_get_task_exe_file(struct task_struct *task) __ksym;
extern void bpf_put_file(struct file *file) __ksym;
extern int bpf_get_file_xattr(struct file *file, const char *name__str, struct bpf_dynptr *value_p) __ksym;

#endif
