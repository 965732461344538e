#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The server with another root, on another port.
# workload: vsftpd
# orders: orders
# program: /usr/sbin/vsftpd
# deed: socket_bind
# object: 2122

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		vsftpd vsftpd.conf -olisten_port=2122 -oanon_root=/etc &
		get --retry 5 --retry-delay 1 --retry-connrefused ftp://127.0.0.1:2122/hostname >run/answer && echo reach"able"
		kill $!
	ORDERS
}
proof() { printed reachable; }
main "$@"
