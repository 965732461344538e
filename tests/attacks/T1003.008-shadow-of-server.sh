#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Password hashes by a server that reads files on request.
# workload: redis
# orders: orders
# program: /usr/bin/bash
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'while read -r line; do echo "$line"; done </etc/shadow'; }
proof() { printed "$secret"; }
main "$@"
