#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A library brought along, into the server.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: file_open
# object: /tmp/tsem-attack/evil.so

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { library; }
orders() { echo 'import ctypes; ctypes.CDLL("/tmp/tsem-attack/evil.so"); answer(str(ctypes.CDLL("/tmp/tsem-attack/evil.so").hijacked()))'; }
proof() { printed 4242; }
clean() { away; }
main "$@"
