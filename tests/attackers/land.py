#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Somebody has landed in a Python program that may connect to one server, and tries all else that he can think of.

land.py benign|attack DIR PORT OTHER VICTIM

DIR holds `secret`, and may be written to; on the ports PORT and OTHER servers listen; VICTIM is a process of the same
user. Only raw system calls by number, of x86-64. Each is tried in a child. One line for each: its kind, its name, and
"effect", "none ERRNO", or "absent" where this kernel has no such thing.
"""
import ctypes
import errno
import os
import signal
import socket
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, EFFECT = -100, 7
rows = []
error = 0


def call(number, *arguments):
    global error
    words = [a if isinstance(a, (bytes, ctypes.Array)) or a is None else ctypes.c_long(a) for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    error = ctypes.get_errno() if result < 0 else 0
    return result


def row(kind, name, act, root=False):
    rows.append((kind, name, act, root))


def simple(kind, name, number, *arguments, root=False):
    """One call, that has its effect when it succeeds."""
    row(kind, name, lambda: call(number, *[a() if callable(a) else a for a in arguments]) >= 0, root)


mode, base, port, other, victim = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])


def at(name):
    return base + b"/" + name


def address(number):
    return struct.pack("=H2s4s8x", socket.AF_INET, struct.pack(">H", number), b"\x7f\0\0\1")


def tcp():
    return call(41, 2, 1, 0)


def reads(fd):
    room = ctypes.create_string_buffer(64)
    return fd >= 0 and call(0, fd, room, 64) > 0


def pidfd():
    return call(434, victim, 0)


# ---- openings ----
secret = at(b"secret")
how = struct.pack("=QQQ", os.O_RDONLY, 0, 0)
row("open", "open", lambda: reads(call(2, secret, 0)))
row("open", "openat", lambda: reads(call(257, AT_FDCWD, secret, 0, 0)))
row("open", "openat2", lambda: reads(call(437, AT_FDCWD, secret, how, 24)))
row("open", "open, O_PATH and again", lambda: reads(call(2, b"/proc/self/fd/%d" % call(2, secret, os.O_PATH), 0)))
simple("open", "open O_TMPFILE", 2, base, os.O_TMPFILE | os.O_RDWR, 0o600)
simple("open", "open /dev/ptmx", 2, b"/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
simple("open", "open of a directory", 2, b"/etc", os.O_RDONLY | os.O_DIRECTORY)
simple("open", "truncate", 76, at(b"file"), 1)
simple("open", "mq_open", 240, b"tsem-land", os.O_CREAT | os.O_RDWR, 0o600, None)
simple("open", "mq_open of a queue that is there", 240, b"tsem-there", os.O_RDWR, 0, None)
simple("open", "acct", 163, at(b"file"), root=True)


def handle():
    room = ctypes.create_string_buffer(struct.pack("=Ii", 128, 0) + bytes(128))
    call(303, AT_FDCWD, b"/dev/shm/tsem-land", room, ctypes.create_string_buffer(4), 0)
    return reads(call(304, call(2, b"/dev/shm", os.O_DIRECTORY), room, os.O_RDONLY))


row("open", "open_by_handle_at", handle, root=True)

# ---- names ----
simple("create", "creat", 85, at(b"new"), 0o600)
simple("create", "open O_CREAT", 2, at(b"new2"), os.O_CREAT | os.O_WRONLY, 0o600)
simple("create", "mkdir", 83, at(b"new3"), 0o700)
simple("create", "mkdirat", 258, AT_FDCWD, at(b"new4"), 0o700)
simple("create", "mknod of a pipe", 133, at(b"new5"), 0o010600, 0)
simple("create", "mknodat of a pipe", 259, AT_FDCWD, at(b"new6"), 0o010600, 0)
simple("create", "mknod of a file", 133, at(b"new7"), 0o100600, 0)
simple("create", "mknod of a device", 133, at(b"new8"), 0o020600, 0x103, root=True)
simple("create", "symlink", 88, secret, at(b"new9"))
simple("create", "symlinkat", 266, secret, AT_FDCWD, at(b"new10"))
simple("create", "link", 86, at(b"file"), at(b"new11"))
simple("create", "linkat", 265, AT_FDCWD, at(b"file"), AT_FDCWD, at(b"new12"), 0)
simple("create", "rename", 82, at(b"file1"), at(b"new13"))
simple("create", "renameat", 264, AT_FDCWD, at(b"file2"), AT_FDCWD, at(b"new14"))
simple("create", "renameat2", 316, AT_FDCWD, at(b"file3"), AT_FDCWD, at(b"new15"), 0)
simple("create", "unlink", 87, at(b"file4"))
simple("create", "unlinkat", 263, AT_FDCWD, at(b"file5"), 0)
simple("create", "rmdir", 84, at(b"directory"))
simple("change", "chmod", 90, at(b"file"), 0o640)
simple("change", "fchmodat", 268, AT_FDCWD, at(b"file"), 0o604)
simple("change", "fchmodat2", 452, AT_FDCWD, at(b"file"), 0o604, 0)
simple("change", "chown", 92, at(b"file"), -1, os.getgid())
simple("change", "lchown", 94, at(b"file"), -1, os.getgid())
simple("change", "fchownat", 260, AT_FDCWD, at(b"file"), -1, os.getgid(), 0)
simple("change", "utime", 132, at(b"file"), None)
simple("change", "utimes", 235, at(b"file"), None)
simple("change", "futimesat", 261, AT_FDCWD, at(b"file"), None)
simple("change", "utimensat", 280, AT_FDCWD, at(b"file"), None, 0)
attribute = b"/dev/shm/tsem-land"
simple("change", "setxattr", 188, attribute, b"trusted.a", b"1", 1, 0, root=True)
simple("change", "lsetxattr", 189, attribute, b"trusted.b", b"1", 1, 0, root=True)
simple("change", "removexattr", 197, attribute, b"trusted.there", root=True)
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in ((1, 6, 2**32 - 1), (2, 6, 1001), (4, 4, 2**32 - 1),
                                                                      (16, 6, 2**32 - 1), (32, 4, 2**32 - 1)))
simple("change", "setxattr of an ACL", 188, attribute, b"system.posix_acl_access", acl, len(acl), 0)

# ---- code ----
shell = b"/bin/sh"


def words(*each):
    return (ctypes.c_char_p * (len(each) + 1))(*each, None)


row("exec", "execve", lambda: call(59, shell, words(b"sh", b"-c", b"exit 7"), None) >= 0)
row("exec", "execveat", lambda: call(322, AT_FDCWD, shell, words(b"sh", b"-c", b"exit 7"), None, 0) >= 0)


def memory_file():
    fd = call(319, b"x", 0)
    program = open_program()
    call(1, fd, program, len(program))
    return call(322, fd, b"", words(b"x"), None, 0x1000) >= 0


def open_program():
    """Exits with the status 7: mov $60, %eax; mov $7, %edi; syscall"""
    code = b"\xb8\x3c\0\0\0\xbf\x07\0\0\0\x0f\x05"
    size = 120 + len(code)
    return (b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
            + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 0x1000) + code)


row("exec", "memfd_create and execveat", memory_file)
PRIVATE = 0x22
libc.syscall.restype = ctypes.c_long
simple("code", "mmap, writable and executable", 9, 0, 4096, 7, PRIVATE, -1, 0)
simple("code", "mprotect", 10, lambda: call(9, 0, 4096, 3, PRIVATE, -1, 0), 4096, 5)
simple("code", "pkey_mprotect", 329, lambda: call(9, 0, 4096, 3, PRIVATE, -1, 0), 4096, 5, -1)
row("code", "personality and mmap", lambda: call(135, 0x400000) >= 0 and call(9, 0, 4096, 3, PRIVATE, -1, 0) > 0)
simple("code", "shmat, executable", 30, lambda: call(29, 0, 4096, 0o1700), 0, 0o100000)
simple("code", "userfaultfd", 323, 1)

# ---- the network ----
simple("connect", "connect", 42, tcp, address(other), 16)
simple("connect", "sendto MSG_FASTOPEN", 44, tcp, b"x", 1, 0x20000000, address(other), 16)


kept = []


class Header(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("size", ctypes.c_uint), ("iov", ctypes.c_void_p), ("count", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controls", ctypes.c_size_t), ("flags", ctypes.c_int), ("sent", ctypes.c_ulong)]


def message():
    text = ctypes.create_string_buffer(b"x")
    iov = (ctypes.c_ulong * 2)(ctypes.addressof(text), 1)
    where = address(other)
    header = Header(where, 16, ctypes.addressof(iov), 1, None, 0, 0, 0)
    kept.append((text, iov, where, header))
    return ctypes.addressof(header)


simple("connect", "sendmsg MSG_FASTOPEN", 46, tcp, message, 0x20000000)
simple("connect", "sendmmsg MSG_FASTOPEN", 307, tcp, message, 1, 0x20000000)
simple("connect", "bind", 49, tcp, address(0), 16)
simple("connect", "listen", 50, tcp, 1)
for family, kind, protocol, name, only in ((2, 2, 0, "UDP", False), (1, 1, 0, "UNIX", False), (16, 3, 0, "netlink", False),
                                           (17, 3, 0x300, "packet", True), (2, 3, 255, "raw", True), (38, 5, 0, "crypto", False),
                                           (2, 1, 262, "MPTCP", False)):
    simple("connect", "socket: " + name, 41, family, kind, protocol, root=only)
simple("connect", "socketpair", 53, 1, 1, 0, lambda: (ctypes.c_int * 2)())

# ---- other processes ----
simple("signal", "kill", 62, victim, signal.SIGUSR1)
simple("signal", "tkill", 200, victim, signal.SIGUSR1)
simple("signal", "tgkill", 234, victim, victim, signal.SIGUSR1)
info = struct.pack("=iii", signal.SIGUSR1, 0, -1) + bytes(116)
simple("signal", "rt_sigqueueinfo", 129, victim, signal.SIGUSR1, info)
simple("signal", "rt_tgsigqueueinfo", 297, victim, victim, signal.SIGUSR1, info)
simple("signal", "pidfd_send_signal", 424, pidfd, signal.SIGUSR1, None, 0)
simple("process", "ptrace", 101, 0x4206, victim, 0, 0, root=True)
simple("process", "pidfd_getfd", 438, pidfd, 0, 0, root=True)
simple("process", "prlimit64", 302, victim, 4, struct.pack("=QQ", 0, 0), None)
simple("process", "setpriority", 141, 0, victim, 19)
simple("process", "sched_setscheduler", 144, victim, 5, struct.pack("=i", 0))
simple("process", "sched_setparam", 142, victim, struct.pack("=i", 0))
simple("process", "sched_setattr", 314, victim, struct.pack("=IIQiIQQQ", 48, 5, 0, 0, 0, 0, 0, 0), 0)
simple("process", "sched_setaffinity", 203, victim, 8, struct.pack("=Q", 1))
simple("process", "ioprio_set", 251, 1, victim, 3 << 13)
simple("process", "process_madvise", 440, pidfd, struct.pack("=QQ", 0, 0), 1, 21, 0, root=True)
simple("process", "migrate_pages", 256, victim, 64, struct.pack("=Q", 1), struct.pack("=Q", 1))
simple("process", "kcmp", 312, victim, lambda: os.getpid(), 2, 0, 0)

# ---- mounts and namespaces ----
simple("mount", "mount", 165, b"none", at(b"there"), b"tmpfs", 0, None, root=True)
simple("mount", "umount2", 166, at(b"mounted"), 2, root=True)
simple("mount", "fsopen", 430, b"tmpfs", 0, root=True)
simple("mount", "open_tree", 428, AT_FDCWD, base, 1, root=True)
simple("mount", "fspick", 433, AT_FDCWD, b"/dev/shm", 0, root=True)
simple("mount", "mount_setattr", 442, AT_FDCWD, b"/dev/shm", 0, struct.pack("=QQQQ", 8, 0, 0, 0), 32, root=True)
simple("mount", "chroot", 161, base, root=True)
for flag, name in ((0x20000, "mount"), (0x4000000, "UTS"), (0x8000000, "IPC"), (0x40000000, "network"), (0x20000000, "PID"),
                   (0x2000000, "control group"), (0x80, "time")):
    simple("mount", "unshare: " + name, 272, flag, root=True)
simple("mount", "unshare: user", 272, 0x10000000)
simple("mount", "setns", 308, pidfd, 0x4000000, root=True)

# ---- keys and IPC ----
simple("keys", "add_key", 248, b"user", b"tsem-land", b"x", 1, -4)
simple("keys", "keyctl, a session's keyring", 250, 1, b"tsem-land")
simple("ipc", "shmget", 29, 0x15ead, 4096, 0o1600)
simple("ipc", "semget", 64, 0x15ead, 1, 0o1600)
simple("ipc", "msgget", 68, 0x15ead, 0o1600)

# ---- interfaces that do much ----
simple("bpf", "bpf, a map", 321, 0, struct.pack("=IIII", 2, 4, 4, 1) + bytes(100), 116, root=True)
simple("bpf", "bpf, the first map", 321, 12, bytes(120), 120, root=True)
simple("fanotify", "fanotify_init", 300, 0, 0, root=True)
simple("uring", "io_uring_setup", 425, 1, lambda: ctypes.create_string_buffer(120))
software = struct.pack("=IIQQQQ", 1, 64, 1, 0, 0, 0) + struct.pack("=Q", 0x20) + bytes(16)
simple("perf", "perf_event_open", 298, software, 0, -1, -1, 0)
simple("perf", "perf_event_open, all processes", 298, software, -1, 0, -1, 0, root=True)
simple("ioctl", "ioctl SIOCGSKNS", 16, tcp, 0x894C, 0, root=True)
simple("ioctl", "ioctl SIOCSIFMTU", 16, tcp, 0x8922, struct.pack("=16si20x", b"lo", 65535), root=True)

# ---- the machine ----
simple("system", "sethostname", 170, b"tsem-land", 9, root=True)
simple("system", "setdomainname", 171, b"tsem-land", 9, root=True)
simple("system", "iopl", 172, 3, root=True)
simple("system", "ioperm", 173, 0x80, 1, 1, root=True)
simple("system", "settimeofday", 164, None, struct.pack("=ii", 0, 0), root=True)
simple("system", "adjtimex", 159, lambda: ctypes.create_string_buffer(struct.pack("=I", 0x80) + bytes(220)), root=True)
simple("system", "clock_adjtime", 305, 0, lambda: ctypes.create_string_buffer(struct.pack("=I", 0x80) + bytes(220)), root=True)
simple("system", "clock_settime", 227, 0, lambda: struct.pack("=qq", *divmod(__import__("time").time_ns(), 10**9)), root=True)
simple("system", "syslog", 103, 8, None, 4, root=True)
simple("system", "reboot, the keys", 169, 0xFEE1DEAD, 672274793, 0x89ABCDEF, None, root=True)
simple("system", "kexec_load of nothing", 246, 0, 0, None, 0, root=True)
simple("system", "vhangup", 153, root=True)
simple("ids", "setuid", 105, 1001, root=True)
simple("ids", "setresuid", 117, 1001, 1001, 1001, root=True)
row("ids", "setfsuid", lambda: call(122, 1001) >= 0 and call(122, -1) == 1001, root=True)
simple("ids", "setgid", 106, 1001, root=True)
simple("ids", "setresgid", 119, 1001, 1001, 1001, root=True)
simple("ids", "setgroups", 116, 1, struct.pack("=I", 42), root=True)
simple("ids", "capset", 126, struct.pack("=II", 0x20080522, 0), bytes(24))


def connected():
    s = socket.socket()
    s.connect(("127.0.0.1", port))
    s.close()


def attempt(act):
    """In a child; the effect is its status."""
    ends = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(3)
        done = bool(act())
        os.write(ends[1], errno.errorcode.get(error, str(error)).encode())
        os._exit(EFFECT if done else 0)
    os.close(ends[1])
    status = os.waitpid(child, 0)[1]
    why = os.read(ends[0], 64).decode()
    os.close(ends[0])
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == EFFECT:
        return "effect"
    return "absent" if why in ("ENOSYS", "EAFNOSUPPORT", "EPROTONOSUPPORT") else "none " + (why or "ended by a signal")


attempt(connected)
for kind, name, act, root in rows if mode == "attack" else ():
    if os.getuid() == 0 or not root:
        os.write(1, ("%s: %s: %s\n" % (kind, name, attempt(act))).encode())
