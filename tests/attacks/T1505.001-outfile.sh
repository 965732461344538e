#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A file of the attacker, written by the database server.
# workload: mariadb
# orders: orders.sql
# program: /usr/sbin/mariadbd
# deed: inode_create
# object: /tmp/tsem-attack/x

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; chmod 777 $own; }
orders() { echo "select 'hijacked' into outfile '/tmp/tsem-attack/x';"; }
proof() { grep -qs hijacked $own/x; }
clean() { away; }
main "$@"
