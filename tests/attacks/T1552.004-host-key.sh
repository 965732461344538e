#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The private key of the host, by a program that the login runs for its letters.
# workload: sshd
# orders: orders
# program: /usr/bin/cat
# deed: file_open
# object: /host

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'cat "${0%/*}/host"'; }
proof() { printed 'BEGIN OPENSSH PRIVATE KEY'; }
main "$@"
