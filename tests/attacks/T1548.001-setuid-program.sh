#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program that is root for everybody, from a web application.
# workload: php-fpm
# orders: orders.php
# program: /usr/sbin/php-fpm8.2
# deed: file_open
# object: for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'echo exec("/usr/bin/passwd -S 2>&1");'; }
proof() { printed 'www-data L'; }
main "$@"
