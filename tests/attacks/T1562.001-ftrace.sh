#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The switch that would take all programs of tsem off the kernel.
# workload: nginx
# orders: orders
# program: /usr/bin/bash
# deed: file_open
# object: ftrace_enabled

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'echo 0 >/proc/sys/kernel/ftrace_enabled && echo turned-off'; }
proof() { printed turned-off; }
clean() { echo 1 >/proc/sys/kernel/ftrace_enabled; }
main "$@"
