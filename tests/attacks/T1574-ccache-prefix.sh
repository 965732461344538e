#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program before the compiler, told to the cache of the compiler by the environment.
# workload: ccache
# orders: orders.mk
# program: /usr/bin/ccache
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'export CCACHE_PREFIX := /usr/bin/id'; }
proof() { printed '/usr/bin/id: invalid option'; }
main "$@"
