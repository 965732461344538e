#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""contents.py DIRECTORY LOWER: changes files in many ways and opens each one after each change.

Prints one line for each opening for reading: the path, the SHA-256 of what was read, the change before it.
LOWER: a file on the lower layer of an overlay file system, where DIRECTORY is too.
"""
import hashlib, mmap, os, sys

directory, lower = sys.argv[1:]
os.chdir(directory)


def look(name, change):
    opened = os.open(name, os.O_RDONLY)
    content = b""
    while chunk := os.read(opened, 1 << 20):
        content += chunk
    os.close(opened)
    print(os.path.abspath(name), hashlib.sha256(content).hexdigest(), change, flush=True)


def write(name, flags, content, at=0):
    opened = os.open(name, os.O_WRONLY | flags)
    os.pwrite(opened, content, at)
    os.close(opened)


look("file", "nothing")
look("file", "nothing again")
write("file", 0, b"OVER")
look("file", "overwritten")
write("file", os.O_APPEND, b"more")
look("file", "appended to")
os.truncate("file", 3)
look("file", "truncated by name")
write("file", os.O_TRUNC, b"new")
look("file", "truncated by open")
opened = os.open("file", os.O_RDWR)
os.ftruncate(opened, 5000)
memory = mmap.mmap(opened, 5000)
look("file", "mapped for writing")
memory[4096:4100] = b"mapd"
look("file", "written to through a mapping")
os.close(opened)
memory[0:4] = b"MAPD"
look("file", "written to through a mapping without a descriptor")
memory.close()
look("file", "unmapped")
opened = os.open("file", os.O_RDWR)
os.pwrite(opened, b"one", 0)
look("file", "written to, and still open for that")
os.pwrite(opened, b"two", 0)
look("file", "written to again, and still open for that")
os.close(opened)
os.link("file", "link")
write("link", 0, b"by the other name")
look("file", "written to by another name")
os.rename("other", "file")
look("file", "renamed over")
os.unlink("file")
os.rename("third", "file")
look("file", "removed, and another one renamed to its name")
opened = os.open("file", os.O_WRONLY)
os.posix_fallocate(opened, 0, 9000)
os.close(opened)
look("file", "allocated")
look(lower, "on the lower layer")
write(lower, os.O_APPEND, b"copied up")
look(lower, "copied up")

# What an opening makes the kernel read is counted as the task's reading.
def kernel_reads(name):
    with open("/proc/self/io") as counts:
        before = int(counts.readline().split()[1])
    os.close(os.open(name, os.O_RDONLY))
    with open("/proc/self/io") as counts:
        return int(counts.readline().split()[1]) - before


first, second = kernel_reads("big"), kernel_reads("big")
print("read", first >= 8 << 20, second < 1 << 20)
