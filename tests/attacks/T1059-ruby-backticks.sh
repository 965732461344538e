#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from the application.
# workload: puma
# orders: orders.rb
# program: /usr/bin/ruby3.1
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo '`/usr/bin/id -u -n`.sub("root", "hijacked")'; }
proof() { printed hijacked; }
main "$@"
