#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A bad serial line: two pseudo terminals, and bytes that are lost, doubled and flipped between them.
usage: serial.py LINK-A LINK-B ERRORS-PER-MILLION SEED    ends on SIGTERM and says what it did"""
import os, pty, random, select, signal, sys, tty

count = {"passed": 0, "lost": 0, "doubled": 0, "flipped": 0}


def spoil(data, rate, dice):
    out = bytearray()
    for byte in data:
        count["passed"] += 1
        if dice.random() >= rate:
            out.append(byte)
            continue
        what = dice.choice(("lost", "doubled", "flipped"))
        count[what] += 1
        if what == "doubled":
            out += bytes((byte, byte))
        elif what == "flipped":
            out.append(byte ^ 1 << dice.randrange(8))
    return bytes(out)


def end(*_):
    print(", ".join(f"{number} {what}" for what, number in count.items()), flush=True)
    os._exit(0)


signal.signal(signal.SIGTERM, end)
rate, dice = int(sys.argv[3]) / 1e6, random.Random(int(sys.argv[4]))
ends, keep = [], []
for link in sys.argv[1:3]:
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    os.set_blocking(ours, False)
    os.symlink(os.ttyname(theirs), link)
    keep.append(theirs)  # so that the line stays when nobody uses it
    ends.append(ours)
waiting = {ends[0]: b"", ends[1]: b""}
other = {ends[0]: ends[1], ends[1]: ends[0]}
while True:
    readable, writable, _ = select.select([e for e in ends if len(waiting[other[e]]) < 65536], [e for e in ends if waiting[e]], [])
    for e in readable:
        waiting[other[e]] += spoil(os.read(e, 4096), rate, dice)
    for e in writable:
        waiting[e] = waiting[e][os.write(e, waiting[e][:2048]):]
