#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A function of the database reads /etc/shadow.
# workload: sqlite
# orders: orders.sql
# program: /usr/bin/sqlite3
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "select readfile('/etc/shadow');"; }
proof() { printed "$secret"; }
main "$@"
