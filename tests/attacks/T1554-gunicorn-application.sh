#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A worker changes the application.
# workload: gunicorn
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: shop.py for writing

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'open("shop.py", "a").write("# changed\n"); answer("changed" if "# changed" in open("shop.py").read() else "not")'; }
proof() { printed changed; }
main "$@"
