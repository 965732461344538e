#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Password hashes by another name: a symbolic link in a directory of the workload.
# workload: node
# orders: orders.js
# program: /usr/bin/node
# deed: inode_symlink
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "fs.symlinkSync('/etc/shadow', 'run/page'); answer(fs.readFileSync('run/page'));"; }
proof() { printed "$secret"; }
main "$@"
