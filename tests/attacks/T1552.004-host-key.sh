#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The private key of the host, by the shell of the session.
# workload: sshd
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /host for reading

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'while read -r line; do echo "$line"; done <"${0%/*}/host"'; }
proof() { printed 'BEGIN OPENSSH PRIVATE KEY'; }
main "$@"
