#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Secrets in the memory of another process, by its file.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /proc/[pid]/mem

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { victim; }
orders() {
	cat <<-ORDERS
		import re
		pid = $(cat $own/victim)
		start, end = [(int(a, 16), int(b, 16)) for a, b in re.findall(r"([0-9a-f]+)-([0-9a-f]+) .*\[stack\]", "$(tr '\n' ' ' </proc/"$(cat $own/victim)"/maps | grep -o '[0-9a-f]*-[0-9a-f]* rw[^/]*\[stack\]')")][0]
		memory = open(f"/proc/{pid}/mem", "r+b", buffering=0)
		memory.seek(start)
		answer("in-the-" + "environment found" if b"in-the-environment" in memory.read(end - start) else "nothing")
	ORDERS
}
proof() { printed 'in-the-environment found'; }
clean() { away; }
main "$@"
