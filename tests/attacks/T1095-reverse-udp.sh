#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The same without a connection.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: socket_create
# object: datagram

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { listen 4444 -u; }
orders() { echo 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hijacked", ("127.0.0.1", 4444))'; }
proof() { sleep 1; got hijacked; }
clean() { away; }
main "$@"
