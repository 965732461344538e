#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# An interpreter from the shell.
# workload: nginx
# orders: orders
# program: /usr/bin/bash
# deed: file_open
# object: /usr/bin/python3.11 for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo '/usr/bin/python3 -c "print(6 * 7, \"hijacked\")"'; }
proof() { printed '42 hijacked'; }
main "$@"
