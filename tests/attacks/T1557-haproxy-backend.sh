#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The proxy sends the requests to another server, told so over its own socket.
# workload: haproxy
# orders: orders
# program: /usr/sbin/haproxy
# deed: socket_connect
# object: 4447

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
# It answers, or the proxy would wait for that when it is to end.
prepare() {
	mkdir -p $own
	printf 'HTTP/1.0 204 No Content\r\n\r\n' >$own/say
	listen 4447 -N
}
orders() {
	cat <<-'ORDERS'
		for name in a b; do
			echo "set server pages/$name addr 127.0.0.1 port 4447" | socat - UNIX-CONNECT:run/admin
		done
		get --max-time 5 -d hija"cked" "$url/name"
	ORDERS
}
proof() { got hijacked; }
clean() { away; }
main "$@"
