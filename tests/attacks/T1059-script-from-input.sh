#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A script that comes through a pipe.
# workload: sshd
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /usr/bin/dash for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "echo 'echo hijacked-\$((6 * 7))' | sh"; }
proof() { printed hijacked-42; }
main "$@"
