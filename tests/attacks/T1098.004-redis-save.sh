#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The same by the database: its dump is the file of keys.
# workload: redis
# orders: orders.redis
# program: /usr/bin/redis-check-rdb
# deed: inode_create
# object: /tmp/tsem-attack

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; }
orders() { printf '%s\n' 'config set dir /tmp/tsem-attack' 'config set dbfilename authorized_keys' 'set x "ssh-ed25519 AAAA hijacked"' save 'config set dir '"$DIR/run" 'config set dbfilename notes.rdb'; }
proof() { grep -aqs hijacked $own/authorized_keys; }
clean() { away; }
main "$@"
