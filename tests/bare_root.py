#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A root file system with nothing but some Debian packages in it, made without a network from those of this machine.

usage: bare_root.py DIRECTORY PACKAGE|FILE.deb...

The packages are the essential ones, the named ones, and whatever all of these and the files depend on; the files are not
installed. What is there is what dpkg lists for these packages, copied from this machine, so a file that was changed here
is changed there; besides, the links of alternatives, users and groups, and the entries of dpkg's database, so that
dpkg knows what is installed and refuses what lacks something.
"""

import glob
import os
import re
import shutil
import subprocess
import sys

INFO = "/var/lib/dpkg/info/"
LISTED_NOWHERE = ["/etc/passwd", "/etc/group", "/etc/ld.so.conf", "/var/lib/dpkg/arch", "/var/lib/dpkg/info/format",
                  "/var/lib/dpkg/diversions"]


def read_status():
    """Of each installed package its entry, and by which names it satisfies others."""
    entries, provided = {}, {}
    with open("/var/lib/dpkg/status", encoding="utf-8") as file:
        for entry in file.read().split("\n\n"):
            fields = dict(re.findall(r"^([\w-]+): (.*)$", entry, re.M))
            if not fields.get("Status", "").endswith(" installed") or fields["Architecture"] not in ("all", native()):
                continue
            entries[fields["Package"]] = (fields, entry)
            for name in [fields["Package"]] + [word.split()[0] for word in fields.get("Provides", "").split(",") if word.strip()]:
                provided.setdefault(name.split(":")[0], fields["Package"])
    return entries, provided


def native():
    return subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()


def needs(fields):
    """The first alternative of each group is not always the one that is installed: all of each are returned."""
    for group in (fields.get("Pre-Depends", "") + "," + fields.get("Depends", "")).split(","):
        if group.strip():
            yield [word.split()[0].split(":")[0] for word in group.split("|")]


def close(wanted, entries, provided):
    chosen = {name for name, (fields, _) in entries.items() if fields.get("Essential") == "yes"}
    waiting = list(chosen) + wanted
    while waiting:
        name = waiting.pop()
        if name not in entries:
            sys.exit(f"bare_root: {name} is not installed here")
        chosen.add(name)
        for group in needs(entries[name][0]):
            found = [provided[word] for word in group if word in provided]
            if found and not chosen & set(found):
                waiting.append(found[0])
    return chosen


def copy(root, path):
    """One file, link or directory, to where it really is: /bin is a link."""
    at = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    target = root + at
    if os.path.lexists(target) or not os.path.lexists(at):
        return
    if os.path.dirname(at) != "/":
        copy(root, os.path.dirname(at))
    if os.path.isdir(at) and not os.path.islink(at):
        os.mkdir(target)
        shutil.copystat(at, target)
    elif os.path.islink(at) or os.path.isfile(at):
        shutil.copy2(at, target, follow_symlinks=False)


def files_of(name, fields):
    for stem in (name, f"{name}:{fields['Architecture']}"):
        for path in glob.glob(f"{INFO}{stem}.*"):
            yield path
            if path.endswith(".list"):
                with open(path, encoding="utf-8") as file:
                    yield from (line for line in file.read().splitlines() if line != "/.")


def is_document(path):
    return re.match(r"/usr/share/(doc|man|locale|info|lintian)/", path)


def copy_alternatives(root):
    for link in glob.glob("/etc/alternatives/*"):
        target = os.path.realpath(link)
        if os.path.exists(root + target) and not is_document(target):
            copy(root, link)
            copy(root, os.path.join("/usr/bin", os.path.basename(link)))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    root, wanted = os.path.abspath(sys.argv[1]), sys.argv[2:]
    entries, provided = read_status()
    files, packages = [name for name in wanted if name.endswith(".deb")], [name for name in wanted if not name.endswith(".deb")]
    ours = [subprocess.run(["dpkg-deb", "-f", name, "Package"], check=True, capture_output=True, text=True).stdout.strip()
            for name in files]
    for name in files:
        shown = subprocess.run(["dpkg-deb", "-f", name], check=True, capture_output=True, text=True).stdout
        for group in needs(dict(re.findall(r"^([\w-]+): (.*)$", shown, re.M))):
            packages += [provided[word] for word in group[:1] if word in provided and word not in ours]
    chosen = close(packages, {name: entry for name, entry in entries.items() if name not in ours}, provided)
    os.makedirs(root)
    for link in ("/bin", "/sbin", "/lib", "/lib64"):
        if os.path.islink(link):
            os.symlink(os.readlink(link), root + link)
    for name in sorted(chosen):
        for path in files_of(name, entries[name][0]):
            if not is_document(path):
                copy(root, path)
    for path in LISTED_NOWHERE:
        copy(root, path)
    copy_alternatives(root)
    for path in ("/proc", "/sys", "/dev", "/run", "/root", "/tmp", "/var/lib/dpkg/updates", "/var/log"):
        os.makedirs(root + path, exist_ok=True)
    os.chmod(root + "/tmp", 0o1777)
    with open(root + "/var/lib/dpkg/status", "w", encoding="utf-8") as file:
        file.write("".join(entries[name][1] + "\n\n" for name in sorted(chosen)))
    print(len(chosen))


main()
