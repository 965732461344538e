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
prepare() { mkdir -p $own; chmod 777 $own; }
# To a program, not from one: a table to read into would be a new file, and that refused before.
orders() { echo "COPY (SELECT 6 * 7) TO PROGRAM 'cat >/tmp/tsem-attack/x; echo hijacked >>/tmp/tsem-attack/x';"; }
proof() { grep -qs hijacked $own/x; }
clean() { away; }
main "$@"
