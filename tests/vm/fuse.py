# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What servers of FUSE file systems in these tests have in common: numbers of requests, answers, mounting."""
import ctypes
import os
import struct
import sys

LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT = 1, 2, 3, 14, 15, 17, 18, 25, 26
OPENDIR, READDIR, RELEASEDIR = 27, 28, 29
DIRECTORY, PROGRAM, ENOENT, ENOSYS = 0o40755, 0o100755, 2, 38
ROOT = 1  # the node
VERSION = struct.pack("<IIIIHHIIHHI7I", 7, 31, 65536, 0, 16, 12, 65536, 1, 16, 0, *[0] * 8)
libc = ctypes.CDLL(None, use_errno=True)


def mount(source, place, kind, flags, options):
    if libc.mount(source.encode(), place.encode(), kind.encode(), flags, options.encode()):
        sys.exit("cannot mount %s: %s" % (place, os.strerror(ctypes.get_errno())))


def mount_served(device, source, place, kind, more=""):
    mount(source, place, kind, 0, "fd=%d,rootmode=40000,user_id=0,group_id=0%s" % (device, more))


def request_of(device):
    """The number of what is asked, that of the request, the node, and the rest."""
    request = os.read(device, 1 << 20)
    return (*struct.unpack_from("<IQQ", request, 4), request[40:])


def answer(device, unique, error, payload=b""):
    os.write(device, struct.pack("<IiQ", 16 + len(payload), -error, unique) + payload)


def attributes(node, mode, size=0):
    return struct.pack("<6Q10I", node, size, 0, 0, 0, 0, 0, 0, 0, mode, 1 + (mode == DIRECTORY), 0, 0, 0, 4096, 0)


def serve_program(device, size, read, valid=1000):
    """One file "program" of that size; read(offset, size) gives its bytes, or None: the request is not answered."""
    mode = {ROOT: (DIRECTORY, 0), 2: (PROGRAM, size)}
    while True:
        opcode, unique, node, rest = request_of(device)
        if opcode == INIT:
            answer(device, unique, 0, VERSION)
        elif opcode == LOOKUP and rest.rstrip(b"\0") == b"program":
            answer(device, unique, 0, struct.pack("<QQQQII", 2, 0, valid, valid, 0, 0) + attributes(2, *mode[2]))
        elif opcode == GETATTR:
            answer(device, unique, 0, struct.pack("<QII", valid, 0, 0) + attributes(node, *mode[node]))
        elif opcode == OPEN:
            answer(device, unique, 0, struct.pack("<QII", 1, 0, 0))
        elif opcode == READ:
            content = read(*struct.unpack_from("<QI", rest, 8))
            if content is not None:
                answer(device, unique, 0, content)
        elif opcode in (RELEASE, FLUSH):
            answer(device, unique, 0)
        elif opcode != FORGET:
            answer(device, unique, ENOENT if opcode == LOOKUP else ENOSYS)
