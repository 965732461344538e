# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""mirror_fuse.py DIR FILE: serves FILE as DIR/program, with the content that it has at each read, and says so.

Size and times that it tells are those of the beginning, as with servers whose answers may be kept.
"""
import os
import sys

from fuse import mount_served, serve_program


def main(directory, file):
    device = os.open("/dev/fuse", os.O_RDWR)
    mount_served(device, "mirror", directory, "fuse.mirror", ",allow_other")
    print("served", flush=True)

    def read(offset, size):
        with open(file, "rb") as content:
            content.seek(offset)
            return content.read(size)

    serve_program(device, os.path.getsize(file), read)


main(*sys.argv[1:])
