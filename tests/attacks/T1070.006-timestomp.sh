#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A file gets a time from before.
# workload: make
# orders: orders
# program: /usr/bin/touch
# deed: file_open
# object: /etc/hostname

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'touch -d 2001-01-01 /etc/hostname'; }
proof() { [ "$(stat -c %Y /etc/hostname)" -lt 1000000000 ]; }
clean() { touch /etc/hostname; }
main "$@"
