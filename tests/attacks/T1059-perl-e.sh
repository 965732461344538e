#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# An interpreter from a job.
# workload: cron-job
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /usr/bin/perl for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "perl -e 'print 6 * 7, \" hijacked\\n\"'"; }
proof() { printed '42 hijacked'; }
main "$@"
