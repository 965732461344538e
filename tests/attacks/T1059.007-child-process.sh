#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from a server in JavaScript.
# workload: node
# orders: orders.js
# program: /usr/bin/node
# deed: socket_create
# object: a local socket

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "answer(require('child_process').execSync('echo hijacked-\$((6 * 7))'));"; }
proof() { printed hijacked-42; }
main "$@"
