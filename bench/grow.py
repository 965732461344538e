#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A model with as many coefficients as wanted: grow.py MODEL SIZE >BIGGER

The coefficients of MODEL and pseudo-random ones, the same every time
(docs/model-file.md). The trajectory is left out.
"""
import hashlib
import sys


def read(path):
    head, coefficients = [], []
    with open(path, "rb") as lines:
        for line in lines:
            words = line.split()
            if words[0] == b"coefficients":
                coefficients = [next(lines).strip() for _ in range(int(words[1]))]
                break
            head.append(line)
    return head, coefficients


def main():
    head, coefficients = read(sys.argv[1])
    size = int(sys.argv[2])
    if len(coefficients) > size:
        sys.exit(f"grow: {sys.argv[1]} has {len(coefficients)} coefficients already")
    chosen = set(coefficients)
    number = 0
    while len(chosen) < size:
        chosen.add(hashlib.sha256(b"grow %d" % number).hexdigest().encode())
        number += 1
    body = b"".join(head) + b"coefficients %d\n" % size + b"".join(c + b"\n" for c in sorted(chosen))
    sys.stdout.buffer.write(body + b"end " + hashlib.sha256(body).hexdigest().encode() + b"\n")


main()
