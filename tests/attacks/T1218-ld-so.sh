#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program by way of the loader.
# workload: nginx
# orders: orders
# program: /usr/bin/bash
# deed: file_open
# object: ld-linux-x86-64.so.2 for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo '/lib64/ld-linux-x86-64.so.2 /usr/bin/id'; }
proof() { printed 'uid=0(root)'; }
main "$@"
