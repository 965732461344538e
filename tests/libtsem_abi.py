#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What libtsem.so.1 promises to programs that were linked before: compares it with tests/golden/libtsem.abi.

usage: libtsem_abi.py BUILD RULE... | libtsem_abi.py BUILD accept NODE

A rule prints what breaks it, one line each, and nothing when it holds; `rules` lists the rules with a sentence each.
`accept` appends what is new as that of NODE, a node of lib/libtsem.map that the file does not have yet. It never changes
what an earlier node has: whoever must do that makes another library, with another number behind .so.
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
GOLDEN = os.path.join(ROOT, "tests", "golden", "libtsem.abi")
MAP = os.path.join(ROOT, "lib", "libtsem.map")
PACKAGED = os.path.join(ROOT, "packaging", "debian", "libtsem1.symbols")
SONAME = "libtsem.so.1"
# Only the library makes them, so that they may get more members behind all others, as those that begin with their size.
MADE_BY_LIBRARY = ("tsem_model", "tsem_option", "tsem_signed", "tsem_detect_state")


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


def read_golden():
    """Of each node, in order: its lines, and the digest that freezes them."""
    nodes, digests = {}, {}
    if os.path.exists(GOLDEN):
        with open(GOLDEN, encoding="utf-8") as file:
            for line in file.read().splitlines():
                if line.startswith("node "):
                    _, node, digest = line.split()
                    nodes[node], digests[node] = [], digest
                elif line and not line.startswith("#"):
                    nodes[node].append(line)
    return nodes, digests


def digest_of(lines):
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def facts(nodes):
    """What holds now: a struct that begins with its size may have grown in a later node."""
    found = {}
    for lines in nodes.values():
        for line in lines:
            kind, name, value = (line.split(" ", 2) + [""])[:3]
            found[kind, name] = value
    return found


def read_map():
    """The nodes in order: the symbols of each, and the node that it inherits."""
    with open(MAP, encoding="utf-8") as file:
        text = re.sub(r"#.*", "", file.read())
    nodes = {}
    for node, body, base in re.findall(r"(\w[\w.]*) \{(.*?)\}\s*([\w.]*);", text, re.S):
        names = re.search(r"global:(.*?)(?:local:|$)", body, re.S)
        nodes[node] = (re.findall(r"(\w+);", names.group(1) if names else ""), base)
    return nodes


def exported(build):
    """Each dynamic symbol that the library defines, with its node; the names of the nodes are left out."""
    found = {}
    for line in run("nm", "-D", "--defined-only", "--with-symbol-versions", os.path.join(build, SONAME)).splitlines():
        kind, name = line.split()[1:3]
        if kind != "A":
            name, _, node = name.partition("@")
            found[name] = node.lstrip("@")
    return found


def public_structs():
    """Each struct of the public headers with its members, as the compiler lays them out."""
    text = run("clang", "-std=gnu11", "-x", "c", "-I", os.path.join(ROOT, "include"), "-fsyntax-only", "-Xclang",
               "-fdump-record-layouts-complete", "-", input="#include <tsem/tsem.h>\n")
    structs = {}
    for block in text.split("*** Dumping AST Record Layout")[1:]:
        head = re.search(r"0 \| struct (tsem_\w+)$", block, re.M)
        if head:
            structs[head.group(1)] = re.findall(r"^ +\d+ \|   (?! ).*?(\w+)$", block, re.M)
    return structs


def measured(compiler, suffix):
    """The same as lines of the golden file, by a program that the compiler makes."""
    source = "#include <stddef.h>\n#include <stdio.h>\n#include <tsem/tsem.h>\nint main(void)\n{\n"
    for name, members in public_structs().items():
        source += f'\tprintf("struct {name} %zu %zu\\n", sizeof(struct {name}), __alignof__(struct {name}));\n'
        for member in members:
            source += (f'\tprintf("member {name}.{member} %zu %zu\\n", offsetof(struct {name}, {member}), '
                       f"sizeof(((struct {name} *)0)->{member}));\n")
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "layout" + suffix)
        with open(path, "w", encoding="utf-8") as file:
            file.write(source + "\treturn 0;\n}\n")
        run(compiler, "-Wall", "-Wextra", "-Werror", "-I", os.path.join(ROOT, "include"), path, "-o", path + ".out")
        return run(path + ".out").splitlines()


def differences(now, promised, where):
    for key in promised:
        if key not in now:
            yield f"{' '.join(key)} is promised, and {where} does not have it"
        elif now[key] != promised[key]:
            yield f"{' '.join(key)} is {now[key]} in {where}, and was promised as {promised[key]}"
    for key in now:
        if key not in promised:
            yield f"{' '.join(key)} of {where} is not promised yet: a new node (docs/library.md)"


def pick(found, *kinds):
    return {key: value for key, value in found.items() if key[0] in kinds}


def symbols(build):
    now = {("symbol", f"{name}@{node}"): "" for name, node in exported(build).items()}
    yield from differences(now, pick(facts(read_golden()[0]), "symbol"), SONAME)


def foreign(build):
    for name in exported(build):
        if not re.fullmatch(r"tsem_\w+", name):
            yield f"{SONAME} exports {name}"


def declared(build):
    headers = ""
    folder = os.path.join(ROOT, "include", "tsem")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".h"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                headers += re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
    functions = {name for name in re.findall(r"\b(tsem_\w+)\(", headers) if not name.endswith("_fn")}
    for name in sorted(functions ^ set(exported(build))):
        yield f"{name} is {'declared, not exported' if name in functions else 'exported, not declared'}"


def layouts(compiler, suffix):
    def rule(_):
        now = facts({"": measured(compiler, suffix)})
        yield from differences(now, pick(facts(read_golden()[0]), "struct", "member"), "the headers by " + compiler)
    return rule


def frozen(_):
    nodes, digests = read_golden()
    for node, lines in nodes.items():
        if digest_of(lines) != digests[node]:
            yield f"{node} is not what it was when it was accepted"
    last = ""
    for node, (_, base) in read_map().items():
        if base != last:
            yield f"lib/libtsem.map: {node} inherits {base or 'nothing'}, not {last or 'nothing'}"
        if node not in nodes:
            yield f"{node} is not accepted yet: make accept-abi NODE={node}"
        last = node


def packaged(_):
    with open(PACKAGED, encoding="utf-8") as file:
        there = re.findall(r"^ \(symver\)(\S+) ", file.read(), re.M)
    for node in set(read_map()) ^ set(there):
        yield f"{node} is not in both lib/libtsem.map and packaging/debian/libtsem1.symbols"


RULES = {
    "foreign": (foreign, "libtsem.so.1 exports nothing but tsem_..."),
    "declared": (declared, "what it exports is what the public headers declare"),
    "symbols": (symbols, "each exported symbol has the version under which it was promised"),
    "frozen": (frozen, "a version that was promised is as it was, and each inherits the one before"),
    "packaged": (packaged, "the Debian package lists each version"),
    "layouts-c": (layouts("gcc", ".c"), "the structs of the public headers are as they were promised, in C"),
    "layouts-c++": (layouts("g++", ".cc"), "the same in C++"),
}


def grown(name, now, promised):
    may = name in MADE_BY_LIBRARY or now.get(("member", f"{name}.size"), "").startswith("0 ")
    return may and int(now["struct", name].split()[0]) > int(promised["struct", name].split()[0])


def accept(build, node):
    nodes, _ = read_golden()
    if node not in read_map() or node in nodes:
        sys.exit(f"{node} is not a node of lib/libtsem.map that is new: nothing is accepted")
    promised = facts(nodes)
    lines = [f"symbol {name}@{of}" for name, of in sorted(exported(build).items())] + measured("gcc", ".c")
    now, added = facts({"": lines}), []
    for (kind, name), value in now.items():
        if promised.get((kind, name)) == value:
            continue
        if (kind, name) in promised and not (kind == "struct" and grown(name, now, promised)):
            sys.exit(f"{kind} {name} is {value}, and was promised as {promised[kind, name]}: nothing is accepted")
        if kind == "symbol" and not name.endswith("@" + node):
            sys.exit(f"{name} is new in a node that was promised: nothing is accepted")
        added.append(f"{kind} {name} {value}".rstrip())
    gone = [" ".join(key) for key in promised if key not in now]
    if gone:
        sys.exit(f"{gone[0]} is gone: nothing is accepted")
    with open(GOLDEN, "a", encoding="utf-8") as file:
        file.write(f"node {node} {digest_of(added)}\n" + "".join(line + "\n" for line in added))


def main():
    if len(sys.argv) == 4 and sys.argv[2] == "accept":
        accept(sys.argv[1], sys.argv[3])
    elif len(sys.argv) < 3 or sys.argv[2] not in (*RULES, "rules"):
        sys.exit(__doc__)
    elif sys.argv[2] == "rules":
        for name, (_, sentence) in RULES.items():
            print(f"{name}\t{sentence}")
    else:
        for rule in sys.argv[2:]:
            for line in RULES[rule][0](sys.argv[1]):
                print(line)


main()
