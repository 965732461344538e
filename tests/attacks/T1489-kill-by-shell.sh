#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The same by what the shell has built in.
# workload: redis
# orders: orders
# program: /usr/bin/bash
# deed: task_kill
# object: STOP

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { victim; }
orders() { echo "kill -STOP $(cat $own/victim)"; }
proof() { grep -q '^State:.T' "/proc/$(cat $own/victim)/status"; }
clean() { away; }
main "$@"
