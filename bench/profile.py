#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Where the instructions of one operation go.

    profile.py record MONITOR TRACE BYTES     has QEMU log every instruction into TRACE
    profile.py show TRACE GUEST ENTRY [tree]  what the BPF programs cost; or the whole call tree

TRACE is what QEMU logs in single steps with exec,nochain: a line for each
instruction. GUEST is the guest's output: /proc/kallsyms with the JITed
programs, then their lines (lines.c). ENTRY is the kernel function in which an
operation begins. The call tree is rebuilt from the order of addresses: a jump
to the start of a function is a call, a jump to just behind a call its return.
"""
import bisect
import os
import re
import socket
import sys
import time

THUNKS = ("__x86_indirect_thunk", "__x86_return_thunk", "srso_", "retbleed_")
ENTERED = ("bpf_trampoline_", "bpf_trace_run")  # how programs are reached: hooks and tracepoints
FRAME = ENTERED + ("__bpf_prog_enter", "__bpf_prog_exit", "__bpf_tramp_")
KERNEL = 1 << 63
LONGEST = 15  # bytes of an instruction


class Map:
    """The value at the greatest address that is not above."""

    def __init__(self, table):
        self.starts = sorted(table)
        self.values = [table[a] for a in self.starts]

    def find(self, pc):
        i = bisect.bisect_right(self.starts, pc) - 1
        return (self.values[i], self.starts[i]) if i >= 0 else ("?", 0)


class Guest:
    def __init__(self, path):
        symbols, lines, self.starts = {}, {}, {}
        for line in open(path, errors="replace"):
            words = line.split()
            if len(words) >= 3 and words[1] in "tTwW":
                self.starts[words[2]] = int(words[0], 16)
                symbols.setdefault(int(words[0], 16), re.sub(r"^bpf_prog_[0-9a-f]{16}_", "bpf:", words[2]))
            elif len(words) == 2 and re.fullmatch("[0-9a-f]{16}", words[0]):
                lines[int(words[0], 16)] = words[1]
        self.symbols, self.lines, self.known = Map(symbols), Map(lines), {}

    def find(self, pc):
        """Name of the function, and whether it begins here."""
        if pc not in self.known:
            name, start = self.symbols.find(pc) if pc >= KERNEL else ("user", 0)
            self.known[pc] = (name, start == pc)
        return self.known[pc]


class Node:
    def __init__(self):
        self.own = 0
        self.calls = 0
        self.children = {}
        self.lines = {}

    def total(self):
        return self.own + sum(c.total() for c in self.children.values())


def addresses(path):
    """Of the instructions that ran: one that was announced may be put off."""
    pattern = re.compile(r"\[[0-9a-f]+/([0-9a-f]+)/")
    held = None
    for line in open(path, errors="replace"):
        if line.startswith("Stopped"):
            held = None
            continue
        found = pattern.search(line)
        if found:
            if held is not None:
                yield held
            held = int(found.group(1), 16)


def whole_rounds(path, guest, entry):
    """The instructions from the first beginning to the last, and how many rounds they are."""
    trace = list(addresses(path))
    begins = [i for i, pc in enumerate(trace) if pc == guest.starts.get(entry)]
    if len(begins) < 2:
        sys.exit(f"profile: {entry} does not occur twice in the trace")
    return trace[begins[0]:begins[-1]], len(begins) - 1


def build(trace, guest, entry):
    root = Node()
    stack, node, previous = [], root, 0  # (caller's node, address of the call)
    for pc in trace:
        name, begins = guest.find(pc)
        if name.startswith("bpf_lsm_") and guest.find(previous)[0].startswith("bpf_trampoline_"):
            # what the trampoline replaces: called into its middle, not returned to
            stack.append((node, previous))
            node = node.children.setdefault("bpf_trampoline_original", Node())
        elif begins or not 0 < pc - previous <= LONGEST:
            for depth in range(len(stack) - 1, -1, -1):
                if 0 < pc - stack[depth][1] <= LONGEST:
                    node = stack[depth][0]
                    del stack[depth:]
                    break
            else:
                if name == "user" or pc == guest.starts.get(entry):
                    stack, node = [], root
                if begins and not name.startswith(THUNKS):
                    stack.append((node, previous))
                    node = node.children.setdefault(name, Node())
                    node.calls += 1
        node.own += 1
        if name.startswith("bpf:"):
            line = guest.lines.find(pc)[0]
            node.lines[line] = node.lines.get(line, 0) + 1
        previous = pc
    return root


def tree(node, name, rounds, depth=0):
    if node.total() / rounds < 15:
        return
    print(f"{node.total() / rounds:10.0f} {node.own / rounds:10.0f} {node.calls / rounds:8.2f}  {'  ' * depth}{name}")
    for child in sorted(node.children, key=lambda c: -node.children[c].total()):
        tree(node.children[child], child, rounds, depth + 1)


def trampolines(node, found):
    """{program: [calls, total, {block: instructions}, {line: instructions}]} below the node."""
    for name, child in node.children.items():
        if not name.startswith(ENTERED):
            trampolines(child, found)
            continue
        programs = sorted(c for c in child.children if c.startswith("bpf:"))
        entry = found.setdefault(", ".join(p[4:] for p in programs) or name, [0, 0, {}, {}])
        entry[0] += child.calls
        entry[1] += child.total()
        blocks(child, "trampoline", entry[2], entry[3])
    return found


def blocks(node, block, sums, lines):
    """Each function of the programs is a block, and each helper with all that it calls."""
    sums[block] = sums.get(block, 0) + node.own
    for line, count in node.lines.items():
        lines[line] = lines.get(line, 0) + count
    for name, child in node.children.items():
        if name.startswith("bpf:"):
            blocks(child, name[4:], sums, lines)
        elif name.startswith(FRAME):
            sums["trampoline"] = sums.get("trampoline", 0) + child.total()
        else:
            sums[name] = sums.get(name, 0) + child.total()


def summary(root, rounds):
    found = trampolines(root, {})
    inside = sum(entry[1] for entry in found.values())
    print(f"one round: {root.total() / rounds:.0f} instructions, {inside / rounds:.0f} of them in BPF programs and their "
          f"trampolines (average of {rounds} rounds)")
    for name, (calls, total, sums, lines) in sorted(found.items(), key=lambda f: -f[1][1]):
        print(f"\n{name}: {calls / rounds:.2f} times, {total / rounds:.0f} instructions")
        for block, count in sorted(sums.items(), key=lambda b: -b[1]):
            if count / rounds >= 1:
                print(f"  {count / rounds:8.0f}  {100 * count / total:5.1f} %  {block}")
        show_lines(lines, rounds)


def show_lines(lines, rounds):
    """The heaviest source lines; the rounds of the digest would fill the table and are one."""
    folded = {}
    for line, count in lines.items():
        key = "sha256.h" if line.startswith("sha256.h") else line
        folded[key] = folded.get(key, 0) + count
    heavy = sorted(folded.items(), key=lambda b: -b[1])[:32]
    shown = [f"{line} {count / rounds:.0f}" for line, count in heavy if count / rounds >= 8]
    if shown:
        print("  by line: " + ", ".join(shown))


def record(monitor, trace, size):
    link = socket.socket(socket.AF_UNIX)
    link.connect(monitor)
    if os.path.exists(trace):
        os.unlink(trace)

    def say(command):
        link.sendall(command.encode() + b"\n")
        time.sleep(0.3)

    for command in ("stop", "singlestep on", "logfile " + trace, "log exec,nochain", "cont"):
        say(command)
    while not os.path.exists(trace) or os.path.getsize(trace) < size:
        time.sleep(0.2)
    for command in ("stop", "log none", "quit"):
        say(command)


def main():
    words = sys.argv[1:]
    if len(words) == 4 and words[0] == "record":
        record(words[1], words[2], int(words[3]))
    elif len(words) in (4, 5) and words[0] == "show":
        guest = Guest(words[2])
        trace, rounds = whole_rounds(words[1], guest, words[3])
        root = build(trace, guest, words[3])
        if words[4:] == ["tree"]:
            print(f"{'inclusive':>10} {'own':>10} {'calls':>8}  of one round ({rounds} in all)")
            tree(root, "everything", rounds)
        else:
            summary(root, rounds)
    else:
        sys.exit(__doc__)


main()
