#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The manager of the pool is reached over the network, and whoever reaches it has code run.
# workload: python-pool
# orders: orders.py
# program: /usr/bin/python3.11
# deed: socket_create
# object: an IPv4 socket

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		from multiprocessing.connection import Listener
		Listener(("127.0.0.1", 8091), authkey=b"known")
		print("hija" + "cked")
	ORDERS
}
proof() { printed hijacked; }
main "$@"
