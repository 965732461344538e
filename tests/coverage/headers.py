# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the kernel's headers of this machine have, by the kinds of coverage.py. COVERAGE_INCLUDE: those of another."""
import os
import re
import subprocess

include = os.environ.get("COVERAGE_INCLUDE", "/usr/include")
machine = os.path.join(include, "x86_64-linux-gnu")
# What asm/unistd.h of arm64 asks the list that architectures share for.
ARM64 = ["-D__BITS_PER_LONG=64", "-D__ARCH_WANT_RENAMEAT", "-D__ARCH_WANT_NEW_STAT", "-D__ARCH_WANT_SET_GET_RLIMIT",
         "-D__ARCH_WANT_TIME32_SYSCALLS", "-D__ARCH_WANT_SYS_CLONE3", "-D__ARCH_WANT_MEMFD_SECRET"]
# Words of a header that are values of arguments and not members.
VALUES = {
    "fcntl": r"F_(SEAL_\w+|OWNER_\w+|RDLCK|WRLCK|UNLCK|EXLCK|SHLCK|LINUX_SPECIFIC_BASE|OK)",
    "keyctl": r"KEYCTL_(SUPPORTS_\w+|CAPS\d\w+|MOVE_EXCL)",
    "mount": r"MOVE_MOUNT__MASK|MOUNT_ATTR_SIZE_\w+|\w+_CLOEXEC",
    "ip": r"IP_(PMTUDISC|DEFAULT)_\w+|IP_MSFILTER_SIZE|MCAST_(EXCLUDE|INCLUDE)",
    "ipv6": r"IPV6_(FL|PRIORITY|TLV|PMTUDISC|PREFER)_\w+|IPV6_FLOWINFO_(FLOWLABEL|PRIORITY)",
    "tcp": r"TCP_((MSS|ACCECN|CM|FLAG|NLA|RECEIVE|DATA)_|REPAIR_O[NF]|MD5SIG_(MAX|FLAG)|AO_(KEYF|MAX))\w*",
    "uring_register": r"IORING_REGISTER_((FILES_SKIP|SRC_REG|DST_REPL)\w*|LAST|USE_REGISTERED_RING)",
}


def read(header):
    with open(os.path.join(include, header), encoding="utf-8", errors="replace") as file:
        return file.read()


def macros(header, *options):
    """The macros that a header defines itself or by what it includes, with their values."""
    run = subprocess.run(["gcc", "-E", "-dM", "-nostdinc", "-I", machine, "-I", include, *options, "-"],
                         input=f"#include <{header}>\n", capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"cannot read {header}: {run.stderr}")
    return dict(re.findall(r"^#define (\w+) (.*)$", run.stdout, re.M))


def number(values, text):
    """The value of what a macro is made of; None when that is no number."""
    for _ in range(5):
        text = re.sub(r"\b[A-Za-z_]\w*", lambda match: values.get(match[0], match[0]), text)
    if not re.fullmatch(r"[\s()+|<0-9a-fA-FxUuLl]+", text):
        return None
    return eval(re.sub(r"[uUlL]+\b", "", text))  # digits, brackets, + | << only


def defined(header, pattern, values="$^", *options):
    known = macros(header, *options)
    names = [name for name in known if re.fullmatch(pattern, name) and not re.fullmatch(values, name)]
    found = {name: number(known, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}


def enumerated(header, pattern, values="$^", enum=r"\w*"):
    """The members of the enumerations of a header, which the preprocessor does not tell."""
    text = re.sub(r"/\*.*?\*/|^#.*?$", "", read(header), flags=re.S | re.M)
    found = {}
    for name, body in re.findall(r"enum\s+(\w*)\s*\{(.*?)\}", text, re.S):
        value = -1
        for part in body.split(",") if re.fullmatch(enum, name) else []:
            member, _, text = part.strip().partition("=")
            value = value + 1 if not text else number({key: str(known) for key, known in found.items()}, text)
            found[member.strip()] = value
    names = [name for name in found if re.fullmatch(pattern, name) and not re.fullmatch(values, name)]
    return {name: found[name] for name in names}


def system_calls(header, *options):
    found = defined(header, r"__NR_\w+", "__NR_(syscalls|arch_specific_syscall)", *options)
    return {name[5:]: value for name, value in found.items()}


def prctl_options():
    """Options are defined at the beginning of a line, the values of their arguments behind a blank."""
    found = re.findall(r"^#define (PR_\w+)\s+(\d\w*)\b", read("linux/prctl.h"), re.M)
    return {name: int(value, 0) for name, value in found}


def mount_verbs():
    verbs = r"(MOVE_MOUNT|OPEN_TREE|MOUNT_ATTR|FSMOUNT|FSOPEN|FSPICK)_[A-Z]\w+"
    return defined("linux/mount.h", verbs, VALUES["mount"]) | enumerated("linux/mount.h", r"FSCONFIG_\w+")


def socket_options():
    return (defined("asm/socket.h", r"SO_\w+")
            | defined("linux/in.h", r"(IP|MCAST)_[A-Z]\w+", VALUES["ip"])
            | defined("linux/in6.h", r"IPV6_[A-Z0-9]+\w+", VALUES["ipv6"])
            | defined("linux/tcp.h", r"TCP_[A-Z]\w+", VALUES["tcp"]))


def ioctl_headers():
    """The headers that define commands of ioctl, each of which a family has to name. They have no number."""
    found = {}
    folders = "linux|drm|sound|misc|mtd|rdma|video|fwctl|xen|scsi|asm-generic|x86_64-linux-gnu/asm"
    for folder, _, names in os.walk(include):
        kernel = re.match(rf"({folders})\b", os.path.relpath(folder, include))
        for name in names if kernel else []:
            path = os.path.relpath(os.path.join(folder, name), include)
            if re.search(r"^#\s*define\s+\w+\s+(\w+_|_)?IO(R|W|WR|C)?\s*\(", read(path), re.M):
                found[path.replace("x86_64-linux-gnu/", "")] = None
    return found


def members():
    """For each kind, what the headers have for each column of numbers: the number of each member."""
    return {
        "syscall": [system_calls("asm/unistd_64.h"), system_calls("asm-generic/unistd.h", *ARM64)],
        "uring_op": [enumerated("linux/io_uring.h", r"IORING_OP_\w+", "IORING_OP_LAST")],
        "uring_register": [enumerated("linux/io_uring.h", r"IORING_(UN)?REGISTER_\w+", VALUES["uring_register"])],
        "prctl": [prctl_options()],
        "fcntl": [defined("linux/fcntl.h", r"F_[A-Z0-9_]+", VALUES["fcntl"])],
        "keyctl": [defined("linux/keyctl.h", r"KEYCTL_\w+", VALUES["keyctl"])],
        "bpf": [enumerated("linux/bpf.h", r"BPF_\w+", "BPF_PROG_RUN|BPF_COMMON_ATTRS", "bpf_cmd")],
        "mount": [mount_verbs()],
        "sockopt": [socket_options()],
        "ioctl": [ioctl_headers()],
        "capability": [defined("linux/capability.h", r"CAP_\w+", "CAP_LAST_CAP")],
    }
