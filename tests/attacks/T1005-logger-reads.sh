#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What writes into the log writes /etc/shadow into it.
# workload: rsyslog
# orders: orders
# program: /usr/bin/logger
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'say -s -p user.info -f /etc/shadow 2>&1'; }
proof() { printed "$secret"; }
main "$@"
