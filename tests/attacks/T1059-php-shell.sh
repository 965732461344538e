#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A shell from a web application.
# workload: php-fpm
# orders: orders.php
# program: /usr/sbin/php-fpm8.2
# deed: file_open
# object: /usr/bin/dash for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'echo shell_exec("echo hijacked-$((6 * 7))");'; }
proof() { printed hijacked-42; }
main "$@"
