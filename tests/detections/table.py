#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Prints which rows of docs/detections.md do not say what the heads of the detections say, one line each.

A row has the name of the source and the technique of its TSEM_DETECTION. Its column "fires when" begins with the text
of it; more may follow. Every detection that comes with tsem has one row."""

import glob
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HEAD = "| name | technique | fires when | near misses that do not fire |\n|---|---|---|---|\n"
DOCUMENT = "docs/detections.md"


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def heads():
    """Name of the source: (technique, text), without the parts of tsem that detections share."""
    for path in sorted(glob.glob("detections/*.bpf.c", root_dir=ROOT)):
        name = os.path.basename(path).removesuffix(".bpf.c")
        if name.startswith("base-"):
            continue
        found = re.search(r'^TSEM_DETECTION\(\s*\w+, "([^"]*)",\s*"([^"]*)"\s*[,)]', read(path), re.M)
        yield name, found.groups() if found else None


def rows():
    text = read(DOCUMENT)
    start = text.index(HEAD) + len(HEAD)
    for line in text[start:text.index("\n\n", start)].splitlines():
        name, technique, fires, _ = (cell.strip() for cell in line.strip("|").split("|"))
        yield name.strip("`"), technique, fires


def main():
    known, seen = dict(heads()), []
    if len(known) < 15:
        print(f"{len(known)} detections are found: that is not all of them")
    for name, technique, fires in rows():
        seen.append(name)
        if not known.get(name):
            print(f"{DOCUMENT} has {name}: there is no TSEM_DETECTION that can be read in detections/{name}.bpf.c")
            continue
        if technique != known[name][0]:
            print(f"{DOCUMENT} has {technique} for {name}, its source has {known[name][0]}")
        if not re.match(re.escape(known[name][1].replace("`", "")) + r"(?![^.,;])", fires.replace("`", "")):
            print(f"{DOCUMENT} says of {name}: {fires!r}, its source says {known[name][1]!r}")
    for name in known:
        if seen.count(name) != 1:
            print(f"{DOCUMENT} has {seen.count(name)} rows for {name}")


main()
