#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from inside one that the work needs: rsync.
# workload: rsync
# orders: orders
# program: /usr/bin/rsync
# deed: file_open
# object: /usr/bin/dash for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "rsync -e 'sh -c \"echo hija\"cked>&2;#' nowhere:x run/ 2>&1"; }
proof() { printed hijacked; }
main "$@"
