#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A tunnel to a port behind the proxy that nobody is to reach.
# workload: squid
# orders: orders
# program: /usr/sbin/squid
# deed: socket_connect
# object: 4448

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() {
	mkdir -p $own
	printf 'HTTP/1.0 200 OK\r\n\r\nreachable' >$own/say
	listen 4448 -N
}
orders() { echo 'through --max-time 10 -p http://127.0.0.1:4448/'; }
proof() { printed reachable; }
clean() { away; }
main "$@"
