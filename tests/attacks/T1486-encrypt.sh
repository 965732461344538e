#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Data of others are encrypted.
# workload: node
# orders: orders.js
# program: /usr/bin/node
# deed: file_open
# object: /tmp/tsem-attack/data

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; echo plain >$own/data; }
orders() { echo "const c = crypto.createCipheriv('aes-256-ctr', Buffer.alloc(32), Buffer.alloc(16)); fs.writeFileSync('/tmp/tsem-attack/data', c.update(fs.readFileSync('/tmp/tsem-attack/data')));"; }
proof() { ! grep -q plain $own/data; }
clean() { away; }
main "$@"
