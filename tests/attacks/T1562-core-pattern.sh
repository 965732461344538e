#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program that the kernel is to run when something crashes.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /proc/sys/kernel/core_pattern

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'open("/proc/sys/kernel/core_pattern", "w").write("|/tmp/tsem-evil")'; }
proof() { grep -q tsem-evil /proc/sys/kernel/core_pattern; }
clean() { echo core >/proc/sys/kernel/core_pattern; }
main "$@"
