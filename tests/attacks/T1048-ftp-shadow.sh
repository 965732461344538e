#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A file of the system goes where the files of guests go.
# workload: vsftpd
# orders: orders
# program: /usr/bin/curl
# deed: file_open
# object: /etc/shadow

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo 'get -T /etc/shadow "$url/store/x"; cat run/root/store/x'; }
proof() { printed "$secret"; }
main "$@"
