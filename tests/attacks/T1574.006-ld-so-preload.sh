#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A library before all others, for the whole system.
# workload: nginx
# orders: orders
# program: /usr/bin/bash
# deed: inode_create
# object: /etc/ld.so.preload

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { library; }
orders() { echo 'echo /tmp/tsem-attack/evil.so >/etc/ld.so.preload && grep -c . orders'; }
proof() { printed hijacked-by-a-library; }
clean() { rm -f /etc/ld.so.preload; away; }
main "$@"
