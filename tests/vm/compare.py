#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Judges what tests/deeds/deed printed. One line for each deed: "ok NAME" or "not ok NAME", the reason in lines "# ...".

compare.py outcome PREFIX DEEDS done|refused|prepared   what the system calls returned, and whether they took effect
compare.py events PREFIX DEEDS EVENTS FLAGS [DIR]       every field of the recorded events (JSON lines) is that of the
                                                        deed; with DIR, for the profile exact, and all files in its mount.
                                                        PATH_TYPE: of every path, root without
"""
import fcntl, hashlib, json, os, struct, sys

FS_IOC_GETFSUUID = 0x80111500
HEAD = {"pid", "tid", "ppid", "context", "number", "process", "type", "ttd", "p_ttd", "task_id", "p_task_id", "ts", "flags",
        "coefficient"}


def sha256(spec):
    if spec.startswith("hex:"):
        return hashlib.sha256(bytes.fromhex(spec[4:])).hexdigest()
    with open(spec, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def file_system(directory):
    """What the profile exact has and portable leaves out: device, s_id, s_uuid."""
    device = os.stat(directory).st_dev
    device = {"major": str(os.major(device)), "minor": str(os.minor(device))}
    with open("/proc/self/mountinfo") as mounts:
        for fields in map(str.split, mounts):
            if fields[2] == f"{device['major']}:{device['minor']}":
                kind = fields[fields.index("-") + 1]
    opened = os.open(directory, os.O_RDONLY)
    size, uuid = struct.unpack("B16s", fcntl.ioctl(opened, FS_IOC_GETFSUUID, bytes(17)))
    os.close(opened)
    return {"@dev": device, "@id": kind, "@uuid": uuid.hex() if size == 16 else "?"}


def fill(value, known):
    """The expected CELL with what only the reader knows; members that are then None do not exist."""
    if isinstance(value, dict):
        filled = {name: fill(member, known) for name, member in value.items()}
        return {name: member for name, member in filled.items() if member is not None}
    if value.startswith("@sha256:"):
        return sha256(value[8:])
    return known[value] if value in known else value


def differences(wanted, got, path=""):
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name in list(wanted) + [n for n in got if n not in wanted]:
            yield from differences(wanted.get(name), got.get(name), f"{path}.{name}")
    elif wanted != got:
        yield f"{path[1:]}: {got!r}, wanted {wanted!r}"


def judge_head(deed, event, flags):
    head = event["event"]
    process = "ppid" if deed["deed"] == "exec" else "pid"  # a program is executed in a child
    yield from differences({"export": {"type": "event"}}, {"export": event["export"]})
    yield from differences(deed["COE"], event["COE"], ".COE")
    yield from differences(deed["pid"], head[process], "." + process)
    yield from differences(head["pid"], head["tid"], ".tid")
    yield from differences(deed["process"], head["process"], ".process")
    yield from differences(flags, head["flags"], ".flags")
    yield from differences(HEAD, set(head), ".members")
    for name in "number", "context", "ts", "ttd", "p_ttd":
        if not int(head[name]) > 0:
            yield f"{name} is {head[name]}"


def judge_event(deed, events, flags, known):
    """The differences to the nearest event of the kind."""
    nearest = ["no such event was recorded"]
    process = "ppid" if deed["deed"] == "exec" else "pid"
    for event in events:
        if event["event"]["type"] != deed["event"] or event["event"][process] != deed["pid"]:
            continue
        wanted = fill(deed["cell"], dict(known, **{"@self": event["event"]["task_id"]}))
        found = list(differences(wanted, event.get(deed["event"]))) + list(judge_head(deed, event, flags))
        if nearest[0].startswith("no such") or len(found) < len(nearest):
            nearest = found
        if not nearest:
            break
    return nearest


def judge_outcome(deed, expected):
    wanted = {"done": ("true", deed["usual"], "true"), "refused": ("true", deed["refused"], "false"),
              "prepared": ("false", "0", "false")}[expected]
    got = json.dumps(deed["done"]), deed["errno"], json.dumps(deed["effect"])
    yield from differences(dict(zip(("done", "errno", "effect"), wanted)), dict(zip(("done", "errno", "effect"), got)))
    yield from differences("0", deed["control"], ".control")


def lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file if line.startswith("{")]


def main(how, prefix, path, *rest):
    known = {"@type": os.environ.get("PATH_TYPE", "root"), "@dev": None, "@id": "", "@uuid": "0" * 32}
    if how == "events":
        events, flags = lines(rest[0]), rest[1]
        if len(rest) > 2:
            known.update(file_system(rest[2]))
    for deed in lines(path):
        reasons = list(judge_outcome(deed, rest[0]) if how == "outcome" else judge_event(deed, events, flags, known))
        print(f"{'not ' if reasons else ''}ok {prefix}: {deed['event']} ({deed['deed']})")
        for reason in reasons:
            print(f"# {reason}")


if __name__ == "__main__":
    main(*sys.argv[1:])
