#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The database follows another master.
# workload: redis
# orders: orders.redis
# program: /usr/bin/redis-check-rdb
# deed: socket_connect
# object: 4444

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { listen 4444; }
orders() { echo 'replicaof 127.0.0.1 4444'; }
proof() { sleep 2; got PING; }
clean() { away; }
main "$@"
