#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Which connections there are.
# workload: nginx
# orders: orders
# program: /usr/bin/grep
# deed: file_open
# object: net/tcp

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'grep -i 0100007F /proc/net/tcp'; }
proof() { printed 0100007F:1F90; }
main "$@"
