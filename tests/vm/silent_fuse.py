# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""silent_fuse.py DIR: in a user namespace of its own, an overlay at DIR/over whose lower layer this process serves.

It answers until the overlay is mounted, says so, and from then on reads every request and answers none.
"""
import os
import struct
import sys
import threading

from fuse import (DIRECTORY, ENOENT, ENOSYS, FLUSH, FORGET, GETATTR, INIT, LOOKUP, OPENDIR, READDIR, RELEASE, RELEASEDIR, ROOT,
                  STATFS, VERSION, answer, attributes, mount, mount_served, request_of)

silent = False


def serve(device):
    while True:
        opcode, unique, _, _ = request_of(device)
        if silent or opcode == FORGET:
            continue
        if opcode == INIT:
            answer(device, unique, 0, VERSION)
        elif opcode == GETATTR:
            answer(device, unique, 0, struct.pack("<QII", 0, 0, 0) + attributes(ROOT, DIRECTORY))
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
    mount_served(device, "silent", "served", "fuse.silent", ",allow_other")
    thread = threading.Thread(target=serve, args=(device,), daemon=True)
    thread.start()
    mount("overlay", "over", "overlay", 1, "lowerdir=served:empty")
    silent = True
    print("silent", flush=True)
    thread.join()


main(sys.argv[1])
