#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from inside one that the job uses: awk.
# workload: cron-job
# orders: orders
# program: /usr/bin/mawk
# deed: file_open
# object: for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "awk 'BEGIN { system(\"echo hijacked-\$((6 * 7)) \$(id -u)\") }'"; }
proof() { printed 'hijacked-42 0'; }
main "$@"
