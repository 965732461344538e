#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Compares a measurement with the committed one.

    check.py [--quick] MEASURED [COMMITTED]        exit status 1 when a row is worse by more than 1 %
    check.py --accept REASON MEASURED [COMMITTED]  commits the measurement; REASON is written beside what is worse

Worse is a row whose instructions and whose ratio to idle both grew by more
than the bound: the one alone comes with another kernel, the other alone with a
change of idle. A row that the committed table does not have is told, and is no error. Only what our programs do is judged. --quick: rows that were
not measured are no error.
"""
import json
import os
import shutil
import sys

BOUND = 1.01
OURS = ("outside", "detections", "free", "sealed", "enforcing", "first", "external", "self")
COMMITTED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "table.json")


def read(path):
    try:
        with open(path) as source:
            return {(row["op"], row["column"]): row for row in json.load(source)}
    except OSError as error:
        sys.exit(f"bench: {path}: {error.strerror}")
    except (ValueError, KeyError, TypeError) as error:
        sys.exit(f"bench: {path} is no measurement: {error}")


def worse(old, new):
    if old["column"] not in OURS or new["instructions"] <= old["instructions"] * BOUND:
        return False
    return not old["ratio"] or not new["ratio"] or new["ratio"] > old["ratio"] * BOUND


def ratio(row):
    return f"{row['ratio']:.3f}" if row["ratio"] else "unknown"


def compare(measured, committed, quick):
    findings = []
    for key, old in committed.items():
        new = measured.get(key)
        name = f"{key[0]} [{key[1]}]"
        if new is None:
            if not quick:
                findings.append(f"{name}: was not measured")
        elif worse(old, new):
            growth = 100 * (new["instructions"] / old["instructions"] - 1)
            findings.append(f"{name}: {old['instructions']} -> {new['instructions']} instructions (+{growth:.1f} %), "
                            f"ratio {ratio(old)} -> {ratio(new)}")
    return findings


def accept(reason, measured, committed, path, text):
    for key, row in measured.items():
        old = committed.get(key)
        if old and worse(old, row):
            row["reason"] = reason
        elif old and "reason" in old and not worse(row, old):
            row["reason"] = old["reason"]
    with open(path + ".tmp", "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(row) for row in measured.values()) + "\n]\n")
    os.rename(path + ".tmp", path)
    if os.path.exists(text):
        shutil.copyfile(text, os.path.splitext(path)[0] + ".txt")


def usage():
    print(__doc__, file=sys.stderr)
    sys.exit(2)


def main():
    words = sys.argv[1:]
    quick = words[:1] == ["--quick"]
    if quick:
        words = words[1:]
    reason = words[1] if words[:1] == ["--accept"] and len(words) > 2 else None
    if reason is not None:
        words = words[2:]
    if not 1 <= len(words) <= 2 or words[0].startswith("-"):
        usage()
    path = words[1] if len(words) > 1 else COMMITTED
    measured = read(words[0])
    committed = read(path) if os.path.exists(path) else {}
    if reason is not None:
        accept(reason, measured, committed, path, os.path.splitext(words[0])[0] + ".txt")
        return
    if not committed:
        sys.exit(f"bench: there is no committed table {path}: bench/check.py --accept REASON {words[0]}")
    findings = compare(measured, committed, quick)
    for finding in findings:
        print("worse: " + finding)
    for key in sorted(measured.keys() - committed.keys()):
        print(f"new: {key[0]} [{key[1]}]: {measured[key]['instructions']} instructions")
    print(f"bench: {len(committed) - len(findings)} rows hold, {len(findings)} do not")
    sys.exit(1 if findings else 0)


main()
