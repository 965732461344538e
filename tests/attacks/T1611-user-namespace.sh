#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# All capabilities, in a user namespace of its own.
# workload: php-fpm
# orders: orders
# program: /usr/bin/bash
# deed: file_open
# object: /usr/bin/unshare for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'unshare -r id -u && echo un"shared"'; }
proof() { printed unshared; }
main "$@"
