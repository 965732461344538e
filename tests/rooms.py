#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Which room uses which: compares what sources include and what objects call with rooms.tab beside this file.

usage: rooms.py BUILD RULE...

A rule prints what breaks it, one line each, and nothing when it holds; `rules` lists the rules with a sentence each.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
TOP = ("abi", "include", "engine", "bpf", "detections", "lib", "lab", "roots", "sink", "cli")


def read_table():
    """room: the set of rooms that it may use, in the order of the table; room: what lives there."""
    table, words = {}, {}
    with open(os.path.join(ROOT, "tests", "rooms.tab"), encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                continue
            room, living, used = (part.strip() for part in line.split("|"))
            words[room] = living
            table[room] = set(used.split())
    return table, words


ROOMS, WORDS = read_table()


def room_of(path):
    """The room whose folder is the nearest above the file; that of a source that nobody listed is None."""
    folder = os.path.dirname(path)
    while folder and folder not in ROOMS:
        if folder.startswith(("lib/", "cli/", "roots/")):
            return None
        folder = os.path.dirname(folder)
    return folder or None


def sources():
    names = subprocess.run(["git", "ls-files", *TOP], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [name for name in names.split("\n") if name.endswith((".c", ".h", ".def"))]


def included(path):
    """The files of the tree that a source includes."""
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        for name in re.findall(r'^\s*#include "([^"]+)"', file.read(), re.M):
            # include/tsem/abi is a link to abi: installed, both are one folder.
            target = os.path.realpath(os.path.join(ROOT, os.path.dirname(path), name))
            if os.path.exists(target) and target.startswith(ROOT + os.sep):
                yield os.path.relpath(target, ROOT)


def table_circles(_):
    above = set()
    for room, used in ROOMS.items():
        for other in sorted(used - above):
            yield f"tests/rooms.tab: {room} may use {other}, which is not above it"
        above.add(room)


def homeless(_):
    for path in sources():
        if room_of(path) is None:
            yield f"{path}: tests/rooms.tab has no row for {os.path.dirname(path)}"


def includes(_):
    for path in sources():
        room = room_of(path)
        for target in included(path):
            other = room_of(target)
            if room and other != room and other not in ROOMS[room]:
                yield f"{path} includes {target}: {room} may not use {other or os.path.dirname(target)}"


def documented(_):
    """docs/architecture.md shows the rooms of the table, each with the same words."""
    with open(os.path.join(ROOT, "docs", "architecture.md"), encoding="utf-8") as file:
        shown = dict(re.findall(r"^([a-z/]+)/ {2,}(\S.*)$", file.read(), re.M))
    for room, words in WORDS.items():
        if shown.get(room) != words:
            yield f"docs/architecture.md says of {room} {shown.get(room)!r}, tests/rooms.tab {words!r}"
    for room in set(shown) - set(WORDS) - {"tests"}:
        yield f"docs/architecture.md shows {room}, which tests/rooms.tab does not have"


def header_circles(_):
    state = {}

    def visit(path, way):
        if state.get(path) == "done" or path.endswith(".def"):
            return
        if state.get(path) == "open":
            yield " includes ".join(way[way.index(path):] + [path])
            return
        state[path] = "open"
        for target in included(path):
            yield from visit(target, way + [path])
        state[path] = "done"

    for path in sources():
        yield from visit(path, [])


def kernel_side():
    """The sources of the kernel side, without the two that only put them together, and what takes the place of headers."""
    return [path for path in sources() if path.startswith("bpf/") and path != "bpf/tsem.bpf.c" and not path.startswith("bpf/agent/")]


def alone(_):
    """One translation unit has them all, so that the compiler alone would not miss an include."""
    made = subprocess.run(["make", "--no-print-directory", "--silent", "check-alone", "ALONE=" + " ".join(kernel_side())],
                          cwd=ROOT, check=False, capture_output=True, text=True)
    if made.returncode:
        yield from re.findall(r"^.*error:.*$", made.stderr, re.M) or [made.stderr.strip() or "make check-alone failed"]


def definitions(paths):
    """(name, expression that matches its use): the files that define it."""
    lines = subprocess.run(["ctags", "-x", "--languages=C", "--langmap=C:.c.h", "--c-kinds=dfvsegtxp", "--_xformat=%K %N %F", *paths],
                           cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    found = {}
    for kind, name, path in (line.rsplit(" ", 2) for line in lines):
        if kind in ("function", "prototype"):
            use = rf"\b{name}\s*\("
        else:
            use = rf"\bstruct\s+{name}\b" if kind == "struct" else rf"\b{name}\b"
        found.setdefault((name, use), set()).add(path)
    return found


def used(_):
    """What a source of the kernel side uses of a header there it includes from there, not by way of another."""
    paths = kernel_side()
    homes, own = definitions([path for path in paths if path.endswith(".h")]), definitions(paths)
    if len(homes) < 500:
        yield f"ctags finds {len(homes)} definitions in the headers of bpf/: that is not all of them"
    for path in paths:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            text = re.sub(r'/\*.*?\*/|"[^"\n]*"', " ", file.read(), flags=re.S)
        words, needs = set(re.findall(r"\w+", text)), {}
        for (name, use), headers in homes.items():
            if name in words and path not in own[name, use] and re.search(use, text):
                for header in headers:
                    needs.setdefault(header, name)
        includes = {target for target in included(path) if target.startswith("bpf/")}
        for header in sorted(set(needs) - includes):
            yield f"{path} uses {needs[header]} of {header} and does not include it"
        for header in sorted(includes - set(needs)):
            yield f"{path} includes {header} and uses nothing of it"


def symbols(build):
    """Two of object: the global symbols that it defines, and those that it uses."""
    objects = [os.path.relpath(os.path.join(at, name), build)
               for room in TOP for at, _, names in os.walk(os.path.join(build, room))
               for name in names if name.endswith(".o")]
    objects = [name for name in objects if os.path.exists(os.path.join(ROOT, name[:-2] + ".c"))]
    for name in objects:
        lines = subprocess.run(["nm", "--extern-only", os.path.join(build, name)], check=True, capture_output=True, text=True)
        words = [line.split()[-2:] for line in lines.stdout.splitlines()]
        yield name, {word for kind, word in words if kind != "U"}, {word for kind, word in words if kind == "U"}


def calls(build):
    found = list(symbols(build))
    homes = {word: room_of(name) for name, defined, _ in found for word in defined}
    if len(homes) < 500:
        yield f"{build} has objects with {len(homes)} symbols: that is not all of them"
    for name, _, used in found:
        room = room_of(name)
        for word in sorted(used):
            other = homes.get(word, room)
            # The table of commands is the one place where the frame names what is built on it.
            if name == "cli/frame/command.o" and word.startswith("cmd_"):
                continue
            if room and other != room and other not in ROOMS[room]:
                yield f"{name} uses {word}: {room} may not use {other}"


RULES = {
    "table": (table_circles, "no circle: a room uses only those above it"),
    "homeless": (homeless, "every source lives in a room"),
    "includes": (includes, "a room includes only headers of those that it may use"),
    "documented": (documented, "docs/architecture.md shows the rooms"),
    "headers": (header_circles, "no header includes itself, through whatever others"),
    "alone": (alone, "each source and each header of the kernel side compiles by itself"),
    "used": (used, "the kernel side includes the header of each thing that it uses, and no other"),
    "calls": (calls, "a room calls only functions of those that it may use"),
}


def main():
    if len(sys.argv) < 3 or sys.argv[2] not in (*RULES, "rules"):
        sys.exit(__doc__)
    if sys.argv[2] == "rules":
        for name, (_, sentence) in RULES.items():
            print(f"{name}\t{sentence}")
        return
    for rule in sys.argv[2:]:
        for line in RULES[rule][0](sys.argv[1]):
            print(line)


main()
