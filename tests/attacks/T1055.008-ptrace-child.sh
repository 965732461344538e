#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A child lets itself be traced: how a program is taken over before it begins.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: ptrace_traceme
# object: trace

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		import ctypes, os
		child = os.fork()
		if child == 0:
		    os._exit(0 if ctypes.CDLL(None).ptrace(0, 0, None, None) == 0 else 1)
		answer("tra" + "ced" if os.waitpid(child, 0)[1] == 0 else "not")
	ORDERS
}
proof() { printed traced; }
main "$@"
