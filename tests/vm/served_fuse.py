# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""served_fuse.py DIR TYPE FILE WORD...: in a user namespace of its own, serves FILE as DIR/program on a FUSE file system
of that type, executes it with these words, and says its process number.

After the first read of the file it answers none any more.
"""
import os
import sys

from fuse import mount_served, serve_program


def main(directory, kind, file, *words):
    content = open(file, "rb").read()
    reads = []
    device = os.open("/dev/fuse", os.O_RDWR)
    mount_served(device, "served", directory, kind)
    child = os.fork()
    if not child:
        os.close(device)
        os.execv(directory + "/program", words)
    print("process", child, flush=True)

    def read(offset, size):
        reads.append(offset)
        return content[offset:offset + size] if len(reads) == 1 else None

    serve_program(device, len(content), read)


main(*sys.argv[1:])
