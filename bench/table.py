#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""From the guests' output to the table: table.py DIRECTORY JSON >TEXT"""
import json
import os
import sys

COLUMNS = ["none", "idle", "outside", "free", "sealed", "enforcing", "first", "apparmor", "floor"]
NOTES = """\
Guest instructions for one operation (median of seven batches; first: average of 224 new events), and below it the
ratio to idle. none: no BPF LSM. idle: BPF LSM, nothing loaded. outside: programs loaded, task in no namespace. free,
sealed, enforcing: in a namespace, every event seen before. first: every event is new to a free namespace. apparmor:
confined by a profile that allows the same. floor: programs that only return 0 on the same hooks. bpf/ has no program
for an operation whose numbers are all alike."""


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
            results[row["op"], "enforcing" if column == "growth" else column] = row["instructions"]
            if row["op"] not in order:
                order.append(row["op"])
    return results, order


def base(results, op):
    """What idle is for this operation; growth rows are compared with the plain one."""
    return results.get((op, "idle")) or results.get((op.split(",")[0], "idle"))


def rows(results, order):
    for op in order:
        for column in COLUMNS:
            if (op, column) in results:
                number, idle = results[op, column], base(results, op)
                yield {"op": op, "column": column, "instructions": number,
                       "ratio": round(number / idle, 4) if idle else None}


def text(table, order):
    cells = {(r["op"], r["column"]): r for r in table}
    columns = [c for c in COLUMNS if any(r["column"] == c for r in table)]
    width = max(len(op) for op in order) + 1
    lines = ["operation".ljust(width) + "".join(c.rjust(11) for c in columns)]
    for op in order:
        numbers = [cells.get((op, c)) for c in columns]
        lines.append(op.ljust(width) + "".join((str(n["instructions"]) if n else "-").rjust(11) for n in numbers))
        lines.append(" " * width + "".join((f"{n['ratio']:.3f}" if n else "").rjust(11) for n in numbers))
    return "\n".join(line.rstrip() for line in lines)


def main():
    results, order = read(sys.argv[1])
    table = list(rows(results, order))
    if not table:
        sys.exit("table: there are no results")
    with open(sys.argv[2], "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(row) for row in table) + "\n]\n")
    print(text(table, order) + "\n\n" + NOTES)


main()
