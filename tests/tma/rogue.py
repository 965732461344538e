#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Somebody else who answers for an external namespace: his own file system with his own helper, put in the place of
the right ones in the kernel's table. Always answers "trusted".
usage: rogue.py DIRECTORY SLOT CASE
CASE  nokey   all is right, but for the key
      replay  the key is right, the number is that of an earlier event
      right   all is right: what the others would be without the check
      recycled  no file system: the helper's number is that of another process
      other SLOT2   the helper of the namespace of SLOT2
Says "ready", and puts everything back at the end of standard input."""
import ctypes, json, os, select, struct, subprocess, sys

EXTERNALS, NAMESPACES = "/sys/fs/bpf/tsem/tsem_externals", "/sys/fs/bpf/tsem/tsem_namespaces"
BUSYBOX = open("/bin/busybox", "rb").read()
libc = ctypes.CDLL(None, use_errno=True)


def key(slot):
    return ["key", "hex"] + ["%02x" % b for b in struct.pack("<I", slot)]


def lookup(path, slot):
    out = subprocess.run(["bpftool", "-j", "map", "lookup", "pinned", path] + key(slot), capture_output=True, check=True).stdout
    return bytes(int(b, 16) for b in json.loads(out)["value"])


def update(slot, value):
    subprocess.run(["bpftool", "map", "update", "pinned", EXTERNALS] + key(slot) + ["value", "hex"] + ["%02x" % b for b in value],
                   check=True)


class Rogue:
    def __init__(self, directory, slot, case):
        self.slot, self.case, self.entry = slot, case, lookup(EXTERNALS, slot)
        self.device = os.open("/dev/fuse", os.O_RDWR)
        os.makedirs(directory, exist_ok=True)
        words = b"fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % self.device
        if libc.mount(b"rogue", directory.encode(), b"fuse", 0, words):
            raise OSError(ctypes.get_errno(), "mount")

    def reply(self, unique, payload=b"", error=0):
        os.write(self.device, struct.pack("<IiQ", 16 + len(payload), -error, unique) + payload)

    def attributes(self, node):
        mode, size = (0o40755, 0) if node == 1 else (0o100755, len(BUSYBOX))
        return struct.pack("<QQQQQQIIIIIIIIII", node, size, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def answer(self):
        number = struct.unpack_from("<Q", lookup(NAMESPACES, self.slot), 80)[0]
        secret = bytes(32) if self.case == "nokey" else self.entry[:32]
        return (secret + self.entry[32:40] + struct.pack("<QII", number - (self.case == "replay"), 0xa5, 0) + bytes(32))

    def serve(self):
        data = os.read(self.device, 1 << 18)
        _, opcode, unique, node = struct.unpack_from("<IIQQ", data)
        body = data[40:]
        if opcode == 26:  # INIT
            self.reply(unique, struct.pack("<IIIIHHIIHHI28x", 7, 31, 65536, 0, 16, 12, 65536, 1, 0, 0, 0))
        elif opcode == 1:  # LOOKUP
            self.reply(unique, struct.pack("<QQQQII", 2, 0, 3600, 3600, 0, 0) + self.attributes(2))
        elif opcode == 3:  # GETATTR
            self.reply(unique, struct.pack("<QII", 3600, 0, 0) + self.attributes(node))
        elif opcode in (14, 27):  # OPEN, OPENDIR
            self.reply(unique, struct.pack("<QII", 0, 2, 0))
        elif opcode == 15:  # READ
            _, offset, size = struct.unpack_from("<QQI", body)
            self.reply(unique, BUSYBOX[offset:offset + size])
        elif opcode == 22 and body[8:].startswith(b"user.tsem\0"):  # GETXATTR
            self.reply(unique, self.answer())
        elif opcode not in (2, 36, 42):  # FORGET, INTERRUPT, BATCH_FORGET have no reply
            self.reply(unique, error=61)

    def serve_until(self, done):
        while not done():
            if select.select([self.device], [], [], 0.02)[0]:
                self.serve()


def put(slot, helper, device):
    entry = lookup(EXTERNALS, slot)
    update(slot, entry[:40] + struct.pack("<QI", device, helper) + entry[52:])
    print("ready", flush=True)
    return entry


def ended():
    return bool(select.select([sys.stdin], [], [], 0)[0]) and not os.read(0, 1)


def main(directory, slot, case, *rest):
    slot = int(slot)
    old = lookup(EXTERNALS, slot)
    if case == "recycled":
        put(slot, os.getpid(), struct.unpack_from("<Q", old, 40)[0])
        sys.stdin.read()
    elif case == "other":
        device, helper = struct.unpack_from("<QI", lookup(EXTERNALS, int(rest[0])), 40)
        put(slot, helper, device)
        sys.stdin.read()
    else:
        rogue = Rogue(directory, slot, case)
        child = os.fork()
        if not child:
            os.close(rogue.device)
            os.execv(directory + "/sleep", ["sleep", "1000"])
        rogue.serve_until(lambda: os.readlink("/proc/%d/exe" % child).startswith(directory))
        # The file system's number, as everybody sees it in the list of mounts, because asking it would be asking us.
        numbers = [line.split()[2] for line in open("/proc/self/mountinfo") if line.split()[4] == directory][0].split(":")
        put(slot, child, int(numbers[0]) << 20 | int(numbers[1]))
        rogue.serve_until(ended)
        os.kill(child, 9)
    update(slot, old)


main(*sys.argv[1:])
