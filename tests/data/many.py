#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Writes a model with many lines of one kind to standard output: what reads or compares them in more than their number takes minutes.
usage: many.py pseudonyms|last|calls N VARIANT: two variants have no line in common; last: all but the last one"""
import hashlib, sys

kind, count, variant = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
digest = lambda text: hashlib.sha256(text.encode()).hexdigest()
before = after = ""
if kind == "pseudonyms":
    before = "".join(f"pseudonym /p/{i:07}.{variant}\n" for i in range(count))
elif kind == "last":
    before = "".join(f"pseudonym /p/{i:07}\n" for i in range(count - 1)) + f"pseudonym /q/{variant}\n"
else:
    after = f"syscalls {count}\n" + "".join(f"socket {100 + 2 * i + variant}\n" for i in range(count))
text = f"tsem-model 1\nname many\ndigest sha256\nprofile portable\ncontents exec\n{before}runs 1\n{after}coefficients 1\n{digest('one')}\n"
sys.stdout.write(f"{text}end {digest(text)}\n")
