#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The script of the session is another one next time.
# workload: sshd
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /session for writing

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'echo "echo hijacked" >"$0"'; }
proof() { grep -qx 'echo hijacked' "$DIR/session"; }
main "$@"
