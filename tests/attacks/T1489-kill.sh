#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A process of somebody else is ended.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: task_kill
# object: KILL

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { victim; }
orders() { echo "import os; os.kill($(cat $own/victim), 9)"; }
proof() { ! grep -q sleep "/proc/$(cat $own/victim)/comm" 2>/dev/null || grep -q '^State:.Z' "/proc/$(cat $own/victim)/status"; }
clean() { away; }
main "$@"
