#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Second implementation of docs/coefficients.md and docs/json.md: checks a model file, or lines of exported JSON.
usage: coefficient.py FILE    exit status 0: every coefficient is the one computed here, 1: some are not"""
import hashlib, ipaddress, json, re, sys

# Events, then composite types, as NAMES: FIELDS in hashing order. A field is NAME:TYPE, or NAME alone when that is
# the name of a type too, or when the type is u32; with ? it is optional.
TABLE = """
bprm_committed_creds file_open file_receive: file; task_setpgid: task:digest source:digest; file_ioctl: file cmd:x32;
mmap_file: file? prot:x32 flags:x32; task_prlimit: cred tcred:cred flags:x32; task_setioprio: task:digest ioprio:s32;
file_lock file_fcntl: file cmd; task_setrlimit: task:digest resource current:u64 max:u64; ptrace_traceme: source:digest;
uring_cmd: file cmd_op; task_getpgid task_getsid task_getioprio task_getscheduler task_setscheduler: task:digest;
kernel_read_file: file id contents; capget: target:digest effective:x64 inheritable:x64 permitted:x64; task_kill:
target:digest sig cross_ns; task_prctl: option arg2:u64 arg3:u64 arg4:u64 arg5:u64; capable: cap ns call:str;
task_setnice: task:digest nice:s32; capset: effective:x64 inheritable:x64 permitted:x64; socket_shutdown: sock how;
userns_create: cred; socket_getsockname socket_getpeername tun_dev_attach: sock; socket_setsockopt: sock level optname;
task_fix_setuid: uid euid suid fsuid flags; netlink_send: sock uid gid portid dst_group flags:x32 nsid?; uring_sqpoll:;
ptrace_access_check: target:digest mode:x32; socket_connect socket_bind socket_accept: sock addr; unix_stream_connect
unix_may_send: sock other:sock addr? path?; path_chroot: path; tun_dev_create tun_dev_attach_queue tun_dev_open:;
socket_create: family type protocol kern; sb_mount: dev_name:str? path type:str? flags:x64 data:str?; socket_listen:
sock addr backlog; socket_sendmsg socket_recvmsg: sock addr?; sb_statfs quota_on inode_listxattr inode_killpriv: dentry;
syslog: type; socket_socketpair: socka:sock sockb:sock; quotactl: cmds type id dentry fstype:str s_flags:x64; bpf: cmd
size; kernel_module_request: kmod_name:str; shm_shmctl sem_semctl msg_queue_msgctl: perm cmd; sem_associate: perm
semflg:x32; kernel_load_data: id contents; msg_queue_msgrcv: perm target:digest type:u64 mode:x32; ipc_permission: perm
flag:u16; sb_umount: dentry flags:x32; msg_queue_associate msg_queue_msgsnd: perm msqflg:x32; sem_semop: perm nsops
alter; sb_remount: dentry fstype:str s_flags:x64; key_permission: possessed uid gid flags:x64 cred perm:u32;
sb_pivotroot: old_path:path new_path:path; inode_link: old_dentry:dentry dir:inode new_dentry:dentry; move_mount:
from_path:path to_path:path fstype:str; inode_create inode_mkdir: dir:inode dentry mode; bpf_map: map_type fmode:x32; inode_rename:
old_dir:inode old_dentry:dentry new_dir:inode new_dentry:dentry flags:x32; shm_associate shm_shmat: perm shmflg:x32;
inode_setattr: dentry valid:x32 mode uid gid size:u64; key_alloc: cred flags:x64; inode_setxattr: dentry name:str
value:str flags:x32; bpf_prog: type attach_type; inode_unlink inode_rmdir: dir:inode dentry; inode_removexattr
inode_getxattr inode_remove_acl: dentry name:str; inode_symlink: dir:inode dentry old_name:str; inode_mknod: dir:inode
dentry mode dev:device; inode_getattr: path inode; inode: uid gid mode s_magic:x32 s_id:str s_uuid:digest; coe: uid euid
suid gid egid sgid fsuid fsgid capeff:x64; dentry: inode? path; cred: uid euid suid gid egid sgid fsuid fsgid capeff:x64
securebits:x32; inet: port address:ip; file: flags:x32 inode path digest; perm: uid gid cuid cgid mode owner:digest;
sock: family type protocol owner:digest; device: major minor; inet6: port flow scope address:ip; time: seconds:u64
nsecs:u64; zone: minuteswest dsttime; unix: address:str; other: family digest; settime: ts:time? tz:zone?;
task_fix_setgid: gid egid sgid fsgid flags; task_fix_setgroups: count groups:digest; path_notify: path mask:x64 type;
inode_init_security_anon: name:str; perf_event_open: type; inode_set_acl: dentry name:str value:str; ipc_create:
kind:str mode; fs_context_parse_param: fstype:str key:str value:str?; system_call: call:str argument?; task_alloc: flags:x64
"""
TABLE = {name: row.split(":", 1)[1] for row in TABLE.split(";") for name in row.split(":", 1)[0].split()}
CHOICES = {  # what all have; then by tag what one of them has, told by its first field
    "path": ("dev:device? type:str", (0, "pathname:str"), (1, "directory:str instance:u64 owner:digest")),
    "addr": ("", (1, "af_inet:inet"), (2, "af_inet6:inet6"), (3, "af_unix:unix"), (4, "af_other:other"))}
ZERO, TYPES = bytes(32), {"digest", "mode", "port", *TABLE, *CHOICES}
def H(data): return hashlib.sha256(data).digest()
def text(value):
    raw = re.sub(rb"\\(?:\\|x([0-9a-f]{2}))", lambda m: bytes.fromhex(m[1].decode()) if m[1] else b"\\", value.encode())
    return len(raw).to_bytes(4, "little") + raw

def encode(kind, value):
    if kind in TABLE:
        return fields(TABLE[kind], value)
    if kind in CHOICES:
        common, *choices = CHOICES[kind]
        (tag, rest), = [c for c in choices if c[1].split(":")[0] in value]
        return fields(common, value) + bytes([tag]) + fields(rest, value)
    if kind in ("str", "digest", "ip"):
        return {"str": text, "digest": bytes.fromhex, "ip": lambda v: ipaddress.ip_address(v).packed}[kind](value)
    base, size = {"mode": (8, 2), "port": (10, 2)}.get(kind) or (16 if kind[0] == "x" else 10, int(kind[1:]) // 8)
    return int(value, base).to_bytes(size, "big" if kind == "port" else "little", signed=kind[0] == "s")

def fields(names, value):
    out = b""
    for name, kind, optional in re.findall(r"(\w+):?(\w*)(\??)", names):
        out += bytes([name in value]) if optional else b""
        if name in value or not optional:
            out += encode(kind or (name if name in TYPES else "u32"), value[name])
    return out

def coefficient(line):
    """The coefficient, and the identity of the task as far as the event determines it."""
    event, name = line["event"], line["event"]["type"]
    task, parent = bytes.fromhex(event["task_id"]), bytes.fromhex(event["p_task_id"])
    tail = H(fields(TABLE["coe"], line["COE"])) + H(fields(TABLE[name], line[name]))
    if name == "bprm_committed_creds":
        task = H(H(name.encode()) + parent + ZERO + tail)
    return H(H(name.encode()) + parent + task + tail), task

def main(path):
    lines, wrong, found, state = open(path, encoding="utf-8", newline="\n").read().split("\n"), [], set(), ZERO
    listed = {bytes.fromhex(l) for l in lines if re.fullmatch("[0-9a-f]{64}", l)}
    for number, line in enumerate(lines, 1):
        if "{" in line:
            event = json.loads(line[line.index("{"):])
            ours = dict(zip(("coefficient", "task_id"), coefficient(event)))
            found.add(ours["coefficient"])
            wrong += [f"{number}: {event['event']['type']}: {what} {event['event'][what]}, computed {value.hex()}"
                      for what, value in ours.items() if value.hex() != event["event"][what]]
    if lines[0].startswith("tsem-model ") and found and found != listed:
        wrong += [f"{len(found - listed)} events not listed, {len(listed - found)} coefficients without an event"]
    for value in [ZERO] + sorted(listed or found):
        state = H(state + H(ZERO + value))
    print(*(f"{path}:{text}" for text in wrong), sep="\n", end="\n" if wrong else "")
    print(f"{len(found)} events, {len(listed)} coefficients listed, {len(wrong)} wrong, state {state.hex()}")
    return 1 if wrong else 0

sys.exit(main(sys.argv[1]))
