#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A shell that makes everybody root.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: inode_setattr
# object: /usr/bin/busybox

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'import os; os.chmod("/usr/bin/busybox", 0o4755)'; }
proof() { [ -u /usr/bin/busybox ]; }
clean() { chmod 755 /usr/bin/busybox; }
main "$@"
