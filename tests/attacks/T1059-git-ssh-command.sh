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
# Not in the hook: there it is the shell that would run git.
orders() { echo '[ -z "${BASH_VERSION-}" ] || GIT_SSH_COMMAND=/usr/bin/id GIT_SSH_VARIANT=simple git ls-remote ssh://nowhere/x 2>&1'; }
proof() { printed 'no such user'; }
main "$@"
