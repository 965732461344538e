#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from the client of the database.
# workload: mariadb
# orders: orders.sql
# program: /usr/bin/mariadb
# deed: file_open
# object: /usr/bin/dash for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'system echo hija""cked'; }
proof() { printed hijacked; }
main "$@"
