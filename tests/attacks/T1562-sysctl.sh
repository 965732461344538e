#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A protection of the kernel is turned off.
# workload: node
# orders: orders.js
# program: /usr/bin/node
# deed: file_open
# object: /proc/sys/kernel/randomize_va_space

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "fs.writeFileSync('/proc/sys/kernel/randomize_va_space', '0');"; }
proof() { [ "$(cat /proc/sys/kernel/randomize_va_space)" = 0 ]; }
clean() { echo 2 >/proc/sys/kernel/randomize_va_space; }
main "$@"
