#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Commands for who logs in next.
# workload: redis
# orders: orders
# program: /usr/bin/bash
# deed: file_open
# object: /root/.bashrc

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { touch /root/.bashrc; }
orders() { echo 'echo "# hijacked" >>/root/.bashrc'; }
proof() { grep -q '^# hijacked' /root/.bashrc; }
clean() { sed -i '/^# hijacked/d' /root/.bashrc; }
main "$@"
