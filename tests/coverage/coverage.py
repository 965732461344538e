#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Which parts of the kernel's surface are events: reads the tables beside this file, writes docs/coverage.md, finds faults.

usage: coverage.py write | RULE...

A rule prints what breaks it, one line each, and nothing when it holds; `all` names every rule.

A table KIND.tab has a line `title`, lines `text`, and one row for each member of its kind:

    NAME [NUMBER...] | VERDICT | NOTE [| HEADERS]

VERDICT is one or more of, with commas between them:

    event EVENT           a row of abi/events.def
    guard GUARD           refused in every mode: a row of guards.tab
    capability CAP        the event `capable` with the name of the call
    none REASON [EVENT]   a row of reasons.tab; covered-by has the event
    open WORDS            nobody has decided yet: what is proposed

NUMBER is - where an architecture does not have the member."""
import os
import re
import sys
import textwrap

sys.dont_write_bytecode = True
import headers  # noqa: E402: what this machine has

here = os.path.dirname(os.path.abspath(__file__))
top = os.path.dirname(os.path.dirname(here))
document = os.path.join(top, "docs", "coverage.md")
# In the order of the document, with what their numbers are called.
KINDS = {
    "syscall": ["x86-64", "arm64"],
    "uring_op": ["number"],
    "uring_register": ["number"],
    "prctl": ["number"],
    "fcntl": ["number"],
    "keyctl": ["number"],
    "bpf": ["number"],
    "mount": ["number"],
    "sockopt": ["number"],
    "message": [],
    "ioctl": ["type"],
    "capability": ["number"],
    "helper": [],
}


def read(*path):
    with open(os.path.join(top, *path), encoding="utf-8", errors="replace") as file:
        return file.read()


class Row:
    def __init__(self, kind, line):
        fields = [field.strip() for field in line.split("|")] + ["", "", ""]
        self.kind = kind
        self.name, *self.numbers = fields[0].split() or [""]
        self.verdict, self.note = fields[1], fields[2]
        self.headers = fields[3].split()
        self.terms = [term.split(None, 1) for term in self.verdict.split(",") if term.strip()]

    def __str__(self):
        return f"{self.kind} {self.name}"

    def words(self, what):
        return [term[1].strip() for term in self.terms if term[0] == what and len(term) > 1]

    def events(self):
        covered = [reason.split()[1] for reason in self.words("none") if reason.startswith("covered-by ")]
        return self.words("event") + covered + ["capable"] * bool(self.words("capability"))


class Table:
    def __init__(self, kind):
        self.title, self.text, self.rows = kind, [], []
        for line in read("tests", "coverage", kind + ".tab").splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            if line.startswith("title "):
                self.title = line[6:]
            elif line.startswith("text "):
                self.text.append(line[5:])
            else:
                self.rows.append(Row(kind, line))


def sentences(name):
    """Rows `NAME | SENTENCE` as a dictionary."""
    lines = read("tests", "coverage", name + ".tab").splitlines()
    pairs = [line.split("|", 1) for line in lines if line.strip() and not line.startswith("#")]
    return {pair[0].strip(): pair[1].strip() for pair in pairs}


tables = {kind: Table(kind) for kind in KINDS}
rows = [row for table in tables.values() for row in table.rows]
reasons = sentences("reasons")
guards = sentences("guards")


# ---- what the tree has

def known_events():
    return dict(re.findall(r"^TSEM_EVENT\(\d+, (\w+), \w+, \w+, (.*)\)$", read("abi", "events.def"), re.M))


def default_events():
    """The events of the set that is modeled when nobody asks for another: tests/events.py makes that table."""
    found = re.findall(r"^\| \d+ \| `(\w+)` \| \w+ \| (\w+) \|", read("docs", "events.md"), re.M)
    return [event for event, which in found if which != "all"]


def deeds():
    """The events that the programs of tests/deeds cause: their tables' second column, or what their lists print."""
    folder = os.path.join(top, "tests", "deeds")
    text = "".join(read(folder, name) for name in sorted(os.listdir(folder)))
    found = re.findall(r'^\t\{\s*"\w+",\s*"(\w+)",|printf\("%s (\w+)\\n"', text, re.M)
    return {row or printed for row, printed in found}


def calls():
    """abi/calls.def: the calls that `capable` names, with their numbers."""
    path = os.path.join(top, "abi", "calls.def")
    text = read(path) if os.path.exists(path) else ""
    return {name: (x86, arm) for name, x86, arm in re.findall(r"^\w*CALL\((\w+),\s*(-?\d+),\s*(-?\d+)\)", text, re.M)}


# Events of several calls, which name theirs.
NAMING = {"key_permission", "ptrace_access_check", "task_setscheduler"}

# ---- rules

def rule_verdicts():
    """every row has a verdict, of the few that there are"""
    capabilities = {row.name for row in tables["capability"].rows}
    for row in rows:
        if not row.terms:
            yield f"{row}: no verdict"
        if len(row.numbers) < len(KINDS[row.kind]):
            yield f"{row}: a number is missing"
        for term in row.terms:
            what, rest = term[0], term[1].split() if len(term) > 1 else []
            if what not in ("event", "guard", "capability", "none", "open") or not rest:
                yield f"{row}: not a verdict: {' '.join(term)}"
            elif what == "guard" and rest[0] not in guards:
                yield f"{row}: no such guard: {rest[0]}"
            elif what == "capability" and rest[0] not in capabilities:
                yield f"{row}: no such capability: {rest[0]}"
            elif what == "none" and (rest[0] not in reasons or (rest[0] == "covered-by") != (len(rest) == 2)):
                yield f"{row}: not a reason: {' '.join(rest)}"
    names = [str(row) for row in rows]
    yield from (f"{name}: twice" for name in sorted(set(names)) if names.count(name) > 1)
    yield from (f"reason {name}: nobody has it" for name in reasons
                if not any(reason.split()[0] == name for row in rows for reason in row.words("none")))
    named = {guard for row in rows for guard in row.words("guard")}
    yield from (f"guard {name}: nobody has it" for name in guards if name not in named)


def rule_open():
    """no row is open"""
    yield from (f"{row}: {row.verdict}" for row in rows if row.words("open"))


def rule_events():
    """every event that a row names is in abi/events.def"""
    known = known_events()
    named = sorted({event for row in rows for event in row.events()} - set(known))
    yield from (f"{event}: {', '.join(str(row) for row in rows if event in row.events())}" for event in named)


def rule_default():
    """every event of the default set is named by a row"""
    events = default_events()
    if not events:
        yield "docs/events.md lists no events of the default set"
    yield from sorted(set(events) - {event for row in rows for event in row.events()})


def rule_all():
    """no row names an event that is modeled on request only"""
    asked = set(known_events()) - set(default_events())
    named = {event: [str(row) for row in rows if event in row.events()] for event in asked}
    yield from (f"{event}: {', '.join(named[event])}" for event in sorted(asked) if named[event])


def rule_deeds():
    """every event that a row names has a deed"""
    yield from sorted({event for row in rows for event in row.events()} - deeds())


def rule_syscalls():
    """abi/syscalls.def has the same system calls, with the same numbers"""
    path = os.path.join(top, "abi", "syscalls.def")
    text = read(path) if os.path.exists(path) else ""
    there = {name: pair for name, *pair in re.findall(r"^SYSCALL\((\w+),\s*(-?\d+),\s*(-?\d+),", text, re.M)}
    wanted = {row.name: [number.replace("-", "-1") for number in row.numbers] for row in tables["syscall"].rows}
    for name in sorted(set(there) | set(wanted)):
        if there.get(name) != wanted.get(name):
            yield f"{name}: {there.get(name)} in abi/syscalls.def, {wanted.get(name)} in syscall.tab"


def rule_prctls():
    """abi/prctls.def has the options of prctl that are events"""
    path = os.path.join(top, "abi", "prctls.def")
    there = set(re.findall(r"^TSEM_PRCTL\((\w+),", read(path) if os.path.exists(path) else "", re.M))
    wanted = {row.name[3:] for row in tables["prctl"].rows if "task_prctl" in row.events()}
    yield from (f"{name}: not in abi/prctls.def" for name in sorted(wanted - there))
    yield from (f"{name}: no event in prctl.tab" for name in sorted(there - wanted))


def rule_calls():
    """abi/calls.def has the calls that a capability alone lets through, or that act on another process, and their numbers"""
    there = calls()
    wanted = {row.name: row.numbers for row in tables["syscall"].rows if row.words("capability") or NAMING & set(row.events())}
    yield from (f"{name}: not in abi/calls.def" for name in wanted if name not in there)
    yield from (f"{name}: in abi/calls.def, and neither a capability nor an event that names it in syscall.tab"
                for name in there if name not in wanted)
    for name in sorted(set(there) & set(wanted)):
        pairs = zip(there[name], wanted[name])
        if any(a != b and not (b == "-" and a.startswith("-")) for a, b in pairs):
            yield f"{name}: {there[name]} in abi/calls.def, {wanted[name]} in syscall.tab"


def rule_headers():
    """every member that this machine's headers have is in a table, with its number"""
    for kind, columns in headers.members().items():
        have = {name: row for row in tables[kind].rows for name in row.headers or [row.name]}
        for column, found in enumerate(columns):
            if not found:
                yield f"{kind}: the headers have no members"
            for name, value in sorted(found.items()):
                if name not in have:
                    yield f"{kind} {name}: decide what it is, in tests/coverage/{kind}.tab"
                elif value is not None and have[name].numbers[column] not in (str(value), hex(value)):
                    yield f"{kind} {name}: {value} in the headers, {have[name].numbers[column]} in the table"


def rule_generated():
    """docs/coverage.md is what the generator writes"""
    if not os.path.exists(document) or read(document) != "\n".join(written()):
        yield "run tests/coverage/coverage.py write"


RULES = {name[5:]: rule for name, rule in sorted(globals().items()) if name.startswith("rule_")}


# ---- docs/coverage.md

def counted(which):
    """How many rows are events, by capability alone, guarded, none and open: each row once."""
    count = dict.fromkeys(["event", "capability", "guard", "none", "open"], 0)
    for row in which:
        kinds = [kind for kind in count if row.words(kind)]
        count["open" if "open" in kinds or not kinds else kinds[0]] += 1
    return count


def verdict_words(row):
    words = [f"`{event}`" for event in row.words("event")]
    words += [f"`capable` {name}" for name in row.words("capability")]
    words += [f"guard *{name}*" for name in row.words("guard")]
    words += [f"`{reason.split()[1]}`, at another point" if " " in reason else reason for reason in row.words("none")]
    words += [f"**open**: {proposal}" for proposal in row.words("open")]
    return ", ".join(words)


def numbered(row):
    return f"`{row.name}`" + (f" {'/'.join(row.numbers)}" if row.numbers else "")


def section(kind, table):
    """What has an event or needs a word has a line; the others are listed under their reason."""
    count = counted(table.rows)
    yield from [f"## {table.title}", "", *table.text, "",
                f"{len(table.rows)} rows: {count['event']} events, {count['capability']} by capability alone, "
                f"{count['guard']} guarded, {count['none']} none, {count['open']} open.", ""]
    lines = [row for row in table.rows if row.note or not row.words("none") or len(row.terms) > 1 or row.events()]
    heads = ["name", *KINDS[kind], "what it is", "note"]
    yield from ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for row in lines:
        numbers = row.numbers if len(KINDS[kind]) == len(row.numbers) else [" ".join(row.numbers)] * bool(KINDS[kind])
        yield "| " + " | ".join([f"`{row.name}`", *numbers, verdict_words(row), row.note]) + " |"
    yield ""
    for reason in reasons:
        rest = [row for row in table.rows if row not in lines and row.words("none") == [reason]]
        if rest:
            listed = f"- *{reason}* ({len(rest)}): " + ", ".join(numbered(row) for row in rest)
            yield from textwrap.wrap(listed, 118, subsequent_indent="  ", break_on_hyphens=False)
    yield ""


def events_section():
    """The events that a row names, with their fields."""
    yield from ["## Events and their fields", "",
                "The fields of each event, and how many rows above it covers. `?` is a field that may be absent.", "",
                "| event | fields | rows |", "|---|---|---|"]
    for event, fields in known_events().items():
        named = sum(event in row.events() for row in rows)
        words = re.findall(r"(OPT_)?\w+\((\w+)\)", fields)
        listed = ", ".join(name + "?" * bool(optional) for optional, name in words)
        if named:
            yield f"| `{event}` | {listed or 'none'} | {named} |"


HEAD = """# Which parts of the kernel are events

The *surface* of the kernel consists of its system calls and of their options, commands and the like. This page lists the
members of the surface, and states for each member whether tsem has an event for it. `events.md` describes the events.

Each member that can have an effect outside the calling process, or grant power, is one of these:

- an event of the default set, with the fields in the last table;
- covered by capability alone: the only event is `capable`, with the capability and the name of the system call;
- guarded: tsem refuses it in every mode, whatever the model has;
- none: there is no event, for one of the reasons below;
- open: not decided yet.

`tests/coverage/coverage.py write` writes this page from the tables in `tests/coverage`. To change the page, edit these
tables. `make check` fails when a row has no verdict, when an event is not in `abi/events.def` or has no deed in
`tests/deeds`, and when the headers of the build machine have a member that no row covers.

| kind | rows | events | by capability alone | guarded | none | open |
|---|---|---|---|---|---|---|"""


def written():
    yield HEAD
    for table in tables.values():
        each = counted(table.rows)
        yield f"| {table.title} | {len(table.rows)} | " + " | ".join(str(value) for value in each.values()) + " |"
    yield f"| all | {len(rows)} | " + " | ".join(str(value) for value in counted(rows).values()) + " |"
    yield from ["", "These are the reasons why there is no event:", "", "| reason | what it means | rows |", "|---|---|---|"]
    for reason, text in reasons.items():
        many = sum(found.split()[0] == reason for row in rows for found in row.words("none"))
        yield f"| *{reason}* | {text} | {many} |"
    yield from ["", "These are the guards:", "", "| guard | what is refused |", "|---|---|"]
    yield from (f"| *{name}* | {text} |" for name, text in guards.items())
    yield ""
    for kind, table in tables.items():
        yield from section(kind, table)
    yield from events_section()
    yield ""


def main():
    if sys.argv[1:] == ["write"]:
        with open(document, "w", encoding="utf-8") as file:
            file.write("\n".join(written()))
        return
    if sys.argv[1:] == ["rules"]:
        print("\n".join(f"{name}\t{rule.__doc__}" for name, rule in RULES.items()))
        return
    if not sys.argv[1:] or not set(sys.argv[1:]) <= set(RULES):
        raise SystemExit(__doc__ + "\n\nrules: " + " ".join(RULES))
    for name in sys.argv[1:]:
        print("\n".join(RULES[name]()))


if __name__ == "__main__":
    main()
