#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Data of others are deleted, with the program that the workload tidies up with.
# workload: nginx
# orders: orders
# program: /usr/bin/rm
# deed: inode_unlink
# object: /tmp/tsem-attack/data

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; echo data >$own/data; }
orders() { echo 'rm /tmp/tsem-attack/data'; }
proof() { [ ! -e $own/data ]; }
clean() { away; }
main "$@"
