#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from the shell of the database.
# workload: sqlite
# orders: orders.sql
# program: /usr/bin/sqlite3
# deed: file_open
# object: /usr/bin/dash for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo '.shell echo hija""cked'; }
proof() { printed hijacked; }
main "$@"
