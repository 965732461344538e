#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The workers of the pool are another program than the interpreter.
# workload: python-pool
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		context.set_executable("/usr/bin/id")
		worker = context.Process(target=print)
		worker.start()
		worker.join()
	ORDERS
}
proof() { printed 'invalid option'; }
main "$@"
