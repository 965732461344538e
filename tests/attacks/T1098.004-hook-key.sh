#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A hook of the server lets another key in.
# workload: git-ssh
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: authorized for writing

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'echo "ssh-ed25519 AAAA attacker" >>../../authorized && grep -c attacker ../../authorized | sed s/1/planted/ >&2'; }
proof() { printed planted; }
main "$@"
