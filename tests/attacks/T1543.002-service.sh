#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A service, by a script of a package.
# workload: apt
# orders: orders
# program: /usr/bin/dash
# deed: inode_create
# object: /etc/systemd/system

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p /etc/systemd/system; }
orders() { echo 'echo "[Service]" >/etc/systemd/system/hijacked.service'; }
proof() { [ -s /etc/systemd/system/hijacked.service ]; }
clean() { rm -f /etc/systemd/system/hijacked.service; }
main "$@"
