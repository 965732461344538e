# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""silent_fuse.py DIR: in a user namespace of its own, an overlay at DIR/over whose lower layer this process serves.

It answers until the overlay is mounted, says so, and from then on reads every request and answers none.
"""
import ctypes
import os
import struct
import sys
import threading

LOOKUP, FORGET, GETATTR, STATFS, RELEASE, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR = 1, 2, 3, 17, 18, 25, 26, 27, 28, 29
DIRECTORY, ENOENT, ENOSYS = 0o40755, 2, 38
libc = ctypes.CDLL(None, use_errno=True)
silent = False


def mount(source, place, kind, flags, options):
    if libc.mount(source.encode(), place.encode(), kind.encode(), flags, options.encode()):
        sys.exit("cannot mount %s: %s" % (place, os.strerror(ctypes.get_errno())))


def answer(device, unique, error, payload=b""):
    os.write(device, struct.pack("<IiQ", 16 + len(payload), -error, unique) + payload)


def attributes():
    return struct.pack("<QII", 0, 0, 0) + struct.pack("<6Q10I", 1, 0, 0, 0, 0, 0, 0, 0, 0, DIRECTORY, 2, 0, 0, 0, 4096, 0)


def serve(device):
    while True:
        request = os.read(device, 1 << 20)
        opcode, unique = struct.unpack_from("<IQ", request, 4)
        if silent or opcode == FORGET:
            continue
        if opcode == INIT:
            answer(device, unique, 0, struct.pack("<IIIIHHIIHHI7I", 7, 31, 65536, 0, 16, 12, 65536, 1, 16, 0, *[0] * 8))
        elif opcode == GETATTR:
            answer(device, unique, 0, attributes())
        elif opcode == STATFS:
            answer(device, unique, 0, struct.pack("<5Q4I", 0, 0, 0, 0, 0, 4096, 255, 4096, 0) + bytes(24))
        elif opcode == OPENDIR:
            answer(device, unique, 0, struct.pack("<QII", 0, 0, 0))
        elif opcode in (READDIR, RELEASEDIR, RELEASE, FLUSH):
            answer(device, unique, 0)
        else:
            answer(device, unique, ENOENT if opcode == LOOKUP else ENOSYS)


def main(directory):
    global silent
    for name in ("served", "empty", "over"):
        os.mkdir(os.path.join(directory, name))
    os.chdir(directory)
    device = os.open("/dev/fuse", os.O_RDWR)
    mount("silent", "served", "fuse.silent", 0, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other" % device)
    thread = threading.Thread(target=serve, args=(device,), daemon=True)
    thread.start()
    mount("overlay", "over", "overlay", 1, "lowerdir=served:empty")
    silent = True
    print("silent", flush=True)
    thread.join()


if __name__ == "__main__":
    main(sys.argv[1])
