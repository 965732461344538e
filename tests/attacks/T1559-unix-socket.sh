#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The same by a local socket.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: socket_connect
# object: the local socket /tmp

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() {
	mkdir -p $own
	setsid nc -l -U $own/socket </dev/null >$own/got 2>&1 &
	echo $! >$own/listener
	sleep 1
}
orders() { echo 'import socket; c = socket.socket(socket.AF_UNIX); c.connect("/tmp/tsem-attack/socket"); c.sendall(b"hijacked"); c.close()'; }
proof() { sleep 1; got hijacked; }
clean() { away; }
main "$@"
