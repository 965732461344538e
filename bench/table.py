#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""From the guests' output to the table: table.py DIRECTORY JSON >TEXT"""
import json
import os
import sys

COLUMNS = ["none", "idle", "outside", "detections", "free", "sealed", "enforcing", "first", "external", "self", "floor", "unconfined", "apparmor"]
NOTES = """\
Guest instructions for one operation, and below it the ratio to idle. none: no BPF LSM. idle: BPF LSM, nothing loaded.
outside: programs loaded, task in no namespace. detections: the same with all detections that come with tsem, on log.
free, sealed, enforcing: in a namespace, every event seen before (but
each file that a free namespace creates is a new one). first: every event is new to a free namespace (average of 224).
external: an agent in another process is asked for every event; self: the engine in tsem run is; what that adds to the
column outside is to be compared with the ping-pong. floor: programs that only return 0 on the same hooks. bpf/ has no
program for an operation whose numbers are all alike. apparmor: confined by a profile that allows the same, on a kernel
with AppArmor beside BPF LSM; its ratio is to unconfined, which is the same kernel without the profile.
"""
DIRECT = "Of the operation itself: the median of 49 windows that are short against the timer's ticks"
SUSTAINED = "Over a long time, with ticks and with what is freed later: the median of 5 batches, repeatable to 1 to 4 %"


def read(directory):
    """{(op, column): instructions} and the operations in their order."""
    results, order = {}, []
    for column in COLUMNS + ["growth"]:
        path = os.path.join(directory, column + ".out")
        if not os.path.exists(path):
            continue
        for line in open(path, errors="replace"):
            if not line.startswith('{"op"'):
                continue
            row = json.loads(line)
            results[row["op"], "enforcing" if column == "growth" else column] = row
            if row["op"] not in order:
                order.append(row["op"])
    return results, order


def base(results, op, column, kind):
    """What the ratio of a column is to. AppArmor has a kernel of its own; growth rows are compared with the plain one."""
    beside = "unconfined" if column in ("unconfined", "apparmor") else "idle"
    row = results.get((op, beside)) or results.get((op.split(",")[0], beside))
    return row[kind] if row else None


def quotient(results, op, column, kind):
    below = base(results, op, column, kind)
    return results[op, column][kind] / below if below else None


def rows(results, order):
    for op in order:
        for column in COLUMNS:
            row = results.get((op, column))
            if row:
                ratio = quotient(results, op, column, "instructions")
                yield {"op": op, "column": column, "instructions": row["instructions"],
                       "ratio": round(ratio, 4) if ratio else None, "sustained": row["sustained"]}


def text(results, order, kind):
    columns = [c for c in COLUMNS if any(key[1] == c for key in results)]
    width = max(len(op) for op in order) + 1
    lines = ["operation".ljust(width) + "".join(c.rjust(11) for c in columns)]
    for op in order:
        numbers = [results[op, c][kind] if (op, c) in results else None for c in columns]
        ratios = [quotient(results, op, c, kind) if (op, c) in results else None for c in columns]
        lines.append(op.ljust(width) + "".join(("-" if n is None else str(n)).rjust(11) for n in numbers))
        lines.append(" " * width + "".join(f"{r:.3f}".rjust(11) if r else " " * 11 for r in ratios))
    return "\n".join(line.rstrip() for line in lines)


def main():
    results, order = read(sys.argv[1])
    if not results:
        sys.exit("table: there are no results")
    with open(sys.argv[2], "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(row) for row in rows(results, order)) + "\n]\n")
    plain = [op for op in order if (op, "idle") in results]
    print(NOTES)
    print(DIRECT + "\n\n" + text(results, order, "instructions") + "\n")
    print(SUSTAINED + "\n\n" + text(results, plain, "sustained"))


main()
