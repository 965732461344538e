#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The database writes a file.
# workload: postgres
# orders: orders.sql
# program: /usr/lib/postgresql/15/bin/postgres
# deed: inode_create
# object: /tmp/tsem-attack/x

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; chmod 777 $own; }
orders() { echo "SELECT lo_from_bytea(4242, 'hijacked'); SELECT lo_export(4242, '/tmp/tsem-attack/x');"; }
proof() { grep -qs hijacked $own/x; }
clean() { away; }
main "$@"
