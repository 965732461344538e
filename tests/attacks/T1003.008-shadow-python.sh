#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Password hashes, by the server itself: no program is run.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'answer(open("/etc/shadow").read())'; }
proof() { printed "$secret"; }
main "$@"
