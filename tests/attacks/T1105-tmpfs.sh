#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program brought along, on a file system in memory.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: inode_create
# object: /dev/shm/x

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-ORDERS
		import base64, os
		with open("/dev/shm/x", "wb") as x:
		    x.write(base64.b64decode("$(program)"))
		os.chmod("/dev/shm/x", 0o755)
		result, into = os.pipe()
		if os.fork() == 0:
		    os.dup2(into, 1)
		    try:
		        os.execv("/dev/shm/x", ["x"])
		    finally:
		        os._exit(1)
		os.close(into)
		answer(os.read(result, 100).decode())
	ORDERS
}
proof() { printed hijacked-by-a-program; }
clean() { rm -f /dev/shm/x; }
main "$@"
