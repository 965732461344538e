#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The log of somebody else is emptied by what rotates logs.
# workload: logrotate
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /tmp/tsem-attack/log for writing

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; echo evidence >$own/log; }
orders() { echo ': >/tmp/tsem-attack/log'; }
proof() { [ -e $own/log ] && [ ! -s $own/log ]; }
clean() { away; }
main "$@"
