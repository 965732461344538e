#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A kernel module from memory.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: capable
# object: sys_module

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
# One of the machine's own: what matters is that it gets in.
modules=${TSEM_LAB_CACHE:-/root/.cache/tsem/lab}/kernel-$(uname -r)/modules
orders() {
	cat <<-ORDERS
		import base64, ctypes
		module = base64.b64decode("$(base64 -w0 "$modules/quota_tree.ko")")
		ctypes.CDLL(None).syscall(175, module, ctypes.c_ulong(len(module)), b"")
	ORDERS
}
proof() { grep -q '^quota_tree ' /proc/modules; }
clean() { # delete_module(2): there may be no rmmod
	python3 -c 'import ctypes; raise SystemExit(ctypes.CDLL(None).syscall(176, b"quota_tree", 0o4000) != 0)'
}
main "$@"
