#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What else runs here.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: opens /proc for reading

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { victim; }
orders() { echo 'import os; answer(str([open(f"/proc/{d}/comm").read() for d in os.listdir("/proc") if d.isdigit()]))'; }
proof() { printed sleep; }
clean() { away; }
main "$@"
