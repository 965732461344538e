#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Password hashes by another name: a hard link.
# workload: python-web
# orders: orders.py
# program: /usr/bin/python3.11
# deed: inode_link
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'import os; os.link("/etc/shadow", "/etc/tsem-page"); answer(open("/etc/tsem-page").read())'; }
proof() { printed "$secret"; }
clean() { rm -f /etc/tsem-page; }
main "$@"
