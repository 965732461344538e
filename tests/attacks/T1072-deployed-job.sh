#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What sends settings to hosts sends a job of cron.
# workload: ansible-like
# orders: orders.py
# program: /usr/bin/python3.11
# deed: inode_create
# object: /etc/cron.d/

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'host.name == "one" and host.task("copy", dest="/etc/cron.d/tsem-attack", content="* * * * * root id\n", mode=0o644)'; }
proof() { grep -qs 'root id' /etc/cron.d/tsem-attack; }
clean() { rm -f /etc/cron.d/tsem-attack /etc/cron.d/.play_tmp*; }
main "$@"
