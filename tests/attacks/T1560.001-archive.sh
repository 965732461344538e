#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Collection with the archiver that the job uses.
# workload: cron-job
# orders: orders
# program: /usr/bin/tar
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'tar -cf - /etc/shadow'; }
proof() { printed "$secret"; }
main "$@"
