#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Compares what the verifier has to do for each program with the committed table.

    verifier.py MEASURED [TABLE]                   exit status 1 when a program got dearer by more than 5 %, or
                                                   much cheaper
    verifier.py --accept REASON MEASURED [TABLE]   writes the table; REASON stands beside what got dearer

MEASURED has lines PROGRAM INSTRUCTIONS STATES PEAK. Dearer is who has more
instructions processed or more states. Who needs less than half of them may have
lost its purpose: the verifier removes what it takes for unreachable, such as
all that comes after a hook's argument is found to be absent. A program that only
one of the two has is a finding as well: the table is that of the programs that
there are.
"""
import os
import sys

BOUND = 1.05
CHEAPER = 0.5
LIMIT = 1000000
TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "verifier.txt")
HEAD = """\
What the kernel's verifier does for each program: instructions processed (the kernel's limit is 1,000,000 for each),
states in all and at one time; then why it was accepted that a program got dearer by more than 5 %, or much cheaper.
`make check-verifier` compares; `make accept-verifier REASON='...'` writes this.

"""
ROW = "{:<28}{:>13}{:>9}{:>7}"


def read(path):
    """{program: ((instructions, states, peak), reason)}"""
    rows = {}
    with open(path) as source:
        for line in source:
            words = line.split(None, 4)
            if len(words) >= 4 and words[1].isdigit() and words[0] != "all":
                rows[words[0]] = tuple(int(word) for word in words[1:4]), words[4].strip() if len(words) > 4 else ""
    return rows


def dearer(old, new):
    return [f"{name} {before} -> {now} (+{100 * (now / before - 1) if before else 100:.1f} %)"
            for name, before, now in zip(("instructions", "states"), old, new) if now > before * BOUND]


def cheaper(old, new):
    return [f"instructions {old[0]} -> {new[0]}: is some of it unreachable?"] if new[0] < old[0] * CHEAPER else []


def compare(measured, table):
    findings = []
    for program in sorted(measured.keys() | table.keys()):
        if program not in table:
            findings.append(f"dearer: {program}: is not in the table")
        elif program not in measured:
            findings.append(f"dearer: {program}: is in the table and was not measured")
        else:
            old, new = table[program][0], measured[program][0]
            findings += [f"dearer: {program}: {change}" for change in dearer(old, new)]
            findings += [f"cheaper: {program}: {change}" for change in cheaper(old, new)]
    return findings


def accept(reason, measured, table, path):
    with open(path + ".tmp", "w") as out:
        out.write(HEAD + ROW.format("program", "instructions", "states", "peak") + "\n")
        for program, (costs, _) in sorted(measured.items()):
            old, why = table.get(program, (costs, ""))
            why = reason if dearer(old, costs) or cheaper(old, costs) else why
            out.write((ROW.format(program, *costs) + ("  " + why if why else "")).rstrip() + "\n")
        out.write(ROW.format("all", *[sum(costs[i] for costs, _ in measured.values()) for i in range(3)]) + "\n")
    os.rename(path + ".tmp", path)


def usage():
    print(__doc__, file=sys.stderr)
    sys.exit(2)


def main():
    words = sys.argv[1:]
    reason = None
    if words[:1] == ["--accept"] and len(words) > 2 and words[1].strip():
        reason = words[1]
        words = words[2:]
    if not 1 <= len(words) <= 2 or words[0].startswith("-"):
        usage()
    path = words[1] if len(words) > 1 else TABLE
    try:
        measured = read(words[0])
        table = read(path) if reason is None or os.path.exists(path) else {}
    except OSError as error:
        sys.exit(f"verifier: {error.filename}: {error.strerror}")
    if not measured:
        sys.exit(f"verifier: {words[0]} has no program")
    if reason is not None:
        accept(reason, measured, table, path)
        return
    findings = compare(measured, table)
    for finding in findings:
        print(finding)
    worst, (costs, _) = max(measured.items(), key=lambda item: item[1][0][0])
    print(f"verifier: {len(measured)} programs, {len(findings)} findings; the dearest is {worst} with {costs[0]} of {LIMIT} "
          "instructions")
    sys.exit(1 if findings else 0)


main()
