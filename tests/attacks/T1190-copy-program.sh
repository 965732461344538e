#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from the database server.
# workload: postgres
# orders: orders.sql
# program: /usr/lib/postgresql/15/bin/postgres
# deed: file_open
# object: /usr/bin/dash for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	echo 'CREATE TEMP TABLE t (line text);'
	echo "COPY t FROM PROGRAM 'echo hijacked-\$((6 * 7))';"
	echo 'SELECT * FROM t;'
}
proof() { printed hijacked-42; }
main "$@"
