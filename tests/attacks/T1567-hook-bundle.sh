#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A hook of the server packs the repository for somebody else.
# workload: git-ssh
# orders: orders
# program: /usr/bin/git
# deed: inode_create
# object: /tmp/tsem-attack

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
prepare() { mkdir -p $own; }
orders() { echo 'git bundle create -q /tmp/tsem-attack/x --all'; }
proof() { head -c 40 $own/x 2>/dev/null | grep -q 'git bundle'; }
clean() { away; }
main "$@"
