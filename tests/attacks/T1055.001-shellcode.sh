#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Code in memory of its own that can be written and executed.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: mmap_file
# object: memory

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		import ctypes
		libc = ctypes.CDLL(None)
		libc.mmap.restype = ctypes.c_ulong
		memory = libc.mmap(None, ctypes.c_ulong(4096), 7, 0x22, -1, ctypes.c_ulong(0))
		if memory == 2**64 - 1:
		    answer("no memory")
		else:
		    # mov eax, 42; ret
		    ctypes.memmove(memory, b"\xb8\x2a\x00\x00\x00\xc3", 6)
		    answer(f"hijacked-{ctypes.CFUNCTYPE(ctypes.c_int)(memory)()}")
	ORDERS
}
proof() { printed hijacked-42; }
main "$@"
