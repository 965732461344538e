#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Puts the requests of the document to an agent and compares its answers with those of the document.
usage: vectors.py SOCKET DOCUMENT"""
import re, socket, struct, sys, zlib

from simple_tma import next_frame

SESSION = 0x1122334455667788


def masked(kind, payload):
    """The agent's own nonce is random: zeros in the document."""
    return payload[:64] + bytes(32) + payload[96:] if kind == 0x81 else payload


def frame_of(found):
    from simple_tma import frame
    kind, session, sequence, payload = found
    return frame(kind, session, sequence, masked(kind, payload))


line = socket.socket(socket.AF_UNIX)
line.settimeout(5)
line.connect(sys.argv[1])
text = open(sys.argv[2], encoding="utf-8").read()
vectors = re.findall(r"^(request|answer)\b[^\n]*\n((?:    [0-9a-f ]+\n)+)", text, re.M)
assert len(vectors) >= 16 and len(vectors) % 2 == 0, len(vectors)
data = b""
for number in range(0, len(vectors), 2):
    (first, request), (second, wanted) = vectors[number:number + 2]
    assert (first, second) == ("request", "answer")
    request, wanted = (bytes.fromhex("".join(h.split())) for h in (request, wanted))
    assert next_frame(request, SESSION)[0], f"request {number // 2 + 1} is not a frame"
    line.sendall(request)
    found = None
    while not found:
        data += line.recv(65536)
        found, data = next_frame(data, SESSION)
    got = frame_of(found)
    if got != wanted:
        print(f"answer {number // 2 + 1} is {got.hex()}, in the document {wanted.hex()}")
        sys.exit(1)
print(len(vectors) // 2, "requests")
