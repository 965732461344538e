#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Files of the container that its job has no business with.
# workload: container
# orders: orders
# program: /bin/busybox
# deed: file_open
# object: /etc/passwd

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'cat /etc/passwd'; }
proof() { printed 'root:x:0:0::/:/bin/sh'; }
main "$@"
