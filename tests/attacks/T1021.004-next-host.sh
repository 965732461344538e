#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# From the login to the next host.
# workload: sshd
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /usr/bin/ssh for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'ssh -V 2>&1'; }
proof() { printed OpenSSH_; }
main "$@"
