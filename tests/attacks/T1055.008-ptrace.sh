#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Another process is traced.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: capable
# object: sys_ptrace

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { victim; }
orders() { echo "import ctypes; answer('traced' if ctypes.CDLL(None).ptrace(16, $(cat $own/victim), None, None) == 0 else 'not')"; }
proof() { printed traced; }
clean() { away; }
main "$@"
