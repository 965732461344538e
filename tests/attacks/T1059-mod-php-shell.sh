#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A program from a page of the web server.
# workload: apache
# orders: orders.php
# program: /usr/sbin/apache2
# deed: file_open
# object: /usr/bin/dash for execution

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo '<?php system("echo hija\"\"cked");'; }
proof() { printed hijacked; }
main "$@"
