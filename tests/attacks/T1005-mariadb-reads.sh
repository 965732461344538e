#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A function of the database server reads a file of the system.
# workload: mariadb
# orders: orders.sql
# program: /usr/sbin/mariadbd
# deed: file_open
# object: /etc/debian_version

# shellcheck source=tests/attacks/lib.sh
. "${0%/*}/lib.sh"
orders() { echo "select load_file('/etc/debian_version');"; }
proof() { printed "$(cat /etc/debian_version)"; }
main "$@"
