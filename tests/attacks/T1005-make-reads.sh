#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# make reads what it is not to build.
# workload: make
# orders: orders.mk
# program: /usr/bin/make
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { printf '$(info $(file </etc/shadow))\n'; }
proof() { printed "$secret"; }
main "$@"
