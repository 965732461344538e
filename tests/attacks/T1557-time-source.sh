#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The time comes from somebody else.
# workload: chrony
# orders: orders
# program: /usr/sbin/chronyd
# deed: socket_connect
# object: 4123

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { listen 4123 -u; }
orders() { echo 'tell delete 127.0.0.1; tell add server 127.0.0.1 port 4123 iburst; sleep 4'; }
proof() { [ -s $own/got ]; }
clean() { away; }
main "$@"
