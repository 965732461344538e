#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Commands for the next boot.
# workload: cron-job
# orders: orders
# program: /usr/bin/dash
# deed: inode_create
# object: /etc/rc.local

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'echo id >/etc/rc.local'; }
proof() { [ -s /etc/rc.local ]; }
clean() { rm -f /etc/rc.local; }
main "$@"
