#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Into the namespaces of the first process.
# workload: container
# orders: orders
# program: /bin/busybox
# deed: file_open
# object: /proc/

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'cat /proc/1/mountinfo'; }
proof() { printed ' / / ' || printed /data; }
main "$@"
