#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from inside one that the build uses: gcc.
# workload: make
# orders: orders
# program: /usr/bin/x86_64-linux-gnu-gcc-12
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'gcc -wrapper /usr/bin/id -E run/work/main.c 2>&1'; }
proof() { printed "id: invalid option"; }
main "$@"
