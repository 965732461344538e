#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Second implementation of docs/coefficients.md and docs/json.md: checks a model file, or lines of exported JSON.
usage: coefficient.py FILE    exit status 0: every coefficient is the one computed here, 1: some are not"""
import hashlib, ipaddress, json, pathlib, re, sys

# Events are the rows of abi/events.def. Composite types as NAMES: FIELDS in hashing order. A field is NAME:TYPE, or NAME
# alone when that is the name of a type too, or when the type is u32; with ? it is optional.
ROWS = pathlib.Path(__file__).resolve().parents[2] / "abi/events.def"
TABLE = """
inode: uid gid mode s_magic:x32 s_id:str s_uuid:digest; coe: uid euid suid gid egid sgid fsuid fsgid capeff:x64;
dentry: inode? path; creds: uid euid suid gid egid sgid fsuid fsgid capeff:x64 securebits:x32; inet: port address:ip;
file: flags:x32 inode path digest; perm: uid gid cuid cgid mode owner:digest key:x32; sock: family type protocol owner:digest;
device: major minor; inet6: port flow scope address:ip; time: seconds:u64 nsecs:u64; zone: minuteswest dsttime;
unix: address:str; other: family digest
"""
TABLE = {name: row.split(":", 1)[1] for row in TABLE.split(";") for name in row.split(":", 1)[0].split()}
for event, cell in re.findall(r"^TSEM_EVENT\(\d+, (\w+), \w+, \w+, (.*)\)$", ROWS.read_text("utf-8"), re.M):
    TABLE[event] = " ".join(f"{name}:{kind.lower()}{'?' if optional else ''}"
                            for optional, kind, name in re.findall(r"(OPT_)?(\w+)\((\w+)\)", cell))
CHOICES = {  # what all have; then by tag what one of them has, told by its first field
    "path": ("dev:device? type:str", (0, "pathname:str"), (1, "directory:str instance:u64 owner:digest")),
    "addr": ("", (1, "af_inet:inet"), (2, "af_inet6:inet6"), (3, "af_unix:unix"), (4, "af_other:other"))}
ZERO, TYPES = bytes(32), {"digest", "mode", "port", *TABLE, *CHOICES}
def H(data): return hashlib.sha256(data).digest()
def text(value):
    raw = re.sub(rb"\\(?:\\|x([0-9a-f]{2}))", lambda m: bytes.fromhex(m[1].decode()) if m[1] else b"\\", value.encode())
    return len(raw).to_bytes(4, "little") + raw

def encode(kind, value):
    if kind in TABLE:
        return fields(TABLE[kind], value)
    if kind in CHOICES:
        common, *choices = CHOICES[kind]
        (tag, rest), = [c for c in choices if c[1].split(":")[0] in value]
        return fields(common, value) + bytes([tag]) + fields(rest, value)
    if kind in ("str", "bytes", "digest", "ip"):
        return {"str": text, "bytes": text, "digest": bytes.fromhex, "ip": lambda v: ipaddress.ip_address(v).packed}[kind](value)
    base, size = {"mode": (8, 2), "port": (10, 2)}.get(kind) or (16 if kind[0] == "x" else 10, int(kind[1:]) // 8)
    return int(value, base).to_bytes(size, "big" if kind == "port" else "little", signed=kind[0] == "s")

def fields(names, value):
    out = b""
    for name, kind, optional in re.findall(r"(\w+):?(\w*)(\??)", names):
        out += bytes([name in value]) if optional else b""
        if name in value or not optional:
            out += encode(kind or (name if name in TYPES else "u32"), value[name])
    return out

def coefficient(line):
    """The coefficient, and the identity of the task as far as the event determines it."""
    event, name = line["event"], line["event"]["type"]
    task, parent = bytes.fromhex(event["task_id"]), bytes.fromhex(event["p_task_id"])
    tail = H(fields(TABLE["coe"], line["COE"])) + H(fields(TABLE[name], line[name]))
    if name == "bprm_committed_creds":
        task = H(H(name.encode()) + parent + ZERO + tail)
    return H(H(name.encode()) + parent + task + tail), task

def main(path):
    lines, wrong, found, state = open(path, encoding="utf-8", newline="\n").read().split("\n"), [], set(), ZERO
    listed = {bytes.fromhex(l) for l in lines if re.fullmatch("[0-9a-f]{64}", l)}
    for number, line in enumerate(lines, 1):
        if re.match(r"(\d+ \d+ \d+ )?\{", line):  # names in the head of a model may have braces, too
            event = json.loads(line[line.index("{"):])
            ours = dict(zip(("coefficient", "task_id"), coefficient(event)))
            found.add(ours["coefficient"])
            wrong += [f"{number}: {event['event']['type']}: {what} {event['event'][what]}, computed {value.hex()}"
                      for what, value in ours.items() if value.hex() != event["event"][what]]
    if lines[0].startswith("tsem-model ") and found and found != listed:
        wrong += [f"{len(found - listed)} events not listed, {len(listed - found)} coefficients without an event"]
    for value in [ZERO] + sorted(listed or found):
        state = H(state + H(ZERO + value))
    print(*(f"{path}:{text}" for text in wrong), sep="\n", end="\n" if wrong else "")
    print(f"{len(found)} events, {len(listed)} coefficients listed, {len(wrong)} wrong, state {state.hex()}")
    return 1 if wrong else 0

sys.exit(main(sys.argv[1]))
