#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The events: from the rows of abi/events.def and the programs of bpf/ to the table of docs/events.md.

usage: events.py write | RULE...

`write` makes the table anew, adds numbers that are new to tests/golden/event-numbers, counts the vectors in
docs/coefficients.md and the events in README.md, docs/events.md and docs/export.md. Only the column "when it fires" is
written by hand; a new event gets a row in which it is empty. A rule prints what breaks it, one line each, and nothing
when it holds; `rules` lists the rules."""

import glob
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DOCUMENT = "docs/events.md"
NUMBERS = "tests/golden/event-numbers"
EXAMPLE = "docs/coefficients.md"
COMMAND = "python3 tests/golden/coefficient.py tests/golden/events.model"
# Where a page says how many kinds of events have a hook, and how many of these the default set has.
COUNTED = {
    "README.md": r"for (\d+) kinds of events; it models (\d+) of them",
    "docs/events.md": r"There are (\d+) kinds of events with a hook, (\d+) of them in the default set",
    "docs/export.md": r"exports all (\d+) kinds",
}
HEAD = """\
| number | event | class | set | hook | fields | when it fires | sleeps | on failure |
|---|---|---|---|---|---|---|---|---|
"""
# Modeled by the library, as there is no program for them: in lib/.
MADE_OUTSIDE = re.compile(r"\.event = TSEM_EVENT_(\w+)")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def rows():
    """(number, event, class, failure, fields) of each row of events.def."""
    found = re.findall(r"^TSEM_EVENT\((\d+), (\w+), ([A-Z]+), ([A-Z]+), (.*)\)$", read("abi/events.def"), re.M)
    if len(found) != len(re.findall(r"^TSEM_EVENT\(", read("abi/events.def"), re.M)):
        sys.exit("events.py: cannot read every row of abi/events.def")
    return found


def fields(text):
    names = [name + "?" * kind.startswith("OPT_") for kind, name in re.findall(r"(\w+)\((\w+)\)", text)]
    return ", ".join(names) or "none"


class Function:
    """A function of bpf/*.bpf.c as ctags finds it: with the macro that its head is."""

    def __init__(self, name, path, text):
        self.name, self.path, self.text = name, path, text
        self.calls = set(re.findall(r"\b(\w+)\(", text))
        self.events = set(re.findall(r"(?<![=!]= )\bTSEM_EVENT_(\w+)", text))


def functions():
    paths = sorted(glob.glob("bpf/*.bpf.c", root_dir=ROOT))
    lines = subprocess.run(["ctags", "-x", "--c-kinds=f", "--fields=+e", "--_xformat=%N %n %e %F", *paths], cwd=ROOT,
                           check=True, capture_output=True, text=True).stdout.splitlines()
    sources = {path: read(path).splitlines() for path in paths}
    for name, start, end, path in (line.split(" ") for line in lines):
        yield Function(name, path, "\n".join(sources[path][int(start) - 1:int(end)]))


class Program:
    """What the kernel calls on a hook, and the events that it has."""

    def __init__(self, name, section, begins, function):
        self.name, self.function = name, function
        self.kind, self.hook = section.split("/")
        self.events = begins


def programs(known):
    """In the order of the files. Events come from the macro, from the function, and from those that it calls."""
    by_name = {function.name: function for function in known}

    def events(function, seen):
        for call in function.calls - seen:
            seen.add(call)
            if call in by_name:
                yield from events(by_name[call], seen)
        yield from function.events

    for path in sorted(glob.glob("bpf/*.bpf.c", root_dir=ROOT)):
        text = read(path)
        heads = [(at.start(), at.group(1), at.group(2), at.group(2), set()) for at in
                 re.finditer(r'^SEC\("([^"]+)"\)\s*int BPF_PROG\((\w+)', text, re.M)]
        for at in re.finditer(r'^TSEM_HOOK(\w*)\(\s*"([^"]+)",\s*(\w+)(?:,\s*(\w+))?', text, re.M):
            kind, section, name, event = at.groups()
            program = "all_" + name if kind == "_ALL" else name
            heads.append((at.start(), section, program, "describe_" + name, {event if kind == "_RARE_AS" else name}))
        for _, section, name, function, begins in sorted(heads):
            found = by_name.get(function)
            yield Program(name, section, begins | (set(events(found, set())) if found else set()), found)


def causes(event, running):
    """The programs that have the event, first the one that is named after it."""
    mine = [program for program in running if event in program.events]
    return sorted(mine, key=lambda program: program.name not in (event, "all_" + event))


def listed(hooks):
    return ", ".join(f"`{hook}`" for hook in dict.fromkeys(hooks)) or "none"


def sleeping(mine):
    may = [program for program in mine if program.kind == "lsm.s"]
    if len(may) in (0, len(mine)):
        return "yes" if may else "no"
    return "not in " + listed(program.hook for program in mine if program not in may)


def table():
    """The lines of the table: as they are in the document, and as they should be."""
    text = read(DOCUMENT)
    start = text.index(HEAD) + len(HEAD)
    end = text.index("\n\n", start) + 1
    said = dict(re.findall(r"^\| \d+ \| `(\w+)` \|(?:[^|]*\|){4} ([^|]*?) ?\|[^|]*\|[^|]*\|$", text[start:end], re.M))
    known = list(functions())
    running = list(programs(known))
    made = ""
    for number, event, kind, failure, cell in rows():
        mine = causes(event, running)
        which = "all" if mine and all(program.name.startswith("all_") for program in mine) else "default"
        made += (f"| {number} | `{event}` | {kind.lower()} | {which} | {listed(program.hook for program in mine)} | "
                 f"{fields(cell)} | {said.get(event, '')} | {sleeping(mine)} | {failure} |\n")
    return text, start, end, made


def example():
    """What the document shows that COMMAND prints, a match to the end of the block, and what it prints."""
    shown = re.search(rf"^\$ {re.escape(COMMAND)}\n(.*?)\n```$", read(EXAMPLE), re.M | re.S)
    printed = subprocess.run(COMMAND.split(), cwd=ROOT, check=False, capture_output=True, text=True).stdout.strip()
    if not shown:
        sys.exit(f"events.py: {EXAMPLE} has no block that begins with `$ {COMMAND}`")
    return shown, printed


def counted(text):
    """The pages that name numbers of events: (path, its text, the match, the numbers that it should have)."""
    which = re.findall(r"^\| \d+ \| `\w+` \| \w+ \| (\w+) \| `", text, re.M)
    for path, pattern in COUNTED.items():
        page = read(path)
        match = re.search(pattern.replace(" ", r"\s+"), page)
        numbers = [str(len(which)), str(which.count("default"))]
        yield path, page, match, tuple(numbers[:match.re.groups]) if match else ()


def replace(path, text):
    with open(os.path.join(ROOT, path + ".new"), "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(os.path.join(ROOT, path + ".new"), os.path.join(ROOT, path))


def write():
    """A number that was published once stays: tests/abi.sh says so when its row has another by now."""
    text, start, end, made = table()
    shown, printed = example()
    replace(DOCUMENT, text[:start] + made + text[end:])
    replace(EXAMPLE, shown.string[:shown.start(1)] + printed + shown.string[shown.end(1):])
    published = read(NUMBERS)
    known = {line.split()[0] for line in published.splitlines()}
    for path, page, match, numbers in counted(made):
        for group, number in reversed(list(enumerate(numbers, 1))):
            page = page[:match.start(group)] + number + page[match.end(group):]
        replace(path, page)
    replace(NUMBERS, published + "".join(f"{row[0]} {row[1]}\n" for row in rows() if row[0] not in known))


def rule_table():
    """docs/events.md has the table that the rows and the programs make (tests/events.py write)"""
    text, start, end, made = table()
    for old, new in zip(text[start:end].splitlines() + [""] * len(rows()), made.splitlines()):
        if old != new:
            yield f"{DOCUMENT} has {old or 'nothing'!r} for {new!r}"
    if text[start:end].count("\n") > made.count("\n"):
        yield f"{DOCUMENT} has more rows than abi/events.def"


def rule_counts():
    """README.md, docs/events.md and docs/export.md have the numbers of events of that table (tests/events.py write)"""
    for path, _, match, numbers in counted(table()[3]):
        if not match:
            yield f"{path} does not say how many events there are, as tests/events.py expects it"
        elif match.groups() != numbers:
            yield f"{path} says {' and '.join(match.groups())} events, the table has {' and '.join(numbers)}"


def rule_said():
    """docs/events.md says of every event when it fires"""
    for event in re.findall(r"^\| \d+ \| `(\w+)` \|.* \|  \| [^|]* \| \w+ \|$", read(DOCUMENT), re.M):
        yield f"{DOCUMENT} does not say when {event} fires"


def rule_tags():
    """ctags finds the function behind each hook, and every event has one (or is made by the library)"""
    outside = {event for path in glob.glob("lib/*/*.c", root_dir=ROOT) for event in MADE_OUTSIDE.findall(read(path))}
    running = list(programs(list(functions())))
    for program in running:
        if not program.function:
            yield f"ctags does not find the function of {program.name} on {program.hook}: .ctags.d/tsem.ctags"
        elif "{" not in program.function.text:
            yield f"ctags finds {program.function.name} without its body"
    for _, event, _, _, _ in rows():
        if not causes(event, running) and event not in outside:
            yield f"no hook of bpf/ has the event {event}"


def rule_example():
    """docs/coefficients.md shows what the second implementation prints of the vectors (tests/events.py write)"""
    shown, printed = example()
    if shown[1] != printed:
        yield f"{EXAMPLE} shows {shown[1]!r}, {COMMAND} prints {printed!r}"


def rule_phrases():
    """the phrases of lib/explain/describe.c are of events that there are, and of fields that these have"""
    cells = {event: set(re.findall(r"\((\w+)\)", cell)) for _, event, _, _, cell in rows()}
    text = re.search(r"^static const struct phrase phrases\[\] = \{$(.*?)^\};$", read("lib/explain/describe.c"), re.M | re.S)[1]
    found = re.findall(r'^\t\{\s*"(\w+)",(.*?)\},$', text, re.M | re.S)
    if len(found) < 50:
        yield f"{len(found)} phrases are found: that is not all of them"
    for event, words in found:
        if event not in cells:
            yield f"there is no event {event}"
        for field in re.findall(r"\{(\w+)", words):
            if event in cells and field not in cells[event]:
                yield f"{event} has no field {field}"


RULES = {
    "table": rule_table,
    "counts": rule_counts,
    "example": rule_example,
    "said": rule_said,
    "tags": rule_tags,
    "phrases": rule_phrases,
}


def main():
    if len(sys.argv) < 2 or not set(sys.argv[1:]) <= {*RULES, "rules", "write"}:
        sys.exit(__doc__)
    if sys.argv[1] == "write":
        write()
    elif sys.argv[1] == "rules":
        print("\n".join(f"{name}\t{rule.__doc__}" for name, rule in RULES.items()))
    else:
        for rule in sys.argv[1:]:
            for line in RULES[rule]():
                print(line)


main()
