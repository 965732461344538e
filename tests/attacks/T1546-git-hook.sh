#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Another hook in the repository.
# workload: git
# orders: orders
# program: /usr/bin/dash
# deed: inode_create
# object: update

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'echo "#!/bin/sh" >hooks/update && echo plan"ted" >&2'; }
proof() { printed planted; }
main "$@"
