#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Another key that may log in.
# workload: sshd
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /authorized

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'echo "ssh-ed25519 AAAA hijacked" >>"${0%/*}/authorized"'; }
proof() { grep -q hijacked "$DIR/authorized"; }
main "$@"
