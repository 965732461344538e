#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Second implementation of docs/coefficients.md and docs/json.md: checks a model file, or lines of exported JSON.

usage: coefficient.py FILE    exit status 0: every coefficient is the one computed here, 1: some are not
"""
import hashlib, ipaddress, json, re, sys

ZERO = bytes(32)
EVENTS = {  # name: fields in hashing order; ? optional
    "bprm_committed_creds": "file:file", "task_kill": "target:digest sig:u32 cross_ns:u32", "file_open": "file:file",
    "mmap_file": "file:file? prot:x32 flags:x32", "file_receive": "file:file",
    "socket_create": "family:u32 type:u32 protocol:u32 kern:u32", "socket_connect": "sock:sock addr:addr",
    "socket_bind": "sock:sock addr:addr", "socket_accept": "sock:sock addr:addr", "socket_listen": "sock:sock backlog:u32",
    "ptrace_access_check": "target:digest mode:x32", "kernel_read_file": "file:file id:u32 contents:u32",
    "sb_mount": "dev_name:str? path:path type:str? flags:x64", "inode_create": "dir:inode dentry:dentry mode:mode",
    "inode_mkdir": "dir:inode dentry:dentry mode:mode", "inode_unlink": "dir:inode dentry:dentry",
    "inode_link": "old_dentry:dentry dir:inode new_dentry:dentry", "inode_symlink": "dir:inode dentry:dentry old_name:str",
    "inode_rename": "old_dir:inode old_dentry:dentry new_dir:inode new_dentry:dentry",
    "inode_setattr": "dentry:dentry valid:x32 mode:mode uid:u32 gid:u32 size:u64", "bpf": "cmd:u32 size:u32",
    "capset": "effective:x64 inheritable:x64 permitted:x64"}
SHAPES = {
    "inode": "uid:u32 gid:u32 mode:mode s_magic:x32 s_id:str s_uuid:digest", "dentry": "inode:inode? path:path",
    "file": "flags:x32 inode:inode path:path digest:digest", "sock": "family:u32 type:u32 protocol:u32 owner:digest",
    "device": "major:u32 minor:u32", "coe": "uid:u32 euid:u32 suid:u32 gid:u32 egid:u32 sgid:u32 fsuid:u32 fsgid:u32 "
    "capeff:x64", "inet": "port:port address:ip", "inet6": "port:port flow:u32 scope:u32 address:ip",
    "unix": "address:str", "other": "family:u32 digest:digest"}
CHOICES = {
    "path": ("dev:device? type:str", (0, "pathname:str"), (1, "directory:str instance:u64 owner:digest")),
    "addr": ("", (1, "af_inet:inet"), (2, "af_inet6:inet6"), (3, "af_unix:unix"), (4, "af_other:other"))}


def H(data):
    return hashlib.sha256(data).digest()


def text(value):
    raw = re.sub(rb"\\(?:\\|x([0-9a-f]{2}))", lambda m: bytes.fromhex(m[1].decode()) if m[1] else b"\\", value.encode())
    return len(raw).to_bytes(4, "little") + raw


def encode(kind, value):
    if kind in SHAPES:
        return fields(SHAPES[kind], value)
    if kind in CHOICES:
        common, *choices = CHOICES[kind]
        (tag, rest), = [c for c in choices if c[1].split(":")[0] in value]
        return fields(common, value) + bytes([tag]) + fields(rest, value)
    if kind in ("str", "digest", "ip"):
        return {"str": text, "digest": bytes.fromhex, "ip": lambda v: ipaddress.ip_address(v).packed}[kind](value)
    base, size = {"mode": (8, 2), "port": (10, 2)}.get(kind) or (16 if kind[0] == "x" else 10, int(kind[1:]) // 8)
    return int(value, base).to_bytes(size, "big" if kind == "port" else "little")


def fields(names, value):
    out = b""
    for name, kind in (f.split(":") for f in names.split()):
        if kind.endswith("?"):
            out += bytes([name in value])
        if name in value or not kind.endswith("?"):
            out += encode(kind.rstrip("?"), value[name])
    return out


def coefficient(line):
    """The coefficient, and the identity of the task as far as the event determines it."""
    event, name = line["event"], line["event"]["type"]
    task, parent = bytes.fromhex(event["task_id"]), bytes.fromhex(event["p_task_id"])
    tail = H(fields(SHAPES["coe"], line["COE"])) + H(fields(EVENTS[name], line[name]))
    if name == "bprm_committed_creds":
        task = H(H(name.encode()) + parent + ZERO + tail)
    return H(H(name.encode()) + parent + task + tail), task


def main(path):
    lines, wrong, state = open(path, encoding="utf-8", newline="\n").read().split("\n"), 0, ZERO
    listed = {bytes.fromhex(l) for l in lines if re.fullmatch("[0-9a-f]{64}", l)}
    found = set()
    for number, line in enumerate(lines, 1):
        if "{" not in line:
            continue
        event = json.loads(line[line.index("{"):])
        computed, task = coefficient(event)
        found.add(computed)
        for what, ours, theirs in (("coefficient", computed, event["event"]["coefficient"]),
                                   ("task_id", task, event["event"]["task_id"])):
            if ours.hex() != theirs:
                wrong += 1
                print(f"{path}:{number}: {event['event']['type']}: {what} {theirs}, computed {ours.hex()}")
    if lines[0].startswith("tsem-model ") and found and found != listed:
        wrong += 1
        print(f"{path}: {len(found - listed)} events not listed, {len(listed - found)} coefficients without an event")
    for value in [ZERO] + sorted(listed or found):
        state = H(state + H(ZERO + value))
    print(f"{len(found)} events, {len(listed)} coefficients listed, {wrong} wrong, state {state.hex()}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
