#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The server gives files of the system to everybody.
# workload: dnsmasq
# orders: orders
# program: /usr/sbin/dnsmasq
# deed: file_open
# object: /etc/adduser.conf

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		kill "$server"
		gone() { ! kill -0 "$server" 2>/dev/null; }
		wait_for gone
		dnsmasq -k --conf-file= -p 5356 -a 127.0.0.1 -z -R -h -u nobody --enable-tftp --tftp-root=/etc --pid-file= &
		sleep 2
		get tftp://127.0.0.1/adduser.conf
		kill $!
	ORDERS
}
proof() { printed 'DIR_MODE'; }
main "$@"
