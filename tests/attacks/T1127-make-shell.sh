#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A recipe that is none.
# workload: make
# orders: orders.mk
# program: /usr/bin/make
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { printf '$(info $(shell id))\n'; }
proof() { printed 'uid=0(root)'; }
main "$@"
