#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Password hashes, opened by io_uring, which many tools do not see.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: inode_init_security_anon
# object: [io_uring]

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { cat "$here/io_uring.py"; }
proof() { printed "$secret"; }
main "$@"
