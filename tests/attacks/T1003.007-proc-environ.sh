#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Secrets in the environment of another process.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /proc/[pid]/environ

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { victim; }
orders() { echo "answer(open('/proc/$(cat $own/victim)/environ').read().replace(chr(0), chr(10)))"; }
proof() { printed VICTIM_SECRET=in-the-environment; }
clean() { away; }
main "$@"
