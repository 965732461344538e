#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Password hashes, with a program that the workload uses itself.
# workload: nginx
# orders: orders
# program: /usr/bin/cat
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'cat /etc/shadow'; }
proof() { printed "$secret"; }
main "$@"
