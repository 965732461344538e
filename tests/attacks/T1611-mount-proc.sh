#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A new file system where the server looks for its own files.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: sb_mount
# object: tmpfs

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'import ctypes; ctypes.CDLL(None).mount(b"x", b"/mnt", b"tmpfs", 0, None); answer("")'; }
proof() { grep -q ' /mnt tmpfs ' /proc/mounts; }
clean() { umount /mnt; }
main "$@"
