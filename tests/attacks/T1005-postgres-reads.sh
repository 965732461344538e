#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The database server reads a file of the system.
# workload: postgres
# orders: orders.sql
# program: /usr/lib/postgresql/15/bin/postgres
# deed: file_open
# object: /etc/debian_version

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "SELECT 'read ' || pg_read_file('/etc/debian_version');"; }
proof() { printed "read $(cat /etc/debian_version)"; }
main "$@"
