#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""State and measurement of a model's events with any digest function, by the second implementation.
usage: recompute.py MODEL FUNCTION [BASE AGGREGATE [PSEUDONYM...]]    prints two lines"""
import hashlib, json, os, re, sys

path, function, base, aggregate = (sys.argv[1:5] + ["", ""])[:4]
pseudonyms = set(sys.argv[5:])
golden = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../golden/coefficient.py")
source = open(golden, encoding="utf-8").read()
second = {"__file__": golden} # it looks for what is beside it
exec(source.replace("sys.exit(main(sys.argv[1]))", ""), second)
fields, TABLE = second["fields"], second["TABLE"]


def H(data):
    return hashlib.new(function, data).digest()


ZERO = bytes(len(H(b"")))
base, aggregate = bytes.fromhex(base) or ZERO, bytes.fromhex(aggregate) or ZERO
tasks = {"00" * 32: ZERO}


def coefficient(line):
    """As in docs/coefficients.md, with the identities of programs computed with H too (docs/tma-protocol.md)."""
    event, name = line["event"], line["event"]["type"]
    parent = tasks[event["p_task_id"]]
    file = line[name].get("file", {})
    called = file.get("path", {}).get("pathname")
    if called in pseudonyms and int(file["digest"], 16):
        file["digest"] = H(len(called.encode()).to_bytes(4, "little") + called.encode())[:32].hex()
    tail = H(fields(TABLE["coe"], line["COE"])) + H(fields(TABLE[name], line[name]))
    if name == "bprm_committed_creds":
        tasks[event["task_id"]] = H(H(name.encode()) + parent + ZERO + tail)
    return H(H(name.encode()) + parent + tasks[event["task_id"]] + tail)


def fold(values):
    value = H(ZERO + H(base + aggregate))
    for each in values:
        value = H(value + H(base + each))
    return value.hex()


seen = list(dict.fromkeys(coefficient(json.loads(l[l.index("{"):])) for l in open(path, encoding="utf-8", newline="\n") if "{" in l))
print(fold(sorted(seen)))
print(fold(seen))
