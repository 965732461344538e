#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A name that is a secret is asked of somebody else.
# workload: dnsmasq
# orders: orders
# program: /usr/bin/dig
# deed: socket_connect
# object: 4453

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { listen 4453 -u; }
orders() { echo 'dig @127.0.0.1 -p 4453 +tries=1 +time=2 hija"cked".example'; }
proof() { got hijacked; }
clean() { away; }
main "$@"
