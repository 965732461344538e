#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A library in the program, by the environment.
# workload: rust-server
# orders: orders
# program: /tmp/tsem-fidelity/rust-server/words
# deed: file_open
# object: /tmp/tsem-attack/evil.so

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { library; }
orders() { echo 'LD_PRELOAD=/tmp/tsem-attack/evil.so ./words run 1'; }
proof() { printed hijacked-by-a-library; }
clean() { away; }
main "$@"
