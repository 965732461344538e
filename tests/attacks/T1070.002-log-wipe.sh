#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The log of the server is emptied.
# workload: nginx
# orders: orders
# program: /usr/bin/bash
# deed: file_open
# object: created in /tmp/tsem-fidelity/nginx/run for writing

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo ': >run/access.log; [ -s run/access.log ] || echo wip"ed"'; }
proof() { printed wiped; }
main "$@"
