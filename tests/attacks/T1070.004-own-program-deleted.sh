#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The program on disk vanishes while it runs.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: inode_unlink
# object: /app.py

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'import os; os.unlink("app.py")'; }
proof() { [ ! -e "$DIR/app.py" ]; }
main "$@"
