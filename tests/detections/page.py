#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Follows docs/detections.md: writes its files, types its commands, and compares what they print with the page.

usage: page.py TSEM PAGE [--print]

Times, numbers of processes and counts of calls differ from run to run, and are compared as such. --print: only prints what
came, as the page would have it. The last line is the plain count.
"""

import os
import re
import subprocess
import sys


def blocks(text):
    for head, body in re.findall(r"^```(\S+[^\n]*)\n(.*?)^```$", text, re.M | re.S):
        yield head.split(), body


def steps(body):
    """Each command with the lines behind it."""
    for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def alike(text):
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text)
    text = re.sub(r"\[\d+\] uid", "[PID] uid", text)
    return re.sub(r"[ \t]+", " ", text)


def main():
    tsem, page = os.path.realpath(sys.argv[1]), sys.argv[2]
    passed = failed = 0
    here = "/srv/try"
    os.makedirs(here, exist_ok=True)
    os.environ["PATH"] = os.path.dirname(tsem) + ":" + os.environ["PATH"]
    with open(page, encoding="utf-8") as file:
        text = file.read()
    for head, body in blocks(text):
        if head[0] == "c":
            with open(os.path.join(here, head[1].removeprefix("file=")), "w", encoding="utf-8") as file:
                file.write(body)
        if head[0] != "console":
            continue
        for command, wanted in steps(body):
            done = subprocess.run(["bash", "-c", command], cwd=here, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=300)
            if "--print" in sys.argv:
                print(f"$ {command}\n{done.stdout}", end="")
                continue
            good = alike(done.stdout) == alike(wanted)
            passed, failed = passed + good, failed + (not good)
            print(("ok" if good else "not ok") + f" {passed + failed} - {command}")
            if not good:
                print("# got:\n" + done.stdout + "# wanted:\n" + wanted)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0 or not passed + failed


sys.exit(main())
