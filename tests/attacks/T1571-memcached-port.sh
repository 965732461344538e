#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The server's own program, where everybody on another port reaches it.
# workload: memcached
# orders: orders
# program: /usr/bin/memcached
# deed: socket_bind
# object: 11999

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		memcached -u nobody -l 127.0.0.1 -p 11999 -m 16 -t 2 &
		reached() { (exec 5<>/dev/tcp/127.0.0.1/11999) 2>/dev/null; }
		wait_for reached
		reached && echo reach"able"
		kill $!
	ORDERS
}
proof() { printed reachable; }
main "$@"
