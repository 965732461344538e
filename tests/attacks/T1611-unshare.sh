#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The same by the system call.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: userns_create
# object: creates a user namespace

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		import ctypes, os
		child = os.fork()
		if child == 0:
		    os._exit(0 if ctypes.CDLL(None).unshare(0x10000000) == 0 else 1)
		answer("un" + "shared" if os.waitpid(child, 0)[1] == 0 else "not")
	ORDERS
}
proof() { printed unshared; }
main "$@"
