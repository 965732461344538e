#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Where the instructions of one operation go: profile.py TRACE SYMBOLS ENTRY [DEPTH]

TRACE is what QEMU logs with `-singlestep -d exec,nochain`: one line for each
instruction. SYMBOLS is the guest's /proc/kallsyms with the JITed programs.
ENTRY is the kernel function in which an operation begins. The call tree is
rebuilt from the order of addresses: a jump to the start of a function is a
call, a jump to just behind a call is its return.
"""
import bisect
import re
import sys

THUNKS = ("__x86_indirect_thunk", "__x86_return_thunk", "srso_", "retbleed_")
PC = re.compile(r"\[[0-9a-f]+/([0-9a-f]+)/")


class Symbols:
    def __init__(self, path):
        table = {}
        for line in open(path):
            words = line.split()
            if len(words) >= 3 and words[1] in "tTwW":
                table.setdefault(int(words[0], 16), re.sub(r"^bpf_prog_[0-9a-f]{16}_", "bpf:", words[2]))
        self.starts = sorted(table)
        self.names = [table[a] for a in self.starts]

    def find(self, pc):
        i = bisect.bisect_right(self.starts, pc) - 1
        if i < 0 or pc < 0x8000000000000000:
            return "user", False
        return self.names[i], self.starts[i] == pc


class Node:
    def __init__(self):
        self.own = 0
        self.calls = 0
        self.children = {}

    def total(self):
        return self.own + sum(c.total() for c in self.children.values())


def addresses(path):
    """Of instructions that ran: one that was announced may be put off."""
    held = None
    for line in open(path, errors="replace"):
        if line.startswith("Stopped"):
            held = None
            continue
        m = PC.search(line)
        if m:
            if held is not None:
                yield held
            held = int(m.group(1), 16)


def build(trace, symbols, entry):
    """The tree under entry's caller, and how often entry was entered."""
    root, rounds, cache = Node(), 0, {}
    stack = []  # (node, name, address of the call)
    node, previous, started = root, 0, False
    before = 0
    for pc in addresses(trace):
        if pc not in cache:
            cache[pc] = symbols.find(pc)
        name, begins = cache[pc]
        if begins and name == entry:
            rounds += 1
            if not started:
                started, stack, node = True, [], root
        if not started:
            previous = pc
            continue
        if not 0 < pc - previous <= 15 or begins:
            for depth in range(len(stack) - 1, -1, -1):
                if 0 < pc - stack[depth][2] <= 15:
                    node = stack[depth][0]
                    del stack[depth:]
                    break
            else:
                if name == "user" or name == entry:
                    stack, node = [], root
                if begins and not name.startswith(THUNKS):
                    stack.append((node, name, previous))
                    node = node.children.setdefault(name, Node())
                    node.calls += 1
        node.own += 1
        previous = pc
    return root, rounds


def show(node, name, rounds, depth, limit, least):
    total = node.total() / rounds
    if total < least:
        return
    print(f"{total:10.0f} {node.own / rounds:10.0f} {node.calls / rounds:8.2f}  {'  ' * depth}{name}")
    if depth < limit:
        for child in sorted(node.children, key=lambda c: -node.children[c].total()):
            show(node.children[child], child, rounds, depth + 1, limit, least)


def main():
    trace, symbols, entry = sys.argv[1:4]
    limit = int(sys.argv[4]) if len(sys.argv) > 4 else 9
    root, rounds = build(trace, Symbols(symbols), entry)
    if not rounds:
        sys.exit(f"profile: {entry} does not occur in the trace")
    print(f"{'inclusive':>10} {'own':>10} {'calls':>8}  of one round ({rounds} in all)")
    show(root, "everything", rounds, 0, limit, 15)


main()
