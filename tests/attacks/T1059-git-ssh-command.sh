#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from inside one that the work needs: git.
# workload: git
# orders: orders
# program: /usr/bin/git
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "GIT_SSH_COMMAND='id -un; :' GIT_SSH_VARIANT=simple git ls-remote ssh://nowhere/x 2>&1; GIT_EXTERNAL_DIFF=id git --git-dir=run/clone/.git diff HEAD~1 --ext-diff 2>&1"; }
proof() { printed "protocol error: bad line length character: root" || printed 'extra operand'; }
main "$@"
