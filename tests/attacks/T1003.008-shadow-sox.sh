#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Password hashes as a sound.
# workload: sox
# orders: orders
# program: /usr/bin/sox
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'sox -D -t raw -r 8000 -c 1 -b 8 -e unsigned-integer /etc/shadow -t raw -'; }
proof() { printed "$secret"; }
main "$@"
