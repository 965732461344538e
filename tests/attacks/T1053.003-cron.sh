#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A job for later.
# workload: nginx
# orders: orders
# program: /usr/bin/bash
# deed: inode_create
# object: /etc/cron.d/x

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p /etc/cron.d; }
orders() { echo 'echo "* * * * * root id" >/etc/cron.d/x'; }
proof() { [ -s /etc/cron.d/x ]; }
clean() { rm -f /etc/cron.d/x; }
main "$@"
