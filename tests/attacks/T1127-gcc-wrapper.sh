#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from inside one that the build uses: gcc.
# workload: make
# orders: orders.mk
# program: /usr/bin/x86_64-linux-gnu-gcc-12
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { printf '$(info $(shell gcc -wrapper /usr/bin/id -E main.c))\n'; }
proof() { printed "id: invalid option"; }
main "$@"
