#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The server calls its master.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: socket_connect
# object: 4444

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { listen 4444; }
orders() { echo 'import socket; c = socket.socket(); c.connect(("127.0.0.1", 4444)); c.sendall(b"hijacked"); c.close()'; }
proof() { sleep 1; got hijacked; }
clean() { away; }
main "$@"
