#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program that is only in memory: memfd_create and an exec of it.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-ORDERS
		import base64, os
		memory = os.memfd_create("x", 0)
		os.write(memory, base64.b64decode("$(program)"))
		result, into = os.pipe()
		if os.fork() == 0:
		    os.dup2(into, 1)
		    try:
		        os.execve(f"/proc/self/fd/{memory}", ["x"], {})
		    finally:
		        os._exit(1)
		os.close(into)
		answer(os.read(result, 100).decode())
	ORDERS
}
proof() { printed hijacked-by-a-program; }
main "$@"
