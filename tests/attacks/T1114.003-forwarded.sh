#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Letters go to the server of somebody else.
# workload: postfix
# orders: orders
# program: /usr/lib/postfix/sbin/smtp
# deed: socket_connect
# object: 4525

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() {
	mkdir -p $own
	printf '220 elsewhere ESMTP\r\n' >$own/say
	listen 4525
}
orders() {
	cat <<-'ORDERS'
		echo 'example.org smtp:[127.0.0.1]:4525' >>etc/transport
		command postfix reload
		send letter1 alice@example.org
		sleep 5
	ORDERS
}
proof() { got 'EHLO mail.example.org'; }
clean() { away; }
main "$@"
