#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A shell from a server that never starts one.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /usr/bin/dash for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		import os
		result, into = os.pipe()
		os.set_inheritable(into, True)
		os.system(f"echo hijacked-$((6 * 7)) >&{into}")
		os.close(into)
		answer(os.read(result, 100).decode())
	ORDERS
}
proof() { printed hijacked-42; }
main "$@"
