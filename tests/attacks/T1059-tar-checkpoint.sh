#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from inside one that the job uses: tar.
# workload: cron-job
# orders: orders
# program: /usr/bin/dash
# deed: file_open
# object: /usr/bin/id for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'tar -C "$work" -czf "$1/run/archive.new" --checkpoint=1 --checkpoint-action=exec=id access report'; }
proof() { printed 'uid=0(root)'; }
main "$@"
