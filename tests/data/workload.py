#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Writes the model of a made-up workload to standard output: DIR/bin/shell starts DIR/bin/tool, which maps DIR/lib/library,
and DIR/bin/other. Their contents are those of the files. Computed by tests/golden/coefficient.py, not by tsem.
usage: workload.py DIR [--name N] [--runs N] [--profile P] [--bypass C] [--bare N] [--pseudonym PATH] [--tree PATH:RIGHTS] [--extra PATH FIRST LAST [MODE]]...
--bare N: the last N events are coefficients only; --extra: the tool opens PATH, seen from run FIRST to LAST"""
import argparse, hashlib, json, os, sys

here = os.path.dirname(os.path.realpath(__file__))
source = open(here + "/../golden/coefficient.py").read().replace("sys.exit(main(sys.argv[1]))", "")
exec(compile(source, "coefficient.py", "exec"))

parser = argparse.ArgumentParser()
parser.add_argument("dir")
parser.add_argument("--name", default="made up")
parser.add_argument("--runs", type=int, default=1)
parser.add_argument("--profile", default="portable")
parser.add_argument("--bypass")
parser.add_argument("--bare", type=int, default=0)
parser.add_argument("--pseudonym", action="append", default=[])
parser.add_argument("--tree", action="append", default=[])
parser.add_argument("--extra", nargs="+", action="append", default=[])
given = parser.parse_args()
zero = "00" * 32
lines = []

def content(path):
    if path in given.pseudonym:
        return hashlib.sha256(len(path).to_bytes(4, "little") + path.encode()).hexdigest()
    return hashlib.sha256(open(path, "rb").read()).hexdigest()

def file(path, digest, mode="0100755"):
    inode = {"uid": "0", "gid": "0", "mode": mode, "s_magic": "0xef53", "s_id": "", "s_uuid": "00" * 16}
    return {"flags": "0x8000", "inode": inode, "path": {"type": "root", "pathname": path}, "digest": digest}

def event(kind, task, parent, cell, first=1, last=given.runs):
    """Gives the TASK_ID of who does it."""
    ids = {name: "0" for name in "uid euid suid gid egid sgid fsuid fsgid".split()}
    ttd = "0" if kind == "bprm_committed_creds" else "1"
    head = {"pid": "7", "tid": "7", "ppid": "1", "context": "1", "number": str(len(lines) + 1), "process": "made-up", "type": kind,
            "ttd": ttd, "p_ttd": "0", "task_id": task, "p_task_id": parent, "ts": "5000000000", "flags": "0x0"}
    line = {"export": {"type": "event"}, "event": head, "COE": {**ids, "capeff": "0x0"}, kind: cell}
    value, actor = coefficient(line)
    head["task_id"], head["coefficient"] = actor.hex(), value.hex()
    lines.append((value.hex(), f"1 {first} {last} " + json.dumps(line, separators=(",", ":"))))
    return head["task_id"]

def run(name, parent):
    return event("bprm_committed_creds", zero, parent, {"file": file(name, content(name))})

names = {name: os.path.realpath(given.dir) + "/" + name for name in ("bin/shell", "bin/tool", "bin/other", "lib/library")}
shell = run(names["bin/shell"], zero)
event("file_open", shell, zero, {"file": file(names["bin/tool"], content(names["bin/tool"]))})
tool = run(names["bin/tool"], shell)
event("file_open", tool, shell, {"file": file("/etc/passwd", zero, "0100644")})
event("mmap_file", tool, shell, {"file": file(names["lib/library"], content(names["lib/library"])), "prot": "0x5", "flags": "0x2"})
event("task_kill", shell, zero, {"target": tool, "sig": "15", "cross_ns": "0"})
other = run(names["bin/other"], shell)
event("file_open", other, shell, {"file": file("/etc/hosts", zero, "0100644")})
for path, first, last, *mode in given.extra:
    event("file_open", tool, shell, {"file": file(path, zero, *(mode or ["0100644"]))}, int(first), int(last))
text = f"tsem-model 1\nname {given.name}\ndigest sha256\nprofile {given.profile}\ncontents exec\n"
text += f"bypass {given.bypass}\n" if given.bypass else ""
text += "".join(f"pseudonym {path}\n" for path in sorted(given.pseudonym))
text += "".join(f"tree {tree}\n" for tree in sorted(given.tree))
text += f"runs {given.runs}\ncoefficients {len(lines)}\n" + "".join(sorted(value + "\n" for value, _ in lines))
told = lines[:len(lines) - given.bare]
text += f"trajectory {len(told)}\n" + "".join(line + "\n" for _, line in told) if told else ""
sys.stdout.write(text + "end " + hashlib.sha256(text.encode()).hexdigest() + "\n")
