# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""served_fuse.py DIR TYPE FILE WORD...: in a user namespace of its own, serves FILE as DIR/program on a FUSE file system
of that type, executes it with these words, and says its process number.

After the first read of the file it answers none any more.
"""
import ctypes
import os
import struct
import sys

from silent_fuse import DIRECTORY, ENOENT, ENOSYS, FLUSH, FORGET, GETATTR, INIT, LOOKUP, RELEASE, answer, mount

OPEN, READ = 14, 15
PROGRAM = 0o100755


def attributes(node, size):
    mode, size = (DIRECTORY, 0) if node == 1 else (PROGRAM, size)
    return struct.pack("<6Q10I", node, size, 0, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)


def serve(device, content):
    begun = False
    while True:
        request = os.read(device, 1 << 20)
        opcode, unique, node = struct.unpack_from("<IQQ", request, 4)
        if opcode == INIT:
            answer(device, unique, 0, struct.pack("<IIIIHHIIHHI7I", 7, 31, 65536, 0, 16, 12, 65536, 1, 16, 0, *[0] * 8))
        elif opcode == LOOKUP and request[40:].rstrip(b"\0") == b"program":
            answer(device, unique, 0, struct.pack("<QQQQII", 2, 0, 1000, 1000, 0, 0) + attributes(2, len(content)))
        elif opcode == GETATTR:
            answer(device, unique, 0, struct.pack("<QII", 1000, 0, 0) + attributes(node, len(content)))
        elif opcode == OPEN:
            answer(device, unique, 0, struct.pack("<QII", 1, 0, 0))
        elif opcode == READ:
            offset, size = struct.unpack_from("<QI", request, 48)
            if begun:
                continue
            begun = True
            answer(device, unique, 0, content[offset:offset + size])
        elif opcode in (RELEASE, FLUSH):
            answer(device, unique, 0)
        elif opcode != FORGET:
            answer(device, unique, ENOENT if opcode == LOOKUP else ENOSYS)


def main(directory, kind, file, *words):
    content = open(file, "rb").read()
    device = os.open("/dev/fuse", os.O_RDWR)
    mount("served", directory, kind, 0, "fd=%d,rootmode=40000,user_id=0,group_id=0" % device)
    child = os.fork()
    if not child:
        os.close(device)
        os.execv(directory + "/program", words)
    print("process", child, flush=True)
    serve(device, content)


main(*sys.argv[1:])
