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
		sed "s/2121/2122/; s,^anon_root=.*,anon_root=/etc," vsftpd.conf >run/other.conf
		vsftpd run/other.conf &
		sleep 1
		get ftp://127.0.0.1:2122/hostname >/dev/null && echo reach"able"
		kill $!
	ORDERS
}
proof() { printed reachable; }
main "$@"
