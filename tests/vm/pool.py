#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Takes all working memory of the kernel side, or gives it back.

    pool.py taken|free
"""
import ctypes
import os
import struct
import sys

NUMBER = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
LOOKUP, UPDATE, OPEN, INFO = 1, 2, 7, 15
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    memory = ctypes.create_string_buffer(attributes.ljust(144, b"\0"), 144)
    result = libc.syscall(NUMBER, command, memory, 144)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf command {command}")
    return result


def main():
    path = ctypes.create_string_buffer(b"/sys/fs/bpf/tsem/tsem_pool")
    fd = bpf(OPEN, struct.pack("=QII", ctypes.addressof(path), 0, 0))
    info = ctypes.create_string_buffer(80)
    bpf(INFO, struct.pack("=IIQ", fd, len(info), ctypes.addressof(info)))
    size, entries = struct.unpack_from("=II", info, 12)
    value, key = ctypes.create_string_buffer(size), ctypes.c_uint32()
    for key.value in range(entries):
        where = struct.pack("=IIQQQ", fd, 0, ctypes.addressof(key), ctypes.addressof(value), 0)
        bpf(LOOKUP, where)
        struct.pack_into("=Q", value, 0, sys.argv[1] == "taken")  # struct tsem_event begins with `busy`
        bpf(UPDATE, where)
    print(entries)


main()
