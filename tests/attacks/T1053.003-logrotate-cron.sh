#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A job of cron, from the script after a rotation.
# workload: logrotate
# orders: orders
# program: /usr/bin/dash
# deed: inode_create
# object: /etc/cron.d/tsem-attack

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "echo '* * * * * root id' >/etc/cron.d/tsem-attack"; }
proof() { grep -qs 'root id' /etc/cron.d/tsem-attack; }
clean() { rm -f /etc/cron.d/tsem-attack; }
main "$@"
