#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A database that is a job of cron.
# workload: sqlite
# orders: orders.sql
# program: /usr/bin/sqlite3
# deed: inode_create
# object: /etc/cron.d

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "attach '/etc/cron.d/tsem-attack' as jobs; create table jobs.job (line); insert into jobs.job values (char(10) || '* * * * * root id' || char(10));"; }
proof() { grep -aqs '^\* \* \* \* \* root id' /etc/cron.d/tsem-attack; }
clean() { rm -f /etc/cron.d/tsem-attack*; }
main "$@"
