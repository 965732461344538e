#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The server once more, where nobody expects it.
# workload: go-server
# orders: orders
# program: /tmp/tsem-fidelity/go-server/notes
# deed: socket_bind
# object: 8431

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		mkdir run/other
		./notes run/other 8431 &
		get --retry 5 --retry-connrefused http://127.0.0.1:8431/notes && echo reach"able"
		kill $!
	ORDERS
}
proof() { printed reachable; }
main "$@"
