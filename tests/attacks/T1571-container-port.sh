#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A door is opened in the container.
# workload: container
# orders: orders
# program: /bin/busybox
# deed: socket_bind
# object: 8086

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'httpd -p 127.0.0.1:8086 -h /bin && wget -q -O - http://127.0.0.1:8086/busybox | wc -c'; }
proof() { printed "$(stat -c %s /usr/bin/busybox)"; }
main "$@"
