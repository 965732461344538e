#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Another name for a directory: a bind mount.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: sb_mount
# object: bind

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() {
	cat <<-'ORDERS'
		import ctypes
		ctypes.CDLL(None).mount(b"/etc", b"/mnt", None, 4096, None)
		answer(open("/mnt/shadow").read())
	ORDERS
}
proof() { printed "$secret"; }
clean() { umount /mnt; }
main "$@"
