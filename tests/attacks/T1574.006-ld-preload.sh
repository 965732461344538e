#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A library before all others, by the environment.
# workload: nginx
# orders: orders
# program: /usr/bin/grep
# deed: file_open
# object: /tmp/tsem-attack/evil.so

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { library; }
orders() { echo 'LD_PRELOAD=/tmp/tsem-attack/evil.so grep -c . orders'; }
proof() { printed hijacked-by-a-library; }
clean() { away; }
main "$@"
