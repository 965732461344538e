#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program for the kernel.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: bpf
# object: PROG_LOAD

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		import ctypes, struct
		code = ctypes.create_string_buffer(struct.pack("<QQ", 0xb7, 0x95))
		words = ctypes.create_string_buffer(b"GPL")
		attributes = ctypes.create_string_buffer(struct.pack("<IIQQ", 1, 2, ctypes.addressof(code), ctypes.addressof(words)), 72)
		answer("loaded" if ctypes.CDLL(None).syscall(321, 5, attributes, 72) >= 0 else "not")
	ORDERS
}
proof() { printed loaded; }
main "$@"
